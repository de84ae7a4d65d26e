/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise schedules: x_t = s(t) x_0 + sigma(t) eps, and the same law as an SDE dx = f x dt + g dW
 * with
 *
 *     f = s'/s,    g^2 = (sigma^2)' - 2 f sigma^2,    lambda = log(s/sigma)   (half the log-SNR)
 *
 * (Song et al. 2021, eq. 29; Karras et al. 2022, appendix B). Everything is written without
 * cancellation (expm1, log1p, (sigma^2)' rather than sigma'), so that t -> 0 keeps full precision.
 */
#ifndef FK_SCHEDULES_SCHEDULE_H
#define FK_SCHEDULES_SCHEDULE_H

#include "core/error.h"
#include "core/names.h"

typedef struct {
    double s, sigma, f, g2, lambda;
} fk_coeffs;

typedef struct fk_schedule {
    fk_row row;          /* name, what it is, source, parameters with defaults */
    double domain[2];    /* where s and sigma are defined: [domain[0], domain[1]], the second may be
                            inf */
    double t_min, t_max; /* the usable interval: f and g finite. Plans stay inside */
    bool exploding;      /* s = 1: the matching prior is N(0, sigma(t_max)^2 I), else N(0, I) */
    double param[FK_MAX_PARAMS];
    void (*at)(const struct fk_schedule *, double t, fk_coeffs *); /* any t of the domain */
    /* the inverse of lambda(t), for lambda between its values at the domain's ends */
    double (*time_of)(const struct fk_schedule *, double lambda);
    /* after parameters are set: check them, set the intervals; may be NULL */
    int (*prepare)(struct fk_schedule *, fk_error *);
} fk_schedule;

/* vp-linear, vp-cosine, sub-vp, ve, edm, flow: in this order. */
extern const fk_schedule fk_schedules[];
extern const size_t fk_n_schedules;

/* A schedule by its spec, "vp-linear:beta0=0.1,beta1=20". */
int fk_schedule_parse(const char *spec, fk_schedule *schedule, fk_error *err) FK_CHECKED;

/* Of one name and equal parameters, however the specs were written. */
bool fk_schedule_same(const fk_schedule *, const fk_schedule *);

/* All coefficients at a t of the domain. Each is within a few units in the last place of its
 * condition |F| + |t dF/dt|. At the domain's ends they take their limits: sigma = 0 gives lambda =
 * inf; s = 0 (vp-cosine and flow at t = 1) gives f = -inf, g2 = inf, lambda = -inf. */
fk_coeffs fk_schedule_at(const fk_schedule *, double t);

/* One line of FK_USAGE where t is outside the domain, or outside the usable interval. `what` names
 * the option: "--t-start". */
int fk_schedule_check_domain(const fk_schedule *, const char *what, double t,
                             fk_error *) FK_CHECKED;
int fk_schedule_check_usable(const fk_schedule *, const char *what, double t,
                             fk_error *) FK_CHECKED;

#endif
