/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains against MPFR: betas as their papers print them, alpha_bar by multiplying them out. */
#include <mpfr.h>
#include <string.h>

#include "schedules/chain.h"
#include "tests/suite.h"

enum { BITS = 256 };
static const mpfr_rnd_t nearest = MPFR_RNDN;

static fk_chain chain_of(const char *spec)
{
    fk_chain chain;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_chain_parse(spec, &chain, &err) == FK_OK, "%s: %s", spec, err.text);
    return chain;
}

/* beta_i of ddpm-linear */
static void linear_beta(size_t i, size_t T, double first, double last, mpfr_ptr beta)
{
    mpfr_set_d(beta, last, nearest);
    mpfr_sub_d(beta, beta, first, nearest);
    mpfr_mul_ui(beta, beta, i, nearest);
    mpfr_div_ui(beta, beta, T - 1, nearest);
    mpfr_add_d(beta, beta, first, nearest);
}

/* cos^2(pi/2 (i/T + c)/(1 + c)) with the double c = 0.008 */
static void cosine_bar(size_t i, size_t T, mpfr_ptr out)
{
    mpfr_t pi;
    mpfr_init2(pi, BITS);
    mpfr_const_pi(pi, nearest);
    mpfr_set_ui(out, i, nearest);
    mpfr_div_ui(out, out, T, nearest);
    mpfr_add_d(out, out, 0.008, nearest);
    mpfr_mul(out, out, pi, nearest);
    mpfr_set_d(pi, 0.008, nearest);
    mpfr_add_ui(pi, pi, 1, nearest);
    mpfr_mul_ui(pi, pi, 2, nearest);
    mpfr_div(out, out, pi, nearest);
    mpfr_cos(out, out, nearest);
    mpfr_sqr(out, out, nearest);
    mpfr_clear(pi);
}

static void cosine_beta(size_t i, size_t T, double clip, mpfr_ptr beta)
{
    mpfr_t below;
    mpfr_init2(below, BITS);
    cosine_bar(i + 1, T, beta);
    cosine_bar(i, T, below);
    mpfr_div(beta, beta, below, nearest);
    mpfr_ui_sub(beta, 1, beta, nearest);
    if (mpfr_cmp_d(beta, clip) > 0) mpfr_set_d(beta, clip, nearest);
    mpfr_clear(below);
}

static double relative(double value, mpfr_srcptr exact)
{
    mpfr_t d;
    mpfr_init2(d, BITS);
    mpfr_sub_d(d, exact, value, nearest);
    if (!mpfr_zero_p(d)) mpfr_div(d, d, exact, nearest);
    double r = fabs(mpfr_get_d(d, nearest));
    mpfr_clear(d);
    return r;
}

/* beta, log alpha_bar, 1 - alpha_bar and the posterior variance at every index, relative; lambda
 * relative to 1 + |lambda|. A beta is three sines, a product and a quotient, each of at most two
 * units of 2^-53 with its argument's error; the sum of logarithms adds terms of one sign, so no
 * more; the posterior variance has a beta and two expm1 of that sum: 16 units for the longest. */
static double worst_error(const fk_chain *chain, bool cosine, double p0, double p1)
{
    mpfr_t beta, bar, before, x;
    mpfr_inits2(BITS, beta, bar, before, x, (mpfr_ptr)0);
    mpfr_set_ui(bar, 1, nearest);
    double worst = 0;
    for (size_t i = 0; i < chain->T; i++) {
        if (cosine)
            cosine_beta(i, chain->T, p0, beta);
        else
            linear_beta(i, chain->T, p0, p1, beta);
        mpfr_set(before, bar, nearest);
        mpfr_ui_sub(x, 1, beta, nearest);
        mpfr_mul(bar, bar, x, nearest);

        fk_coeffs at = fk_chain_at(chain, (long)i);
        double error[5] = {relative(chain->beta[i], beta)};
        mpfr_log(x, bar, nearest);
        error[1] = relative(chain->log_alpha_bar[i], x);
        mpfr_ui_sub(x, 1, bar, nearest);
        error[2] = relative(at.sigma * at.sigma, x);
        mpfr_ui_sub(before, 1, before, nearest); /* beta (1 - alpha_bar') / (1 - alpha_bar) */
        mpfr_mul(before, before, beta, nearest);
        mpfr_div(before, before, x, nearest);
        error[3] = relative(fk_chain_posterior_variance(chain, i), before);
        mpfr_div(x, bar, x, nearest); /* lambda = log(alpha_bar / (1 - alpha_bar)) / 2 */
        mpfr_log(x, x, nearest);
        mpfr_div_ui(x, x, 2, nearest);
        error[4] = fabs(at.lambda - mpfr_get_d(x, nearest)) / (1 + fabs(at.lambda));
        for (int j = 0; j < 5; j++)
            if (!(error[j] <= worst)) worst = error[j];
    }
    mpfr_clears(beta, bar, before, x, (mpfr_ptr)0);
    return worst;
}

START_TEST(the_chains_keep_full_precision_at_every_index)
{
    const double bound = 16 * 0x1p-53;
    fk_chain linear = chain_of("ddpm-linear"), other = chain_of("ddpm-linear:T=37,beta_1=0.0238,"
                                                                "beta_T=0.385");
    fk_chain cosine = chain_of("cosine"), clipped = chain_of("cosine:T=385,clip=0.2385");
    double worst[] = {worst_error(&linear, false, 1e-4, 0.02),
                      worst_error(&other, false, 0.0238, 0.385),
                      worst_error(&cosine, true, 0.999, 0), worst_error(&clipped, true, 0.2385, 0)};
    for (int i = 0; i < 4; i++) ck_assert_msg(worst[i] <= bound, "chain %d: %g", i, worst[i]);
    /* controls: i/T in place of i/(T - 1), and alpha_bar in single precision, as libraries keep it
     */
    ck_assert(worst_error(&linear, false, 1e-4, 1e-4 + (0.02 - 1e-4) * 0.999) > bound);
    float product = 1;
    for (size_t i = 0; i < linear.T; i++) {
        product *= 1 - (float)linear.beta[i];
        linear.log_alpha_bar[i] = log((double)product);
    }
    ck_assert(worst_error(&linear, false, 1e-4, 0.02) > bound);
    fk_chain_free(&linear);
    fk_chain_free(&other);
    fk_chain_free(&cosine);
    fk_chain_free(&clipped);
}
END_TEST

/* Published values: DDPM's last alpha_bar; iDDPM's table is clipped at its last index alone. */
START_TEST(the_known_values_come_out)
{
    fk_chain linear = chain_of("ddpm-linear"), cosine = chain_of("cosine");
    fk_coeffs last = fk_chain_at(&linear, 999);
    fk_assert_near(last.s * last.s, 4.035829765375683e-5, 1e-19);
    fk_assert_near(last.lambda, -5.058836591650517, 4e-15);
    const struct {
        size_t i;
        double alpha_bar;
    } known[] = {{989, 2.42857e-4}, {997, 9.71504e-6}, {998, 2.42877e-6}, {999, 2.42877e-9}};
    for (int j = 0; j < 4; j++)
        fk_assert_near(exp(cosine.log_alpha_bar[known[j].i]) / known[j].alpha_bar, 1, 3e-6);
    size_t clipped = 0;
    for (size_t i = 0; i < cosine.T; i++) clipped += cosine.beta[i] == 0.999;
    ck_assert_uint_eq(clipped, 1);
    ck_assert(cosine.beta[999] == 0.999);
    fk_chain_free(&linear);
    fk_chain_free(&cosine);
}
END_TEST

START_TEST(clean_data_stands_before_the_first_index)
{
    fk_chain chain = chain_of("ddpm-linear:T=10");
    fk_coeffs clean = fk_chain_at(&chain, -1);
    ck_assert(clean.s == 1 && clean.sigma == 0 && clean.lambda == INFINITY);
    ck_assert(isnan(clean.f) && isnan(clean.g2));
    ck_assert(fk_chain_posterior_variance(&chain, 0) == 0);
    fk_chain_free(&chain);
}
END_TEST

/* alpha_bar_i = s((i+1)/T)^2, from s and sigma of the schedule; beta is a difference of logarithms
 * up to 10, so it carries their rounding. */
START_TEST(a_sampled_schedule_agrees_with_the_schedule)
{
    const char *spec[][2] = {
        {"vp-linear:T=1000", "vp-linear"},
        {"vp-linear:T=138,beta0=0.385,beta1=13.7", "vp-linear:beta0=0.385,beta1=13.7"},
        {"vp-cosine:T=238,offset=0.0385", "vp-cosine:offset=0.0385"},
    };
    for (int j = 0; j < 3; j++) {
        fk_chain chain = chain_of(spec[j][0]);
        fk_schedule schedule;
        fk_error err;
        ck_assert_int_eq(fk_schedule_parse(spec[j][1], &schedule, &err), FK_OK);
        double alpha_bar = 1;
        for (size_t i = 0; i < chain.T; i++) {
            fk_coeffs a = fk_chain_at(&chain, (long)i);
            fk_coeffs b = fk_schedule_at(&schedule, (double)(i + 1) / (double)chain.T);
            fk_assert_near(a.s, b.s, 2e-15 * b.s);
            fk_assert_near(a.sigma, b.sigma, 2e-15 * b.sigma);
            alpha_bar *= 1 - chain.beta[i];
            fk_assert_near(alpha_bar, b.s * b.s, 1e-13);
        }
        fk_chain_free(&chain);
    }
    fk_chain cosine = chain_of("vp-cosine:T=10");
    ck_assert(cosine.beta[9] == 1 && cosine.log_alpha_bar[9] == -INFINITY);
    fk_chain_free(&cosine);
}
END_TEST

START_TEST(bad_chains_get_one_line)
{
    const char *bad[] = {"ddpm",
                         "ddpm-linear:T=0",
                         "ddpm-linear:T=10.5",
                         "ddpm-linear:T=nan",
                         "ddpm-linear:beta_T=1",
                         "ddpm-linear:beta_1=0",
                         "cosine:clip=1",
                         "cosine:beta_1=0.1",
                         "vp-linear:T=100,beta1=-3",
                         "vp-linear:offset=1",
                         "sub-vp",
                         "sub-vp:T=100",
                         "ve:T=1000",
                         "edm",
                         "flow"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_chain chain;
        fk_error err = {.code = 0};
        ck_assert_msg(fk_chain_parse(bad[i], &chain, &err) == FK_USAGE, "%s", bad[i]);
        ck_assert(err.text[0] != '\0' && !strchr(err.text, '\n') && !chain.beta);
        if (strncmp(bad[i], "sub-vp", 6) == 0) ck_assert(strstr(err.text, "variance preserving"));
    }
}
END_TEST

START_TEST(every_listed_chain_is_built_by_its_name)
{
    for (size_t i = 0; i < fk_n_chain_rows; i++) {
        fk_chain chain = chain_of(fk_chain_rows[i].name);
        ck_assert_uint_eq(chain.T, 1000);
        for (size_t j = 0; j < chain.T; j++) {
            ck_assert(chain.beta[j] > 0 && chain.beta[j] <= 1);
            ck_assert(chain.log_alpha_bar[j] < (j ? chain.log_alpha_bar[j - 1] : 0));
        }
        fk_chain_free(&chain);
    }
}
END_TEST

FK_SUITE("chain", the_chains_keep_full_precision_at_every_index, the_known_values_come_out,
         clean_data_stands_before_the_first_index, a_sampled_schedule_agrees_with_the_schedule,
         bad_chains_get_one_line, every_listed_chain_is_built_by_its_name)
