/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The laws between which errors by cause are taken (experiments/common_causes.h), in 1-D. */
#ifndef FK_EXPERIMENTS_COMMON_LAWS_H
#define FK_EXPERIMENTS_COMMON_LAWS_H

#include "analytic/curve.h"
#include "analytic/start_law.h"
#include "core/error.h"
#include "experiments/common_causes.h"
#include "schedules/scheme.h"

enum { FK_FLOW, FK_REVERSE_SDE, FK_N_PROCESSES };

/* A law with the expectations of the sixteen of analytic/functionals.h. They are known to 1e-9 or
 * so, and where a map does not keep the order of the line to the bound. */
typedef struct {
    fk_curve curve;
    double mean[FK_N_CDF], bound[FK_N_CDF];
} fk_seen_law;
void fk_seen_law_free(fk_seen_law *);

/* What is exact: the data, the law at the end, and from N(0, std^2) the exact processes. */
typedef struct {
    fk_marginal *data, *start, *end;
    fk_start_law prior;
    fk_functionals functionals; /* the data's, but `exact` is under the law at the end */
    fk_seen_law of_data, at_end, from_prior[FK_N_PROCESSES];
} fk_exact_laws;

/* The mixture has dim 1 and no point masses; it is borrowed. */
int fk_exact_laws_new(const fk_mixture *, const fk_coeffs *from, const fk_coeffs *to, double std,
                      fk_exact_laws *, fk_error *) FK_CHECKED;
void fk_exact_laws_free(fk_exact_laws *);

/* A plan's law from the prior, by a field; FK_USAGE where it is not known as a curve, see
 * analytic/law.h. threads 0: all. */
int fk_plan_law(const fk_exact_laws *, const fk_plan *, const fk_field *, int threads,
                fk_seen_law *, fk_error *) FK_CHECKED;

/* Of a scheme by its laws with the exact score and with a network (the same, where there is none).
 */
fk_causes fk_causes_on_line(const fk_exact_laws *, int process, const double steps[FK_N_CDF],
                            const double score[FK_N_CDF], size_t *which);
/* All between curves: between the same interpolants, so that the triangle inequality holds for what
 * is computed. The curves are trimmed. */
fk_distances fk_distances_on_line(fk_exact_laws *, int process, fk_curve *steps, fk_curve *score);

/* The same of a scheme without noise by another road: sums over n particles each, at the quantiles
 * (i + 1/2)/n of the data, of the law at the end and of the prior, these moved by the exact flow
 * and by the integrator. bound: how wrong each sum may be where between neighbours there are jumps
 * and bends, from the sums' own second differences. */
int fk_causes_by_particles(const fk_exact_laws *, const fk_plan *, const fk_field *score, size_t n,
                           int threads, double mean[FK_LAWS][FK_N_CDF],
                           double bound[FK_LAWS][FK_N_CDF], fk_distances *, fk_error *) FK_CHECKED;

#endif
