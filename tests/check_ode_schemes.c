/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the deterministic schemes promise beside their order: constants are exact on any grid, down
 * to sigma = 0; history as declared; evaluations as claimed; the integrator runs them alike. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "core/integrate.h"
#include "tests/ode_schemes.h"

static fk_mixture *point_mass(double x0)
{
    const double weight = 1, var = 0;
    fk_mixture *data;
    fk_error err;
    ck_assert(fk_mixture_new_diagonal("point", 1, 1, &weight, &x0, &var, &data, &err) == FK_OK);
    return data;
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
         chains_end_in_clean_data_with_finite_tables, history_is_what_the_record_declares,
         evaluations_are_as_claimed, the_integrator_runs_multistep_tables_with_exact_history)
