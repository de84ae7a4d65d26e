/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phi functions against MPFR: the recursion in 400 bits, which leaves more than 200 good ones at
 * |z| = 1e-9 after five divisions. */
#include <float.h>
#include <mpfr.h>

#include "schedules/phi.h"
#include "tests/suite.h"

static double exact_phi(int k, double z)
{
    mpfr_t phi, term;
    mpfr_inits2(400, phi, term, (mpfr_ptr)0);
    mpfr_set_d(phi, z, MPFR_RNDN);
    mpfr_exp(phi, phi, MPFR_RNDN);
    mpfr_set_ui(term, 1, MPFR_RNDN);
    for (int j = 0; j < k; j++) {
        if (j > 1) mpfr_div_ui(term, term, (unsigned)j, MPFR_RNDN); /* 1/j! */
        mpfr_sub(phi, phi, term, MPFR_RNDN);
        mpfr_div_d(phi, phi, z, MPFR_RNDN);
    }
    double value = mpfr_get_d(phi, MPFR_RNDN);
    mpfr_clears(phi, term, (mpfr_ptr)0);
    return value;
}

static double naive_phi(int k, double z)
{
    double phi = exp(z), factorial = 1;
    for (int j = 0; j < k; j++) {
        factorial *= j > 0 ? j : 1;
        phi = (phi - 1 / factorial) / z;
    }
    return phi;
}

/* The worst error over z = +-1e-9 .. +-50, in units of DBL_EPSILON. */
static double worst(double (*phi)(int, double), int k)
{
    double most = 0;
    for (int i = 0; i < 4000; i++) {
        double z = 1e-9 * pow(5e10, i / 3999.), right;
        for (int sign = -1; sign <= 1; sign += 2) {
            right = exact_phi(k, sign * z);
            double off = fabs(phi(k, sign * z) / right - 1) / DBL_EPSILON;
            if (!(off <= most)) most = off;
        }
    }
    return most;
}

START_TEST(phi_functions_are_within_8_units_of_mpfr)
{
    for (int k = 0; k <= FK_MAX_PHI; k++) {
        double off = worst(fk_phi, k);
        ck_assert_msg(off <= 8, "phi_%d: %.1f units", k, off);
    }
    for (int k = 1; k <= 3; k++) ck_assert(worst(naive_phi, k) > 1e6);
}
END_TEST

START_TEST(phi_functions_take_their_limits)
{
    double factorial = 1;
    for (int k = 0; k <= FK_MAX_PHI; k++) {
        factorial *= k > 0 ? k : 1;
        fk_assert_near(fk_phi(k, 0), 1 / factorial, DBL_EPSILON / factorial);
        ck_assert(fk_phi(k, -INFINITY) == 0);
    }
}
END_TEST

FK_SUITE("phi", phi_functions_are_within_8_units_of_mpfr, phi_functions_take_their_limits)
