/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker schedules: its checks. (s, sigma) and (f, g^2) are two descriptions of one process,
 * and each is derived from the other by integration, with GSL. */
#ifndef FK_EXPERIMENTS_SCHEDULES_CHECKS_H
#define FK_EXPERIMENTS_SCHEDULES_CHECKS_H

#include "analytic/mixture.h"
#include "core/verdict.h"
#include "schedules/schedule.h"

enum { MAX_SCHEDULES = 4 };

/* The context of the checks. */
typedef struct {
    fk_schedule schedule[MAX_SCHEDULES]; /* VP-linear, VP-cosine, VE, the user's */
    char name[MAX_SCHEDULES][32];        /* of the file and in the figure */
    size_t n;
    const fk_mixture *mixture; /* borrowed */
    double variance;           /* of the data, a coordinate's mean */
} setting;

/* The t* in [1/2, 1 - 1e-7] where the signals of the two VP schedules are equal, by Brent's method;
 * NaN where the ends of that interval have one sign. */
double schedules_crossing(const setting *);

/* The variants that the checks know, fk_variant.which; each takes RIGHT and those named. */
enum { RIGHT, SQUARED, NO_OFFSET, AS_PRINTED, HALF, DOUBLE, ROOT };

/* t* from s against t* from f. SQUARED: alpha_bar_lin in place of s_lin; NO_OFFSET: of the cosine.
 */
fk_verdict schedules_check_crossing(const fk_claim_env *, const fk_claim *, const fk_variant *);
/* Points where not s_cos > s_lin before t*, < after. AS_PRINTED: with t* = 1. */
fk_verdict schedules_check_sides(const fk_claim_env *, const fk_claim *, const fk_variant *);
/* m' = f m against s: worst relative error. DOUBLE: 2 f. */
fk_verdict schedules_check_mean(const fk_claim_env *, const fk_claim *, const fk_variant *);
/* v' = 2 f v + g^2 against sigma^2: worst relative error. HALF: f v; ROOT: g. */
fk_verdict schedules_check_variance(const fk_claim_env *, const fk_claim *, const fk_variant *);
/* lambda' = -g^2/(2 sigma^2) against lambda: worst error. DOUBLE: twice that. */
fk_verdict schedules_check_snr(const fk_claim_env *, const fk_claim *, const fk_variant *);
/* s^2 Var(x_0) + sigma^2 against the components of the marginal: worst relative error. ROOT: s;
 * DOUBLE: 2 sigma^2. */
fk_verdict schedules_check_total(const fk_claim_env *, const fk_claim *, const fk_variant *);

#endif
