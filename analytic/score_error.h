/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a score field is from the exact score, and what no field can get below. At a noise level
 * (s, sigma), with eps_net = -sigma field and J = E|score|^2,
 *     error    E |field - score|^2
 *     floor    min E |eps_net - eps|^2 = dim - sigma^2 J
 *     excess   E |eps_net - eps|^2 - floor = sigma^2 error
 * (Vincent 2011; Hyvarinen 2005). The same in other terms: |x0hat error|^2 = (sigma/s)^4 s^2 error;
 * g^2 error/2, integrated over t, is what the error adds to KL between the paths of the reverse SDE
 * (Girsanov; Song et al. 2021b, theorem 1). */
#ifndef FK_ANALYTIC_SCORE_ERROR_H
#define FK_ANALYTIC_SCORE_ERROR_H

#include "analytic/cloud.h"
#include "schedules/schedule.h"

/* How an expectation is taken. */
typedef struct {
    double part;  /* in 2-D: fk_cloud_nodes; 0: 0.25 */
    size_t draws; /* where there is no quadrature; 0: 16384 */
} fk_score_rule;

typedef struct {
    double error, fisher; /* error NaN without a field; fisher: J */
    double floor, excess; /* of eps */
    bool drawn;           /* by draws, always the same ones; else by quadrature */
} fk_score_error;

/* Quadrature in 1-D, and in 2-D where 2^17 points do; else draws. With the default rule the
 * built-in mixtures of two dimensions have J to 1e-5 of itself at worst, where modes of grid-25
 * begin to merge, and to 1e-8 elsewhere. NaN where the nodes have not the mass 1, as of data so far
 * out that doubles do not tell apart what the noise does. field may be NULL. The mixture has no
 * point mass, or sigma > 0. */
fk_score_error fk_score_error_at(const fk_mixture *, const fk_field *, double s, double sigma,
                                 const fk_score_rule *);

/* At n times at once, over threads (0: all). */
void fk_score_error_along(const fk_mixture *, const fk_schedule *, const fk_field *,
                          const fk_score_rule *, size_t n, const double *t, int threads,
                          fk_score_error *);

/* Nodes in the usable interval of a schedule: Gauss-Legendre in t, or in lambda, with weights that
 * make means over t, or over lambda. */
void fk_times_mean(const fk_schedule *, bool in_lambda, size_t n, double *t, double *weight);

/* The excess of eps over the usable interval. */
typedef struct {
    double mean, max, t_of_max; /* mean over t; max NaN where any is */
    bool drawn;                 /* any by draws */
} fk_excess;

/* The mean by n Gauss-Legendre nodes, the maximum over these and n more, even in lambda. */
fk_excess fk_excess_over(const fk_mixture *, const fk_schedule *, const fk_field *,
                         const fk_score_rule *, size_t n, int threads);

#endif
