/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_randist.h>
#include <math.h>

#include "tools/bench_scalar.h"

/* Dimensions known where it is called. */
#define INLINE static inline __attribute__((always_inline))

/* |mean - x|^2. */
INLINE double square_off(const size_t dim, const double *mean, const double *x)
{
    double sum = 0;
    for (size_t j = 0; j < dim; j++) sum += (mean[j] - x[j]) * (mean[j] - x[j]);
    return sum;
}

/* precision (mean - x), (dim), and its product with mean - x. */
INLINE double pull_of(const size_t dim, const double *mean, const double *precision,
                      const double *x, double *pull)
{
    double q = 0, off[BENCH_MAX_DIM];
    for (size_t j = 0; j < dim; j++) off[j] = mean[j] - x[j];
    for (size_t j = 0; j < dim; j++) {
        double sum = 0;
        for (size_t m = 0; m < dim; m++) sum += precision[j * dim + m] * off[m];
        pull[j] = sum;
        q += sum * off[j];
    }
    return q;
}

/* The score; scratch: logits (k) and, full, the pulls (k, dim). Its divergence, for isotropic
 * mixtures, with u_c = precision_c (mean_c - x) and pi_c the posterior weights, is sum_c pi_c
 * (|u_c|^2 - dim precision_c) - |score|^2;   NULL where it is not wanted. */
INLINE void score_at(const scalar_mixture *s, size_t i, const size_t dim, const bool full,
                     const double *x, double *scratch, double *score, double *divergence)
{
    const size_t k = s->k, width = full ? dim * dim : 1;
    const double *mean = s->mean + i * k * dim, *log_norm = s->log_norm + i * k,
                 *precision = s->precision + i * k * width;
    double *pull = scratch + k, top = -HUGE_VAL, total = 0, precise = 0, bend = 0;
    for (size_t c = 0; c < k; c++) {
        const double q =
            full ? pull_of(dim, mean + c * dim, precision + c * width, x, pull + c * dim)
                 : precision[c] * square_off(dim, mean + c * dim, x);
        const double logit = log_norm[c] - 0.5 * q;
        scratch[c] = logit;
        if (logit > top) top = logit;
    }
    for (size_t j = 0; j < dim; j++) score[j] = 0;
    for (size_t c = 0; c < k; c++) {
        const double e = exp(scratch[c] - top), w = full ? e : e * precision[c];
        const double *towards = full ? pull + c * dim : mean + c * dim;
        total += e, precise += w;
        for (size_t j = 0; j < dim; j++) score[j] += w * towards[j];
        if (divergence) bend += w * (2 * (log_norm[c] - scratch[c]) - (double)dim);
    }
    for (size_t j = 0; j < dim; j++)
        score[j] = (full ? score[j] : score[j] - precise * x[j]) / total;
    if (!divergence) return;
    *divergence = bend / total;
    for (size_t j = 0; j < dim; j++) *divergence -= score[j] * score[j];
}

INLINE void steps(const scalar_plan *plan, const size_t dim, const bool full, gsl_rng *rng,
                  size_t n, double *x)
{
    double scratch[BENCH_MAX_K * (1 + BENCH_MAX_DIM)], score[BENCH_MAX_DIM];
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < plan->at.n_times; i++) {
            const double *t = plan->step + 3 * i;
            double *here = x + p * dim;
            score_at(&plan->at, i, dim, full, here, scratch, score, NULL);
            for (size_t j = 0; j < dim; j++)
                here[j] =
                    t[0] * here[j] + t[1] * score[j] + t[2] * gsl_ran_gaussian_ziggurat(rng, 1.0);
        }
}

void FK_KERNEL(bench_scalar_steps)(const scalar_plan *plan, unsigned long seed, const double *start,
                                   size_t n, double *x)
{
    const size_t dim = plan->at.dim;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < n * dim; i++)
        x[i] = start ? start[i] : gsl_ran_gaussian_ziggurat(rng, 1.0);
    if (plan->at.full && dim == 16)
        steps(plan, 16, true, rng, n, x);
    else if (plan->at.full)
        steps(plan, dim, true, rng, n, x);
    else if (dim == 1)
        steps(plan, 1, false, rng, n, x);
    else if (dim == 2)
        steps(plan, 2, false, rng, n, x);
    else if (dim == 16)
        steps(plan, 16, false, rng, n, x);
    else
        steps(plan, dim, false, rng, n, x);
    gsl_rng_free(rng);
}

INLINE void drift(const scalar_plan *plan, size_t i, const double *x, double *v)
{
    double scratch[BENCH_MAX_K], score[2];
    const double *t = plan->step + 3 * i;
    score_at(&plan->at, i, 2, false, x, scratch, score, NULL);
    for (size_t j = 0; j < 2; j++) v[j] = t[0] * x[j] + t[1] * score[j];
}

void FK_KERNEL(bench_scalar_heun)(const scalar_plan *plan, double dt, size_t n, double *x)
{
    for (size_t p = 0; p < n; p++) {
        double *here = x + 2 * p, there[2], v[2], w[2];
        for (size_t i = 0; i + 1 < plan->at.n_times; i++) {
            drift(plan, i, here, v);
            for (size_t j = 0; j < 2; j++) there[j] = here[j] + dt * v[j];
            drift(plan, i + 1, there, w);
            for (size_t j = 0; j < 2; j++) here[j] += dt / 2 * (v[j] + w[j]);
        }
    }
}

void FK_KERNEL(bench_scalar_score)(const scalar_mixture *s, size_t i, size_t n, const double *x,
                                   double *scratch, double *score)
{
    const size_t dim = s->dim;
    for (size_t p = 0; p < n; p++, x += dim, score += dim) {
        if (s->full)
            score_at(s, i, dim, true, x, scratch, score, NULL);
        else if (dim == 64)
            score_at(s, i, 64, false, x, scratch, score, NULL);
        else
            score_at(s, i, dim, false, x, scratch, score, NULL);
    }
}

/* beta, and in `now` the means and the precision of t: int_0^t beta = b, s = exp(-b/2), sigma^2 = 1
 * - s^2; all by one exponential. */
INLINE double freeze(const scalar_flow *f, double t)
{
    const double slope = f->beta1 - f->beta0, b = t * (f->beta0 + slope * t / 2);
    const double below = expm1(-b / 2), s = 1 + below; /* sigma^2 = -below (1 + s) */
    const double precision = 1 / (s * s * f->var - below * (1 + s));
    for (size_t c = 0; c < f->now.k; c++) {
        f->now.precision[c] = precision;
        for (size_t j = 0; j < 2; j++) f->now.mean[2 * c + j] = s * f->mean[2 * c + j];
    }
    return f->beta0 + slope * t;
}

/* dx/dt = -beta/2 (x + score). */
int FK_KERNEL(bench_scalar_flow)(double t, const double x[], double out[], void *flow)
{
    const scalar_flow *f = flow;
    const double half = freeze(f, t) / 2;
    double scratch[BENCH_MAX_K], score[2];
    score_at(&f->now, 0, 2, false, x, scratch, score, NULL);
    for (size_t j = 0; j < 2; j++) out[j] = -half * (x[j] + score[j]);
    return 0;
}

int FK_KERNEL(bench_scalar_flow_density)(double t, const double x[], double out[], void *flow)
{
    const scalar_flow *f = flow;
    const double half = freeze(f, t) / 2;
    double scratch[BENCH_MAX_K], score[2], divergence;
    score_at(&f->now, 0, 2, false, x, scratch, score, &divergence);
    for (size_t j = 0; j < 2; j++) out[j] = -half * (x[j] + score[j]);
    out[2] = half * (2 + divergence);
    return 0;
}
