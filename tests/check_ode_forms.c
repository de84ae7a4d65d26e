/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One deterministic method in many forms: the same sampler on every schedule; in eps, x0hat and v;
 * DEIS' weights as the integrals that they stand for. */
#include <gsl/gsl_integration.h>
#include <string.h>

#include "analytic/exact.h"
#include "tests/ode_schemes.h"

/* --- one sampler on every schedule --- */

/* x'/s of a run of 17 steps on equal nodes of sigma/s, and the exact map's slope. */
static double scaled_run(const char *spec, const fk_schedule *schedule, const fk_mixture *data,
                         double y, double *slope)
{
    fk_scheme scheme = scheme_of(spec);
    fk_axis axis;
    fk_plan plan;
    axis_of(schedule, "karras", 17, schedule->time_of(schedule, -1.1385),
            schedule->time_of(schedule, 3.0385), &axis);
    plan_of(&axis, &scheme, &plan);
    double x = y * axis.node->s, to;
    fk_flow(data, axis.node, axis.node + 17, 1, &x, &to, slope);
    *slope *= axis.node->s / axis.node[17].s;
    x = scalar_run(&scheme, &axis, &plan, data, x) / axis.node[17].s;
    fk_plan_free(&plan);
    fk_axis_free(&axis);
    return x;
}

START_TEST(equal_noise_to_signal_ratios_give_equal_samples_on_all_schedules)
{
    fk_mixture *data = mixture_of("three-1d");
    const double starts[] = {-3.385, -0.7385, 0.1385, 2.1385};
    for (size_t k = 0; k <= N_INVARIANT; k++)
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (int j = 0; j < 4; j++) {
                const char *spec = k < N_INVARIANT ? exact_ones[k] : "heun";
                fk_schedule edm, other;
                fk_error err;
                ck_assert(fk_schedule_parse("edm", &edm, &err) == FK_OK);
                ck_assert(fk_schedule_parse(fk_schedules[i].row.name, &other, &err) == FK_OK);
                double slope, a = scaled_run(spec, &edm, data, starts[j], &slope);
                double bound = 1e-12 * fmax(1, slope);
                double b = scaled_run(spec, &other, data, starts[j], &slope);
                if (k < N_INVARIANT) fk_assert_near(a, b, bound);
                if (k == N_INVARIANT && strcmp(other.row.name, "edm") != 0)
                    ck_assert(fabs(a - b) > bound); /* Heun in t is another for each */
            }
    fk_mixture_free(data);
}
END_TEST

/* --- forms of one method --- */

typedef struct {
    double score, eps, x0, v;
} outputs;

static outputs outputs_at(const fk_mixture *data, const fk_coeffs *c, double x)
{
    outputs o;
    o.score = scalar_score(data, c->s, c->sigma, x);
    o.eps = -c->sigma * o.score;
    o.x0 = (x + c->sigma * c->sigma * o.score) / c->s;
    o.v = c->s * o.eps - c->sigma * o.x0;
    return o;
}

/* One step from t to u of the named method, in another form than its table; r of the way between
 * (in lambda) are the coefficients *mid, *late. As the papers print them. */
static double other_form(const char *spec, const fk_mixture *data, const fk_coeffs *t,
                         const fk_coeffs *mid, const fk_coeffs *u, double x)
{
    const double h = u->lambda - t->lambda;
    const outputs now = outputs_at(data, t, x);
    if (strcmp(spec, "noise") == 0) return u->s / t->s * x - u->sigma * expm1(h) * now.eps;
    if (strcmp(spec, "data") == 0) return u->sigma / t->sigma * x - u->s * expm1(-h) * now.x0;
    if (strcmp(spec, "v") == 0) { /* on VP: a rotation by the angle between the two levels */
        double angle = atan2(t->sigma, t->s) - atan2(u->sigma, u->s);
        return cos(angle) * x - sin(angle) * now.v;
    }
    if (strcmp(spec, "dpm-2") == 0) { /* the stage and its output in x0hat */
        double y = mid->sigma / t->sigma * x - mid->s * expm1(-h / 2) * now.x0;
        double eps = (y - mid->s * outputs_at(data, mid, y).x0) / mid->sigma;
        return u->s / t->s * x - u->sigma * expm1(h) * eps;
    }
    if (strcmp(spec, "dpmpp-2s") == 0) { /* in eps */
        double y = mid->s / t->s * x - mid->sigma * expm1(h / 2) * now.eps;
        double x0 = (y - mid->sigma * outputs_at(data, mid, y).eps) / mid->s;
        return u->sigma / t->sigma * x - u->s * expm1(-h) * x0;
    }
    ck_assert_str_eq(spec, "edm-heun"); /* Karras et al.: d = (y - D)/sigma, s = 1 */
    double y = x / t->s, rho = t->sigma / t->s, rho_u = u->sigma / u->s, d = (y - now.x0) / rho;
    double to = y + (rho_u - rho) * d;
    double d_u = (to - outputs_at(data, u, u->s * to).x0) / rho_u;
    return u->s * (y + (rho_u - rho) * (d + d_u) / 2);
}

START_TEST(noise_data_and_v_forms_of_a_scheme_agree)
{
    const struct {
        const char *table, *form;
        bool agree;
    } each[] = {{"ddim", "noise", true},
                {"ddim", "data", true},
                {"ddim", "v", true},
                {"dpmpp-1", "noise", true},
                {"dpmpp-1", "v", true},
                {"unipc-2", "noise", true}, /* its first and last */
                {"deis-3", "data", true},
                {"lms-4", "data", true},
                {"dpm-2", "dpm-2", true},
                {"dpmpp-2s", "dpmpp-2s", true},
                {"edm-heun", "edm-heun", true},
                {"dpm-2", "dpmpp-2s", false},
                {"dpm-2", "noise", false},
                {"edm-heun", "dpm-2", false}};
    fk_mixture *data = mixture_of("three-1d");
    const char *schedules[] = {"vp-linear", "vp-cosine"};
    for (size_t k = 0; k < sizeof each / sizeof *each; k++)
        for (int i = 0; i < 2; i++)
            for (double t = 0.9; t > 0.2; t -= 0.1385) {
                fk_schedule schedule;
                fk_axis axis;
                fk_plan plan;
                fk_error err;
                fk_scheme scheme = scheme_of(each[k].table);
                ck_assert(fk_schedule_parse(schedules[i], &schedule, &err) == FK_OK);
                axis_of(&schedule, "uniform", 1, t, t - 0.1385, &axis);
                plan_of(&axis, &scheme, &plan);
                const fk_coeffs *node = axis.node;
                fk_coeffs mid = fk_schedule_at(
                    &schedule, schedule.time_of(&schedule, (node[0].lambda + node[1].lambda) / 2));
                for (double x = -2.385; x < 3; x += 1.1385) {
                    double a = scalar_run(&scheme, &axis, &plan, data, x);
                    double b = other_form(each[k].form, data, node, &mid, node + 1, x);
                    if (each[k].agree) fk_assert_near(a, b, 1e-13 * fmax(1, fabs(x)));
                    if (!each[k].agree) ck_assert(fabs(a - b) > 1e-13 * fmax(1, fabs(x)));
                }
                fk_plan_free(&plan);
                fk_axis_free(&axis);
            }
    fk_mixture_free(data);
}
END_TEST

/* --- DEIS in t: its weights are integrals over t --- */

typedef struct {
    const fk_axis *axis;
    size_t n, j; /* step; which of the three nodes */
} lagrange;

static double weight_in_t(double t, void *self)
{
    const lagrange *of = self;
    const double *node = of->axis->t + of->n;
    fk_coeffs c = fk_schedule_at(of->axis->schedule, t);
    double value = c.g2 / (2 * c.sigma * c.s); /* drho/dt */
    for (size_t l = 0; l < 3; l++)
        if (l != of->j) value *= (t - *(node - l)) / (*(node - of->j) - *(node - l));
    return value;
}

START_TEST(deis_in_t_integrates_its_polynomials_over_t)
{
    gsl_integration_workspace *space = gsl_integration_workspace_alloc(1000);
    fk_scheme deis = scheme_of("deis-3");
    for (size_t i = 0; i < fk_n_schedules; i++) {
        fk_schedule schedule;
        fk_axis axis;
        fk_plan plan;
        fk_error err;
        ck_assert(fk_schedule_parse(fk_schedules[i].row.name, &schedule, &err) == FK_OK);
        axis_of(&schedule, "uniform", 4, schedule.t_max, schedule.t_min, &axis);
        plan_of(&axis, &deis, &plan);
        for (size_t n = 2; n < 4; n++) /* the last runs over more than h = 2 */
            for (size_t j = 0; j < 3; j++) {
                lagrange of = {&axis, n, j};
                double sum, off, u = axis.node[n + 1].s;
                gsl_function f = {weight_in_t, &of};
                ck_assert(gsl_integration_qag(&f, axis.t[n + 1], axis.t[n], 0, 1e-12, 1000,
                                              GSL_INTEG_GAUSS61, space, &sum, &off) == 0);
                const fk_combination *y = &plan.step[n].result;
                double table = j == 0 ? y->b[0] : y->d[j - 1];
                fk_assert_near(table, -u * sum, 1e-11 * fabs(u * sum));
            }
        fk_plan_free(&plan);
        fk_axis_free(&axis);
    }
    gsl_integration_workspace_free(space);
}
END_TEST

FK_SUITE("ode_forms", equal_noise_to_signal_ratios_give_equal_samples_on_all_schedules,
         noise_data_and_v_forms_of_a_scheme_agree, deis_in_t_integrates_its_polynomials_over_t)
