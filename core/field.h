/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of particles and score fields.
 *
 * A block is a structure of arrays: coordinate i of particle p is x[i*ld + p]. n is a multiple of
 * FK_LANES, x and ld*sizeof(double) are multiples of FK_ALIGN. Lanes beyond the last real particle
 * hold finite numbers that nobody reads.
 *
 * A score field answers score(x; s, sigma) = grad log p(x), p the law of s x_0 + sigma eps, so that
 * score(kx; ks, k sigma) = score(x; s, sigma)/k. It is a closure in two steps: freeze() computes
 * everything that depends on (s, sigma) alone, once; eval() then sees only arrays. Fields freeze by
 * (s, sigma), not by t: a chain has no t, and churn raises the noise above that of t_max. All are
 * called from many threads at once and touch nothing shared. */
#ifndef FK_CORE_FIELD_H
#define FK_CORE_FIELD_H

#include "core/base.h"

typedef struct {
    double *x; /* (dim, ld), the first n of each row in use */
    size_t n, dim, ld;
} fk_block;

typedef struct fk_field {
    const void *self;
    size_t dim;
    size_t frozen_size; /* bytes that freeze() fills */
    void (*freeze)(const void *self, double s, double sigma, void *frozen);
    void (*eval)(const void *self, const void *frozen, fk_block x, fk_block score);
    /* div score at one point x (dim); NULL where it is not known */
    double (*divergence)(const void *self, double s, double sigma, const double *x);
    /* Score, and div score (x.n) unless NULL, where each particle has (s, sigma) of its own, both
     * (x.n); lane by lane, so that none depends on its neighbours. NULL where the field has no
     * faster way than one particle at a time. */
    void (*eval_each)(const void *self, const double *s, const double *sigma, fk_block x,
                      fk_block score, double *divergence);
} fk_field;

/* eval_each() by whatever the field has; n of the x.n particles are real. */
void fk_field_eval_each(const fk_field *, const double *s, const double *sigma, size_t n,
                        fk_block x, fk_block score, double *divergence);

#endif
