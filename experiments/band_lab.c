/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/band_lab.h"

#include <math.h>
#include <stdlib.h>

#include "analytic/draws.h"
#include "analytic/exact.h"
#include "claims/sampling.h"
#include "core/stats.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

const double band_level[LEVELS] = {0.05, 0.25, 0.5, 0.75, 0.95};

double band_sd(const fk_mixture *mixture, double s, double sigma)
{
    double mean, variance;
    fk_mixture_moments(mixture, &mean, &variance);
    return sqrt(s * s * variance + sigma * sigma);
}

summary band_summary_new(size_t rows)
{
    return (summary){.quantile = fk_alloc(rows, sizeof(double[LEVELS])),
                     .mean = fk_alloc(rows, sizeof(double)),
                     .density = fk_alloc(rows, sizeof(double[BINS]))};
}

void band_summary_free(summary *s)
{
    free(s->quantile), free(s->mean), free(s->density);
}

static void summarise(const lab *l, fk_snapshots *seen, summary *s)
{
    double width = (l->y_max - l->y_min) / BINS;
    for (size_t j = 0; j < seen->n_times; j++) {
        double *x = seen->x + j * seen->n, sum = 0.0;
        fk_sort(x, seen->n);
        for (size_t p = 0; p < seen->n; p++) {
            sum += x[p];
            double bin = floor((x[p] / l->row[j].scale - l->y_min) / width);
            if (bin >= 0.0 && bin < BINS) s->density[j][(size_t)bin] += 1.0;
        }
        s->mean[j] = sum / (double)seen->n;
        for (size_t b = 0; b < BINS; b++) s->density[j][b] /= (double)seen->n * width;
        for (size_t i = 0; i < LEVELS; i++)
            s->quantile[j][i] = fk_quantile_sorted(x, seen->n, band_level[i]);
    }
}

int band_simulate(const lab *l, which run, size_t n, summary *s, fk_error *err)
{
    static const char *const label[RUNS] = {"SDE, one start", "SDE, one start, control",
                                            "SDE from p_1",   "SDE from p_1, control",
                                            "ODE from p_1",   "ODE from p_1, control"};
    bool ode = run >= ODE_FREE, fixed = run <= SDE_FIXED_HALF;
    const fk_coeffs *from = &l->set.axis->node[0];
    fk_points point = {&l->start, 1, 1};
    fk_marginal_start law = {l->set.mixture, from->s, from->sigma, l->seed};
    fk_key key = {l->seed, fixed ? FK_STREAM_USER : FK_STREAM_STEPS};
    fk_reverse_run job = {.scheme = ode ? &fk_heun : &fk_euler_maruyama,
                          .factor =
                              run == ODE_FREE_FULL
                                  ? 2.0
                                  : (run == SDE_FIXED_HALF || run == SDE_FREE_HALF ? 0.5 : 1.0),
                          .start = fixed ? fk_source_points(&point) : fk_source_marginal(&law),
                          .noise = fk_noise_independent(&key, l->set.mixture->dim),
                          .n = n,
                          .label = label[run]};
    fk_snapshots *seen;
    int status = fk_reverse_simulate(&l->set, &job, &seen, err);
    if (status) return status;
    summarise(l, seen, s);
    fk_snapshots_free(seen);
    return FK_OK;
}

int band_trajectories(const lab *l, double factor, double *path, fk_error *err)
{
    size_t rows = l->set.rows;
    double *t = fk_alloc(rows, sizeof *t);
    for (size_t j = 0; j < rows; j++) t[j] = l->row[j].t;
    for (size_t i = 0; i < PATHS; i++)
        path[i] = fk_marginal_quantile(l->row[0].free, ((double)i + 0.5) / PATHS, false);
    path[PATHS] = l->start;
    fk_field exact = fk_mixture_field(l->set.mixture);
    fk_scaled scaled = {&exact, factor};
    fk_field field = fk_scaled_field(&scaled);
    fk_adaptive_options o = {.rtol = BAND_ROUNDING,
                             .atol =
                                 BAND_TOLERANCE * fk_reverse_narrowest(l->set.mixture, l->set.axis),
                             .threads = l->set.threads};
    int status =
        fk_adaptive_solve(&fk_rk45, &l->schedule, &field, t, rows, PATHS + 1, path, &o, err);
    free(t);
    return status;
}

double band_shown(const lab *l, double t)
{
    return l->logt ? log(t) : t;
}

void band_choose_rows(lab *l, size_t most, size_t *node)
{
    const fk_axis *axis = l->set.axis;
    double from = band_shown(l, axis->t[0]), to = band_shown(l, axis->t[axis->n_steps]);
    size_t rows = 0, n = 0;
    for (size_t j = 0; j < most; j++) {
        double at = from + (to - from) * (double)j / (double)(most - 1);
        while (n < axis->n_steps &&
               fabs(band_shown(l, axis->t[n + 1]) - at) <= fabs(band_shown(l, axis->t[n]) - at))
            n++;
        if (rows == 0 || node[rows - 1] != n) node[rows++] = n;
    }
    l->set.node = node;
    l->set.rows = rows;
}

static int laws_of_row(const lab *l, size_t j, row *r, fk_error *err)
{
    const fk_coeffs *from = &l->set.axis->node[0], *at = &l->set.axis->node[l->set.node[j]];
    r->t = l->set.axis->t[l->set.node[j]];
    r->free = fk_marginal_new(l->set.mixture, at->s, at->sigma);
    r->sd = band_sd(l->set.mixture, at->s, at->sigma);
    r->fixed_mean = l->start;
    if (j == 0) return FK_OK;
    int status = fk_reverse_law(l->set.mixture, from, &l->start, at, &r->fixed_mixture, err);
    if (status) return status;
    r->fixed = fk_marginal_new(r->fixed_mixture, 1.0, 0.0);
    fk_mixture_moments(r->fixed_mixture, &r->fixed_mean, &r->fixed_sd);
    r->fixed_sd = sqrt(r->fixed_sd);
    return FK_OK;
}

int band_make_laws(lab *l, fk_error *err)
{
    const fk_axis *axis = l->set.axis;
    l->row = fk_alloc(l->set.rows, sizeof *l->row);
    if (isnan(l->start)) {
        fk_marginal *first = fk_marginal_new(l->set.mixture, axis->node[0].s, axis->node[0].sigma);
        l->start = fk_marginal_quantile(first, 0.9331928, false);
        fk_marginal_free(first);
    }
    double least = INFINITY, most = 0.0;
    for (size_t j = 0; j < l->set.rows; j++) {
        int status = laws_of_row(l, j, &l->row[j], err);
        if (status) return status;
        least = fmin(least, l->row[j].sd), most = fmax(most, l->row[j].sd);
    }
    l->scaled = most > 4.0 * least;
    for (size_t j = 0; j < l->set.rows; j++) {
        row *r = &l->row[j];
        r->scale = l->scaled ? r->sd : 1.0;
        double lo = fk_marginal_quantile(r->free, 5e-4, false) / r->scale,
               hi = fk_marginal_quantile(r->free, 5e-4, true) / r->scale;
        l->y_min = fmin(j ? l->y_min : lo, lo), l->y_max = fmax(j ? l->y_max : hi, hi);
        l->y_min = fmin(l->y_min, l->start / l->row[0].scale);
        l->y_max = fmax(l->y_max, l->start / l->row[0].scale);
    }
    return FK_OK;
}

void band_lab_free(lab *l)
{
    for (size_t j = 0; l->row && j < l->set.rows; j++) {
        fk_marginal_free(l->row[j].free);
        fk_marginal_free(l->row[j].fixed);
        fk_mixture_free(l->row[j].fixed_mixture);
    }
    for (size_t i = 0; i < RUNS; i++) band_summary_free(&l->run[i]);
    free(l->row), free(l->path);
}
