/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs of fokker budget: each scheme with at most so many evaluations, and its error split by
 * cause. */
#ifndef FK_EXPERIMENTS_BUDGET_LAB_H
#define FK_EXPERIMENTS_BUDGET_LAB_H

#include "analytic/functionals.h"
#include "claims/series.h"
#include "experiments/common_families.h"

enum { BUDGETS = 4 };
extern const size_t budgets[BUDGETS]; /* 5, 10, 20, 50 evaluations */

/* Signed errors of the sixteen smoothed distribution functions against the data, changing one
 * approximation at a time:
 *     truncation      exact law at t_end                             less the data
 *     discretisation  the scheme from the exact marginal at t_max    less the exact law at t_end
 *     prior           the scheme from the prior                      less the scheme from the exact
 *     score           the scheme from the prior, by a network        less that by the exact score
 * They add up to what a user gets. (Prior and score come last: a process that is exact but for the
 * prior exists for the ODE and the reverse SDE, and not for every scheme.) */
typedef struct {
    const char *name;
    size_t number; /* in the registry's order, from 1 */
    fk_family family;
    size_t steps, evaluations;
    double truncation, discretisation, prior, score, total; /* where |total| is the largest */
    bool ran; /* else `why` tells what stood in the way */
    char why[160];
} spending;

/* W1 between the laws of these differences, and of the last from the data: no more than their sum.
 */
typedef struct {
    const char *name; /* the best scheme at its budget whose laws are curves; NULL: none */
    size_t steps;
    double truncation, discretisation, prior, score, distance;
} budget_chain;

typedef struct {
    fk_mixture *mixture;
    fk_place place;
    double prior;           /* standard deviation */
    const fk_field *learnt; /* a network's score, or NULL: the part of the score is then 0 */
    size_t n;               /* schemes */
    spending *by; /* (BUDGETS, n), each budget's ordered by |total|; those that did not run last */
    budget_chain chain[BUDGETS]; /* where there is a network */
    double sampling;   /* the standard error of one sample, the root mean square of the sixteen */
    double truncation; /* the largest of the sixteen's, with a sign */
} budget;

/* Errors are those of the laws (analytic/law.h), to 1e-9 or so, but for schemes whose noise enters
 * before the last evaluation: to 3e-5, and to one part in a hundred where they take fewer than four
 * steps. The difference that the prior makes has no error of that kind. */
void budget_run(budget *, int threads);

#endif
