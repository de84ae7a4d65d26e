/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B12: what a wrong prior does to the law that comes out, on Gaussian data for every eta and on a
 * mixture for the reverse SDE. */
#include <math.h>

#include "claims/claims.h"
#include "claims/linear_family.h"
#include "claims/prior.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

/* --- B12: a prior that is not p_T --- */

enum { ETA_SQUARED, NO_LOSS, ETA_ONCE, TWICE };

/* From a wrong start at `from`, on Gaussian data, at lambda: KL(p || phat) and what it loses. */
typedef struct {
    double kl, fisher; /* fisher: E_p (grad log p/phat)^2 */
} off;

static off off_at(const fk_linear *process, fk_gaussian start, double from, double lambda)
{
    fk_gaussian p = fk_linear_marginal(process, lambda);
    fk_gaussian q = fk_linear_law(process, start, from, lambda);
    double d = p.mean - q.mean; /* log p/phat has slope (x - p.mean) slope + d/q.var */
    double slope = 1 / q.var - 1 / p.var;
    return (off){(p.var / q.var - 1 - log(p.var / q.var) + d * d / q.var) / 2,
                 slope * slope * p.var + d * d / (q.var * q.var)};
}

static fk_verdict wrong_prior(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    static const double eta[] = {0, 0.6, 1, 1.385};
    double worst = 0, from = -1.385, to = 2.385;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            const fk_linear process = {&schedule, {0.7315, 0.285}, eta[k], {0, 0}};
            double loss = 0;
            fk_gaussian start = {0.385, 1.7 * pow(fk_at_lambda(&schedule, from).sigma, 2)};
            fk_rule rule = fk_rule_new(from, to, 12);
            for (size_t j = 0; j < rule.n; j++) {
                double sigma = fk_at_lambda(&schedule, rule.x[j]).sigma;
                double rate = eta[k] * eta[k] * sigma * sigma; /* eta^2 g^2/2 dt */
                if (variant->which == ETA_ONCE) rate = eta[k] * sigma * sigma;
                if (variant->which == TWICE) rate *= 2;
                if (variant->which == NO_LOSS) rate = 0;
                loss += rule.w[j] * rate * off_at(&process, start, from, rule.x[j]).fisher;
            }
            fk_rule_free(&rule);
            double before = off_at(&process, start, from, from).kl;
            double after = off_at(&process, start, from, to).kl;
            fk_worst(&worst, fabs(before - loss - after) / before);
        }
    return fk_measured(worst, 0);
}

/* The same on three-1d with eta = 1: the law from the prior by quadrature over x_T. */
typedef struct {
    const fk_marginal *p;
    const fk_from_prior *law;
} pair;

static double log_ratio(double x, double log_p, const void *self)
{
    return log_p - fk_from_prior_at(((const pair *)self)->law, x, NULL);
}

static double slope_squared(double x, double log_p, const void *self)
{
    (void)log_p;
    const pair *both = self;
    double score, other;
    fk_marginal_at(both->p, &x, &(fk_point){.score = &score});
    fk_from_prior_at(both->law, x, &other);
    return (score - other) * (score - other);
}

static fk_verdict wrong_prior_mixture(const fk_claim_env *env, const fk_claim *claim,
                                      const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    const fk_prior prior = {0.385, 1.785};
    /* both ends inside the run, where the law is a density known to rounding */
    double start = -0.785, from = -0.485, to = 0.715, loss = 0, kl[2];
    fk_coeffs t = fk_at_lambda(&schedule, start);
    for (size_t end = 0; end < 2; end++) {
        fk_coeffs s = fk_at_lambda(&schedule, end ? to : from);
        fk_from_prior law = fk_from_prior_new(mix, prior, &t, &s);
        fk_marginal *p = fk_marginal_new(mix, s.s, s.sigma);
        kl[end] = fk_expect(p, log_ratio, &(pair){p, &law});
        fk_marginal_free(p);
        fk_from_prior_free(&law);
    }
    fk_rule rule = fk_rule_new(from, to, 1);
    for (size_t j = 0; j < rule.n; j++) {
        fk_coeffs s = fk_at_lambda(&schedule, rule.x[j]);
        fk_from_prior law = fk_from_prior_new(mix, prior, &t, &s);
        fk_marginal *p = fk_marginal_new(mix, s.s, s.sigma);
        double rate = s.sigma * s.sigma;
        if (variant->which == TWICE) rate *= 2;
        if (variant->which == NO_LOSS) rate = 0;
        loss += rule.w[j] * rate * fk_expect(p, slope_squared, &(pair){p, &law});
        fk_marginal_free(p);
        fk_from_prior_free(&law);
    }
    fk_rule_free(&rule);
    fk_mixture_free(mix);
    return fk_measured(fabs(kl[0] - loss - kl[1]) / kl[0], 0);
}
const fk_claim fk_prior_identities_claims[] = {
    {"B12",
     "From a wrong prior the family of eta loses KL(p_t || phat_t) at the rate eta^2 g^2/2 "
     "E(grad log p_t/phat_t)^2: none at eta = 0. Gaussian data, four eta, three schedules",
     "Chen, Lee and Lu 2023, theorem 2.1",
     FK_EXACT,
     1e-11,
     "240 nodes for a smooth function; KL as a difference of numbers below 10, down to 1e-3",
     wrong_prior,
     {"eta^2 g^2/2", ETA_SQUARED, 0},
     {{"no loss", NO_LOSS, 0}, {"eta g^2/2", ETA_ONCE, 0}, {"eta^2 g^2", TWICE, 0}},
     .reading = FK_TRUE},
    {"B12-mixture",
     "The same on three-1d for the reverse SDE, whose law from a normal prior is an integral over "
     "x_T of mixtures",
     "Chen, Lee and Lu 2023, theorem 2.1",
     FK_EXACT,
     1e-8,
     "20 nodes in time over a decade of sigma/s, where the rate varies tenfold: 1e-10",
     wrong_prior_mixture,
     {"g^2/2", ETA_SQUARED, 0},
     {{"no loss", NO_LOSS, 0}, {"g^2", TWICE, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
