/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/point_step.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/combine.h"

struct fk_point_step {
    const fk_step *step;
    const fk_field *field;
    bool (*combine)(double *, size_t, const fk_term *, size_t, const fk_model_output *);
    size_t stride;
    unsigned char *frozen; /* (stages, stride) */
};

fk_point_step *fk_point_step_new(const fk_step *step, const fk_field *field)
{
    assert(field->dim == 1);
    fk_point_step *p = fk_alloc(1, sizeof *p);
    p->step = step, p->field = field, p->combine = FK_CHOOSE_KERNEL(fk_combine);
    p->stride = (field->frozen_size + FK_ALIGN - 1) / FK_ALIGN * FK_ALIGN;
    p->frozen = fk_alloc(step->stages, p->stride);
    for (size_t i = 0; i < step->stages; i++)
        if (step->stage[i].q != 0)
            field->freeze(field->self, step->stage[i].s, step->stage[i].sigma,
                          p->frozen + i * p->stride);
    return p;
}

void fk_point_step_free(fk_point_step *p)
{
    if (p) free(p->frozen);
    free(p);
}

size_t fk_point_step_scratch(const fk_point_step *p, size_t n)
{
    return (p->step->stages + 2) * n;
}

typedef struct {
    const double *x, *z, *h, *M; /* M (stages, n) */
    size_t n;
} inputs;

static size_t add(fk_term *term, size_t k, double weight, const double *x)
{
    if (weight != 0) term[k++] = (fk_term){weight, x};
    return k;
}

static void combine(const fk_point_step *p, const inputs *in, const fk_combination *c,
                    size_t stages, double *out)
{
    fk_term term[FK_MAX_TERMS];
    size_t k = add(term, 0, c->a, in->x);
    for (size_t j = 0; j < stages; j++) k = add(term, k, c->b[j], in->M + j * in->n);
    for (size_t l = 0; in->z && l < p->step->normals; l++)
        k = add(term, k, c->c[l], in->z + l * in->n);
    for (size_t h = 0; h < p->step->history; h++) k = add(term, k, c->d[h], in->h + h * in->n);
    p->combine(out, in->n, term, k, NULL);
}

void fk_point_step_apply(const fk_point_step *p, size_t n, const double *x, const double *z,
                         const double *h, double *y, double *pushed, double *scratch)
{
    const fk_step *step = p->step;
    double *M = scratch, *at = M + step->stages * n, *score = at + n;
    const inputs in = {x, z, h, M, n};
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *stage = &step->stage[i];
        combine(p, &in, &stage->y, i, at);
        size_t k = 0;
        fk_term term[2];
        if (stage->q != 0)
            p->field->eval(p->field->self, p->frozen + i * p->stride, (fk_block){at, n, 1, n},
                           (fk_block){score, n, 1, n});
        k = add(term, k, stage->p, at);
        k = add(term, k, stage->q, score);
        p->combine(M + i * n, n, term, k, NULL);
        if (stage->push && pushed) memcpy(pushed, M + i * n, n * sizeof *pushed);
    }
    combine(p, &in, &step->result, step->stages, y);
}
