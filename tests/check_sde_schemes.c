/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of the stochastic schemes of nodes only: as their papers print them, on chains and
 * schedules, and at the last step to clean data. */
#include <string.h>

#include "tests/plans.h"

/* A plan on a chain, with what the data say. */
static void on_chain(setting *s, const char *chain_spec, const char *scheme, const char *grid,
                     size_t n)
{
    fk_chain chain;
    fk_error err = {.code = 0};
    fk_scheme k = scheme_of(scheme);
    ck_assert_int_eq(fk_chain_parse(chain_spec, &chain, &err), FK_OK);
    ck_assert_msg(fk_axis_on_chain(&chain, grid, n, &s->axis, &err) == FK_OK, "%s", err.text);
    s->axis.facts = s->facts = facts_new(&s->axis);
    ck_assert_msg(fk_plan_new(&s->axis, &k, &s->plan, &err) == FK_OK, "%s", err.text);
    fk_chain_free(&chain);
}

static double worst_gap(const fk_plan *a, const fk_plan *b)
{
    double worst = 0;
    for (size_t n = 0; n < a->n_steps; n++) {
        const fk_combination *x = &a->step[n].result, *y = &b->step[n].result;
        const double gap[] = {x->a - y->a, x->b[0] - y->b[0], x->c[0] - y->c[0]};
        const double size[] = {x->a, x->b[0], x->c[0]};
        for (int i = 0; i < 3; i++) {
            double one = fabs(gap[i]) / fmax(1, fabs(size[i]));
            worst = one <= worst ? worst : one; /* keeps NaN */
        }
        ck_assert(a->step[n].kernel[0] == b->step[n].kernel[0]);
    }
    return worst;
}

static const char *chains[] = {"ddpm-linear", "cosine", "vp-linear:T=1000"};
static const char *grids[] = {"leading", "trailing", "linspace", "quad"};

START_TEST(ddim_with_eta_one_is_ancestral_with_the_posterior_variance)
{
    setting a, b, c, d;
    for (int i = 0; i < 3; i++)
        for (int g = 0; g < 4; g++) {
            on_chain(&a, chains[i], "ddim:eta=1", grids[g], 25);
            on_chain(&b, chains[i], "ancestral-small", grids[g], 25);
            on_chain(&c, chains[i], "exp-euler:freeze=x0", grids[g], 25);
            on_chain(&d, chains[i], "ancestral-large", grids[g], 25);
            ck_assert(worst_gap(&a.plan, &b.plan) <= 1e-12);
            ck_assert(worst_gap(&a.plan, &c.plan) <= 1e-12);
            ck_assert(worst_gap(&a.plan, &d.plan) > 1e-3);
            setting_free(&a), setting_free(&b), setting_free(&c), setting_free(&d);
        }
    for (size_t i = 0; i < fk_n_schedules; i++) {
        const char *schedule = fk_schedules[i].row.name;
        setting_new(&a, schedule, "ddim:eta=1", "karras", 25, 0.9385, 0.01);
        setting_new(&b, schedule, "ancestral-small", "karras", 25, 0.9385, 0.01);
        setting_new(&c, schedule, "exp-euler:freeze=x0", "karras", 25, 0.9385, 0.01);
        setting_new(&d, schedule, "ancestral-large", "karras", 25, 0.9385, 0.01);
        ck_assert(worst_gap(&a.plan, &b.plan) <= 1e-14);
        ck_assert(worst_gap(&a.plan, &c.plan) <= 1e-14);
        ck_assert(worst_gap(&a.plan, &d.plan) > 1e-6);
        setting_free(&a), setting_free(&b), setting_free(&c), setting_free(&d);
    }
}
END_TEST

/* x' = mean_x x + mean_x0 x0hat + spread z from a table of one stage, whatever its output. */
typedef struct {
    double x, x0, noise;
} printed;

static printed printed_of(const fk_step *step)
{
    const fk_stage *at = &step->stage[0];
    /* score = (s x0hat - x)/sigma^2 */
    const double per_score = step->result.b[0] * at->q / (at->sigma * at->sigma);
    return (printed){step->result.a + step->result.b[0] * at->p - per_score, per_score * at->s,
                     step->result.c[0]};
}

static void assert_printed(const char *name, const fk_step *step, printed should, double bound)
{
    printed is = printed_of(step);
    ck_assert_msg(fabs(is.x - should.x) <= bound && fabs(is.x0 - should.x0) <= bound &&
                      fabs(is.noise - should.noise) <= bound,
                  "%s: %.17g %.17g %.17g, expected %.17g %.17g %.17g", name, is.x, is.x0, is.noise,
                  should.x, should.x0, should.noise);
}

/* Ho et al. 2020, eq. 6 and 7, with the betas of the grid's own nodes; not with the chain's table
 * of beta, as a library long had it. Here alpha_bar comes from products, not from logarithms. */
START_TEST(ancestral_steps_are_those_of_ddpm)
{
    const double bound = 1e-12; /* 1000 factors of alpha_bar, amplified by 1/(1 - alpha_bar) */
    double alpha_bar[1001] = {1};
    for (int i = 0; i < 1000; i++)
        alpha_bar[i + 1] = alpha_bar[i] * (1 - (1e-4 + (0.02 - 1e-4) * i / 999));
    const char *name[] = {"ancestral-small", "ancestral-large", "ancestral-optimal"};
    for (int k = 0; k < 3; k++)
        for (size_t N = 10; N <= 1000; N *= 10) {
            setting s;
            on_chain(&s, "ddpm-linear", name[k], "trailing", N);
            for (size_t n = 0; n < N; n++) {
                const double *now = alpha_bar + (size_t)s.axis.t[n] + 1;
                const double *next = alpha_bar + (size_t)(s.axis.t[n + 1] + 1);
                const double ab = *now, abn = *next, beta = 1 - ab / abn;
                printed p = {sqrt(ab / abn) * (1 - abn) / (1 - ab), sqrt(abn) * beta / (1 - ab), 0};
                const double small = beta * (1 - abn) / (1 - ab);
                const double mmse = (1 - ab) * v / (ab * v + 1 - ab);
                if (n + 1 < N)
                    p.noise = sqrt(k == 0 ? small : k == 1 ? beta : small + p.x0 * p.x0 * mmse);
                assert_printed(name[k], &s.plan.step[n], p, bound);
            }
            if (N < 1000 && k == 1) { /* the control: the table's beta on a respaced grid */
                double table = 1e-4 + (0.02 - 1e-4) * s.axis.t[1] / 999;
                ck_assert(fabs(s.plan.step[1].result.c[0] - sqrt(table)) > 0.1);
            }
            setting_free(&s);
        }
}
END_TEST

/* Song et al. 2021 for the two families that they print it for. */
START_TEST(reverse_diffusion_and_its_corrector_are_as_published)
{
    const double bound = 1e-12, snr = 0.16;
    for (int ve = 0; ve < 2; ve++) {
        setting r, c;
        setting_new(&r, ve ? "ve" : "vp-linear", "reverse-diffusion", "uniform", 20, 0.9385, 0.1);
        setting_new(&c, ve ? "ve" : "vp-linear", "pc", "uniform", 20, 0.9385, 0.1);
        for (size_t n = 0; n < 20; n++) {
            const fk_coeffs *t = &r.axis.node[n], *u = t + 1;
            const double beta = 1 - t->s * t->s / (u->s * u->s);
            const double x = ve ? 1 : 2 - sqrt(1 - beta);
            const double g2 = ve ? t->sigma * t->sigma - u->sigma * u->sigma : beta;
            const fk_combination *pred = &r.plan.step[n].result, *both = &c.plan.step[n].result;
            fk_assert_near(pred->a, x, bound);
            fk_assert_near(pred->b[0], g2, bound * fmax(1, g2));
            fk_assert_near(pred->c[0], sqrt(g2), bound * fmax(1, g2));

            /* corrector, then predictor, on numbers */
            const double z1 = 0.385, z2 = -1.2385, x0 = 1.7385, norms = sqrt(variance_at(t));
            const double e = 2 * (1 - beta) * pow(snr * norms, 2); /* E|z|/E|score| = sd */
            const fk_stage *first = &c.plan.step[n].stage[0], *second = &c.plan.step[n].stage[1];
            double score = 0.2385, y = x0 + e * score + sqrt(2 * e) * z1, late = -0.7385;
            fk_assert_near(second->y.a * x0 + second->y.b[0] * score + second->y.c[0] * z1, y,
                           bound * (1 + fabs(y)));
            double out = x * y + g2 * late + sqrt(g2) * z2;
            double is = both->a * x0 + both->b[0] * score + both->b[1] * late + both->c[0] * z1 +
                        both->c[1] * z2;
            fk_assert_near(is, out, bound * (1 + fabs(g2) + fabs(y)));
            ck_assert(first->sigma == t->sigma && second->sigma == t->sigma && first->q == 1);
            double other = x * (x0 + g2 * score + sqrt(g2) * z2) + e * late; /* the other order */
            ck_assert(fabs(is - other) > 1e-6);
        }
        setting_free(&r), setting_free(&c);
    }
}
END_TEST

/* Karras et al. 2022, algorithm 2, run on numbers in y = x/s. */
START_TEST(churn_is_algorithm_2_in_scaled_coordinates)
{
    const char *schedules[] = {"edm", "vp-linear", "flow"};
    for (int i = 0; i < 3; i++) {
        setting s;
        setting_new(&s, schedules[i], "edm-churn:S_churn=5,S_min=0.2,S_max=2.5,S_noise=1.003",
                    "karras", 24, 0.9385, 0.05);
        int churned = 0;
        for (size_t n = 0; n < 24; n++) {
            const fk_coeffs *t = &s.axis.node[n], *u = t + 1;
            const fk_step *step = &s.plan.step[n];
            const double y = 1.2385, z = -0.385, d0 = 0.7385, d1 = -0.6385;
            double rho = t->sigma / t->s, to = u->sigma / u->s;
            double gamma = rho >= 0.2 && rho <= 2.5 ? 5. / 24 : 0, hat = rho + gamma * rho;
            double up = y + sqrt(hat * hat - rho * rho) * 1.003 * z;
            double next = up + (to - hat) * (d0 + d1) / 2;
            fk_assert_near(step->stage[0].sigma / step->stage[0].s, hat, 1e-13 * hat);
            fk_assert_near(step->stage[0].y.a * t->s * y + step->stage[0].y.c[0] * z, t->s * up,
                           1e-13 * t->s * (1 + hat));
            const fk_combination *r = &step->result;
            double is = r->a * t->s * y + r->b[0] * d0 + r->b[1] * d1 + r->c[0] * z;
            fk_assert_near(is / u->s, next, 1e-13 * (1 + hat));
            const fk_combination *euler = &step->stage[1].y;
            is = euler->a * t->s * y + euler->b[0] * d0 + euler->c[0] * z;
            fk_assert_near(is / u->s, up + (to - hat) * d0, 1e-13 * (1 + hat));
            ck_assert(step->normals == (gamma > 0));
            churned += gamma > 0;
        }
        ck_assert(churned > 3 && churned < 24);
        setting_free(&s);
    }
}
END_TEST

/* SEEDS-1 and SDE-DPM-Solver++ as their authors' code writes them, in plain expm1. */
START_TEST(exponential_schemes_are_as_published)
{
    setting e, two, three;
    setting_new(&e, "vp-linear", "exp-euler", "quadratic", 20, 0.9385, 0.1);
    setting_new(&two, "vp-linear", "dpmpp-2m-sde:eta2=0.6385", "quadratic", 20, 0.9385, 0.1);
    setting_new(&three, "vp-linear", "dpmpp-3m-sde:eta2=0.6385", "quadratic", 20, 0.9385, 0.1);
    for (size_t n = 0; n < 20; n++) {
        const fk_coeffs *c = &e.axis.node[n], *u = c + 1;
        const double h = u->lambda - c->lambda, eta = 0.6385, z = (1 + eta) * h;
        const fk_combination *r = &e.plan.step[n].result;
        const double bound = 1e-12;
        fk_assert_near(r->a, u->s / c->s, bound);
        fk_assert_near(r->b[0], -2 * u->sigma * (exp(h) - 1), bound);
        fk_assert_near(r->c[0], u->sigma * sqrt(exp(2 * h) - 1), bound);

        const double D = 1.385, D1 = -0.7385, D2 = 0.2385;
        double past = n > 0 ? (c[0].lambda - c[-1].lambda) / h : 0;
        double older = n > 1 ? (c[-1].lambda - c[-2].lambda) / h : 0;
        double noise = u->sigma * sqrt(1 - exp(-2 * eta * h));
        r = &two.plan.step[n].result;
        double is = r->b[0] * D + r->d[0] * D1 + r->d[1] * D2;
        double should = u->s * (1 - exp(-z)) * (n > 0 ? D + (D - D1) / (2 * past) : D);
        fk_assert_near(is, should, bound);
        fk_assert_near(r->a, u->sigma / c->sigma * exp(-eta * h), bound);
        fk_assert_near(r->c[0], noise, bound);
        ck_assert_uint_eq(two.plan.step[n].history, n > 0);

        r = &three.plan.step[n].result;
        is = r->b[0] * D + r->d[0] * D1 + r->d[1] * D2;
        double p1 = exp(-z) - 1, p2 = p1 / z + 1, p3 = p2 / z - 0.5;
        double d1 = 0, d2 = 0;
        if (n == 1) d1 = (D - D1) / past;
        if (n > 1) {
            double near = (D - D1) / past, far = (D1 - D2) / older;
            d1 = near + past / (past + older) * (near - far);
            d2 = 2 * (near - far) / (past + older);
        }
        /* p3 as written loses 1/z^2 */
        should = u->s * (-p1 * D + p2 * d1 - p3 * d2);
        fk_assert_near(is, should, 1e-14 / (z * z));
        if (n > 1) ck_assert(fabs(is - should - u->s * p3 * d2 / 2) > 1e-6); /* without the 2 */
        fk_assert_near(r->c[0], noise, bound);
        ck_assert_uint_eq(three.plan.step[n].history, n < 2 ? n : 2);
    }
    setting_free(&e), setting_free(&two), setting_free(&three);
}
END_TEST

/* Every table finite on every chain and grid, in one step and in many; and x0hat exactly, without
 * noise, from the schemes whose papers end so. */
START_TEST(the_last_step_to_clean_data_is_in_its_limit_form)
{
    const char *clean[] = {"ancestral-small",       "ancestral-large",    "ancestral-optimal",
                           "exp-euler:freeze=x0",   "dpmpp-2m-sde",       "dpmpp-3m-sde",
                           "dpmpp-3m-sde:eta2=0.5", "dpmpp-2m-sde:eta2=0"};
    const size_t N[] = {1, 2, 3, 25};
    for (int i = 0; i < 3; i++)
        for (int g = 0; g < 4; g++)
            for (int j = 0; j < 4; j++) {
                setting s;
                for (size_t k = 0; k < fk_n_sde_schemes; k++) {
                    if (fk_sde_schemes[k]->needs & FK_F_G2) continue;
                    on_chain(&s, chains[i], fk_sde_schemes[k]->row.name, grids[g], N[j]);
                    for (size_t n = 0; n < N[j]; n++) {
                        const fk_combination *r = &s.plan.step[n].result;
                        double sum = r->a;
                        for (int q = 0; q < 2; q++) sum += r->b[q] + r->c[q] + r->d[q];
                        ck_assert_msg(isfinite(sum), "%s", fk_sde_schemes[k]->row.name);
                    }
                    setting_free(&s);
                }
                for (size_t k = 0; k < sizeof clean / sizeof *clean; k++) {
                    on_chain(&s, chains[i], clean[k], grids[g], N[j]);
                    const fk_step *last = &s.plan.step[N[j] - 1];
                    const fk_combination *r = &last->result;
                    ck_assert(r->a == 0 && r->b[0] == 1 && r->c[0] == 0 && last->history == 0);
                    const double s_t = last->stage[0].s;
                    ck_assert(last->stage[0].p == 1 / s_t);
                    setting_free(&s);
                }
                on_chain(&s, chains[i], "edm-churn", grids[g], N[j]);
                ck_assert_uint_eq(s.plan.evaluations, 2 * N[j] - 1);
                setting_free(&s);
                on_chain(&s, chains[i], "pc", grids[g], N[j]);
                ck_assert_uint_eq(s.plan.evaluations, 2 * N[j]);
                ck_assert(s.plan.step[N[j] - 1].result.c[1] == 0);
                setting_free(&s);
            }
}
END_TEST

START_TEST(an_exact_history_is_used_from_the_first_step)
{
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
    fk_error err = {.code = 0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &schedule, &err), FK_OK);
    ck_assert_int_eq(fk_axis_on_schedule(&schedule, "lambda", 9, 0.5, 0.1, &axis, &err), FK_OK);
    ck_assert_int_eq(fk_axis_extend(&axis, 2, &err), FK_OK);
    const char *with[] = {"dpmpp-2m-sde", "dpmpp-3m-sde"};
    for (size_t i = 0; i < 2; i++) {
        fk_scheme k = scheme_of(with[i]);
        ck_assert_int_eq(fk_plan_new(&axis, &k, &plan, &err), FK_OK);
        ck_assert_uint_eq(plan.step[0].history, i + 1);
        /* on a grid even in lambda all steps have the same weights, up to s_u */
        const fk_combination *a = &plan.step[0].result, *b = &plan.step[5].result;
        const double s_a = axis.node[1].s, s_b = axis.node[6].s;
        fk_assert_near(a->b[0] / s_a, b->b[0] / s_b, 1e-12);
        for (int j = 0; j < 2; j++) fk_assert_near(a->d[j] / s_a, b->d[j] / s_b, 1e-12);
        fk_plan_free(&plan);
    }
    fk_axis_free(&axis);
}
END_TEST

START_TEST(a_plan_without_facts_is_refused_with_one_line)
{
    fk_schedule schedule;
    fk_axis axis;
    fk_plan plan;
    fk_error err;
    ck_assert_int_eq(fk_schedule_parse("ve", &schedule, &err), FK_OK);
    ck_assert_int_eq(fk_axis_on_schedule(&schedule, "lambda", 5, 1, 0.1, &axis, &err), FK_OK);
    const char *with[] = {"pc", "ancestral-optimal"};
    for (int i = 0; i < 2; i++) {
        fk_scheme k = scheme_of(with[i]);
        axis.facts = NULL;
        ck_assert_int_eq(fk_plan_new(&axis, &k, &plan, &err), FK_USAGE);
        ck_assert(strstr(err.text, with[i]) && !strchr(err.text, '\n'));
        fk_node_facts *facts = facts_new(&axis);
        axis.facts = facts;
        ck_assert_int_eq(fk_axis_extend(&axis, 0, &err), FK_OK);
        ck_assert(axis.facts == facts);
        ck_assert_int_eq(fk_plan_new(&axis, &k, &plan, &err), FK_OK);
        fk_plan_free(&plan);
        free(facts);
    }
    fk_axis_free(&axis);
}
END_TEST

START_TEST(ddim_claims_a_strong_order_of_this_labs_own_where_it_draws_noise)
{
    const fk_scheme none = scheme_of("ddim"), full = scheme_of("ddim:eta=1");
    ck_assert(isnan(none.strong_order) && none.own == 0);
    ck_assert(full.strong_order == 1 && full.own == (FK_OWN_STRONG | FK_OWN_WEAK));
}
END_TEST

/* Any method with the right increment has that; more is for its authors to claim. */
START_TEST(strong_orders_of_this_labs_own_are_one)
{
    for (size_t k = 0; k < fk_n_sde_schemes; k++) {
        const fk_scheme *scheme = fk_sde_schemes[k];
        if (scheme->own & FK_OWN_STRONG) ck_assert(scheme->strong_order == 1);
        if (isnan(scheme->strong_order)) ck_assert(!(scheme->own & FK_OWN_STRONG));
    }
}
END_TEST

FK_SUITE("sde_schemes", ddim_claims_a_strong_order_of_this_labs_own_where_it_draws_noise,
         strong_orders_of_this_labs_own_are_one,
         ddim_with_eta_one_is_ancestral_with_the_posterior_variance,
         ancestral_steps_are_those_of_ddpm, reverse_diffusion_and_its_corrector_are_as_published,
         churn_is_algorithm_2_in_scaled_coordinates, exponential_schemes_are_as_published,
         the_last_step_to_clean_data_is_in_its_limit_form,
         an_exact_history_is_used_from_the_first_step,
         a_plan_without_facts_is_refused_with_one_line)
