/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the checks of all topics share: the sources, settings of high entropy, residuals, rules for
 * integrals over a marginal. */
#ifndef FK_CLAIMS_SETTING_H
#define FK_CLAIMS_SETTING_H

#include "analytic/marginal.h"
#include "core/verdict.h"
#include "schedules/schedule.h"

/* The five texts whose claims are checked. */
#define FK_POST_2025 "Diffusion Model (blog post, Feb 2025)"
#define FK_OVERVIEW  "An Overview of Diffusion Models (blog post, Nov 2024)"
#define FK_SERIES    "Deep Generative Model Series: 2. Diffusion Model (blog post, Nov 2024)"
#define FK_NOTE_2024 "From Stochastic Processes to DDPMs (blog note, Aug 2024)"
#define FK_CHOCHO    "ChoCho, Diffusion Models Note (preprint, Jun 2024)"

/* A schedule or mixture by a spec that is known to be right: anything else is a bug, and stops. */
fk_schedule fk_setting_schedule(const char *spec);
fk_mixture *fk_setting_mixture(const char *spec);

/* Time number j, with log(s/sigma) spread over the usable interval by golden-ratio steps: no time
 * is an end point or a round number, and every noise scale has its share. */
double fk_setting_time(const fk_schedule *, size_t j);
/* Number j of a sequence in (-3, 3), in units of a standard deviation. */
double fk_setting_offset(size_t j);
/* Point j (dim) near component j % k of a marginal, within three standard deviations of it. */
void fk_setting_point(const fk_marginal *, size_t j, double *x);

/* |sum of the terms| / sum of |terms|; 0 where all are 0. */
double fk_residual(const double *term, size_t n);
/* The verdict of an exact check: observed against expected, nothing sampled. */
fk_verdict fk_measured(double observed, double expected);

/* The check check_NAME of a measurement NAME: what `worst`, a function of a file's own, finds of it
 * over the file's settings, expected to be 0. */
#define FK_CHECK(name, worst)                                                                      \
    static fk_verdict check_##name(const fk_claim_env *env, const fk_claim *claim,                 \
                                   const fk_variant *variant)                                      \
    {                                                                                              \
        (void)env, (void)claim;                                                                    \
        return fk_measured(worst(name, variant->which), 0);                                        \
    }

/* The distribution function of a 1-D marginal, as fk_ks wants it. */
double fk_setting_cdf(const void *marginal, double x);

/* log N(x; mean, var). */
double fk_log_normal(double x, double mean, double var);

/* The worst of a measurement over three mixtures on the line, all schedules, and eight times each
 * at which sigma/s lies between `clean` and `noisy`; j tells the times of a schedule apart. */
enum { FK_ON_LINE = 3 };
extern const char *const fk_setting_on_line[FK_ON_LINE];
typedef double fk_measurement(const fk_marginal *, const fk_coeffs *, const fk_variant *, size_t j);
fk_verdict fk_worst_on_line(fk_measurement *, const fk_variant *, double clean, double noisy);

/* The root of f in [lo, hi] by Brent's method, to its last bits; NaN where f has one sign at both
 * ends. */
double fk_setting_root(double (*f)(double, void *), void *self, double lo, double hi);

/* The limit of a sequence's values at h, h/2, h/4 as h goes to 0: exact up to h^2. */
double fk_setting_limit(const double value[3]);

/* Of several comparisons in one verdict keep the one with the largest |gap| + 6 se; NaN wins. */
void fk_keep_worst(fk_verdict *worst, double observed, double expected, double se);
/* Mean and standard deviation of sqrt(n) D_n, the Kolmogorov-Smirnov distance of n samples to their
 * own law: sqrt(pi/2) log 2 and sqrt(pi^2/12 - pi/2 log^2 2). */
#define FK_KS_MEAN 0.86873116063615
#define FK_KS_SD   0.26033287146241

/* Composite Gauss-Legendre, 20 nodes a panel. */
typedef struct {
    double *x, *w; /* (n) */
    size_t n;
} fk_rule;
fk_rule fk_rule_new(double a, double b, size_t panels);
/* For integrals against a 1-D marginal or a law close to it: out to nine standard deviations of
 * every component (a tail of 2e-19), panels of at most one standard deviation of the narrowest:
 * the error of 20 nodes on a Gaussian is then below 1e-20. */
fk_rule fk_rule_over(const fk_marginal *);
void fk_rule_free(fk_rule *);

#endif
