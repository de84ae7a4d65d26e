/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local strong error: against the exact law on Gaussian data, and the strong orders that it
 * reads on a mixture, with mistakes that must come out lower. */
#include <gsl/gsl_cdf.h>

#include <string.h>

#include "analytic/gaussian_law.h"
#include "analytic/strong_law.h"
#include "sde/additive.h"
#include "tests/plans.h"

enum { PATHS = 4096 };

static fk_mixture *mixture_of(size_t k, const double *weight, const double *mean, const double *var)
{
    fk_mixture *mixture;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_mixture_new_diagonal("data", 1, k, weight, mean, var, &mixture, &err),
                     FK_OK);
    return mixture;
}

static fk_mixture *three_hills(void)
{
    const double weight[] = {0.285, 0.515, 0.2}, mean[] = {-1.7, 0.4385, 1.8},
                 var[] = {0.1385, 0.0785, 0.385};
    return mixture_of(3, weight, mean, var);
}

static fk_schedule schedule_of(const char *spec)
{
    fk_schedule schedule;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse(spec, &schedule, &err), FK_OK);
    return schedule;
}

static double eta_of(const fk_scheme *scheme)
{
    for (const fk_param *p = scheme->row.param; p && p->key; p++) {
        if (strcmp(p->key, "eta") == 0) return scheme->param[p - scheme->row.param];
        if (strcmp(p->key, "eta2") == 0) return sqrt(scheme->param[p - scheme->row.param]);
    }
    return 1;
}

static void errors_of(const fk_mixture *data, const char *schedule, const fk_scheme *scheme,
                      double t, const double *h, size_t n, fk_strong_error *error)
{
    const fk_schedule s = schedule_of(schedule);
    const fk_strong_problem problem = {.data = data,
                                       .schedule = &s,
                                       .scheme = scheme,
                                       .eta = eta_of(scheme),
                                       .paths = PATHS,
                                       .seed = 1};
    fk_error err = {.code = 0};
    ck_assert_msg(fk_strong_law(&problem, t, h, n, error, &err) == FK_OK, "%s: %s",
                  scheme->row.name, err.text);
}

/* An axis of two steps, with past for exact history, and the scheme's plan on it. */
static void plan_of(const fk_schedule *schedule, const fk_scheme *scheme, double t, double h,
                    fk_axis *axis, fk_plan *plan)
{
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_axis_on_schedule(schedule, "uniform", 2, t, t - 2 * h, axis, &err), FK_OK);
    if (scheme->depth) ck_assert_int_eq(fk_axis_extend(axis, scheme->depth, &err), FK_OK);
    ck_assert_int_eq(fk_plan_new(axis, scheme, plan, &err), FK_OK);
}

/* The root mean square error of one step on N(m, v), exactly. */
static double exact_rms(const char *schedule, const fk_scheme *scheme, double t, double h)
{
    const fk_schedule s = schedule_of(schedule);
    const fk_gaussian data = {m, v};
    const double eta = eta_of(scheme);
    double rms[3];
    fk_axis axis;
    fk_plan plan;
    fk_error err = {.code = 0};
    plan_of(&s, scheme, t, h, &axis, &plan);
    const fk_history past = fk_history_exact(&axis, scheme, eta);
    fk_gaussian_law joint = fk_gaussian_law_exact(data, axis.node, &past);
    ck_assert_int_eq(fk_gaussian_law_strong(data, &axis, &plan, eta, &joint, rms, &err), FK_OK);
    fk_plan_free(&plan);
    fk_axis_free(&axis);
    return rms[1];
}

/* The sampled error over the exact one, less 1, in standard errors. */
static double gap_on_gaussian(const char *schedule, const fk_scheme *run, const fk_scheme *exact)
{
    fk_mixture *data = mixture_of(1, (double[]){1}, (double[]){m}, (double[]){v});
    const double t = 0.3385, h = 0.02385;
    fk_strong_error e;
    errors_of(data, schedule, run, t, &h, 1, &e);
    fk_mixture_free(data);
    return (e.rms - exact_rms(schedule, exact, t, h)) / e.rms_se;
}

/* The reference errs on a linear drift by about 16^-2 of a scheme of order 3/2, where 16^(-5/2) of
 * its step adds up over 16 cells in quadrature: a quarter of the standard error. */
START_TEST(sampled_errors_are_those_of_the_exact_gaussian_law)
{
    const char *specs[] = {"euler-maruyama",
                           "euler-maruyama:eta=0.6385",
                           "sra1",
                           "sosra:eta=1.385",
                           "shark",
                           "heun-sde",
                           "sea",
                           "ancestral-small",
                           "ddim:eta=0.385",
                           "exp-euler",
                           "dpmpp-2m-sde",
                           "dpmpp-2m-sde:eta2=0.385",
                           "dpmpp-3m-sde",
                           "reverse-diffusion"};
    const char *schedules[] = {"vp-linear", "flow", "edm"};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
            fk_scheme scheme = scheme_of(specs[i]);
            double gap = gap_on_gaussian(schedules[k], &scheme, &scheme);
            ck_assert_msg(fabs(gap) < 6, "%s on %s: %.2f standard errors", specs[i], schedules[k],
                          gap);
        }
}
END_TEST

static void read_as_increment(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_ancestral_small.step(self, at, table);
    table->kernel[0] = FK_W;
}

START_TEST(a_wrong_functional_of_the_path_is_far_from_that_law)
{
    fk_scheme right = scheme_of("ancestral-small"), wrong = right;
    wrong.step = read_as_increment;
    ck_assert(fabs(gap_on_gaussian("vp-linear", &wrong, &right)) > 6);

    right = wrong = scheme_of("sra1");
    fk_additive other = *fk_sde_tableau(&right);
    other.stage[1][0].i10 *= -1;
    wrong.constants = &other;
    ck_assert(fabs(gap_on_gaussian("vp-linear", &wrong, &right)) > 6);

    /* the other scheme's history: of 2M where the exact law has none */
    right = scheme_of("dpmpp-2m-sde"), wrong = scheme_of("exp-euler:freeze=x0");
    ck_assert(fabs(gap_on_gaussian("vp-linear", &wrong, &right)) > 6);
}
END_TEST

/* The same places as the law's own, by GSL's quantiles. */
START_TEST(mean_errors_are_those_of_the_exact_gaussian_law)
{
    fk_mixture *mixture = mixture_of(1, (double[]){1}, (double[]){m}, (double[]){v});
    const fk_gaussian data = {m, v};
    const fk_schedule schedule = schedule_of("vp-linear");
    const double t = 0.3385, h = 0.02385;
    const char *specs[] = {"euler-maruyama", "sra3", "exp-euler", "sea"};
    for (int i = 0; i < 4; i++) {
        fk_scheme scheme = scheme_of(specs[i]);
        fk_strong_error e;
        fk_axis axis;
        fk_plan plan;
        errors_of(mixture, "vp-linear", &scheme, t, &h, 1, &e);
        plan_of(&schedule, &scheme, t, h, &axis, &plan);
        const fk_gaussian from = fk_gaussian_marginal(data, axis.node);
        double sum = 0;
        for (int k = 0; k < 64; k++) {
            double x = from.mean + sqrt(from.var) * gsl_cdf_ugaussian_Pinv((k + 0.5) / 64);
            fk_gaussian_law joint = fk_gaussian_law_start((fk_gaussian){x, 0});
            fk_gaussian exact =
                fk_gaussian_exact(data, axis.node, axis.node + 1, 1, (fk_gaussian){x, 0});
            fk_gaussian_law_step(data, plan.step, &joint);
            sum += pow(joint.mean[FK_ROW_X] - exact.mean, 2);
        }
        fk_assert_near(e.mean / sqrt(sum / 64), 1, 1e-9);
        fk_plan_free(&plan);
        fk_axis_free(&axis);
    }
    fk_mixture_free(mixture);
}
END_TEST

/* Means are read where they are far above rounding, the sampled ones where h has settled. */
typedef struct {
    double by_rms, by_mean;
} orders;

static orders orders_of(const fk_mixture *data, const char *schedule, const fk_scheme *scheme,
                        double t)
{
    const double h[] = {t / 320, t / 640, t / 5120, t / 10240};
    fk_strong_error e[4];
    errors_of(data, schedule, scheme, t, h, 4, e);
    ck_assert(e[3].rms_slope_se < 0.01);
    /* a mean that is exact, as that of a posterior mean is, is no obstacle */
    return (orders){e[3].rms_slope - 0.5, e[1].mean < 1e-14 ? INFINITY : e[1].mean_slope - 1};
}

static const struct {
    const char *schedule;
    double t;
} places[] = {{"vp-linear", 0.2385}, {"edm", 0.6385}};

/* Six standard errors of the slope (0.003) and as much for h, which adds h^(1/2) to the error. */
static const double bound = 0.02;

START_TEST(every_scheme_with_a_path_has_its_strong_order)
{
    fk_mixture *data = three_hills();
    for (size_t place = 0; place < 2; place++)
        for (size_t k = 0; k < fk_n_sde_schemes; k++) {
            const fk_scheme *scheme = fk_sde_schemes[k];
            if (isnan(scheme->strong_order) || scheme == &fk_edm_churn) continue;
            const orders p = orders_of(data, places[place].schedule, scheme, places[place].t);
            const double order = scheme->depth ? p.by_rms : fmin(p.by_rms, p.by_mean);
            ck_assert_msg(fabs(order - scheme->strong_order) < bound, "%s on %s: %.4f, %.4f",
                          scheme->row.name, places[place].schedule, p.by_rms, p.by_mean);
        }
    fk_mixture_free(data);
}
END_TEST

START_TEST(mistaken_tableaus_have_strong_order_one)
{
    fk_mixture *data = three_hills();
    const fk_scheme *from[] = {&fk_sra1, &fk_sra2, &fk_sra3, &fk_shark};
    for (int i = 0; i < 4; i++) {
        fk_additive other = *fk_sde_tableau(from[i]);
        fk_scheme wrong = *from[i];
        wrong.constants = &other;
        if (i == 0) other.stage[1][0].i10 = 0.5; /* B0 = 1/2 */
        for (size_t j = 0; j < other.times; j++) {
            if (i == 1 || i == 2) other.result[j].i10 *= -1; /* the sign of beta2 */
            if (i == 3) other.result[j].h *= -1;             /* the sign of the Levy area */
        }
        const orders p = orders_of(data, "vp-linear", &wrong, 0.2385);
        ck_assert_msg(fabs(p.by_rms - 1) < bound, "%s: %.4f", wrong.row.name, p.by_rms);
    }
    fk_mixture_free(data);
}
END_TEST

/* A stage in the middle with the right I10, but int W^2 short by a third of its mean. */
START_TEST(the_mean_error_finds_what_the_root_mean_square_passes)
{
    const fk_additive middle = {.drift = {2, .c = {0, 1. / 2}, .a = {{0}, {1. / 2}}, .b = {0, 1}},
                                .times = 2,
                                .time = {0, 1},
                                .stage = {{{0}}, {{.w = 1. / 2, .h = 1}}},
                                .result = {{.w = 1. / 2, .h = 1}, {.w = 1. / 2, .h = -1}}};
    fk_scheme wrong = scheme_of("shark");
    wrong.constants = &middle;
    fk_mixture *data = three_hills();
    const orders p = orders_of(data, "vp-linear", &wrong, 0.2385);
    fk_mixture_free(data);
    fk_assert_near(p.by_rms, 1.5, bound);
    fk_assert_near(p.by_mean, 1, bound);
}
END_TEST

/* The score of the same data, a fifth too large: another process, for scheme and reference alike.
 */
static void eval_louder(const void *self, const void *frozen, fk_block x, fk_block score)
{
    fk_mixture_field(self).eval(self, frozen, x, score);
    for (size_t p = 0; p < x.n; p++) score.x[p] *= 1.2;
}

START_TEST(any_score_field_has_its_own_exact_process)
{
    fk_mixture *data = three_hills();
    const fk_schedule schedule = schedule_of("vp-linear");
    const fk_field exact_score = fk_mixture_field(data);
    fk_field louder = exact_score;
    louder.eval = eval_louder;
    const fk_field *fields[] = {NULL, &exact_score, &louder};
    const double h[] = {0.2385 / 5120, 0.2385 / 10240};
    fk_strong_error e[3][2];
    for (int i = 0; i < 3; i++) {
        const fk_strong_problem problem = {data, fields[i], &schedule, &fk_sra1, 1, PATHS, 1};
        fk_error err = {.code = 0};
        ck_assert_int_eq(fk_strong_law(&problem, 0.2385, h, 2, e[i], &err), FK_OK);
        fk_assert_near(e[i][1].rms_slope - 0.5, 1.5, bound);
        ck_assert(isnan(e[i][1].mean) == (i > 0));
    }
    ck_assert(e[0][1].rms == e[1][1].rms && e[0][1].rms != e[2][1].rms);
    fk_mixture_free(data);
}
END_TEST

START_TEST(what_has_no_strong_error_is_refused_in_one_line)
{
    fk_mixture *data = three_hills();
    const fk_schedule schedule = schedule_of("vp-linear");
    const char *specs[] = {"edm-churn", "pc", "heun", "euler-maruyama:eta=0"};
    for (int i = 0; i < 5; i++) {
        const fk_scheme scheme = scheme_of(specs[i < 4 ? i : 3]);
        fk_strong_problem problem = {data, NULL, &schedule, &scheme, 1, 16, 1};
        fk_strong_error e;
        fk_error err = {.code = 0};
        const double h = i < 4 ? 0.01 : 0.06; /* 0.1 - 2 h is below t_min */
        ck_assert_int_eq(fk_strong_law(&problem, 0.1, &h, 1, &e, &err), FK_USAGE);
        ck_assert(err.text[0] && !strchr(err.text, '\n'));
    }
    fk_mixture_free(data);
}
END_TEST

FK_SUITE("strong_law", sampled_errors_are_those_of_the_exact_gaussian_law,
         a_wrong_functional_of_the_path_is_far_from_that_law,
         mean_errors_are_those_of_the_exact_gaussian_law,
         every_scheme_with_a_path_has_its_strong_order, mistaken_tableaus_have_strong_order_one,
         the_mean_error_finds_what_the_root_mean_square_passes,
         any_score_field_has_its_own_exact_process, what_has_no_strong_error_is_refused_in_one_line)
