/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/common_setup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/marginal.h"
#include "analytic/mixture_json.h"
#include "analytic/node_facts.h"
#include "learn/stand_in.h"
#include "registry.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

setup setup_default(void)
{
    return (setup){.prior = "exact",
                   .final = "none",
                   .t_start = (double)NAN,
                   .t_end = (double)NAN,
                   .rtol = (double)NAN,
                   .atol = (double)NAN};
}

static int check_words(const setup *s, fk_error *err)
{
    if (s->chain_spec && s->schedule_spec)
        return fk_fail(err, FK_USAGE, "give --schedule or --chain, not both");
    if (!is(s->prior, "exact") && !is(s->prior, "normal") && !is(s->prior, "standard"))
        return fk_fail(err, FK_USAGE, "--prior %s: it is exact, normal or standard", s->prior);
    if (!is(s->final, "none") && !is(s->final, "denoise"))
        return fk_fail(err, FK_USAGE, "--final %s: it is none or denoise", s->final);
    return FK_OK;
}

/* Options that this kind of scheme or time axis does not take. */
static int check_combination(const setup *s, fk_error *err)
{
    const char *name = s->scheme.row.name;
    if (s->scheme.adaptive && s->reads_tables)
        return fk_fail(err, FK_USAGE,
                       "%s chooses its steps by the particle, so it has no step tables to read a "
                       "law from; take a scheme with fixed steps",
                       name);
    if (s->scheme.adaptive) {
        const char *extra = s->grid ? "--grid" : s->steps ? "--steps" : 0;
        if (s->chain_spec)
            return fk_fail(err, FK_USAGE,
                           "%s needs f and g^2, and a chain has nodes only: give "
                           "--schedule",
                           name);
        if (extra)
            return fk_fail(err, FK_USAGE, "%s is adaptive: it takes --rtol and --atol, not %s",
                           name, extra);
        if (!(isnan(s->rtol) || s->rtol >= 0) || !(isnan(s->atol) || s->atol >= 0) ||
            (s->rtol == 0 && s->atol == 0))
            return fk_fail(err, FK_USAGE, "--rtol, --atol: not negative, and not both 0");
    } else if (!isnan(s->rtol) || !isnan(s->atol)) {
        return fk_fail(err, FK_USAGE,
                       "--%s: %s has fixed steps; tolerances are for rk45, rk8pd and dopri5",
                       isnan(s->rtol) ? "atol" : "rtol", name);
    }
    if (s->chain_spec && (!isnan(s->t_start) || !isnan(s->t_end)))
        return fk_fail(err, FK_USAGE, "--t-%s: the ends of a chain are set by --grid",
                       isnan(s->t_start) ? "end" : "start");
    if (s->grid && strncmp(s->grid, "file:", 5) == 0 && (!isnan(s->t_start) || !isnan(s->t_end)))
        return fk_fail(err, FK_USAGE, "--t-%s: the ends are those of --grid %s",
                       isnan(s->t_start) ? "end" : "start", s->grid);
    return FK_OK;
}

static int set_ends(setup *s, fk_error *err)
{
    if (isnan(s->t_start)) s->t_start = s->schedule.t_max;
    if (isnan(s->t_end)) s->t_end = s->schedule.t_min;
    int code = fk_schedule_check_usable(&s->schedule, "--t-start", s->t_start, err);
    if (!code) code = fk_schedule_check_usable(&s->schedule, "--t-end", s->t_end, err);
    if (!code && !(s->t_end < s->t_start))
        code = fk_fail(err, FK_USAGE, "--t-end %g is not below --t-start %g", s->t_end, s->t_start);
    if (code) return code;
    s->from = fk_schedule_at(&s->schedule, s->t_start);
    s->to = fk_schedule_at(&s->schedule, s->t_end);
    return FK_OK;
}

int setup_remake(setup *s, size_t steps, fk_error *err)
{
    fk_plan_free(&s->plan);
    fk_axis_free(&s->axis);
    free(s->facts), s->facts = NULL;
    s->steps = steps;
    const size_t asked = steps ? steps : 50;
    int code = s->chain_spec ? fk_axis_on_chain(&s->chain, s->grid, asked, &s->axis, err)
                             : fk_axis_on_schedule(&s->schedule, s->grid, asked, s->t_start,
                                                   s->t_end, &s->axis, err);
    if (code) return code;
    const size_t n = s->axis.n_steps; /* a grid file and a chain tell their own number and ends */
    if (steps && steps != n)
        return fk_fail(err, FK_USAGE, "--steps %zu: --grid %s has %zu", steps, s->grid, n);
    s->t_start = s->axis.t[0], s->from = s->axis.node[0];
    s->t_end = s->axis.t[n], s->to = s->axis.node[n];
    if (s->scheme.needs & FK_FACTS) {
        s->facts = fk_alloc(n + 1, sizeof *s->facts);
        fk_node_facts_of(s->mixture, s->axis.node, n + 1, s->facts);
        s->axis.facts = s->facts;
    }
    return fk_plan_new(&s->axis, &s->scheme, &s->plan, err);
}

static int check_network(const setup *s, fk_error *err)
{
    if (!s->network) return FK_OK;
    /* the last level of a chain may be none at all: no score is asked for there */
    const double end = s->chain_spec ? s->axis.node[s->axis.n_steps - 1].lambda : s->to.lambda;
    int code = fk_stand_in_levels(s->score_file, s->network, s->from.lambda, end, err);
    if (code) return code;
    fk_stand_in_is_on(s->score_file, s->network, s->chain_spec ? NULL : &s->schedule,
                      s->chain_spec ? s->chain_spec : s->schedule_spec);
    fk_stand_in_is_of(s->score_file, s->network, s->mixture_spec, fk_mixture_json(s->mixture));
    if (s->scheme.needs & FK_FACTS)
        fk_cli_remark(
            "--score %s: its score alone; what else %s must know of the data, expectations "
            "at each noise level, is that of %s",
            s->score_file, s->scheme.row.name, s->mixture_spec);
    return FK_OK;
}

static int read_network(setup *s, fk_error *err)
{
    return s->score_file
               ? fk_stand_in_read(s->score_file, s->mixture_spec, s->mixture->dim, &s->network, err)
               : FK_OK;
}

fk_field setup_field(const setup *s, const fk_mixture *mixture)
{
    return s->network ? fk_model_field(s->network) : fk_mixture_field(mixture);
}

int setup_make(setup *s, fk_error *err)
{
    int code = check_words(s, err);
    if (!code) code = fk_mixture_read(s->mixture_spec, &s->mixture, err);
    if (!code) code = read_network(s, err);
    if (!code) code = fk_registry_parse_scheme(s->scheme_spec, &s->scheme, err);
    if (!code) code = check_combination(s, err);
    if (code) return code;

    if (s->chain_spec) {
        code = fk_chain_parse(s->chain_spec, &s->chain, err);
    } else {
        s->schedule_spec = fk_stand_in_schedule(s->schedule_spec, s->network);
        code = fk_schedule_parse(s->schedule_spec, &s->schedule, err);
        if (!code) code = set_ends(s, err);
    }
    if (code) return code;
    if (s->scheme.adaptive) {
        if (isnan(s->rtol)) s->rtol = 1e-6;
        if (isnan(s->atol)) s->atol = 1e-6;
        return check_network(s, err);
    }
    if (!s->grid) s->grid = s->chain_spec ? "trailing" : "lambda";
    code = setup_remake(s, s->steps, err);
    return code ? code : check_network(s, err);
}

json_t *setup_text(const char *text)
{
    return text ? json_string(text) : json_null();
}

void setup_record(const setup *s, json_t *json)
{
    json_object_set_new(json, "mixture", setup_text(s->mixture_spec));
    json_object_set_new(json, "mixture_definition", fk_mixture_json(s->mixture));
    json_object_set_new(json, s->chain_spec ? "chain" : "schedule",
                        setup_text(s->chain_spec ? s->chain_spec : s->schedule_spec));
    json_object_set_new(json, "scheme", setup_text(s->scheme_spec));
    json_object_set_new(json, "score", setup_text(s->score_file));
    if (s->scheme.adaptive) {
        json_object_set_new(json, "rtol", fk_json_real(s->rtol));
        json_object_set_new(json, "atol", fk_json_real(s->atol));
    } else {
        json_object_set_new(json, "grid", setup_text(s->grid));
        json_object_set_new(json, "steps", json_integer((json_int_t)s->plan.n_steps));
    }
    json_object_set_new(json, "t_start", fk_json_real(s->t_start));
    json_object_set_new(json, "t_end", fk_json_real(s->t_end));
    json_object_set_new(json, "prior", setup_text(s->prior));
    json_object_set_new(json, "final", setup_text(s->final));
}

void setup_free(setup *s)
{
    fk_plan_free(&s->plan);
    fk_axis_free(&s->axis);
    free(s->facts);
    fk_chain_free(&s->chain);
    fk_model_free(s->network);
    fk_mixture_free(s->mixture);
}

double setup_start_std(const setup *s)
{
    if (is(s->prior, "exact")) return 0;
    bool wide = is(s->prior, "normal") && !s->chain_spec && s->schedule.exploding;
    return wide ? s->from.sigma : 1;
}

bool setup_denoises(const setup *s)
{
    return is(s->final, "denoise");
}

fk_step setup_denoising_step(const setup *s)
{
    fk_step step = {0};
    if (s->to.sigma == 0.0) {
        step.result.a = 1.0 / s->to.s;
        return step;
    }
    step.stages = 1;
    step.stage[0] = (fk_stage){.y = {.a = 1.0},
                               .s = s->to.s,
                               .sigma = s->to.sigma,
                               .p = 1.0 / s->to.s,
                               .q = s->to.sigma * s->to.sigma / s->to.s};
    step.result.b[0] = 1.0;
    return step;
}

fk_step *setup_steps(const setup *s, size_t *n)
{
    *n = s->plan.n_steps;
    fk_step *step = fk_alloc(*n + 1, sizeof *step);
    memcpy(step, s->plan.step, *n * sizeof *step);
    if (setup_denoises(s)) step[(*n)++] = setup_denoising_step(s);
    return step;
}
