/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the deterministic schemes promise beside their order: constants are exact on any grid, down
 * to sigma = 0; the same sampler on every schedule; the forms of one method in eps, x0hat and v;
 * history as declared; evaluations as claimed. */
#include <float.h>
#include <gsl/gsl_integration.h>
#include <stdio.h>
#include <string.h>

#include "analytic/marginal.h"
#include "core/integrate.h"
#include "ode/schemes.h"
#include "registry.h"
#include "tests/scalar_runs.h"

/* Specs of the schemes that treat constant outputs exactly: all but the Runge-Kutta methods in t.
 */
static const char *const exact_ones[] = {"ddim",
                                         "dpm-2",
                                         "dpm-3",
                                         "dpmpp-1",
                                         "dpmpp-2s",
                                         "dpmpp-2m",
                                         "dpmpp-2m:start=matched",
                                         "dpmpp-3m",
                                         "dpmpp-3m:start=matched",
                                         "unipc-1",
                                         "unipc-1:b=bh1",
                                         "unipc-2",
                                         "unipc-2:b=bh1",
                                         "unipc-2:start=matched",
                                         "unipc-3",
                                         "unipc-3:start=matched",
                                         "deis-1:p=logrho",
                                         "deis-2:p=rho",
                                         "deis-2:p=logrho",
                                         "deis-3:p=rho",
                                         "deis-3:p=logrho",
                                         "deis-3:p=logrho,start=matched",
                                         "lms-1",
                                         "lms-2",
                                         "lms-3",
                                         "lms-4",
                                         "lms-4:start=matched",
                                         "edm-heun",
                                         "deis-2", /* in t: the last two depend on the schedule */
                                         "deis-3"};
enum { N_EXACT = sizeof exact_ones / sizeof *exact_ones, N_INVARIANT = N_EXACT - 2 };

static fk_scheme scheme_of(const char *spec)
{
    fk_scheme scheme;
    fk_error err;
    ck_assert_msg(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK, "%s", err.text);
    return scheme;
}

static fk_mixture *mixture_of(const char *name)
{
    fk_mixture *data;
    fk_error err;
    ck_assert(fk_mixture_read(name, &data, &err) == FK_OK);
    return data;
}

static fk_mixture *point_mass(double x0)
{
    const double weight = 1, var = 0;
    fk_mixture *data;
    fk_error err;
    ck_assert(fk_mixture_new_diagonal("point", 1, 1, &weight, &x0, &var, &data, &err) == FK_OK);
    return data;
}

static void axis_of(const fk_schedule *schedule, const char *grid, size_t N, double start,
                    double end, fk_axis *axis)
{
    fk_error err;
    ck_assert_msg(fk_axis_on_schedule(schedule, grid, N, start, end, axis, &err) == FK_OK, "%s",
                  err.text);
}

static void plan_of(const fk_axis *axis, const fk_scheme *scheme, fk_plan *plan)
{
    fk_error err;
    ck_assert_msg(fk_plan_new(axis, scheme, plan, &err) == FK_OK, "%s", err.text);
}

/* --- constant x0hat: x' = s_u D + sigma_u/sigma_t (x - s_t D) --- */

/* The terms that a combination sums toward the level (s, sigma), |M| <= most; a total is good to
 * |lambda| roundings, which is below 12. Weights of either sign grow where steps change by factors.
 */
static double terms(const fk_combination *y, double x, double most, const fk_coeffs *t, double s)
{
    double sum = fabs(y->a * x), weights = 0;
    for (int j = 0; j < FK_MAX_STAGES; j++) weights += fabs(y->b[j]);
    for (int h = 0; h < FK_MAX_HISTORY; h++) weights += fabs(y->d[h]);
    if (weights > 0) sum += weights * most + 12 * (s + s * t->sigma / t->s);
    return sum;
}

/* Roundings of a step: x0hat = (y + sigma^2 score)/s is good to |y|/s of them, eps to |y|/sigma. */
static double roundings(const fk_step *step, fk_output output, const fk_coeffs *t,
                        const fk_coeffs *u, double x)
{
    double most = 2;
    for (size_t i = 0; i < step->stages; i++) {
        const fk_stage *at = &step->stage[i];
        double y = terms(&at->y, x, most, t, at->s);
        most = fmax(most, y / (output == FK_EPS ? at->sigma : at->s));
    }
    return terms(&step->result, x, most, t, u->s);
}

/* One step at a time, from exact states and histories; factor 1, or a fault in the weights. */
static double worst_step(const fk_axis *axis, const char *spec, double factor)
{
    const double x0 = 0.7385, eps = -1.1385;
    fk_mixture *data = point_mass(x0);
    fk_scheme scheme = scheme_of(spec);
    fk_plan plan;
    plan_of(axis, &scheme, &plan);
    double worst = 0;
    for (size_t n = 0; n < axis->n_steps; n++) {
        const fk_coeffs *t = &axis->node[n], *u = t + 1;
        double H[FK_MAX_HISTORY];
        for (int h = 0; h < FK_MAX_HISTORY; h++) H[h] = scheme.output == FK_EPS ? eps : x0;
        for (int j = 0; j < FK_MAX_STAGES; j++) plan.step[n].result.b[j] *= factor;
        for (int h = 0; h < FK_MAX_HISTORY; h++) plan.step[n].result.d[h] *= factor;
        double x = t->s * x0 + t->sigma * eps;
        double off = fabs(scalar_step(&plan.step[n], data, x, H) - (u->s * x0 + u->sigma * eps));
        off /= DBL_EPSILON * roundings(&plan.step[n], scheme.output, t, u, x);
        if (!(off <= worst)) worst = off;
    }
    fk_plan_free(&plan);
    fk_mixture_free(data);
    return worst;
}

static void every_step_is_exact(const fk_axis *axis, const char *spec)
{
    double off = worst_step(axis, spec, 1);
    ck_assert_msg(off <= 4, "%s: %.1f roundings", spec, off);
    /* a single step over the whole interval may round by more than the fault */
    if (axis->n_steps > 3) ck_assert(worst_step(axis, spec, 1 + 1e-6) > 4);
}

START_TEST(constant_outputs_are_exact_on_any_grid_of_a_schedule)
{
    char path[] = "/tmp/fokker-grid-XXXXXX", grid[64];
    int fd = mkstemp(path);
    ck_assert(fd >= 0);
    FILE *f = fdopen(fd, "w"); /* steps that shrink and grow by factors of thirty */
    fputs("0.93\n0.9\n0.1\n0.097\n0.0385\n0.0384\n0.0383\n0.002\n", f);
    fclose(f);
    snprintf(grid, sizeof grid, "file:%s", path);
    const char *grids[] = {"uniform", "karras", "lambda", grid};
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (int g = 0; g < 4; g++)
            for (size_t N = 1; N <= 7; N += g < 3 ? 3 : 7)
                for (size_t k = 0; k < N_EXACT; k++) {
                    fk_schedule schedule;
                    fk_axis axis;
                    fk_error err;
                    const char *name = fk_schedules[i].row.name;
                    ck_assert(fk_schedule_parse(name, &schedule, &err) == FK_OK);
                    axis_of(&schedule, grids[g], N, schedule.t_max, schedule.t_min, &axis);
                    every_step_is_exact(&axis, exact_ones[k]);
                    fk_axis_free(&axis);
                }
    remove(path);
}
END_TEST

static bool on_chains(const fk_scheme *scheme)
{
    return scheme->needs == FK_NODES;
}

static bool all_finite(const fk_combination *y)
{
    double sum = y->a;
    for (int j = 0; j < FK_MAX_STAGES; j++) sum += y->b[j];
    for (int h = 0; h < FK_MAX_HISTORY; h++) sum += y->d[h];
    return isfinite(sum);
}

START_TEST(chains_end_in_clean_data_with_finite_tables)
{
    const char *chains[] = {"ddpm-linear", "cosine"}, *grids[] = {"trailing", "leading"};
    const size_t steps[] = {1, 2, 3, 10, 250};
    for (int c = 0; c < 4; c++)
        for (int i = 0; i < 5; i++)
            for (size_t k = 0; k < N_EXACT; k++) {
                fk_scheme scheme = scheme_of(exact_ones[k]);
                fk_chain chain;
                fk_axis axis;
                fk_plan plan;
                fk_error err;
                ck_assert(fk_chain_parse(chains[c / 2], &chain, &err) == FK_OK);
                ck_assert(fk_axis_on_chain(&chain, grids[c % 2], steps[i], &axis, &err) == FK_OK);
                ck_assert(axis.node[steps[i]].sigma == 0);
                if (on_chains(&scheme)) {
                    every_step_is_exact(&axis, exact_ones[k]);
                    plan_of(&axis, &scheme, &plan);
                    for (size_t n = 0; n < plan.n_steps; n++) {
                        const fk_step *step = &plan.step[n];
                        ck_assert(all_finite(&step->result));
                        for (size_t j = 0; j < step->stages; j++)
                            ck_assert(all_finite(&step->stage[j].y) && step->stage[j].sigma > 0);
                    }
                    fk_plan_free(&plan);
                } else {
                    ck_assert(fk_plan_new(&axis, &scheme, &plan, &err) == FK_USAGE);
                    ck_assert(strstr(err.text, "t(lambda)"));
                }
                fk_axis_free(&axis);
                fk_chain_free(&chain);
            }
}
END_TEST

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

/* --- history and evaluations --- */

static void check_history(const fk_axis *axis, const fk_scheme *scheme, const fk_plan *plan)
{
    const size_t given = axis->past;
    size_t have = given;
    for (size_t n = 0; n < plan->n_steps; n++) {
        const fk_step *step = &plan->step[n];
        ck_assert(step->history <= have && step->history <= scheme->depth);
        for (size_t i = 0; i < step->stages; i++) {
            const fk_stage *at = &step->stage[i];
            if (!at->push) continue;
            /* at the step's first node, or for lag 0 at its last one */
            bool first = have == 0 && scheme->lag == 0 && i == 0;
            const fk_coeffs *node = &axis->node[n + (scheme->lag == 0 && !first)];
            ck_assert(at->s == node->s && at->sigma == node->sigma);
            ck_assert(scheme->output == FK_X0 || scheme->output == FK_EPS);
            double p = scheme->output == FK_X0 ? 1 / node->s : 0;
            double q = scheme->output == FK_X0 ? node->sigma * node->sigma / node->s : -node->sigma;
            fk_assert_near(at->p, p, 1e-15 * p);
            fk_assert_near(at->q, q, 1e-15 * fabs(q));
            have++;
        }
        if (scheme->depth == 0) ck_assert(have == 0);
        /* after each step there is an entry at every node so far: of lag 0, but for the last */
        bool last = n + 1 == plan->n_steps;
        size_t own = n + 1 + (scheme->lag == 0 && given == 0) - (scheme->lag == 0 && last);
        if (scheme->depth > 0) ck_assert_uint_eq(have, given + own);
    }
}

START_TEST(history_is_what_the_record_declares)
{
    fk_schedule schedule;
    fk_error err;
    ck_assert(fk_schedule_parse("vp-linear", &schedule, &err) == FK_OK);
    for (size_t k = 0; k < N_EXACT; k++)
        for (size_t past = 0; past < 5; past++)
            for (size_t N = 1; N < 8; N++) {
                fk_scheme scheme = scheme_of(exact_ones[k]);
                fk_axis axis;
                fk_plan plan;
                if (past > scheme.depth) continue;
                axis_of(&schedule, "lambda", N, 0.15, 0.1385, &axis);
                if (past > 0) ck_assert(fk_axis_extend(&axis, past, &err) == FK_OK);
                plan_of(&axis, &scheme, &plan);
                check_history(&axis, &scheme, &plan);
                if (past == scheme.depth && N > 1) ck_assert_uint_eq(plan.history, past);
                fk_plan_free(&plan);
                fk_axis_free(&axis);
            }
}
END_TEST

START_TEST(evaluations_are_as_claimed)
{
    const struct {
        const char *spec;
        size_t each, more;
    } known[] = {{"dpm-2", 2, 0},
                 {"dpm-3", 3, 0},
                 {"dpmpp-1", 1, 0},
                 {"dpmpp-2s", 2, 0},
                 {"dpmpp-2m", 1, 0},
                 {"dpmpp-2m:start=matched", 1, 1},
                 {"dpmpp-3m", 1, 0},
                 {"dpmpp-3m:start=matched", 1, 4}, /* two steps of three */
                 {"unipc-1", 1, 0},
                 {"unipc-2", 1, 0},
                 {"unipc-3", 1, 0},
                 {"unipc-2:start=matched", 1, 2},
                 {"unipc-3:start=matched", 1, 6},
                 {"deis-1", 1, 0},
                 {"deis-2", 1, 0},
                 {"deis-3", 1, 0},
                 {"lms-4", 1, 0},
                 {"lms-4:start=matched", 1, 9},
                 {"edm-heun", 2, 0}};
    fk_schedule schedule;
    fk_chain chain;
    fk_axis on_schedule, on_chain;
    fk_plan plan;
    fk_error err;
    ck_assert(fk_schedule_parse("vp-cosine", &schedule, &err) == FK_OK);
    ck_assert(fk_chain_parse("ddpm-linear", &chain, &err) == FK_OK);
    axis_of(&schedule, "karras", 19, 0.9, 0.01, &on_schedule);
    ck_assert(fk_axis_on_chain(&chain, "trailing", 19, &on_chain, &err) == FK_OK);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fk_scheme scheme = scheme_of(known[i].spec);
        plan_of(&on_schedule, &scheme, &plan);
        ck_assert_uint_eq(plan.evaluations, 19 * known[i].each + known[i].more);
        ck_assert_uint_eq(plan.normals, 0);
        fk_plan_free(&plan);
        if (!on_chains(&scheme)) continue;
        plan_of(&on_chain, &scheme, &plan); /* Heun does not look at clean data */
        ck_assert_uint_eq(plan.evaluations, 19 * known[i].each - (known[i].each == 2));
        fk_plan_free(&plan);
    }
    fk_axis_free(&on_schedule);
    fk_axis_free(&on_chain);
    fk_chain_free(&chain);
}
END_TEST

/* --- the lab's integrator runs them alike --- */

typedef struct {
    double *end;
} keeper;

static void keep(void *self, void *state, size_t j, uint64_t first, size_t count, fk_block x)
{
    keeper *to = self;
    (void)state, (void)j;
    for (size_t p = 0; p < count; p++) to->end[first + p] = x.x[p];
}

START_TEST(the_integrator_runs_multistep_tables_with_exact_history)
{
    enum { STARTS = 5, N = 9 };
    const double x[STARTS] = {-2.1385, -0.7385, 0.1385, 0.9385, 1.7385};
    fk_mixture *data = mixture_of("three-1d");
    fk_field field = fk_mixture_field(data);
    for (size_t k = 0; k < N_EXACT; k++)
        for (size_t n_steps = 1; n_steps <= N; n_steps += N - 1) {
            fk_scheme scheme = scheme_of(exact_ones[k]);
            fk_schedule schedule;
            fk_axis axis;
            fk_plan plan;
            fk_error err;
            double end[STARTS], history[FK_MAX_HISTORY * STARTS];
            ck_assert(fk_schedule_parse("vp-linear", &schedule, &err) == FK_OK);
            axis_of(&schedule, "lambda", n_steps, 0.15, 0.1385, &axis);
            if (scheme.depth) ck_assert(fk_axis_extend(&axis, scheme.depth, &err) == FK_OK);
            plan_of(&axis, &scheme, &plan);
            for (size_t h = 0; h < scheme.depth; h++)
                for (size_t p = 0; p < STARTS; p++)
                    history[h * STARTS + p] = exact_output(scheme.output, data, axis.node, x[p],
                                                           axis.node - scheme.lag - h);
            fk_points starts = {x, STARTS, 1};
            keeper to = {end};
            fk_observer observer = {.self = &to, .see = keep};
            fk_run run = {.step = plan.step,
                          .n_steps = n_steps,
                          .field = &field,
                          .start = fk_source_points(&starts),
                          .history = scheme.depth ? history : NULL,
                          .history_depth = scheme.depth,
                          .n = STARTS,
                          .observe_at = &n_steps,
                          .n_observe = 1,
                          .observer = &observer,
                          .n_observers = 1};
            ck_assert_msg(fk_integrate(&run, &err) == FK_OK, "%s", err.text);
            for (size_t p = 0; p < STARTS; p++)
                fk_assert_near(end[p], scalar_run(&scheme, &axis, &plan, data, x[p]), 1e-12);
            fk_plan_free(&plan);
            fk_axis_free(&axis);
        }
    fk_mixture_free(data);
}
END_TEST

FK_SUITE("ode_schemes", constant_outputs_are_exact_on_any_grid_of_a_schedule,
         chains_end_in_clean_data_with_finite_tables,
         equal_noise_to_signal_ratios_give_equal_samples_on_all_schedules,
         noise_data_and_v_forms_of_a_scheme_agree, deis_in_t_integrates_its_polynomials_over_t,
         history_is_what_the_record_declares, evaluations_are_as_claimed,
         the_integrator_runs_multistep_tables_with_exact_history)
