/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/combine.h"
#include "core/vector.h"

enum { MOST = 8 }; /* registers side by side */

/* 0 x is 0 for a finite x, NaN for any other, and NaN stays in a sum. */
FK_INLINE fk_vector wild_in(fk_vector x)
{
    return x * fk_splat(0);
}

FK_INLINE bool is_tame(fk_vector wild)
{
    bool tame = true;
    for (size_t l = 0; l < FK_VECTOR; l++) tame = tame && wild[l] == 0;
    return tame;
}

FK_INLINE fk_vector model_output(const fk_model_output *model, size_t at)
{
    const fk_vector p = fk_splat(model->p), q = fk_splat(model->q);
    if (model->q == 0) return p * fk_load(model->y + at);
    if (model->p == 0) return q * fk_load(model->score + at);
    return fk_vector_fma(q, fk_load(model->score + at), p * fk_load(model->y + at));
}

/* n registers from number `at` on. */
FK_INLINE fk_vector combine(const size_t n, double *out, const fk_term *term, size_t n_terms,
                            const fk_model_output *model, size_t at)
{
    fk_vector sum[MOST], m[MOST], wild = fk_splat(0);
    FK_UNROLLED(u, n) sum[u] = m[u] = fk_splat(0);
    if (model) FK_UNROLLED(u, n) m[u] = model_output(model, at + u * FK_VECTOR);
    if (model && model->m) FK_UNROLLED(u, n) fk_store(model->m + at + u * FK_VECTOR, m[u]);
    for (size_t k = 0; k < n_terms; k++) {
        const fk_vector weight = fk_splat(term[k].weight);
        if (term[k].x) FK_UNROLLED(u, n)
        sum[u] = fk_vector_fma(weight, fk_load(term[k].x + at + u * FK_VECTOR), sum[u]);
        else FK_UNROLLED(u, n) sum[u] = fk_vector_fma(weight, m[u], sum[u]);
    }
    FK_UNROLLED(u, n) wild += wild_in(sum[u]), fk_store(out + at + u * FK_VECTOR, sum[u]);
    return wild;
}

bool FK_KERNEL(fk_combine)(double *out, size_t length, const fk_term *term, size_t n_terms,
                           const fk_model_output *model)
{
    enum { FEW = FK_LANES / FK_VECTOR < MOST ? FK_LANES / FK_VECTOR : MOST };
    fk_vector wild = fk_splat(0);
    size_t at = 0;
    for (; at + MOST * FK_VECTOR <= length; at += MOST * FK_VECTOR)
        wild += combine(MOST, out, term, n_terms, model, at);
    for (; at < length; at += FEW * FK_VECTOR) wild += combine(FEW, out, term, n_terms, model, at);
    return is_tame(wild);
}

bool FK_KERNEL(fk_all_finite)(const double *x, size_t length)
{
    fk_vector wild = fk_splat(0);
    for (size_t p = 0; p < length; p += FK_VECTOR) wild += wild_in(fk_load(x + p));
    return is_tame(wild);
}
