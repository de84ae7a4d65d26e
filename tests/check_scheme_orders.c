/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of the deterministic schemes, read from their step tables (the stochastic ones stand in
 * check_sde_orders.c): on one Gaussian against its exact law, and on
 * a mixture, whose drift is not linear, against an adaptive solver of order 8. Controls: tables
 * with a fault. */
#include "ode/adaptive.h"
#include "tests/plans.h"

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

START_TEST(every_ode_scheme_has_its_order_on_a_gaussian)
{
    for (size_t i = 0; i < fk_n_ode_schemes; i++) {
        const fk_scheme *record = fk_ode_schemes[i];
        if (record->adaptive || record->depth > 0) continue; /* affine_step() keeps no history */
        fk_scheme k = scheme_of(record->row.name);
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
        if (scheme->adaptive || scheme->depth > 0) continue;
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

FK_SUITE("scheme_orders", every_ode_scheme_has_its_order_on_a_gaussian,
         spoilt_tables_lose_their_order, every_ode_scheme_has_its_order_on_a_mixture)
