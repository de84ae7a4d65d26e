/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schemes, read from their step tables: against recursions derived by hand for Gaussian data; what
 * plans count and refuse. */
#include <string.h>

#include "tests/plans.h"

/* --- recursions for mean and variance, by hand --- */

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

/* --- tables and plans --- */

START_TEST(no_scheme_looks_outside_its_step)
{
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t k = 0; k < N_SCHEMES; k++) {
            const fk_scheme *scheme = fk_registry_scheme(k);
            if (scheme->adaptive) continue;
            setting s;
            fk_schedule whole;
            fk_error err;
            ck_assert_int_eq(fk_schedule_parse(fk_schedules[i].row.name, &whole, &err), FK_OK);
            setting_new(&s, whole.row.name, scheme->row.name, "uniform", 13, whole.t_max,
                        whole.t_min);
            for (size_t n = 0; n < 13; n++) {
                const fk_step *step = &s.plan.step[n];
                const fk_coeffs *node = &s.axis.node[n];
                for (size_t j = 0; j < step->stages; j++) {
                    double rho = step->stage[j].sigma / step->stage[j].s;
                    bool churned = j == 0 && step->kernel[0] == FK_FRESH && step->normals == 1;
                    ck_assert(churned || rho <= node[0].sigma / node[0].s);
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
    for (size_t k = 0; k < N_SCHEMES; k++) {
        const fk_scheme *scheme = fk_registry_scheme(k);
        bool between = scheme->needs & (FK_F_G2 | FK_LAMBDA_INVERSE);
        bool facts = scheme->needs & FK_FACTS; /* which neither axis has */
        int expect = scheme->adaptive || between || facts ? FK_USAGE : FK_OK;
        ck_assert_int_eq(fk_plan_new(&on_chain, scheme, &plan, &err), expect);
        if (expect != FK_OK) ck_assert(strstr(err.text, scheme->row.name) && !plan.step);
        fk_plan_free(&plan);
        expect = scheme->adaptive || facts ? FK_USAGE : FK_OK;
        ck_assert_int_eq(fk_plan_new(&on_schedule, scheme, &plan, &err), expect);
        fk_plan_free(&plan);
    }
    const char *bad[] = {"eulr",
                         "euler:eta=1",
                         "euler-maruyama:eta=-1",
                         "euler-maruyama:eta=inf",
                         "heun-sde:eta=nan",
                         "ddim:eta=1.1",
                         "ddim:eta=-0.1",
                         "sra1:eta=-1",
                         "exp-euler:freeze=v",
                         "dpmpp-2m-sde:eta2=-0.1",
                         "dpmpp-3m-sde:eta=1",
                         "edm-churn:S_churn=-1",
                         "edm-churn:S_noise=inf",
                         "edm-churn:S_min=2,S_max=1",
                         "pc:snr=0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fk_scheme scheme;
        ck_assert_msg(fk_registry_parse_scheme(bad[i], &scheme, &err) == FK_USAGE, "%s", bad[i]);
        ck_assert(err.text[0] != '\0' && !strchr(err.text, '\n'));
    }
    fk_axis_free(&on_chain);
    fk_axis_free(&on_schedule);
    fk_chain_free(&chain);
}
END_TEST

FK_SUITE("schemes", the_sde_tables_give_the_recursions_derived_by_hand,
         ddim_on_a_chain_is_as_published, deterministic_ddim_is_euler_in_scaled_coordinates,
         no_scheme_looks_outside_its_step, evaluations_are_counted_from_the_tables,
         plans_refuse_what_the_axis_lacks)
