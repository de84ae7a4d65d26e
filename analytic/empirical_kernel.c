/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/empirical.h"
#include "core/vector_math.h"

typedef double lanes[FK_LANES];

/* Of one point, whether any lane may be near it; a NaN is. */
static inline bool passes(const lanes logit, const double *floor, double *top)
{
    uint64_t near = 0;
#pragma omp simd reduction(| : near)
    for (size_t l = 0; l < FK_LANES; l++) near |= logit[l] < top[l] - floor[l] ? 0 : 1;
    FK_FOR_LANES(l) top[l] = top[l] > logit[l] ? top[l] : logit[l];
    return near;
}

size_t FK_KERNEL(fk_empirical_sift)(const fk_frozen_empirical *f, size_t first, size_t last,
                                    const double *x, size_t ld, const double *floor, double *top,
                                    uint32_t *list, size_t n_list)
{
    const double scale = -2 * f->a * f->s;
    const size_t dim = f->m->dim;
    for (size_t k = first; k < last; k += FK_ABREAST) {
        const size_t n = last - k < FK_ABREAST ? last - k : FK_ABREAST;
        const double *mean[FK_ABREAST];
        lanes dot[FK_ABREAST] = {{0}};
        for (size_t c = 0; c < FK_ABREAST; c++) mean[c] = f->m->mean + (k + (c < n ? c : 0)) * dim;
        for (size_t i = 0; i < dim; i++)
            for (size_t c = 0; c < FK_ABREAST; c++)
                FK_FOR_LANES(l) dot[c][l] = fma(mean[c][i], x[i * ld + l], dot[c][l]);
        for (size_t c = 0; c < n; c++) {
            FK_FOR_LANES(l) dot[c][l] = fma(scale, dot[c][l], f->offset[k + c]);
            list[n_list] = (uint32_t)(k + c);
            n_list += passes(dot[c], floor, top);
        }
    }
    return n_list;
}

/* Where FK_ABREAST points of the list stand. */
static inline void places(const fk_frozen_empirical *f, const uint32_t *list,
                          const double *mean[FK_ABREAST])
{
    for (size_t c = 0; c < FK_ABREAST; c++) mean[c] = f->m->mean + list[c] * f->m->dim;
}

static inline void logits(const fk_frozen_empirical *f, const uint32_t *list, const double *x,
                          size_t ld, lanes *logit)
{
    const double *mean[FK_ABREAST];
    lanes q[FK_ABREAST] = {{0}};
    places(f, list, mean);
    for (size_t i = 0; i < f->m->dim; i++)
        for (size_t c = 0; c < FK_ABREAST; c++) {
            const double m = -f->s * mean[c][i];
            FK_FOR_LANES(l)
            {
                double d = x[i * ld + l] + m;
                q[c][l] = fma(d, d, q[c][l]);
            }
        }
    for (size_t c = 0; c < FK_ABREAST; c++)
        FK_FOR_LANES(l) logit[c][l] = fma(f->a, q[c][l], f->log_weight[list[c]]);
}

static inline void add(const fk_frozen_empirical *f, const uint32_t *list, const double *x,
                       size_t ld, lanes *weight, lanes *sum)
{
    const double *mean[FK_ABREAST];
    places(f, list, mean);
    for (size_t i = 0; i < f->m->dim; i++)
        for (size_t c = 0; c < FK_ABREAST; c++) {
            const double m = -f->s * mean[c][i];
            FK_FOR_LANES(l) sum[i][l] = fma(weight[c][l], x[i * ld + l] + m, sum[i][l]);
        }
}

void FK_KERNEL(fk_empirical_score)(const fk_frozen_empirical *f, const uint32_t *list, size_t n,
                                   size_t n_real, const double *x, size_t x_ld, double *score,
                                   size_t score_ld, double *logit_memory, double *sum_memory)
{
    lanes *logit = (lanes *)logit_memory, *sum = (lanes *)sum_memory, top, total = {0};
    FK_FOR_LANES(l) top[l] = -HUGE_VAL;
    for (size_t k = 0; k < n; k += FK_ABREAST) {
        logits(f, list + k, x, x_ld, logit + k);
        for (size_t c = 0; c < FK_ABREAST; c++)
            FK_FOR_LANES(l) top[l] = top[l] > logit[k + c][l] ? top[l] : logit[k + c][l];
    }
    for (size_t i = 0; i < f->m->dim; i++) FK_FOR_LANES(l) sum[i][l] = 0;
    for (size_t k = 0; k < n; k += FK_ABREAST) {
        uint64_t any = 0;
        for (size_t c = 0; c < FK_ABREAST; c++) {
            double *w = logit[k + c];
            const double real = k + c < n_real ? 1.0 : 0.0;
            double gap[FK_LANES];
            FK_FOR_LANES(l) gap[l] = w[l] = w[l] - top[l];
            fk_lanes_exp2(w);
            FK_FOR_LANES(l)
            {
                w[l] = gap[l] < -f->near ? 0 : real * w[l];
                total[l] += w[l];
            }
#pragma omp simd reduction(| : any)
            for (size_t l = 0; l < FK_LANES; l++) any |= w[l] > 0;
        }
        if (any) add(f, list + k, x, x_ld, logit + k, sum);
    }
    FK_FOR_LANES(l) total[l] = 2 * FK_LN2 * f->a / total[l];
    for (size_t i = 0; i < f->m->dim; i++)
        FK_FOR_LANES(l) score[i * score_ld + l] = sum[i][l] * total[l];
}
