/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "tools/bench_openmp.h"

enum { N = BENCH_BLOCK };

/* Dimensions known where it is called. */
#define INLINE static inline __attribute__((always_inline))

/* xoshiro256+ (Blackman and Vigna 2021), one generator a particle. */
typedef struct {
    uint64_t s[4][N];
} generators;

static void seed_all(generators *g, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        for (int p = 0; p < N; p++) { /* splitmix64 */
            uint64_t z = seed += 0x9e3779b97f4a7c15;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9, z = (z ^ z >> 27) * 0x94d049bb133111eb;
            g->s[i][p] = z ^ z >> 31;
        }
}

/* In (0, 1]. */
static inline void uniforms(generators *g, double *u)
{
#pragma omp simd
    for (int p = 0; p < N; p++) {
        uint64_t a = g->s[0][p], b = g->s[1][p], c = g->s[2][p], d = g->s[3][p];
        uint64_t bits = (a + d) >> 12 | 0x3ff0000000000000, t = b << 17;
        double one_to_two;
        c ^= a, d ^= b, b ^= c, a ^= d, c ^= t, d = d << 45 | d >> 19;
        g->s[0][p] = a, g->s[1][p] = b, g->s[2][p] = c, g->s[3][p] = d;
        memcpy(&one_to_two, &bits, sizeof bits);
        u[p] = 2.0 - one_to_two;
    }
}

/* Box-Muller. Sine and cosine in loops of their own: side by side gcc takes them for one complex
 * exponential, of which there is no vector. */
static inline void normals(generators *g, double *z, double *other)
{
    double u[N], turn[N];
    uniforms(g, u);
    uniforms(g, turn);
#pragma omp simd
    for (int p = 0; p < N; p++) u[p] = sqrt(-2.0 * log(u[p]));
#pragma omp simd
    for (int p = 0; p < N; p++) z[p] = u[p] * cos(2 * FK_PI * turn[p]);
    if (!other) return;
#pragma omp simd
    for (int p = 0; p < N; p++) other[p] = u[p] * sin(2 * FK_PI * turn[p]);
}

INLINE void all_normals(generators *g, const size_t dim, double (*z)[N])
{
    for (size_t j = 0; j < dim; j += 2) normals(g, z[j], j + 1 < dim ? z[j + 1] : NULL);
}

/* What a component pulls with, P (m - x), and its logit. */
INLINE void full_pull(const double *mean, const double *precision, const double norm,
                      const size_t dim, double (*x)[N], double (*pull)[N], double *logit)
{
    double off[BENCH_MAX_DIM][N], q[N] = {0};
    for (size_t j = 0; j < dim; j++)
        for (int p = 0; p < N; p++) off[j][p] = mean[j] - x[j][p];
    for (size_t j = 0; j < dim; j++) {
#pragma omp simd
        for (int p = 0; p < N; p++) {
            double sum = 0;
            for (size_t m = 0; m < dim; m++) sum += precision[j * dim + m] * off[m][p];
            pull[j][p] = sum;
            q[p] += sum * off[j][p];
        }
    }
    for (int p = 0; p < N; p++) logit[p] = norm - 0.5 * q[p];
}

INLINE void isotropic_logit(const double *mean, const double precision, const double norm,
                            const size_t dim, double (*x)[N], double *logit)
{
#pragma omp simd
    for (int p = 0; p < N; p++) {
        double q = 0;
        for (size_t j = 0; j < dim; j++) q += (mean[j] - x[j][p]) * (mean[j] - x[j][p]);
        logit[p] = norm - 0.5 * precision * q;
    }
}

INLINE void score_of(const scalar_mixture *sp, size_t i, const size_t dim, const bool full,
                     double (*x)[N], double (*score)[N])
{
    double logit[BENCH_MAX_K][N], pull[BENCH_MAX_K][BENCH_MAX_DIM][N], top[N], total[N] = {0};
    const double *norm = sp->log_norm + i * sp->k, *means = sp->mean + i * sp->k * dim,
                 *precisions = sp->precision + i * sp->k * (full ? dim * dim : 1);
    for (int p = 0; p < N; p++) top[p] = -1e300;
    for (size_t c = 0; c < sp->k; c++) {
        const double *mean = means + c * dim, *precision = precisions + c * (full ? dim * dim : 1);
        if (full)
            full_pull(mean, precision, norm[c], dim, x, pull[c], logit[c]);
        else
            isotropic_logit(mean, *precision, norm[c], dim, x, logit[c]);
        for (int p = 0; p < N; p++) top[p] = logit[c][p] > top[p] ? logit[c][p] : top[p];
    }
    for (size_t j = 0; j < dim; j++)
        for (int p = 0; p < N; p++) score[j][p] = 0;
    for (size_t c = 0; c < sp->k; c++) {
        double e[N];
        /* libmvec's exp leaves its vector path where it underflows: hence the clamp */
#pragma omp simd
        for (int p = 0; p < N; p++) {
            double below = logit[c][p] - top[p];
            e[p] = exp(below > -700 ? below : -700);
            total[p] += e[p];
        }
        for (size_t j = 0; j < dim; j++) {
            const double m = means[c * dim + j], q = full ? 0 : precisions[c];
#pragma omp simd
            for (int p = 0; p < N; p++)
                score[j][p] += e[p] * (full ? pull[c][j][p] : q * (m - x[j][p]));
        }
    }
    for (size_t j = 0; j < dim; j++) {
#pragma omp simd
        for (int p = 0; p < N; p++) score[j][p] /= total[p];
    }
}

INLINE void block(const scalar_plan *sp, const size_t dim, const bool full, const double *start,
                  generators *g, double (*x)[N])
{
    double score[BENCH_MAX_DIM][N], z[BENCH_MAX_DIM][N];
    if (start)
        memcpy(x, start, dim * sizeof *x);
    else
        all_normals(g, dim, x);
    for (size_t i = 0; i < sp->at.n_times; i++) {
        const double a = sp->step[3 * i], b = sp->step[3 * i + 1], c = sp->step[3 * i + 2];
        score_of(&sp->at, i, dim, full, x, score);
        all_normals(g, dim, z);
        for (size_t j = 0; j < dim; j++) {
#pragma omp simd
            for (int p = 0; p < N; p++) x[j][p] = a * x[j][p] + b * score[j][p] + c * z[j][p];
        }
    }
}

void FK_KERNEL(bench_openmp)(const scalar_plan *sp, unsigned long seed, const double *start,
                             size_t n, double *x)
{
    generators g;
    double(*rows)[N] = (double(*)[N])x;
    seed_all(&g, seed);
    for (size_t done = 0; done < n; done += N) {
        if (sp->at.full && sp->at.dim == 16)
            block(sp, 16, true, start, &g, rows);
        else if (sp->at.full)
            block(sp, sp->at.dim, true, start, &g, rows);
        else if (sp->at.dim == 1)
            block(sp, 1, false, start, &g, rows);
        else if (sp->at.dim == 2)
            block(sp, 2, false, start, &g, rows);
        else if (sp->at.dim == 16)
            block(sp, 16, false, start, &g, rows);
        else
            block(sp, sp->at.dim, false, start, &g, rows);
    }
}
