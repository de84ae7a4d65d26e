/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calibration of denoisers: the exact one by Tweedie's formula, wrong ones by what is wrong. */
#include "analytic/calibration.h"
#include "core/noise.h"
#include "tests/suite.h"

enum { BINS = 23 };

/* factor score + wave sin(7.385 x): wrong where factor is not 1 or wave not 0. */
typedef struct {
    fk_field of;
    double factor, wave;
} altered;

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const altered *a = self;
    a->of.freeze(a->of.self, s, sigma, frozen);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const altered *a = self;
    a->of.eval(a->of.self, frozen, x, score);
    for (size_t p = 0; p < x.n; p++)
        score.x[p] = a->factor * score.x[p] + a->wave * sin(7.385 * x.x[p]);
}

static fk_field altered_field(const altered *a)
{
    return (fk_field){
        .self = a, .dim = 1, .frozen_size = a->of.frozen_size, .freeze = freeze, .eval = eval};
}

static fk_mixture *three(void)
{
    fk_mixture *m;
    fk_error err;
    ck_assert_int_eq(fk_mixture_read("three-1d", &m, &err), FK_OK);
    return m;
}

static double total(const fk_calibration *bin)
{
    double sum = 0;
    for (size_t j = 0; j < BINS; j++) sum += bin[j].probability;
    return sum;
}

START_TEST(the_exact_denoiser_is_calibrated_and_a_wrong_one_is_not)
{
    fk_mixture *m = three();
    const double level[] = {0.0385, 0.2385, 0.7385};
    fk_calibration bin[BINS];
    for (size_t i = 0; i < 3; i++) {
        fk_marginal *p = fk_marginal_new(m, 0.8385, level[i]);
        const fk_field exact = fk_mixture_field(m);
        fk_calibration_of(p, &exact, BINS, bin);
        fk_assert_near(total(bin), 1, 3e-9);
        ck_assert_double_le(fk_calibration_error(BINS, bin), 1e-9);
        for (size_t j = 0; j < BINS; j++) {
            ck_assert(bin[j].probability > 0);
            ck_assert(bin[j].said >= bin[j].lo && bin[j].said <= bin[j].hi);
            /* rounding of cumulated means over the probability of a rare bin */
            fk_assert_near(bin[j].true_mean, bin[j].said, 1e-8 + 1e-13 / bin[j].probability);
        }
        const altered wrong = {exact, 1 / level[i], 0}; /* sigma score in place of sigma^2 score */
        const fk_field field = altered_field(&wrong);
        fk_calibration_of(p, &field, BINS, bin);
        fk_assert_near(total(bin), 1, 3e-9);
        ck_assert(!(fk_calibration_error(BINS, bin) <= 1e-3));
        fk_marginal_free(p);
    }
    fk_mixture_free(m);
}
END_TEST

/* A wave makes D rise and fall, so that bins are many intervals. Against draws of (x_0, x), six
 * standard errors; the control: x_0 of another draw. */
START_TEST(bins_of_a_denoiser_that_rises_and_falls_are_those_of_draws)
{
    enum { DRAWS = 1 << 17 };
    fk_mixture *m = three();
    const double s = 0.8385, sigma = 0.5385;
    fk_marginal *p = fk_marginal_new(m, s, sigma);
    const altered wavy = {fk_mixture_field(m), 1, 2.385};
    const fk_field field = altered_field(&wavy);
    fk_calibration bin[BINS];
    fk_calibration_of(p, &field, BINS, bin);
    fk_assert_near(total(bin), 1, 3e-9);

    double *x = fk_alloc(3 * DRAWS, sizeof *x), *d = x + DRAWS, *x0 = d + DRAWS;
    fk_random_normals((fk_key){2385, 1}, 0, 0, (fk_block){x, DRAWS, 1, DRAWS});
    for (size_t i = 0; i < DRAWS; i++) {
        fk_mixture_draw(m, 2385, 2, i, &x0[i]);
        x[i] = s * x0[i] + sigma * x[i];
    }
    void *frozen = fk_alloc(field.frozen_size, 1);
    field.freeze(field.self, s, sigma, frozen);
    field.eval(field.self, frozen, (fk_block){x, DRAWS, 1, DRAWS}, (fk_block){d, DRAWS, 1, DRAWS});
    double count[BINS] = {0}, mean[BINS] = {0}, said[BINS] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        d[i] = (x[i] + sigma * sigma * d[i]) / s;
        const double place = (d[i] - bin[0].lo) / (bin[0].hi - bin[0].lo);
        if (!(place >= 0 && place < BINS)) continue;
        count[(size_t)place]++, mean[(size_t)place] += x0[i], said[(size_t)place] += d[i];
    }
    double worst = 0, wrong = 0;
    for (size_t j = 0; j < BINS; j++) {
        const double q = bin[j].probability, se = sqrt(q * (1 - q) / DRAWS);
        worst = fk_worse(worst, fabs(count[j] / DRAWS - q) / (se + 1e-6));
        if (count[j] < 100) continue;
        const double root = 2 / sqrt(count[j]); /* |x_0| has a standard deviation below 2 */
        worst = fk_worse(worst, fabs(mean[j] / count[j] - bin[j].true_mean) / root);
        worst = fk_worse(worst, fabs(said[j] / count[j] - bin[j].said) / root);
        wrong = fk_worse(wrong, fabs(said[j] / count[j] - bin[j].true_mean) / root);
    }
    ck_assert_double_le(worst, 6);
    ck_assert(!(wrong <= 6)); /* what is said is not what is true */
    free(frozen), free(x);
    fk_marginal_free(p);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("calibration", the_exact_denoiser_is_calibrated_and_a_wrong_one_is_not,
         bins_of_a_denoiser_that_rises_and_falls_are_those_of_draws)
