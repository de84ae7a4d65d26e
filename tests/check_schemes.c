/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schemes, read from their step tables: against recursions derived by hand for Gaussian data,
 * against the exact flow and law of one Gaussian, and on a mixture against an adaptive solver of
 * order 8. */
#include <float.h>
#include <string.h>

#include "ode/adaptive.h"
#include "ode/schemes.h"
#include "sde/schemes.h"
#include "tests/gaussian.h"
#include "tests/suite.h"

static const double m = 0.7385, v = 0.2385; /* the data: N(m, v) */

enum { MOST = 40 };
static const fk_scheme *all[MOST];
static size_t n_all;

static void join(void)
{
    n_all = 0;
    for (size_t i = 0; i < fk_n_ode_schemes; i++) all[n_all++] = fk_ode_schemes[i];
    for (size_t i = 0; i < fk_n_sde_schemes; i++) all[n_all++] = fk_sde_schemes[i];
    ck_assert(n_all <= MOST);
}

static fk_scheme scheme_of(const char *spec)
{
    join();
    fk_scheme scheme;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_scheme_parse(spec, all, n_all, &scheme, &err) == FK_OK, "%s", err.text);
    return scheme;
}

typedef struct {
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
} setting;

static void setting_new(setting *s, const char *schedule, const char *scheme, const char *grid,
                        size_t n, double t_start, double t_end)
{
    fk_error err = {.code = 0};
    fk_scheme k = scheme_of(scheme);
    ck_assert_int_eq(fk_schedule_parse(schedule, &s->schedule, &err), FK_OK);
    ck_assert_msg(fk_axis_on_schedule(&s->schedule, grid, n, t_start, t_end, &s->axis, &err) ==
                      FK_OK,
                  "%s", err.text);
    ck_assert_msg(fk_plan_new(&s->axis, &k, &s->plan, &err) == FK_OK, "%s", err.text);
}

static void setting_free(setting *s)
{
    fk_plan_free(&s->plan);
    fk_axis_free(&s->axis);
}

static double variance_at(const fk_coeffs *c)
{
    return c->s * c->s * v + c->sigma * c->sigma;
}

/* --- recursions for mean and variance, by hand --- */

typedef struct {
    double mean, var;
} law;

/* Euler-Maruyama of the family; `half` is 1/2, or wrong in a control. */
static law by_hand_em(const fk_axis *axis, double eta, double half, law x)
{
    for (size_t n = 0; n < axis->n_steps; n++) {
        const fk_coeffs *c = &axis->node[n];
        double h = axis->t[n] - axis->t[n + 1],
               kap = (1 + eta * eta) * half * c->g2 / variance_at(c);
        double gain = 1 - h * (c->f + kap);
        x.mean = gain * x.mean + h * kap * c->s * m;
        x.var = gain * gain * x.var + eta * eta * c->g2 * h;
    }
    return x;
}

static law by_hand_heun(const fk_axis *axis, double eta, law x)
{
    for (size_t n = 0; n < axis->n_steps; n++) {
        const fk_coeffs *c = &axis->node[n];
        double h = axis->t[n] - axis->t[n + 1], B[2], k[2];
        for (int i = 0; i < 2; i++) {
            double kap = (1 + eta * eta) / 2 * c[i].g2 / variance_at(&c[i]);
            B[i] = -(c[i].f + kap);
            k[i] = kap * c[i].s * m;
        }
        double q = eta * eta * h * (c[0].g2 + c[1].g2) / 2;
        double gain = 1 + h / 2 * (B[0] + B[1] * (1 + h * B[0])), late = 1 + h * B[1] / 2;
        x.mean = gain * x.mean + h / 2 * (k[0] + k[1] + B[1] * h * k[0]);
        x.var = gain * gain * x.var + late * late * q;
    }
    return x;
}

/* DDIM on a VP chain as printed (Song, Meng and Ermon 2021, eq. 12 and 16); ab_u = 1 at the end.
 * The power of eta in the variance is 2, or 1 in a control. */
static law by_hand_ddim(const fk_chain *chain, const fk_axis *axis, double eta, double power, law x)
{
    for (size_t n = 0; n < axis->n_steps; n++) {
        double ab = exp(chain->log_alpha_bar[(size_t)axis->t[n]]), u = axis->t[n + 1];
        double ab_u = u < 0 ? 1 : exp(chain->log_alpha_bar[(size_t)u]);
        double q = pow(eta, power) * (1 - ab_u) / (1 - ab) * (1 - ab / ab_u);
        double var = ab * v + 1 - ab;
        double gain = sqrt(ab_u * ab) * v / var + sqrt(1 - ab_u - q) * sqrt(1 - ab) / var;
        x.mean = sqrt(ab_u) * m + gain * (x.mean - sqrt(ab) * m);
        x.var = gain * gain * x.var + q;
    }
    return x;
}

static law by_table(const fk_plan *plan, law x)
{
    for (size_t n = 0; n < plan->n_steps; n++) {
        affine step = affine_step(&plan->step[n], m, v);
        affine_law(&step, &x.mean, &x.var);
    }
    return x;
}

static double apart(law a, law b)
{
    return fabs(a.mean - b.mean) / (1 + fabs(b.mean)) + fabs(a.var - b.var) / (1 + b.var);
}

static const law start = {1.385, 0.2385};

START_TEST(the_sde_tables_give_the_recursions_derived_by_hand)
{
    const struct {
        const char *schedule, *grid, *spec[2];
        double eta;
    } with[] = {
        {"vp-linear", "uniform", {"euler-maruyama", "heun-sde"}, 1},
        {"vp-cosine", "lambda", {"euler-maruyama:eta=0", "heun-sde:eta=0"}, 0},
        {"sub-vp", "quadratic", {"euler-maruyama:eta=0.385", "heun-sde:eta=0.385"}, 0.385},
        {"ve", "karras", {"euler-maruyama:eta=1.385", "heun-sde:eta=1.385"}, 1.385},
    };
    const double bound = 1e-12; /* 41 steps of a few roundings each, gains of order 1 */
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        for (int k = 0; k < 2; k++) {
            setting s;
            setting_new(&s, with[i].schedule, with[i].spec[k], with[i].grid, 41, 0.9385, 0.1);
            law table = by_table(&s.plan, start);
            law hand = k ? by_hand_heun(&s.axis, with[i].eta, start)
                         : by_hand_em(&s.axis, with[i].eta, 0.5, start);
            ck_assert(apart(table, hand) <= bound);
            ck_assert(k || apart(table, by_hand_em(&s.axis, with[i].eta, 1, start)) > bound);
            ck_assert_uint_eq(s.plan.evaluations, 41 * (size_t)(k + 1));
            ck_assert_uint_eq(s.plan.normals, with[i].eta > 0);
            setting_free(&s);
        }
    }
}
END_TEST

START_TEST(ddim_on_a_chain_is_as_published)
{
    const double eta[] = {0, 0.385, 1}, bound = 1e-12;
    const char *spec[] = {"ddim", "ddim:eta=0.385", "ddim:eta=1"};
    fk_chain chain;
    fk_axis axis;
    fk_plan plan;
    fk_error err;
    ck_assert_int_eq(fk_chain_parse("ddpm-linear", &chain, &err), FK_OK);
    for (int i = 0; i < 3; i++) {
        fk_scheme ddim = scheme_of(spec[i]);
        ck_assert_int_eq(fk_axis_on_chain(&chain, "trailing", 10, &axis, &err), FK_OK);
        ck_assert_int_eq(fk_plan_new(&axis, &ddim, &plan, &err), FK_OK);
        law table = by_table(&plan, start);
        ck_assert(apart(table, by_hand_ddim(&chain, &axis, eta[i], 2, start)) <= bound);
        if (i == 1) ck_assert(apart(table, by_hand_ddim(&chain, &axis, eta[i], 1, start)) > bound);
        ck_assert_uint_eq(plan.evaluations, 10);
        ck_assert_uint_eq(plan.normals, i > 0);
        /* the last step returns the denoiser, without noise */
        const fk_combination *last = &plan.step[9].result;
        ck_assert(last->a == 0 && last->b[0] == 1 && last->c[0] == 0);
        fk_plan_free(&plan);
        fk_axis_free(&axis);
    }
    /* over the whole chain its noise is the posterior variance, index by index */
    fk_scheme ancestral = scheme_of("ddim:eta=1");
    ck_assert_int_eq(fk_axis_on_chain(&chain, "leading", 1000, &axis, &err), FK_OK);
    ck_assert_int_eq(fk_plan_new(&axis, &ancestral, &plan, &err), FK_OK);
    for (size_t n = 0; n < 1000; n++) {
        double c = plan.step[n].result.c[0], var = fk_chain_posterior_variance(&chain, 999 - n);
        /* h is a difference of lambdas of up to 5, and at least 0.003 */
        fk_assert_near(c * c, var, 2e-12 * var);
    }
    fk_plan_free(&plan);
    fk_axis_free(&axis);
    fk_chain_free(&chain);
}
END_TEST

/* In (x/s, sigma/s) DDIM is Euler, on every schedule: x'/s_u = x/s_t + (rho_u - rho_t) epshat. */
START_TEST(deterministic_ddim_is_euler_in_scaled_coordinates)
{
    for (size_t i = 0; i < fk_n_schedules; i++) {
        setting s;
        setting_new(&s, fk_schedules[i].row.name, "ddim", "karras", 17, 0.9385, 0.0385);
        for (size_t n = 0; n < 17; n++) {
            const fk_coeffs *t = &s.axis.node[n], *u = t + 1;
            const fk_combination *r = &s.plan.step[n].result;
            /* x0hat = (x - sigma eps)/s */
            double x = r->a + r->b[0] / t->s, eps = -r->b[0] * t->sigma / t->s;
            fk_assert_near(x, u->s / t->s, 1e-13 * x);
            fk_assert_near(eps, u->s * (u->sigma / u->s - t->sigma / t->s),
                           1e-13 * (1 + fabs(eps)));
        }
        setting_free(&s);
    }
}
END_TEST

/* --- orders on one Gaussian --- */

/* The exact law at the end of the axis: x_t -> N(M + r (x - M_t), V (1 - (rho)^(2 eta^2))), where
 * rho^2 is the ratio of V/s^2 at the ends and r = sqrt(V_u/V_t) rho^(eta^2). */
static law exact_law(const fk_axis *axis, double eta, law x)
{
    const fk_coeffs *t = axis->node, *u = axis->node + axis->n_steps;
    double V_t = variance_at(t), V_u = variance_at(u);
    double rho = pow((V_u / (u->s * u->s)) / (V_t / (t->s * t->s)), eta * eta / 2);
    double gain = sqrt(V_u / V_t) * rho;
    return (law){u->s * m + gain * (x.mean - t->s * m),
                 V_u * (1 - rho * rho) + gain * gain * x.var};
}

/* The scheme's tables with a fault in them, for the controls. */
typedef enum { RIGHT, WRONG_WEIGHT, EARLY_STAGES, MISSING_NOISE } fault;

static void spoil(fk_plan *plan, fault wrong)
{
    for (size_t n = 0; n < plan->n_steps; n++) {
        fk_step *step = &plan->step[n];
        size_t last = step->stages - 1;
        if (wrong == WRONG_WEIGHT) step->result.b[last] *= 1.01;
        if (wrong == MISSING_NOISE) step->stage[last].y.c[0] = 0;
        for (size_t i = 1; wrong == EARLY_STAGES && i <= last; i++) { /* coefficients at t only */
            fk_combination y = step->stage[i].y;
            step->stage[i] = step->stage[0];
            step->stage[i].y = y;
        }
    }
}

enum { HALVINGS = 4 };

/* Errors at N, 2N, 4N, 8N steps; the local slopes, of which the last should have settled. */
static void weak_slopes(const char *spec, double eta, fault wrong, size_t N, double *slope)
{
    double error[HALVINGS];
    for (int i = 0; i < HALVINGS; i++) {
        setting s;
        setting_new(&s, "vp-linear", spec, "uniform", N << i, 0.9385, 0.1385);
        spoil(&s.plan, wrong);
        error[i] = apart(by_table(&s.plan, start), exact_law(&s.axis, eta, start));
        setting_free(&s);
    }
    for (int i = 0; i + 1 < HALVINGS; i++) slope[i] = log2(error[i] / error[i + 1]);
}

/* Steps from which the slopes are read: where the error of order p has settled and is far above
 * rounding (1e-13) after three halvings. */
static size_t first_n(double order)
{
    return order < 2 ? 400 : order < 3 ? 150 : order < 4 ? 60 : order < 5 ? 30 : 12;
}

/* An error C h^p + D h^(p+1) has local slopes that near p by halves: the last two, extrapolated,
 * say p; and the last has come near on its own. */
static bool settled_at(const double *slope, double order)
{
    double last = slope[HALVINGS - 2], before = slope[HALVINGS - 3];
    return fabs(2 * last - before - order) < 0.1 && fabs(last - order) < 0.2;
}

START_TEST(every_scheme_has_its_weak_order_on_a_gaussian)
{
    join();
    for (size_t i = 0; i < n_all; i++) {
        if (all[i]->adaptive) continue;
        fk_scheme k = scheme_of(all[i]->row.name);
        double slope[HALVINGS - 1], order = k.weak_order;
        weak_slopes(k.row.name, k.row.param ? k.param[0] : 0, RIGHT, first_n(order), slope);
        ck_assert_msg(settled_at(slope, order), "%s: %.3f %.3f %.3f", k.row.name, slope[0],
                      slope[1], slope[2]);
    }
}
END_TEST

START_TEST(spoilt_tables_lose_their_order)
{
    double slope[HALVINGS - 1];
    const char *several[] = {"midpoint", "heun", "bs3", "rk4", "dp5"};
    const double order[] = {2, 2, 3, 4, 5};
    for (int i = 0; i < 5; i++)
        for (fault wrong = WRONG_WEIGHT; wrong <= EARLY_STAGES; wrong++) {
            weak_slopes(several[i], 0, wrong, first_n(order[i]), slope);
            ck_assert_msg(!settled_at(slope, order[i]), "%s", several[i]);
        }
    weak_slopes("heun-sde", 1, EARLY_STAGES, first_n(2), slope);
    ck_assert(!settled_at(slope, 2));
    weak_slopes("heun-sde", 1, MISSING_NOISE, first_n(2), slope);
    ck_assert(!settled_at(slope, 2));
    weak_slopes("euler-maruyama", 0, RIGHT, first_n(1), slope); /* against the wrong law */
    ck_assert(!settled_at(slope, 1));
}
END_TEST

/* --- orders on a mixture: what a linear drift cannot see --- */

typedef struct {
    double s, sigma;
} frozen;

static void freeze(const void *self, double s, double sigma, void *out)
{
    (void)self;
    *(frozen *)out = (frozen){s, sigma};
}

/* 0.4 N(-1.2, 0.385^2) + 0.6 N(0.9, 0.5^2) */
static double mixture_score(double s, double sigma, double x)
{
    double below = s * s * 0.385 * 0.385 + sigma * sigma, above = s * s * 0.25 + sigma * sigma;
    double d = x + 1.2 * s, e = x - 0.9 * s;
    double p = 0.4 / sqrt(below) * exp(-d * d / (2 * below));
    double q = 0.6 / sqrt(above) * exp(-e * e / (2 * above));
    return -(p * d / below + q * e / above) / (p + q);
}

static void eval(const void *self, const void *at, fk_block x, fk_block score)
{
    (void)self;
    const frozen *f = at;
    for (size_t i = 0; i < x.n; i++) score.x[i] = mixture_score(f->s, f->sigma, x.x[i]);
}

static double combine(const fk_combination *y, double x, const double *M, size_t n)
{
    double sum = y->a * x;
    for (size_t j = 0; j < n; j++) sum += y->b[j] * M[j];
    return sum;
}

static double run_on_mixture(const fk_plan *plan, double x)
{
    for (size_t n = 0; n < plan->n_steps; n++) {
        const fk_step *step = &plan->step[n];
        double M[FK_MAX_STAGES];
        for (size_t i = 0; i < step->stages; i++) {
            const fk_stage *at = &step->stage[i];
            double y = combine(&at->y, x, M, i);
            M[i] = at->p * y + at->q * mixture_score(at->s, at->sigma, y);
        }
        x = combine(&step->result, x, M, step->stages);
    }
    return x;
}

START_TEST(every_ode_scheme_has_its_order_on_a_mixture)
{
    fk_schedule schedule;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &schedule, &err), FK_OK);
    fk_field field = {.dim = 1, .frozen_size = sizeof(frozen), .freeze = freeze, .eval = eval};
    const double t[2] = {0.9385, 0.1385};
    enum { STARTS = 5 }; /* whose errors' root mean square is what falls with N */
    double x[2][STARTS] = {{-2.385, -0.7, 0.385, 0.9, 1.7385}};
    fk_adaptive_options tight = {.rtol = 1e-14, .atol = 1e-14};
    ck_assert_msg(
        fk_adaptive_solve(&fk_rk8pd, &schedule, &field, t, 2, STARTS, x[0], &tight, &err) == FK_OK,
        "%s", err.text);
    for (size_t k = 0; k < fk_n_ode_schemes; k++) {
        const fk_scheme *scheme = fk_ode_schemes[k];
        if (scheme->adaptive) continue;
        double order = scheme->weak_order, error[HALVINGS], slope[HALVINGS - 1];
        for (int spoilt = 0; spoilt < 2; spoilt++) {
            for (int i = 0; i < HALVINGS; i++) {
                setting s;
                setting_new(&s, "vp-linear", scheme->row.name, "uniform", first_n(order) << i, t[0],
                            t[1]);
                if (spoilt) spoil(&s.plan, EARLY_STAGES);
                error[i] = 0;
                for (int j = 0; j < STARTS; j++)
                    error[i] = hypot(error[i], run_on_mixture(&s.plan, x[0][j]) - x[1][j]);
                setting_free(&s);
            }
            for (int i = 0; i + 1 < HALVINGS; i++) slope[i] = log2(error[i] / error[i + 1]);
            bool should = !spoilt || order == 1; /* with one stage there is nothing to spoil */
            ck_assert_msg(settled_at(slope, order) == should, "%s%s: %.3f %.3f %.3f (%.3g)",
                          scheme->row.name, spoilt ? ", spoilt" : "", slope[0], slope[1], slope[2],
                          error[HALVINGS - 1]);
        }
    }
}
END_TEST

/* --- tables and plans --- */

START_TEST(no_scheme_looks_outside_its_step)
{
    join();
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t k = 0; k < n_all; k++) {
            if (all[k]->adaptive) continue;
            setting s;
            fk_schedule whole;
            fk_error err;
            ck_assert_int_eq(fk_schedule_parse(fk_schedules[i].row.name, &whole, &err), FK_OK);
            setting_new(&s, whole.row.name, all[k]->row.name, "uniform", 13, whole.t_max,
                        whole.t_min);
            for (size_t n = 0; n < 13; n++) {
                const fk_step *step = &s.plan.step[n];
                const fk_coeffs *node = &s.axis.node[n];
                for (size_t j = 0; j < step->stages; j++) {
                    double rho = step->stage[j].sigma / step->stage[j].s;
                    ck_assert(rho <= node[0].sigma / node[0].s);
                    ck_assert(rho >= node[1].sigma / node[1].s);
                }
            }
            setting_free(&s);
        }
}
END_TEST

START_TEST(evaluations_are_counted_from_the_tables)
{
    const struct {
        const char *name;
        size_t each;
    } known[] = {{"euler", 1}, {"midpoint", 2}, {"heun", 2},           {"bs3", 3},     {"rk4", 4},
                 {"dp5", 6},   {"ddim", 1},     {"euler-maruyama", 1}, {"heun-sde", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        setting s;
        setting_new(&s, "vp-linear", known[i].name, "lambda", 17, 1, 1e-3);
        ck_assert_uint_eq(s.plan.n_steps, 17);
        ck_assert_uint_eq(s.plan.evaluations, 17 * known[i].each);
        ck_assert_uint_eq(s.plan.history, 0);
        setting_free(&s);
    }
}
END_TEST

START_TEST(plans_refuse_what_the_axis_lacks)
{
    fk_chain chain;
    fk_schedule schedule;
    fk_axis on_chain, on_schedule;
    fk_plan plan;
    fk_error err;
    ck_assert_int_eq(fk_chain_parse("ddpm-linear", &chain, &err), FK_OK);
    ck_assert_int_eq(fk_axis_on_chain(&chain, "trailing", 10, &on_chain, &err), FK_OK);
    ck_assert_int_eq(fk_schedule_parse("flow", &schedule, &err), FK_OK);
    ck_assert_int_eq(fk_axis_on_schedule(&schedule, "uniform", 10, 0.9, 0.1, &on_schedule, &err),
                     FK_OK);
    join();
    for (size_t k = 0; k < n_all; k++) {
        int expect = all[k]->adaptive || all[k]->needs != FK_NODES ? FK_USAGE : FK_OK;
        ck_assert_int_eq(fk_plan_new(&on_chain, all[k], &plan, &err), expect);
        if (expect != FK_OK) ck_assert(strstr(err.text, all[k]->row.name) && !plan.step);
        fk_plan_free(&plan);
        expect = all[k]->adaptive ? FK_USAGE : FK_OK;
        ck_assert_int_eq(fk_plan_new(&on_schedule, all[k], &plan, &err), expect);
        fk_plan_free(&plan);
    }
    const char *bad[] = {"eulr",
                         "euler:eta=1",
                         "euler-maruyama:eta=-1",
                         "euler-maruyama:eta=inf",
                         "heun-sde:eta=nan",
                         "ddim:eta=1.1",
                         "ddim:eta=-0.1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_scheme scheme;
        ck_assert_msg(fk_scheme_parse(bad[i], all, n_all, &scheme, &err) == FK_USAGE, "%s", bad[i]);
        ck_assert(err.text[0] != '\0' && !strchr(err.text, '\n'));
    }
    fk_axis_free(&on_chain);
    fk_axis_free(&on_schedule);
    fk_chain_free(&chain);
}
END_TEST

FK_SUITE("schemes", the_sde_tables_give_the_recursions_derived_by_hand,
         ddim_on_a_chain_is_as_published, deterministic_ddim_is_euler_in_scaled_coordinates,
         every_scheme_has_its_weak_order_on_a_gaussian, spoilt_tables_lose_their_order,
         every_ode_scheme_has_its_order_on_a_mixture, no_scheme_looks_outside_its_step,
         evaluations_are_counted_from_the_tables, plans_refuse_what_the_axis_lacks)
