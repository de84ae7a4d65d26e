/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/band_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/common.h"

enum { HEAT_T = 201, HEAT_Y = 301 };

static double density(const fk_marginal *m, double scale, double y)
{
    double x = y * scale;
    return scale * exp(fk_marginal_at(m, &x, &(fk_point){0}));
}

static int write_fixed(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "fixed.csv",
        "t,scale,sde_05,sde_25,sde_50,sde_75,sde_95,sde_mean,ode,"
        "exact_05,exact_25,exact_50,exact_75,exact_95,exact_mean",
        "from one point: quantiles and mean of the reverse SDE, the PF-ODE's path, "
        "p(x_t | x_1)",
        &csv, err);
    if (status) return status;
    for (size_t j = 0; j < l->set.rows; j++) {
        const row *r = &l->row[j];
        double v[2 * LEVELS + 5] = {r->t, r->scale}, *next = v + 2;
        for (size_t i = 0; i < LEVELS; i++) *next++ = l->run[SDE_FIXED].quantile[j][i];
        *next++ = l->run[SDE_FIXED].mean[j];
        *next++ = l->path[j * (PATHS + 1) + PATHS];
        for (size_t i = 0; i < LEVELS; i++)
            *next++ = r->fixed ? fk_marginal_quantile(r->fixed, band_level[i], false) : l->start;
        *next++ = r->fixed_mean;
        fk_csv_row(csv, v, (size_t)(next - v));
    }
    return fk_csv_commit(csv, err);
}

static int write_free(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "free.csv",
        "t,scale,sde_05,sde_25,sde_50,sde_75,sde_95,ode_05,ode_25,ode_50,ode_75,"
        "ode_95,exact_05,exact_25,exact_50,exact_75,exact_95",
        "from the marginal: quantiles of the reverse SDE, of the PF-ODE, of p_t", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < l->set.rows; j++) {
        const row *r = &l->row[j];
        double v[3 * LEVELS + 2] = {r->t, r->scale};
        for (size_t i = 0; i < LEVELS; i++) {
            v[2 + i] = l->run[SDE_FREE].quantile[j][i];
            v[2 + LEVELS + i] = l->run[ODE_FREE].quantile[j][i];
            v[2 + 2 * LEVELS + i] = fk_marginal_quantile(r->free, band_level[i], false);
        }
        fk_csv_row(csv, v, sizeof v / sizeof *v);
    }
    return fk_csv_commit(csv, err);
}

static int write_paths(const lab *l, const char *folder, fk_error *err)
{
    char header[PATHS * 12 + 32] = "t,scale";
    for (size_t i = 0; i < PATHS; i++)
        snprintf(header + strlen(header), sizeof header - strlen(header), ",q_%.5f",
                 ((double)i + 0.5) / PATHS);
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "trajectories.csv", header,
                                   "PF-ODE trajectories from quantiles of p_1, by rk45", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < l->set.rows; j++) {
        double v[PATHS + 2] = {l->row[j].t, l->row[j].scale};
        memcpy(v + 2, l->path + j * (PATHS + 1), PATHS * sizeof *v);
        fk_csv_row(csv, v, PATHS + 2);
    }
    return fk_csv_commit(csv, err);
}

/* p_t on a grid that is even in the figure. */
static int write_density(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "density.csv", "t,y,p",
        "density of y = x_t / scale: scale is 1, or the standard deviation of x_t", &csv, err);
    if (status) return status;
    double from = band_shown(l, l->row[0].t), to = band_shown(l, l->row[l->set.rows - 1].t);
    double value[HEAT_Y];
    for (size_t j = 0; j < HEAT_T; j++) {
        double at = from + (to - from) * (double)j / (HEAT_T - 1),
               t = j == 0            ? l->row[0].t
                   : j == HEAT_T - 1 ? l->row[l->set.rows - 1].t
                   : l->logt         ? exp(at)
                                     : at;
        fk_coeffs c = fk_schedule_at(&l->schedule, t);
        double scale = l->scaled ? band_sd(l->set.mixture, c.s, c.sigma) : 1.0;
        fk_marginal *m = fk_marginal_new(l->set.mixture, c.s, c.sigma);
#pragma omp parallel for schedule(static)
        for (size_t k = 0; k < HEAT_Y; k++)
            value[k] =
                density(m, scale, l->y_min + (l->y_max - l->y_min) * (double)k / (HEAT_Y - 1));
        for (size_t k = 0; k < HEAT_Y; k++) {
            double y = l->y_min + (l->y_max - l->y_min) * (double)k / (HEAT_Y - 1);
            fk_csv_row(csv, (double[]){t, y, value[k]}, 3);
        }
        fk_csv_block(csv);
        fk_marginal_free(m);
    }
    return fk_csv_commit(csv, err);
}

/* The densities of every BAND_STRIDE-th row and the last, one block a row. */
static int write_strips(const lab *l, const char *folder, size_t *frames, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "strips.csv", "t,y,marginal,conditional,sde_fixed,sde_free,ode_free",
        "densities of y = x_t / scale, exact and simulated (histograms)", &csv, err);
    if (status) return status;
    size_t last = l->set.rows - 1;
    *frames = 0;
    for (size_t at = 0; at < last + BAND_STRIDE; at += BAND_STRIDE, ++*frames) {
        size_t j = at < last ? at : last;
        const row *r = &l->row[j];
        for (size_t b = 0; b < BINS; b++) {
            double y = l->y_min + (l->y_max - l->y_min) * ((double)b + 0.5) / BINS;
            double v[] = {r->t,
                          y,
                          density(r->free, r->scale, y),
                          r->fixed ? density(r->fixed, r->scale, y) : 0.0,
                          l->run[SDE_FIXED].density[j][b],
                          l->run[SDE_FREE].density[j][b],
                          l->run[ODE_FREE].density[j][b]};
            fk_csv_row(csv, v, sizeof v / sizeof *v);
        }
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

int band_write_tables(const lab *l, const char *folder, size_t *frames, fk_error *err)
{
    int status = write_fixed(l, folder, err);
    if (!status) status = write_free(l, folder, err);
    if (!status) status = write_paths(l, folder, err);
    if (!status) status = write_density(l, folder, err);
    if (!status) status = write_strips(l, folder, frames, err);
    return status;
}
