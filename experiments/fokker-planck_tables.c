/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "analytic/marginal.h"
#include "analytic/spectral.h"
#include "experiments/common.h"
#include "experiments/fokker-planck_lab.h"

enum { COLUMNS = 241, LINES = 9 };

/* Column i of the figure's time, from the clean end. */
static double column_time(const lab *l, size_t i)
{
    double lo = l->schedule.t_min, hi = l->schedule.t_max, u = (double)i / (COLUMNS - 1);
    if (i == COLUMNS - 1) return hi;
    return l->log_time ? lo * pow(hi / lo, u) : lo + u * (hi - lo);
}

/* p and the current J of kept density i at the points, in units of the scale: scale p and, per unit
 * of the time that is drawn, J. */
static void fields_of(const lab *l, size_t i, double *p, double *J)
{
    const fk_densities *d = &l->map;
    fk_coeffs c = fk_schedule_at(&l->schedule, d->t[i]);
    fk_spectral *box =
        fk_spectral_new(d->points, -d->reach * d->scale[i], 2 * d->reach * d->scale[i]);
    fk_spectral_derivative(box, d->p + i * d->points, J);
    for (size_t j = 0; j < d->points; j++) {
        double x = fk_spectral_x(box, j);
        p[j] = d->scale[i] * d->p[i * d->points + j];
        J[j] = c.f * x * d->p[i * d->points + j] - c.g2 / 2 * J[j];
        if (l->log_time) J[j] *= d->t[i];
    }
    fk_spectral_free(box);
}

/* Of the axis x/scale what holds all but 1e-3 of every marginal. */
static void range(const lab *l, double *lo, double *hi)
{
    *lo = INFINITY, *hi = -INFINITY;
    for (size_t i = 0; i < COLUMNS; i += 8) {
        fk_coeffs c = fk_schedule_at(&l->schedule, column_time(l, i));
        fk_marginal *g = fk_marginal_new(l->mixture, c.s, c.sigma);
        double second = 0;
        for (size_t k = 0; k < l->mixture->k; k++)
            second += l->mixture->weight[k] * (g->mean[k] * g->mean[k] + g->var[k]);
        *lo = fmin(*lo, fk_marginal_quantile(g, 5e-4, false) / sqrt(second));
        *hi = fmax(*hi, fk_marginal_quantile(g, 5e-4, true) / sqrt(second));
        fk_marginal_free(g);
    }
}

/* density.csv: an image of columns equally spaced in the figure's time, between kept densities by
 * straight lines. */
static int write_map(const lab *l, const char *folder, fk_error *err)
{
    const fk_densities *d = &l->map;
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "density.csv", "t,xi,p,J",
                                   "density and current as solved forward; xi = x over the root of "
                                   "E x_t^2, p per xi, J per unit of the time drawn",
                                   &csv, err);
    if (status) return status;
    double lo, hi;
    range(l, &lo, &hi);
    double *p[2], *J[2];
    for (int e = 0; e < 2; e++) {
        p[e] = fk_alloc(d->points, sizeof **p), J[e] = fk_alloc(d->points, sizeof **J);
    }
    size_t at = 0;
    fields_of(l, 0, p[0], J[0]);
    fields_of(l, 1, p[1], J[1]);
    for (size_t i = 0; i < COLUMNS; i++) {
        double t = column_time(l, i);
        while (at + 2 < d->kept && d->t[at + 1] < t) {
            at++;
            fields_of(l, at, p[0], J[0]);
            fields_of(l, at + 1, p[1], J[1]);
        }
        double u = (t - d->t[at]) / (d->t[at + 1] - d->t[at]);
        for (size_t j = 0; j < d->points; j++) {
            double xi = fk_density_xi(d, j);
            if (xi < lo || xi > hi) continue;
            fk_csv_row(
                csv,
                (double[]){t, xi, (1 - u) * p[0][j] + u * p[1][j], (1 - u) * J[0][j] + u * J[1][j]},
                4);
        }
        fk_csv_block(csv);
    }
    for (int e = 0; e < 2; e++) free(p[e]), free(J[e]);
    return fk_csv_commit(csv, err);
}

/* The lines along which the current flows: F_t(x) = 0.1, .., 0.9. */
static int write_lines(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "lines.csv", "t,q1,q2,q3,q4,q5,q6,q7,q8,q9",
                                   "exact quantiles of p_t over the root of E x_t^2", &csv, err);
    if (status) return status;
    for (size_t i = 0; i < COLUMNS; i++) {
        double row[LINES + 1] = {column_time(l, i)}, second = 0;
        fk_coeffs c = fk_schedule_at(&l->schedule, row[0]);
        fk_marginal *g = fk_marginal_new(l->mixture, c.s, c.sigma);
        for (size_t k = 0; k < l->mixture->k; k++)
            second += l->mixture->weight[k] * (g->mean[k] * g->mean[k] + g->var[k]);
        for (size_t q = 1; q <= LINES; q++)
            row[q] = fk_marginal_quantile(g, 0.1 * (double)q, false) / sqrt(second);
        fk_marginal_free(g);
        fk_csv_row(csv, row, LINES + 1);
    }
    return fk_csv_commit(csv, err);
}

/* Errors on the way, of the three (run 1 to 3) and of the printed current (4 to 7). */
static int write_way(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "way.csv", "run,points,t,error",
        "greatest error over the greatest density; runs 1 to 3: forward, reverse, continuity; 4 "
        "and on: the printed current",
        &csv, err);
    if (status) return status;
    for (size_t r = 0; r < RIGHT_ONES + PRINTED; r++) {
        const fk_densities *d = r < RIGHT_ONES ? &l->run[r] : &l->printed[r - RIGHT_ONES];
        for (size_t i = 1; i < d->kept; i++)
            fk_csv_row(csv,
                       (double[]){(double)(r + 1), (double)d->points, d->t[i],
                                  fk_densities_error(d, i, l->mixture, &l->schedule)},
                       4);
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

static int write_studies(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "points.csv", "points,forward,reverse,continuity",
                                   "errors at the end", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < RESOLUTIONS; j++)
        fk_csv_row(csv,
                   (double[]){(double)l->points_of[j], l->by_points[FORWARD][j],
                              l->by_points[REVERSE][j], l->by_points[CONTINUITY][j]},
                   4);
    status = fk_csv_commit(csv, err);
    if (!status)
        status = fk_experiment_csv(folder, "steps.csv",
                                   "steps_forward,forward,steps_reverse,reverse,steps_continuity,"
                                   "continuity",
                                   "errors at the end", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < STEP_COUNTS; j++) {
        double row[2 * RIGHT_ONES];
        for (int i = 0; i < RIGHT_ONES; i++)
            row[2 * i] = (double)l->steps_of[i][j], row[2 * i + 1] = l->by_steps[i][j];
        fk_csv_row(csv, row, 2 * RIGHT_ONES);
    }
    return fk_csv_commit(csv, err);
}

/* The Fourier sum of kept density i between its points, per xi. */
static double density_at(fk_spectral *box, const double complex *q, const fk_densities *d, size_t i,
                         double xi)
{
    double p = creal(q[0]);
    for (size_t k = 1; k < d->points / 2; k++)
        p += 2 * creal(q[k] * cexp(I * fk_spectral_wave(box, k) * (xi + d->reach)));
    return p * d->scale[i];
}

/* profile.csv: the printed current's solution where its error first exceeds 0.3 of the greatest
 * density, and where it exceeds 1.5, with the exact one of the first time. */
static int write_profile(const lab *l, const char *folder, fk_error *err)
{
    static const double error[] = {0.3, 1.5};
    const fk_densities *d = &l->printed[1];
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "profile.csv", "t,t_later,xi,printed,later,exact",
                                   "densities per xi", &csv, err);
    if (status) return status;
    fk_spectral *box = fk_spectral_new(d->points, -d->reach, 2 * d->reach);
    double complex *q[2];
    size_t at[2] = {1, 1};
    for (int e = 0; e < 2; e++) {
        while (at[e] + 1 < d->kept &&
               fk_densities_error(d, at[e], l->mixture, &l->schedule) < error[e])
            at[e]++;
        q[e] = fk_alloc(d->points / 2 + 1, sizeof **q);
        fk_spectral_forward(box, d->p + at[e] * d->points, q[e]);
    }
    fk_coeffs c = fk_schedule_at(&l->schedule, d->t[at[0]]);
    fk_marginal *g = fk_marginal_new(l->mixture, c.s, c.sigma);
    double lo, hi, scale = d->scale[at[0]];
    range(l, &lo, &hi);
    for (double xi = lo; xi < hi; xi += (hi - lo) / 600) {
        double x = xi * scale;
        fk_csv_row(csv,
                   (double[]){d->t[at[0]], d->t[at[1]], xi, density_at(box, q[0], d, at[0], xi),
                              density_at(box, q[1], d, at[1], xi),
                              scale * exp(fk_marginal_at(g, &x, NULL))},
                   6);
    }
    free(q[0]), free(q[1]);
    fk_spectral_free(box);
    fk_marginal_free(g);
    return fk_csv_commit(csv, err);
}

int planck_write_tables(const lab *l, const char *folder, fk_error *err)
{
    int status = write_map(l, folder, err);
    if (!status) status = write_lines(l, folder, err);
    if (!status) status = write_way(l, folder, err);
    if (!status) status = write_studies(l, folder, err);
    if (!status) status = write_profile(l, folder, err);
    return status;
}
