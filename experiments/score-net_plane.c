/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "experiments/common.h"
#include "experiments/score-net_pair.h"
#include "experiments/score-net_tables.h"

enum { ARROWS = 19, SIDE = 81 };

/* Half the side of a square that holds the data. */
static double reach_of(const fk_mixture *m)
{
    double far = 0, wide = 0;
    for (size_t i = 0; i < m->k * m->dim; i++) {
        far = fmax(far, fabs(m->mean[i]));
        wide = fmax(wide, m->var[i]);
    }
    return far + 4 * sqrt(wide);
}

double score_net_reach(const score_net *q, size_t k)
{
    const double data = reach_of(q->mixture);
    if (k == SHOWN) return data;
    const fk_coeffs at = score_net_at(q, q->shown[k]);
    return hypot(data, 2 * at.sigma / at.s);
}

/* Points of a grid of side x side over that square, times s; u and v go from -1 to 1. */
static double grid_place(size_t i, size_t side)
{
    return 2 * (double)i / (double)(side - 1) - 1;
}

static void place_grid(score_net_pair *both, size_t side, double size)
{
    for (size_t i = 0; i < both->x.n; i++) {
        const size_t k = i < side * side ? i : 0;
        both->x.x[i] = size * grid_place(k % side, side);
        both->x.x[both->x.ld + i] = size * grid_place(k / side, side);
    }
}

/* Of a grid at one time, k = SHOWN the data: both fields where there is noise, and the density over
 * its maximum, part (side^2). */
static score_net_pair grid_at(const score_net *q, size_t k, size_t side, double *part)
{
    const fk_coeffs at = k < SHOWN ? score_net_at(q, q->shown[k]) : (fk_coeffs){.s = 1};
    fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
    score_net_pair both = score_net_pair_new(side * side, 2);
    place_grid(&both, side, at.s * score_net_reach(q, k));
    if (k < SHOWN) score_net_pair_eval(q, p, &both);
    double most = 0;
    for (size_t i = 0; i < side * side; i++) {
        const double x[2] = {both.x.x[i], both.x.x[both.x.ld + i]};
        part[i] = exp(fk_marginal_at(p, x, &(fk_point){0}));
        most = fmax(most, part[i]);
    }
    for (size_t i = 0; i < side * side; i++) part[i] /= most;
    fk_marginal_free(p);
    return both;
}

/* |error| on a fine grid. */
static int write_plane(const score_net *q, const char *folder, fk_error *err)
{
    enum { COLUMNS = 2 + 2 * SHOWN + 1 };
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "plane.csv",
                                   "u,v,error_1,part_1,error_2,part_2,error_3,part_3,data",
                                   "u, v: x/s in half sides of a square; |error of eps| at three "
                                   "times, the density there over "
                                   "its maximum, and that of the data",
                                   &csv, err);
    if (status) return status;
    double(*row)[COLUMNS] = fk_alloc(SIDE * SIDE, sizeof *row);
    double *part = fk_alloc(SIDE * SIDE, sizeof *part);
    for (size_t k = 0; k <= SHOWN; k++) {
        score_net_pair both = grid_at(q, k, SIDE, part);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            const size_t j = both.x.ld + i;
            row[i][0] = grid_place(i % SIDE, SIDE), row[i][1] = grid_place(i / SIDE, SIDE);
            if (k < SHOWN)
                row[i][2 + 2 * k] =
                    hypot(both.learnt[i] - both.exact[i], both.learnt[j] - both.exact[j]);
            row[i][k < SHOWN ? 3 + 2 * k : COLUMNS - 1] = part[i];
        }
        free(both.x.x);
    }
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        fk_csv_row(csv, row[i], COLUMNS);
        if (i % SIDE == SIDE - 1) fk_csv_block(csv);
    }
    free(row), free(part);
    return fk_csv_commit(csv, err);
}

/* -eps, the direction in which noise is taken away, of both fields. */
static int write_field(const score_net *q, const char *folder, fk_error *err)
{
    enum { OWN = 5, COLUMNS = 2 + OWN * SHOWN };
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "field.csv",
        "u,v,exact_x_1,exact_y_1,learnt_x_1,learnt_y_1,part_1,exact_x_2,exact_y_2,learnt_x_2,"
        "learnt_y_2,part_2,exact_x_3,exact_y_3,learnt_x_3,learnt_y_3,part_3",
        "sigma score at three times; u, v, part: as in plane.csv", &csv, err);
    if (status) return status;
    double(*row)[COLUMNS] = fk_alloc(ARROWS * ARROWS, sizeof *row), part[ARROWS * ARROWS];
    for (size_t k = 0; k < SHOWN; k++) {
        score_net_pair both = grid_at(q, k, ARROWS, part);
        for (size_t i = 0; i < ARROWS * ARROWS; i++) {
            const size_t j = both.x.ld + i;
            double *to = row[i] + 2 + OWN * k;
            row[i][0] = grid_place(i % ARROWS, ARROWS), row[i][1] = grid_place(i / ARROWS, ARROWS);
            to[0] = -both.exact[i], to[1] = -both.exact[j];
            to[2] = -both.learnt[i], to[3] = -both.learnt[j], to[4] = part[i];
        }
        free(both.x.x);
    }
    for (size_t i = 0; i < ARROWS * ARROWS; i++) fk_csv_row(csv, row[i], COLUMNS);
    free(row);
    return fk_csv_commit(csv, err);
}

int score_net_write_plane(const score_net *q, const char *folder, fk_error *err)
{
    const int status = write_plane(q, folder, err);
    return status ? status : write_field(q, folder, err);
}
