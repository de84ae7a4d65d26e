/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schedules against MPFR, their limits and inverses, and what is refused. */
#include "tests/schedule_oracle.h"

static double value_of(int which, const fk_coeffs *c)
{
    const double value[N_FUNCTIONS] = {c->s, c->sigma, c->f, c->g2, c->lambda};
    return value[which == G2_AS_RHO ? G2 : which];
}

/* Times over the whole domain: near both ends by powers of ten, and between. */
enum { TIMES = 160 };
static double time_number(const fk_schedule *schedule, int i)
{
    bool open = isinf(schedule->domain[1]);
    double end = open ? 120.7 : schedule->domain[1];
    if (i < 40) return 2.385 * pow(10, -13 + 0.3 * i) * (open ? 1 : 1. / 4);
    if (i < 60) return open ? end * pow(10, 0.3 * (i - 40)) : 1 - 0.385 * pow(10, -0.7 * (i - 40));
    if (i == 60) return 1e-12;
    if (i == 61) return schedule->t_min;
    if (i == 62) return schedule->t_max;
    return end * (i - 62.385) / (TIMES - 62);
}

static double worst_units(int which, const fk_schedule *schedule)
{
    double worst = 0;
    for (int i = 0; i < TIMES; i++) {
        double t = time_number(schedule, i);
        fk_coeffs c = fk_schedule_at(schedule, t);
        double units = units_off(which, schedule, t, value_of(which, &c));
        if (!(units <= worst)) worst = units;
    }
    return worst;
}

/* Every schedule of the table, then each with other parameters. */
static fk_schedule schedule_number(size_t i)
{
    fk_schedule schedule;
    fk_error err;
    size_t n = fk_n_schedules;
    const char *spec = fk_schedules[i % n].row.name;
    for (size_t j = 0; i >= n && j < sizeof oracles / sizeof *oracles; j++)
        if (strcmp(oracles[j].name, spec) == 0) {
            spec = oracles[j].other;
            break;
        }
    ck_assert_msg(fk_schedule_parse(spec, &schedule, &err) == FK_OK, "%s", err.text);
    return schedule;
}

START_TEST(every_coefficient_is_within_a_few_units_of_its_condition)
{
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        for (int which = 0; which < N_FUNCTIONS; which++) {
            double units = worst_units(which, &schedule);
            ck_assert_msg(units <= UNITS, "%s: %s is off by %.3g units", schedule.row.name,
                          function_name[which], units);
        }
    }
}
END_TEST

START_TEST(g_squared_is_the_rate_of_rho_squared)
{
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        double units = worst_units(G2_AS_RHO, &schedule);
        ck_assert_msg(units <= UNITS, "%s: %.3g units", schedule.row.name, units);
    }
}
END_TEST

START_TEST(wrong_diffusion_coefficients_are_told_apart)
{
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        double t = isinf(schedule.domain[1]) ? 3.385 : 0.385;
        fk_coeffs c = fk_schedule_at(&schedule, t);
        if (c.f != 0) { /* (sigma^2)' alone, without - 2 f sigma^2 */
            double wrong = c.g2 + 2 * c.f * c.sigma * c.sigma;
            ck_assert(units_off(G2, &schedule, t, wrong) > UNITS);
            ck_assert(units_off(F, &schedule, t, -c.f) > UNITS);
        }
        if (strcmp(schedule.row.name, "ve") == 0) /* g = sigma without sqrt(2 log R) */
            ck_assert(units_off(G2, &schedule, t, c.sigma * c.sigma) > UNITS);
    }
    /* the textbook form of cosine's sigma^2 cancels at small t */
    fk_schedule cosine = schedule_number(1);
    double k = FK_PI / (2 * 1.008), s = cos(k * (1e-5 + 0.008)) / cos(k * 0.008);
    ck_assert(units_off(SIGMA, &cosine, 1e-5, sqrt(1 - s * s)) > UNITS);
}
END_TEST

START_TEST(the_ends_of_the_domain_take_their_limits)
{
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        const double *end = schedule.domain;
        for (int e = 0; e < 2 && isfinite(end[e]); e++) {
            fk_coeffs c = fk_schedule_at(&schedule, end[e]);
            for (int which = 0; which < N_FUNCTIONS; which++) {
                if (which == LAMBDA && c.sigma == 0) {
                    ck_assert(c.lambda == INFINITY);
                } else if (c.s == 0 && which >= F) {
                    ck_assert(value_of(which, &c) == (which == G2 ? INFINITY : -INFINITY));
                } else if (c.s != 0 || which != S) {
                    double units = units_off(which, &schedule, end[e], value_of(which, &c));
                    ck_assert_msg(units <= UNITS, "%s at %g: %s off by %g", schedule.row.name,
                                  end[e], function_name[which], units);
                }
            }
        }
    }
    /* which of them have no noise at 0, and no signal at 1 */
    for (size_t i = 0; i < fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        const char *name = schedule.row.name;
        fk_coeffs first = fk_schedule_at(&schedule, 0);
        fk_coeffs last = fk_schedule_at(&schedule, 1);
        ck_assert((first.sigma == 0) == (strcmp(name, "ve") != 0));
        ck_assert((last.s == 0) == (!strcmp(name, "vp-cosine") || !strcmp(name, "flow")));
        ck_assert(schedule.exploding == (last.s == 1));
    }
}
END_TEST

/* lambda carries UNITS of its condition, |lambda| + t |dlambda/dt|, and moves t by the slope
 * |dt/dlambda| = 2 sigma^2/g^2; the inverse adds UNITS of its own condition, t + slope |lambda|. */
START_TEST(time_of_lambda_comes_back_to_t)
{
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule schedule = schedule_number(i);
        for (int j = 0; j < TIMES; j++) {
            double t = time_number(&schedule, j);
            fk_coeffs c = fk_schedule_at(&schedule, t);
            double slope = 2 * c.sigma * c.sigma / c.g2;
            /* ve inverts lambda = -log sigma_min - t log R, so log sigma_min counts too */
            double extra = strcmp(schedule.row.name, "ve") ? 0 : fabs(log(schedule.param[0]));
            double bound = 0x1p-53 * UNITS * (2 * t + slope * (2 * fabs(c.lambda) + extra));
            fk_assert_near(schedule.time_of(&schedule, c.lambda), t, bound);
        }
    }
}
END_TEST

START_TEST(bad_specs_get_one_line)
{
    const char *bad[] = {"vp-liner",
                         "vp-linear:beta1=0",
                         "vp-linear:beta0=-1",
                         "vp-linear:beta1=inf",
                         "vp-linear:gamma=1",
                         "vp-cosine:offset=-0.1",
                         "ve:sigma_min=3,sigma_max=2",
                         "ve:sigma_min=0",
                         "edm:sigma_max=nan",
                         "flow:x=1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_schedule schedule;
        fk_error err = {.code = 0};
        ck_assert_msg(fk_schedule_parse(bad[i], &schedule, &err) == FK_USAGE, "%s", bad[i]);
        ck_assert(err.text[0] != '\0' && !strchr(err.text, '\n'));
    }
}
END_TEST

START_TEST(intervals_are_checked_and_finite_inside)
{
    fk_error err;
    for (size_t i = 0; i < 2 * fk_n_schedules; i++) {
        fk_schedule s = schedule_number(i);
        ck_assert(s.domain[0] <= s.t_min && s.t_min < s.t_max && s.t_max <= s.domain[1]);
        const double inside[] = {s.t_min, s.t_max};
        for (int j = 0; j < 2; j++) {
            fk_coeffs c = fk_schedule_at(&s, inside[j]);
            ck_assert(isfinite(c.f) && isfinite(c.g2) && isfinite(c.lambda));
            ck_assert_int_eq(fk_schedule_check_usable(&s, "--t-start", inside[j], &err), FK_OK);
        }
        const double outside[] = {-1e-9, s.t_max * 1.001, NAN};
        for (int j = 0; j < 3; j++)
            ck_assert_int_eq(fk_schedule_check_usable(&s, "--t-end", outside[j], &err), FK_USAGE);
        ck_assert_int_eq(fk_schedule_check_domain(&s, "--t", s.domain[0], &err), FK_OK);
        ck_assert_int_eq(fk_schedule_check_domain(&s, "--t", -1e-300, &err), FK_USAGE);
        ck_assert_int_eq(fk_schedule_check_domain(&s, "--t", INFINITY, &err), FK_USAGE);
        ck_assert_int_eq(fk_schedule_check_domain(&s, "--t", NAN, &err), FK_USAGE);
    }
    fk_schedule edm_schedule;
    ck_assert_int_eq(fk_schedule_parse("edm:sigma_max=31.5", &edm_schedule, &err), FK_OK);
    ck_assert(edm_schedule.t_max == 31.5 && edm_schedule.t_min == 0.002);
}
END_TEST

FK_SUITE("schedules", every_coefficient_is_within_a_few_units_of_its_condition,
         g_squared_is_the_rate_of_rho_squared, wrong_diffusion_coefficients_are_told_apart,
         the_ends_of_the_domain_take_their_limits, time_of_lambda_comes_back_to_t,
         bad_specs_get_one_line, intervals_are_checked_and_finite_inside)
