/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances of a law on nodes from an exact one that goes on where the nodes end. */
#include <gsl/gsl_cdf.h>

#include "analytic/curve.h"
#include "analytic/functionals.h"
#include "analytic/marginal.h"
#include "tests/suite.h"

enum { NODES = 2001 };

/* E|X| of N(m, v), v the variance. */
static double mean_size(double m, double v)
{
    const double s = sqrt(v);
    return s * sqrt(2 / FK_PI) * exp(-m * m / (2 * v)) + m * erf(m / (s * sqrt(2)));
}

/* Of two Gaussians both distances are those of the increasing map x = M + S z against m + s z:
 * W1 = E|M - m + (S - s) Z|, W2^2 = (M - m)^2 + (S - s)^2. Quintics on cells of 0.0085 s and, where
 * the law has ended, of a fiftieth of S leave 1e-10 and less. The law's nodes reach over 8.5 of its
 * own standard deviations, and the exact law's over ten times that. The control is the law a
 * thousandth further on. */
START_TEST(a_law_that_ends_long_before_the_exact_one_has_the_distances_of_the_closed_form)
{
    static const double place[] = {-1.385, 0.2, 0.9, 2.385}, s = 0.0385;
    fk_mixture *m;
    fk_error err;
    ck_assert(fk_mixture_read("gaussian-1d", &m, &err) == FK_OK);
    fk_marginal *exact = fk_marginal_new(m, 1, 0.4);
    const fk_functionals f = fk_functionals_new(exact);
    const double M = 0.7, S = sqrt(0.3 + 0.16);
    for (size_t k = 0; k < 4; k++)
        for (int wrong = 0; wrong < 2; wrong++) {
            fk_curve law = fk_curve_new(NODES);
            for (size_t i = 0; i < NODES; i++) {
                const double z = 8.5 * (2 * (double)i / (NODES - 1) - 1);
                law.below[i] = gsl_cdf_ugaussian_P(z), law.above[i] = gsl_cdf_ugaussian_Q(z);
                law.y[i] = place[k] + wrong * 1e-3 + s * z;
            }
            const fk_law_record r = fk_curve_compare(&law, exact, &f);
            const double apart = M - place[k], w1 = mean_size(apart, (S - s) * (S - s)),
                         w2 = hypot(apart, S - s);
            ck_assert_msg((fabs(r.w1 - w1) <= 1e-9) == !wrong, "W1 %.15g, %.15g", r.w1, w1);
            ck_assert_msg((fabs(r.w2 - w2) <= 1e-9) == !wrong, "W2 %.15g, %.15g", r.w2, w2);
            fk_curve_free(&law);
        }
    fk_marginal_free(exact);
    fk_mixture_free(m);
}
END_TEST

FK_SUITE("curve", a_law_that_ends_long_before_the_exact_one_has_the_distances_of_the_closed_form)
