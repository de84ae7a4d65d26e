/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The error of sampling by cause. One approximation is changed at a time, always in this order:
 *     truncation   the exact law at t_end                           less the data
 *     prior        the exact process from the prior at t_max        less that law
 *     steps        the scheme from the prior, with the exact score  less that process
 *     score        the scheme from the prior, with a network        less that scheme
 * The exact process is the one that the scheme follows: the probability-flow ODE, or where it draws
 * noise the reverse SDE. The differences of an expectation add up to what a user gets; of W1
 * between neighbours the sum is no less than the distance from the data to the last. */
#ifndef FK_EXPERIMENTS_COMMON_CAUSES_H
#define FK_EXPERIMENTS_COMMON_CAUSES_H

#include "core/verdict.h"
#include "experiments/common_text.h"

enum { FK_OF_DATA, FK_AT_END, FK_FROM_PRIOR, FK_IN_STEPS, FK_BY_NETWORK, FK_LAWS };
enum { FK_CAUSES = FK_LAWS - 1 };

typedef struct {
    double part[FK_CAUSES], total;
} fk_causes;

/* Of the one of n functionals whose total is the largest: `which`, unless NULL. mean (FK_LAWS, n):
 * their expectations. */
fk_causes fk_causes_of(size_t n, const double *mean, size_t *which);

/* W1 between neighbours, and from the first to the last; NaN where one is no curve. */
typedef struct {
    double link[FK_CAUSES], distance;
} fk_distances;

/* All are finite: one law that is no curve leaves the distance of others known, but no chain. */
bool fk_distances_known(const fk_distances *);

/* In columns of twelve: the parts and the total; the links, their sum and the distance, and the
 * line ends. The heading is that of the first. */
extern const char *const fk_causes_heading;
void fk_causes_tell(const fk_causes *, fk_text *);
void fk_distances_tell(const fk_distances *, fk_text *);

/* Ways to go wrong: without the last part, without the largest, its sign turned; the last law's
 * expectation taken for that before it. */
typedef enum {
    FK_ALL_PARTS,
    FK_WITHOUT_SCORE,
    FK_WITHOUT_LARGEST,
    FK_LARGEST_TURNED,
    FK_LAW_BEFORE
} fk_causes_way;

double fk_causes_sum(const fk_causes *, fk_causes_way);

/* The greatest difference of parts, and of their sum, from what expectations by another road say,
 * beyond what the two roads together may be wrong by: the bounds of the laws that it is between. */
double fk_causes_gap(const fk_causes *, fk_causes_way, const double mean[FK_LAWS],
                     const double bound[FK_LAWS]);

/* In parts of the distance that another road gives: the greatest difference of links, and what
 * their sum, without the longest where that is wanted, falls short of it by. */
double fk_distances_gap(const fk_distances *, bool without_longest, const fk_distances *again);

/* What chains are held to that way, but for its id and its check, of FK_ALL_PARTS and
 * FK_WITHOUT_LARGEST. */
extern const fk_claim fk_distances_claim;

#endif
