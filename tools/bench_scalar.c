/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_scalar.h"

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* Inverse and log determinant of S = s^2 C + sigma^2 I. */
static double scalar_invert(size_t dim, const double *cov, double s, double sigma, double *out)
{
    gsl_matrix_view m = gsl_matrix_view_array(out, dim, dim);
    double log_det = 0;
    for (size_t i = 0; i < dim * dim; i++)
        out[i] = s * s * cov[i] + (i % (dim + 1) == 0 ? sigma * sigma : 0);
    gsl_linalg_cholesky_decomp1(&m.matrix);
    for (size_t i = 0; i < dim; i++) log_det += 2 * log(out[i * dim + i]);
    gsl_linalg_cholesky_invert(&m.matrix);
    return log_det;
}

scalar_plan bench_scalar_new(const fk_mixture *mixture, const fk_plan *plan)
{
    size_t dim = mixture->dim, k = mixture->k, n = plan->n_steps;
    bool full = mixture->kind == FK_FULL;
    size_t width = full ? dim * dim : 1;
    scalar_plan sp = {dim, k, n, full, NULL, NULL, NULL, NULL};
    sp.step = fk_alloc(3 * n, sizeof(double));
    sp.log_norm = fk_alloc(n * k, sizeof(double));
    sp.mean = fk_alloc(n * k * dim, sizeof(double));
    sp.precision = fk_alloc(n * k * width, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        const fk_step *t = &plan->step[i];
        const fk_stage *stage = &t->stage[0];
        sp.step[3 * i] = t->result.a + t->result.b[0] * stage->p;
        sp.step[3 * i + 1] = t->result.b[0] * stage->q;
        sp.step[3 * i + 2] = t->result.c[0];
        for (size_t c = 0; c < k; c++) {
            double cov[BENCH_MAX_DIM * BENCH_MAX_DIM], inverse[BENCH_MAX_DIM * BENCH_MAX_DIM];
            fk_mixture_covariance(mixture, c, cov);
            double log_det = scalar_invert(dim, cov, stage->s, stage->sigma, inverse);
            sp.log_norm[i * k + c] = log(mixture->weight[c]) - 0.5 * log_det;
            for (size_t j = 0; j < dim; j++)
                sp.mean[(i * k + c) * dim + j] = stage->s * mixture->mean[c * dim + j];
            for (size_t j = 0; j < width; j++) sp.precision[(i * k + c) * width + j] = inverse[j];
        }
    }
    return sp;
}

void bench_scalar_free(scalar_plan *sp)
{
    free(sp->step), free(sp->log_norm), free(sp->mean), free(sp->precision);
}

static inline __attribute__((always_inline)) void scalar_score(const scalar_plan *sp, size_t i,
                                                               const size_t dim, const bool full,
                                                               const double *x, double *score)
{
    size_t k = sp->k;
    const double *mean = sp->mean + i * k * dim, *log_norm = sp->log_norm + i * k;
    const double *precision = sp->precision + i * k * (full ? dim * dim : 1);
    double logit[BENCH_MAX_K], pull[BENCH_MAX_K][BENCH_MAX_DIM], top = -HUGE_VAL, total = 0;
    for (size_t c = 0; c < k; c++) {
        double q = 0;
        for (size_t j = 0; j < dim; j++) {
            if (full) {
                double sum = 0;
                for (size_t m = 0; m < dim; m++)
                    sum += precision[(c * dim + j) * dim + m] * (mean[c * dim + m] - x[m]);
                pull[c][j] = sum;
                q += sum * (mean[c * dim + j] - x[j]);
            } else {
                double d = mean[c * dim + j] - x[j];
                pull[c][j] = precision[c] * d;
                q += pull[c][j] * d;
            }
        }
        logit[c] = log_norm[c] - 0.5 * q;
        if (logit[c] > top) top = logit[c];
    }
    for (size_t j = 0; j < dim; j++) score[j] = 0;
    for (size_t c = 0; c < k; c++) {
        double e = exp(logit[c] - top);
        total += e;
        for (size_t j = 0; j < dim; j++) score[j] += e * pull[c][j];
    }
    for (size_t j = 0; j < dim; j++) score[j] /= total;
}

static inline __attribute__((always_inline)) void scalar_particles(const scalar_plan *sp,
                                                                   const size_t dim,
                                                                   const bool full, gsl_rng *rng,
                                                                   size_t n, double *x)
{
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < sp->n_steps; i++) {
            double score[BENCH_MAX_DIM], *here = x + p * dim;
            const double *t = sp->step + 3 * i;
            scalar_score(sp, i, dim, full, here, score);
            for (size_t j = 0; j < dim; j++)
                here[j] =
                    t[0] * here[j] + t[1] * score[j] + t[2] * gsl_ran_gaussian_ziggurat(rng, 1.0);
        }
}

void bench_scalar_run(const scalar_plan *sp, unsigned long seed, size_t n, double *x)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < n * sp->dim; i++) x[i] = gsl_ran_gaussian_ziggurat(rng, 1.0);
    if (sp->full && sp->dim == 16)
        scalar_particles(sp, 16, true, rng, n, x);
    else if (sp->full)
        scalar_particles(sp, sp->dim, true, rng, n, x);
    else if (sp->dim == 1)
        scalar_particles(sp, 1, false, rng, n, x);
    else if (sp->dim == 2)
        scalar_particles(sp, 2, false, rng, n, x);
    else
        scalar_particles(sp, sp->dim, false, rng, n, x);
    gsl_rng_free(rng);
}
