/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B6: the law of the reverse SDE from one point, of mixtures step after step and of Gaussian data
 * for the whole family of eta. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/linear_family.h"
#include "claims/setting.h"

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
            fk_coeffs r = fk_at_lambda(&schedule, 1.185), s = fk_at_lambda(&schedule, 0.115);
            fk_coeffs t = fk_at_lambda(&schedule, -0.785);
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
                double x = rule.x[k], p = exp(fk_marginal_at(middle, &x, NULL));
                if (variant->which == NORMAL_OF_MOMENTS) p = exp(fk_log_normal(x, mean, var));
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

/* --- B6-gaussian: from a point, for every eta --- */

enum { OWN_ETA, ODE_FOR_ALL, SDE_FOR_ALL, ETA_ONCE, TWICE_SQUARED };

/* The law at 2.385 from points at -1.385, in log(s/sigma), against the equations of the moments. */
static fk_verdict from_a_point(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    static const double eta[] = {0, 0.6, 1, 1.385};
    double worst = 0, from = -1.385, to = 2.385;
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            fk_schedule schedule = fk_setting_schedule(spec[i]);
            const double used[] = {eta[k], 0, 1, sqrt(eta[k]), sqrt(2) * eta[k]};
            const fk_linear process = {&schedule, {0.7315, 0.285}, eta[k], {0, 0}};
            fk_linear formula = process;
            formula.eta = used[variant->which];
            fk_gaussian p_t = fk_linear_marginal(&process, from);
            fk_gaussian p_s = fk_linear_marginal(&process, to);
            fk_linear_step found = fk_linear_transition(&process, from, to, 8000);
            for (size_t j = 0; j < 3; j++) {
                double x = p_t.mean + sqrt(p_t.var) * fk_setting_offset(j);
                fk_gaussian law = fk_linear_law(&formula, (fk_gaussian){x, 0}, from, to);
                double mean = found.phi * x + found.shift;
                fk_worst(&worst, fabs(mean - law.mean) / sqrt(p_s.var));
                fk_worst(&worst, fabs(found.var - law.var) / p_s.var);
            }
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
    {"B6-gaussian",
     "On N(m, v) data the process of eta leads from a point x_t to N(M_s + sqrt(V_s/V_t) rho (x_t "
     "- "
     "M_t), V_s (1 - rho^2)), rho = ((V_s/s_s^2)/(V_t/s_t^2))^(eta^2/2), V = s^2 v + sigma^2",
     "this lab; the family: Zhang and Chen 2023, section 2",
     FK_EXACT,
     1e-10,
     "8000 Runge-Kutta steps h = 4.7e-4 at rates a <= 6: 3.8 h^4 a^5/120 is 1e-11, roundings 3e-12",
     from_a_point,
     {"eta^2/2", OWN_ETA, 0},
     {{"the ODE's point, rho = 1", ODE_FOR_ALL, 0},
      {"the SDE's law for every eta", SDE_FOR_ALL, 0},
      {"eta/2", ETA_ONCE, 0},
      {"eta^2", TWICE_SQUARED, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
