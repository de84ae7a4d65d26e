/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B6, B12, B13: the law of the reverse SDE from one point, and what a wrong prior and a wrong score
 * do to the law that comes out. The last two on Gaussian data N(m, v), where the processes of every
 * eta are linear, with tau = log(s/sigma) as time: g^2 dt = 2 sigma^2 dtau. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/prior.h"
#include "claims/quadrature.h"
#include "claims/setting.h"

static const double data_mean = 0.7315, data_var = 0.285;

static fk_coeffs at_tau(const fk_schedule *schedule, double tau)
{
    return fk_schedule_at(schedule, schedule->time_of(schedule, tau));
}

/* --- B6: one reverse step after another --- */

enum { EXACT_LAWS, NORMAL_OF_MOMENTS, ODE_STEP, OTHER_POINT };

static fk_marginal *law_from(const fk_mixture *mix, const fk_coeffs *t, double x,
                             const fk_coeffs *s)
{
    fk_mixture *law;
    fk_error err;
    if (fk_reverse_law(mix, t, &x, s, &law, &err) != FK_OK) abort(); /* s has less noise */
    return fk_marginal_new(law, 1, 0);
}

static void free_law(fk_marginal *g)
{
    fk_mixture *law = (fk_mixture *)(uintptr_t)g->mixture;
    fk_marginal_free(g);
    fk_mixture_free(law);
}

/* int p(x_r|x_s) p(x_s|x_t) dx_s against p(x_r|x_t), r < s < t. */
static fk_verdict chapman_kolmogorov(const fk_claim_env *env, const fk_claim *claim,
                                     const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve"};
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double worst = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 5; j++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            fk_coeffs r = at_tau(&schedule, 1.185), s = at_tau(&schedule, 0.115);
            fk_coeffs t = at_tau(&schedule, -0.785);
            fk_marginal *p_t = fk_marginal_new(mix, t.s, t.sigma);
            double x_t, x_r;
            fk_setting_point(p_t, j, &x_t);
            fk_marginal_free(p_t);
            fk_marginal *middle = law_from(mix, &t, x_t, &s), *whole = law_from(mix, &t, x_t, &r);
            fk_setting_point(whole, j + 3, &x_r);
            double mean, var, wanted = exp(fk_marginal_at(whole, &x_r, NULL)), sum = 0, flow;
            fk_mixture_moments(middle->mixture, &mean, &var);
            fk_flow(mix, &t, &s, 1, &x_t, &flow, NULL);
            fk_rule rule = fk_rule_over(middle);
            for (size_t k = 0; k < rule.n; k++) {
                double x = rule.x[k], d = x - mean, p = exp(fk_marginal_at(middle, &x, NULL));
                if (variant->which == NORMAL_OF_MOMENTS)
                    p = exp(-(d * d / var + log(var) + FK_LOG_2PI) / 2);
                if (variant->which == ODE_STEP) x = flow;
                if (variant->which == OTHER_POINT) x += 0.0385;
                fk_marginal *last = law_from(mix, &s, x, &r);
                sum += rule.w[k] * p * exp(fk_marginal_at(last, &x_r, NULL));
                free_law(last);
            }
            fk_rule_free(&rule);
            fk_worst(&worst, fabs(sum / wanted - 1));
            free_law(middle);
            free_law(whole);
        }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- B12: a prior that is not p_T --- */

enum { ETA_SQUARED, NO_LOSS, ETA_ONCE, TWICE };

/* From N(a, b) at `from`, on Gaussian data: mean and variance at tau, and KL(p || it). */
typedef struct {
    double mean, var, kl, fisher; /* fisher: E_p (grad log p/phat)^2 */
} off;

static off off_at(const fk_schedule *schedule, double eta, double from, double a, double b,
                  double tau)
{
    fk_coeffs t = at_tau(schedule, from), s = at_tau(schedule, tau);
    double v_t = t.s * t.s * data_var + t.sigma * t.sigma, m = s.s * data_mean;
    double v = s.s * s.s * data_var + s.sigma * s.sigma;
    double ratio = (v / (s.s * s.s)) / (v_t / (t.s * t.s)), rho = pow(ratio, eta * eta / 2);
    double shrink = sqrt(v / v_t) * rho;
    off o = {.mean = m + shrink * (a - t.s * data_mean),
             .var = v * (1 - rho * rho) + shrink * shrink * b};
    double d = m - o.mean, slope = 1 / o.var - 1 / v; /* log p/phat has slope (x-m) slope + d/var */
    o.kl = (v / o.var - 1 - log(v / o.var) + d * d / o.var) / 2;
    o.fisher = slope * slope * v + d * d / (o.var * o.var);
    return o;
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
            double b = 1.7 * pow(at_tau(&schedule, from).sigma, 2), loss = 0;
            fk_rule rule = fk_rule_new(from, to, 12);
            for (size_t j = 0; j < rule.n; j++) {
                double sigma = at_tau(&schedule, rule.x[j]).sigma;
                double rate = eta[k] * eta[k] * sigma * sigma; /* eta^2 g^2/2 dt */
                if (variant->which == ETA_ONCE) rate = eta[k] * sigma * sigma;
                if (variant->which == TWICE) rate *= 2;
                if (variant->which == NO_LOSS) rate = 0;
                loss +=
                    rule.w[j] * rate * off_at(&schedule, eta[k], from, 0.385, b, rule.x[j]).fisher;
            }
            fk_rule_free(&rule);
            double before = off_at(&schedule, eta[k], from, 0.385, b, from).kl;
            double after = off_at(&schedule, eta[k], from, 0.385, b, to).kl;
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
    fk_coeffs t = at_tau(&schedule, start);
    for (size_t end = 0; end < 2; end++) {
        fk_coeffs s = at_tau(&schedule, end ? to : from);
        fk_from_prior law = fk_from_prior_new(mix, prior, &t, &s);
        fk_marginal *p = fk_marginal_new(mix, s.s, s.sigma);
        kl[end] = fk_expect(p, log_ratio, &(pair){p, &law});
        fk_marginal_free(p);
        fk_from_prior_free(&law);
    }
    fk_rule rule = fk_rule_new(from, to, 1);
    for (size_t j = 0; j < rule.n; j++) {
        fk_coeffs s = at_tau(&schedule, rule.x[j]);
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

/* --- B13: a score that is not the score --- */

enum { GIRSANOV, SAME_FOR_ALL, NOT_OVER_ETA, NO_HALF };

/* A linear process over one step: x' = phi x + shift + N(0, var). */
typedef struct {
    double phi, shift, var;
} step;

/* delta = c_0 + c_1 x is added to the score where `wrong`. */
static const double c_0 = 0.385, c_1 = -0.2385;

/* d/dtau of (phi, shift, var) at tau. */
static step rate_at(const fk_schedule *schedule, double eta, bool wrong, double tau, step y)
{
    fk_coeffs c = at_tau(schedule, tau);
    double v = c.sigma * c.sigma, all = c.s * c.s * data_var + v, dt = -2 * v / c.g2;
    double kappa = (1 + eta * eta) * v; /* (1 + eta^2)/2 g^2 dt, towards the data */
    double slope = -1 / all + (wrong ? c_1 : 0);
    double level = c.s * data_mean / all + (wrong ? c_0 : 0);
    double a = c.f * dt + kappa * slope, b = kappa * level;
    return (step){a * y.phi, a * y.shift + b, 2 * a * y.var + 2 * eta * eta * v};
}

static step moved(step y, double h, step k)
{
    return (step){y.phi + h * k.phi, y.shift + h * k.shift, y.var + h * k.var};
}

static step step_over(const fk_schedule *schedule, double eta, bool wrong, double tau, double h)
{
    step y = {1, 0, 0};
    for (size_t i = 0; i < 4; i++, tau += h / 4) { /* RK4: an error of (h/4)^5 a step */
        double e = h / 4;
        step k1 = rate_at(schedule, eta, wrong, tau, y);
        step k2 = rate_at(schedule, eta, wrong, tau + e / 2, moved(y, e / 2, k1));
        step k3 = rate_at(schedule, eta, wrong, tau + e / 2, moved(y, e / 2, k2));
        step k4 = rate_at(schedule, eta, wrong, tau + e, moved(y, e, k3));
        y = moved(moved(moved(moved(y, e / 6, k1), e / 3, k2), e / 3, k3), e / 6, k4);
    }
    return y;
}

/* KL of the joint laws at N + 1 times, both started from p_T: the sum over the steps, as both are
 * Markov. */
static double joint_divergence(const fk_schedule *schedule, double eta, double from, double to,
                               size_t n)
{
    double sum = 0, h = (to - from) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double tau = from + h * (double)i;
        fk_coeffs c = at_tau(schedule, tau);
        double m = c.s * data_mean, v = c.s * c.s * data_var + c.sigma * c.sigma;
        step p = step_over(schedule, eta, false, tau, h),
             q = step_over(schedule, eta, true, tau, h);
        double ratio = p.var / q.var - 1, apart = p.phi - q.phi, d = apart * m + p.shift - q.shift;
        sum += (ratio - log1p(ratio) + (apart * apart * v + d * d) / q.var) / 2;
    }
    return sum;
}

static fk_verdict girsanov(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {0.6, 1, 1.385};
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    double worst = 0, from = -1.385, to = 1.385;
    for (size_t k = 0; k < 3; k++) {
        double e[3], square = eta[k] * eta[k], value = 0;
        for (size_t i = 0; i < 3; i++)
            e[i] = joint_divergence(&schedule, eta[k], from, to, (size_t)100 << i);
        double one = 2 * e[1] - e[0], two = 2 * e[2] - e[1], found = (4 * two - one) / 3;
        double factor = (1 + square) * (1 + square) / (4 * square);
        if (variant->which == SAME_FOR_ALL) factor = 1;
        if (variant->which == NOT_OVER_ETA) factor *= square;
        if (variant->which == NO_HALF) factor *= 2;
        fk_rule rule = fk_rule_new(from, to, 8);
        for (size_t j = 0; j < rule.n; j++) {
            fk_coeffs c = at_tau(&schedule, rule.x[j]);
            double m = c.s * data_mean, v = c.s * c.s * data_var + c.sigma * c.sigma;
            double level = c_0 + c_1 * m;
            value += rule.w[j] * factor * c.sigma * c.sigma * (level * level + c_1 * c_1 * v);
        }
        fk_rule_free(&rule);
        fk_worst(&worst, fabs(found / value - 1));
        fk_worst(&worst, e[0] < e[1] && e[1] < e[2] && e[2] < found ? 0 : 1);
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_law_identities_claims[] = {
    {"B6",
     "The reverse laws compose: int p(x_r|x_s) p(x_s|x_t) dx_s = p(x_r|x_t), each a mixture in "
     "closed form, so that steps of any length are exact",
     "Anderson 1982; Song et al. 2021, eq. 6",
     FK_EXACT,
     1e-12,
     "quadrature to 1e-15 of products of densities, exponents up to 60 on either side",
     chapman_kolmogorov,
     {"p(x_s|x_t)", EXACT_LAWS, 0},
     {{"a normal law of the same moments", NORMAL_OF_MOMENTS, 0},
      {"the ODE's point", ODE_STEP, 0},
      {"x_s + 0.0385", OTHER_POINT, 0}},
     .reading = FK_TRUE},
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
    {"B13",
     "With score + delta for the score KL of the path laws is (1 + eta^2)^2/(4 eta^2) int g^2/2 "
     "E|delta|^2 dt (Girsanov), least at eta = 1: the limit, from below, of joint laws at 100, "
     "200, "
     "400 times",
     "Chen, Chewi et al. 2023, section 5",
     FK_EXACT,
     1e-5,
     "two extrapolations from steps of 0.0277 in log(s/sigma) leave h^3 times moduli below 0.3",
     girsanov,
     {"(1 + eta^2)^2/(4 eta^2) g^2/2", GIRSANOV, 0},
     {{"g^2/2 for every eta", SAME_FOR_ALL, 0},
      {"(1 + eta^2)^2/4 g^2/2", NOT_OVER_ETA, 0},
      {"g^2 for g^2/2", NO_HALF, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
