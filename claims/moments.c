/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean and variance of the forward SDE dx = f x dt + g dw as differential equations, at a point of
 * time: m = s x_0 and var = sigma^2 from their definitions, differentiated by complex steps,
 * against the lab's f and g^2; and Ito's formula for x^2 by the rates of its conditional mean and
 * variance. Road two (GSL's integrators) is moment_odes.c, road three (paths) forward_paths.c. */
#include <math.h>

#include "claims/claims.h"
#include "claims/closed_form.h"
#include "claims/setting.h"

enum { TIMES = 24 };
static const double x_0 = 1.385;

/* What a check at one time of one schedule sees. */
typedef struct {
    const fk_schedule *schedule;
    double t;
    fk_coeffs c;
    double m, m_rate, m2, m2_rate, var, var_rate; /* given x_0 */
} moment;

static moment moment_at(const fk_schedule *schedule, size_t j)
{
    moment at = {.schedule = schedule, .t = fk_setting_time(schedule, j)};
    at.c = fk_schedule_at(schedule, at.t);
    double complex z = fk_complex_step(at.t), m = fk_closed_s(schedule, z) * x_0;
    double complex var = fk_closed_var(schedule, z), m2 = m * m + var;
    at.m = creal(m), at.m_rate = fk_complex_rate(m);
    at.m2 = creal(m2), at.m2_rate = fk_complex_rate(m2);
    at.var = creal(var), at.var_rate = fk_complex_rate(var);
    return at;
}

typedef double (*residual)(const moment *, int which);

static double worst_of(residual of, int which)
{
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < TIMES; j++) {
            moment at = moment_at(&fk_schedules[i], j);
            fk_worst(&worst, of(&at, which));
        }
    return worst;
}

/* C29 */
static double mean_rate(const moment *at, int which)
{
    double factor[] = {1, 0.5, -1, 2}, fm = factor[which] * at->c.f * at->m;
    return fk_residual((double[]){at->m_rate, -fm}, 2);
}
FK_CHECK(mean_rate, worst_of)

/* C31: over a time h, E|x|^2 goes from |x|^2 to A^2 |x|^2 + n Q, in n dimensions; its rate at h = 0
 * is the drift of d|x|^2. */
static double square_drift(const moment *at, int which)
{
    double worst = 0, x2 = 0.7315;
    double complex z = fk_complex_step(at->t);
    double complex a = fk_closed_s(at->schedule, z) / creal(fk_closed_s(at->schedule, at->t));
    double complex q = fk_closed_var(at->schedule, z) - a * a * at->var;
    for (int n = 1; n <= 3; n++) {
        double ito = n * at->c.g2;
        if (which == 1) ito = 0;
        if (which == 2) ito = at->c.g2;
        if (which == 3) ito = n * at->c.g2 / 2;
        double rate = fk_complex_rate(a * a * x2 + n * q);
        fk_worst(&worst, fk_residual((double[]){rate, -2 * at->c.f * x2, -ito, 0}, 3));
    }
    return worst;
}
FK_CHECK(square_drift, worst_of)

/* C32, C34: in one dimension x^2 has drift 2 x f x + g^2 and diffusion (2 x g)^2, the rates of the
 * conditional mean and of the conditional variance 4 A^2 x^2 Q + 2 Q^2. */
static double square_sde(const moment *at, int which)
{
    double worst = 0, x = -1.1385, g2 = at->c.g2;
    double complex z = fk_complex_step(at->t);
    double complex a = fk_closed_s(at->schedule, z) / creal(fk_closed_s(at->schedule, at->t));
    double complex q = fk_closed_var(at->schedule, z) - a * a * at->var;
    /* q vanishes at h = 0: what rounding leaves of its real part would enter through q^2 */
    q = I * cimag(q);
    double drift = 2 * x * at->c.f * x, diffusion = 4 * x * x * g2;
    if (which == 1) drift /= 2;
    if (which == 2) diffusion = g2;
    if (which == 3) diffusion = x * x * g2;
    if (which == 4) diffusion = 4 * x * x * g2 * g2;
    double ito = which == 5 ? 0 : g2;
    fk_worst(&worst, fk_residual((double[]){fk_complex_rate(a * a * x * x + q), -drift, -ito}, 3));
    fk_worst(
        &worst,
        fk_residual((double[]){fk_complex_rate(4 * a * a * x * x * q + 2 * q * q), -diffusion}, 2));
    return worst;
}
FK_CHECK(square_sde, worst_of)

/* C40 */
static double second_moment_rate(const moment *at, int which)
{
    double drift = 2 * at->c.f * at->m2, noise = at->c.g2;
    if (which == 1) drift /= 2;
    if (which == 2) noise = sqrt(noise);
    if (which == 3) noise *= 2;
    return fk_residual((double[]){at->m2_rate, -drift, -noise}, 3);
}
FK_CHECK(second_moment_rate, worst_of)

/* C41. Control: E x_t^2 over random x_0 (E x_0^2 = 2.5 here) with the mean given x_0. */
static double variance_by_moments(const moment *at, int which)
{
    double m2 = at->m2, m2_rate = at->m2_rate, twice = which == 1 ? 1 : 2;
    if (which == 2) {
        double extra = 2.5 - x_0 * x_0, s = at->m / x_0, s_rate = at->m_rate / x_0;
        m2 += extra * s * s;
        m2_rate += extra * 2 * s * s_rate;
    }
    double square = which == 3 ? at->m : at->m * at->m, worst = 0;
    fk_worst(&worst, fk_residual((double[]){at->var, -m2, square}, 3));
    fk_worst(&worst,
             fk_residual((double[]){at->var_rate, -m2_rate, twice * at->m * at->m_rate}, 3));
    return worst;
}
FK_CHECK(variance_by_moments, worst_of)

/* C42: eq. 19, 20 and 21 in turn. */
static double variance_rate(const moment *at, int which)
{
    double f = at->c.f, g2 = at->c.g2, worst = 0;
    if (which == 1) f /= 2;
    if (which == 2) g2 = sqrt(g2);
    if (which == 3) f = -f;
    double m2_part = 2 * f * at->m2, m_part = 2 * f * at->m * at->m;
    fk_worst(&worst, fk_residual((double[]){at->var_rate, -m2_part, -g2, m_part}, 4));
    fk_worst(&worst, fk_residual((double[]){at->var_rate, -2 * f * at->var, -g2}, 3));
    return worst;
}
FK_CHECK(variance_rate, worst_of)

#define BECAUSE                                                                                    \
    "complex steps differentiate to the last digit; at most twenty roundings of 2^-53, each "      \
    "below "                                                                                       \
    "the sum of the terms' sizes, and those of exp in units of its argument (below 20)"

const fk_claim fk_moments_claims[] = {
    {"C29",
     "The mean given x_0 obeys m' = f m on every schedule",
     FK_OVERVIEW ", eq. 9",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_mean_rate,
     {"f m", 0, 0},
     {{"f m / 2", 1, 0}, {"-f m", 2, 0}, {"2 f m", 3, 0}},
     .reading = FK_TRUE},
    {"C31",
     "Ito: d x^2 = 2 x dx + g^2 dt for scalar x; in n dimensions d|x|^2 = 2 x.dx + n g^2 dt",
     FK_OVERVIEW ", eq. 10",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_square_drift,
     {"n g^2", 0, 0},
     {{"the ordinary chain rule", 1, 0},
      {"the scalar form in n dimensions", 2, 0},
      {"half of Ito's term", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "d x_t^2 = 2 x_t dx_t + g^2 dt, for x_t of any dimension"},
    {"C32",
     "d x^2 = 2 x (f x dt + g dw) + g^2 dt, for scalar x",
     FK_OVERVIEW ", eq. 11",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_square_sde,
     {"drift 2 x f x + g^2, diffusion 2 x g", 0, 0},
     {{"drift x f x + g^2", 1, 0}, {"no g^2", 5, 0}, {"g^2 for g", 4, 0}},
     .reading = FK_TRUE},
    {"C34",
     "d x^2 = (2 f x^2 + g^2) dt + 2 x g dw, for scalar x",
     FK_OVERVIEW ", eq. 12",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_square_sde,
     {"2 x g dw", 0, 0},
     {{"g dw, as the post of 2025 prints", 2, 0}, {"x g dw", 3, 0}},
     .reading = FK_TRUE},
    {"C40",
     "The second moment given x_0 obeys m_2' = 2 f m_2 + g^2",
     FK_OVERVIEW ", eq. 17",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_second_moment_rate,
     {"2 f m_2 + g^2", 0, 0},
     {{"f m_2 + g^2", 1, 0}, {"g for g^2", 2, 0}, {"2 g^2", 3, 0}},
     .reading = FK_TRUE},
    {"C41",
     "var = m_2 - m^2 and var' = m_2' - 2 m m', all given x_0",
     FK_OVERVIEW ", eq. 18",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_variance_by_moments,
     {"all given x_0", 0, 0},
     {{"m m' without the 2", 1, 0},
      {"m_2 over random x_0, m given x_0", 2, 0},
      {"m for m^2", 3, 0}},
     .reading = FK_TRUE_IF,
     .printed = "var = m_2 - m^2, with no word of what is given"},
    {"C42",
     "The variance given x_0 obeys var' = 2 f var + g^2",
     FK_OVERVIEW ", eq. 19-21",
     FK_EXACT,
     1e-14,
     BECAUSE,
     check_variance_rate,
     {"2 f var + g^2", 0, 0},
     {{"f var + g^2", 1, 0}, {"g for g^2", 2, 0}, {"-2 f var + g^2", 3, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
