/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs of fokker budget: each scheme with at most so many evaluations, and its error split by
 * cause. */
#ifndef FK_EXPERIMENTS_BUDGET_LAB_H
#define FK_EXPERIMENTS_BUDGET_LAB_H

#include "analytic/functionals.h"
#include "claims/series.h"
#include "experiments/common_families.h"
#include "experiments/common_laws.h"

enum { BUDGETS = 4 };
extern const size_t budgets[BUDGETS]; /* 5, 10, 20, 50 evaluations */

/* Signed errors of the sixteen smoothed distribution functions against the data, by cause: of the
 * one whose total is the largest. */
typedef struct {
    const char *name;
    size_t number; /* in the registry's order, from 1 */
    fk_family family;
    size_t steps, evaluations;
    fk_causes error;
    size_t functional; /* which it is of */
    double bound[2];   /* of the laws by the exact score and by the network, see fk_seen_law */
    bool ran;          /* else `why` tells what stood in the way */
    char why[160];
} spending;

/* The best at its budget without noise once more, by particles, and by the network itself. */
typedef struct {
    const spending *of; /* NULL: there is none */
    double mean[FK_LAWS], bound[FK_LAWS];
    fk_distances w1;
} budget_again;

typedef struct {
    const spending *of; /* the best at its budget whose laws, all, are curves; NULL: none */
    fk_distances w1;
} budget_chain;

typedef struct {
    fk_mixture *mixture;
    fk_place place;
    double prior; /* standard deviation */
    /* A network's score and a table of it, or NULL: the part of the score is then 0. */
    const fk_field *network, *learnt;
    fk_exact_laws exact;
    size_t n;     /* schemes */
    spending *by; /* (BUDGETS, n), each budget's ordered by |total|; those that did not run last */
    budget_again again[BUDGETS];
    budget_chain chain[BUDGETS]; /* where there is a network */
    double sampling;   /* the standard error of one sample, the root mean square of the sixteen */
    double truncation; /* the largest of the sixteen's, with a sign */
} budget;

/* Errors are those of the laws (analytic/law.h), to 1e-9 or so where a map keeps the order of the
 * line, to their bounds where it does not, but for schemes whose noise enters
 * before the last evaluation: to 3e-5, and to one part in a hundred where they take fewer than four
 * steps. A network's are those of its table (analytic/line_field.h). */
int budget_run(budget *, int threads, fk_error *) FK_CHECKED;
void budget_free(budget *);

/* Of a budget (0 .. BUDGETS - 1), the one with the least |total|; NULL where none ran. */
const spending *budget_best_with_noise(const budget *, size_t budget);
/* n draws x (n) by its steps from the prior, by the score, or that of the network's table, times
 * `factor`. */
int budget_draw(const budget *, const spending *, double factor, size_t n, uint64_t seed,
                int threads, double *x, fk_error *) FK_CHECKED;

#endif
