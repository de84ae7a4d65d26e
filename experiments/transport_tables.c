/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common.h"
#include "experiments/transport_lab.h"

static int write_line(const transport *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "map.csv", "x,y,slope,ode,jacobian,ratio",
        "1-D, units of the data: start x at t_max, y = F_0^-1(F_T(x)) and its slope, both closed "
        "forms; ode and jacobian: the same by rk8pd and the variational equation; ratio: "
        "p_T(x)/p_0(ode)",
        &csv, err);
    if (status) return status;
    for (size_t i = 0; i < q->n_line; i++) {
        const image *at = &q->on_line[i];
        fk_csv_row(csv,
                   (double[]){at->x[0], at->exact, at->slope, at->y[0], at->determinant, at->ratio},
                   6);
    }
    status = fk_csv_commit(csv, err);
    if (status) return status;
    status = fk_experiment_csv(folder, "basins.csv", "threshold,valley",
                               "1-D: minima of p at t_min, and the starts at t_max that lead there",
                               &csv, err);
    if (status) return status;
    for (size_t i = 0; i < q->n_valleys; i++)
        fk_csv_row(csv, (double[]){q->threshold[i], q->valley[i]}, 2);
    return fk_csv_commit(csv, err);
}

static int write_plane(const transport *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "plane.csv", "x0,x1,y0,y1,asymmetry,determinant,ratio",
        "2-D, units of the data: start x at t_max, image y at t_min; of the map's Jacobian there: "
        "odd part over largest entry, determinant; ratio: p_T(x)/p_0(y)",
        &csv, err);
    if (status) return status;
    for (size_t i = 0; i < q->side * q->side; i++) {
        const image *at = &q->grid[i];
        fk_csv_row(csv,
                   (double[]){at->x[0], at->x[1], at->y[0], at->y[1], at->asymmetry,
                              at->determinant, at->ratio},
                   7);
        if (i % q->side == q->side - 1) fk_csv_block(csv);
    }
    status = fk_csv_commit(csv, err);
    if (status) return status;
    status = fk_experiment_csv(folder, "paths.csv", "path,noise,y0,y1,asymmetry,determinant,ratio",
                               "2-D: as plane.csv, along paths; noise = sigma/s", &csv, err);
    if (status) return status;
    for (size_t k = 0; k < PATHS; k++) {
        for (size_t j = 0; j < q->n_times; j++) {
            const image *at = &q->path[k * q->n_times + j];
            fk_csv_row(csv,
                       (double[]){(double)(k + 1), q->noise[j], at->y[0], at->y[1], at->asymmetry,
                                  at->determinant, at->ratio},
                       7);
        }
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

static int write_pairs(const transport *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "pairs.csv", "x0,x1,y0,y1,best0,best1,moved",
        "2-D, units of the data: draws x of p_T, their images y by the probability-flow ODE, and "
        "the image that each gets at the least total |x - y|^2; moved: 1 where that is another",
        &csv, err);
    if (status) return status;
    for (size_t i = 0; i < q->n_pairs; i++) {
        const double *x = q->start + 2 * i, *y = q->end + 2 * i, *best = q->end + 2 * q->best[i];
        fk_csv_row(csv, (double[]){x[0], x[1], y[0], y[1], best[0], best[1], q->best[i] != i}, 7);
    }
    return fk_csv_commit(csv, err);
}

int transport_write(const transport *q, const char *folder, fk_error *err)
{
    int status = write_line(q, folder, err);
    if (!status) status = write_plane(q, folder, err);
    return status ? status : write_pairs(q, folder, err);
}
