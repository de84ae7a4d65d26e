/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 1-D law split at a gap. Call some components "left", the others "right", and let
 *     a(y) = sum over left  of w_k P(X_k > y),        b(y) = sum over right of w_k P(X_k <= y),
 * so that F(y) = W_left - a(y) + b(y). Between modes F is flat to the last bit, while a and b still
 * know where y is: two laws F_1(x) = F_2(y) are matched by
 *     b_2(y) + a_1(x) = a_2(y) + b_1(x),
 * all terms positive. With no left component this is log F, with no right one the survival
 * function. Internal to analytic/. */
#ifndef FK_ANALYTIC_TAILS_H
#define FK_ANALYTIC_TAILS_H

#include "analytic/marginal.h"

typedef struct {
    double log_a, log_b;        /* -inf where there is no such component */
    double log_left, log_right; /* log of the densities that belong to them */
} fk_tails;

/* (y - M_k) / sqrt(S_k); infinite for a point mass, which lies at or below y, or above it. */
double fk_tails_standardise(const fk_marginal *, size_t k, double y);

/* left (k): which components are left; NULL: none. */
fk_tails fk_tails_at(const fk_marginal *, const bool *left, bool all_left, double y);

/* The y in [lo, hi] with b(y) + a0 = a(y) + b0, to the last bits; `guess` starts the search. Where
 * the law has point masses: the least y with the left side at least the right one. */
double fk_tails_solve(const fk_marginal *, const bool *left, bool all_left, double log_a0,
                      double log_b0, double lo, double hi, double guess);

#endif
