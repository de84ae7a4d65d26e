/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates: of schemes whose orders are beyond doubt, of claims that are too high, and of the
 * published mistakes. */
#include <math.h>
#include <string.h>

#include "claims/certificate.h"
#include "ode/adams.h"
#include "ode/schemes.h"
#include "registry.h"
#include "sde/schemes.h"
#include "tests/suite.h"

/* `quick`: without the laws on mixtures, which take most of the time. */
static fk_certified certify(const fk_subject *subject, fk_order_kind kind, bool quick)
{
    fk_finding *finding = fk_alloc(fk_n_parts, sizeof *finding);
    for (size_t i = 0; i < fk_n_parts; i++)
        if (fk_parts[i].kind == kind && !(quick && strcmp(fk_parts[i].name, "mixture") == 0))
            fk_part_run(&fk_parts[i], subject, &finding[i]);
    const double claim[] = {subject->weak, subject->strong, subject->start};
    fk_certified out = fk_certify(finding, kind, claim[kind]);
    /* the verdict is that of the part which it names */
    ck_assert(!out.worst || out.worst->status == out.status || out.status == FK_UNDECIDED);
    out.worst = NULL;
    free(finding);
    return out;
}

static fk_subject subject_of(const char *spec)
{
    fk_scheme scheme;
    fk_error err;
    ck_assert_int_eq(fk_registry_parse_scheme(spec, &scheme, &err), FK_OK);
    return fk_subject_of(&scheme);
}

START_TEST(classical_schemes_have_the_orders_of_their_textbooks)
{
    const struct {
        const char *spec;
        double weak;
    } known[] = {{"rk4", 4}, {"lms-3", 3}, {"euler-maruyama", 1}, {"dpmpp-2m-sde", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fk_subject s = subject_of(known[i].spec);
        fk_certified weak = certify(&s, FK_WEAK_ORDER, i > 1);
        ck_assert_msg(weak.status == FK_HOLDS, "%s", known[i].spec);
        fk_assert_near(weak.order, known[i].weak, known[i].weak > 3 ? 0.2 : 0.1);
    }
}
END_TEST

START_TEST(a_claim_that_is_too_high_fails_and_one_too_low_does_not_hold)
{
    fk_subject s = subject_of("heun");
    s.weak = 3;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_FAILS);
    s.weak = 1;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_UNDECIDED);
    s.weak = NAN;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_TEXT);
}
END_TEST

START_TEST(sra1_has_strong_order_three_halves_and_with_half_its_b0_only_one)
{
    fk_subject s = subject_of("sra1");
    fk_certified strong = certify(&s, FK_STRONG_ORDER, true);
    ck_assert_int_eq(strong.status, FK_HOLDS);
    fk_assert_near(strong.order, 1.5, 0.1);
    for (size_t i = 0; i < fk_n_wrong_schemes; i++) {
        fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        if (!(wrong.strong == 1) || strcmp(wrong.subject.scheme.row.name, "sra1") != 0) continue;
        strong = certify(&wrong.subject, FK_STRONG_ORDER, true);
        ck_assert_int_eq(strong.status, FK_FAILS);
        fk_assert_near(strong.order, 1, 0.1);
        return;
    }
    ck_abort_msg("the mistaken sra1 is missing");
}
END_TEST

START_TEST(published_mistakes_come_out_at_their_true_order)
{
    for (size_t i = 0; i < fk_n_wrong_schemes; i++) {
        fk_wrong_scheme wrong = fk_wrong_scheme_at(i);
        fk_certified weak = certify(&wrong.subject, FK_WEAK_ORDER, true);
        ck_assert_msg(weak.status == FK_FAILS, "%s: %s", wrong.subject.scheme.row.name,
                      wrong.mistake);
        fk_assert_near(weak.order, wrong.weak, 0.02);
    }
}
END_TEST

static void step_to_nowhere(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self, (void)at;
    table->result.a = NAN;
}

START_TEST(a_scheme_that_is_not_a_number_is_void)
{
    fk_subject s = subject_of("heun");
    s.scheme.step = step_to_nowhere;
    ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_VOID);
}
END_TEST

/* --- schemes with one coefficient spoilt --- */

typedef void (*stepper)(const fk_scheme *, const fk_step_at *, fk_step *);

static void twice_started(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_dpmpp_2m.step(self, at, table);
    if (at->n == 0 && at->past == 0) table->result.b[0] *= 1.1;
}

static void wrongly_remembered(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_unipc_2.step(self, at, table);
    if (at->n == 0 && at->past == 0) table->stage[0].p *= 1.1, table->stage[0].q *= 1.1;
}

/* lms-4 and unipc-3 with start=matched, by single steps of order 2. */
static void matched_to_two(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const bool known = self->lag == 0 && at->past > 0;
    (self->lag == 0 ? fk_unipc_3 : fk_lms_4).step(self, at, table);
    if (at->past >= self->depth) return;
    fk_step second = {0};
    fk_single_step(self->output, 2, known, at, &second);
    second.stage[0].push = !known;
    if (self->lag == 0) {
        fk_stage *ahead = &second.stage[second.stages++];
        *ahead = table->stage[table->stages - 1];
        ahead->y = second.result;
    }
    *table = second;
}

/* Two outputs with the last two steps taken for equal. */
static void even_steps(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (strstr(self->row.name, "sde")    ? fk_dpmpp_2m_sde
     : strstr(self->row.name, "deis") ? fk_deis_2
                                      : fk_dpmpp_2m)
        .step(self, at, table);
    if (at->past == 0) return;
    const fk_coeffs *node = at->axis->node + at->n;
    const double r = (node[0].lambda - node[-1].lambda) / (node[1].lambda - node[0].lambda);
    const double total = table->result.b[0] + table->result.d[0];
    table->result.d[0] *= r;
    table->result.b[0] = total - table->result.d[0];
}

/* 3M SDE with the step before the last taken for as long as this one. */
static void even_before(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_step_at two = *at;
    fk_dpmpp_3m_sde.step(self, at, table);
    if (at->past < 2) return;
    double t[4];
    fk_coeffs node[4];
    for (int i = 0; i < 4; i++) {
        t[i] = at->axis->t[(long)at->n + i - 2];
        node[i] = at->axis->node[(long)at->n + i - 2];
    }
    node[0].lambda = node[1].lambda - (node[3].lambda - node[2].lambda);
    const fk_axis axis = {
        .schedule = at->axis->schedule, .n_steps = 1, .t = t + 2, .node = node + 2, .past = 2};
    two.axis = &axis, two.n = 0;
    *table = (fk_step){0};
    fk_dpmpp_3m_sde.step(self, &two, table);
}

static void third_moment(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_lms_4.step(self, at, table);
    if (at->past < 3) return;
    double theta[FK_MAX_ADAMS], moment[FK_MAX_ADAMS], w[FK_MAX_ADAMS];
    for (size_t j = 0; j < 4; j++) theta[j] = fk_adams_theta(FK_IN_RHO, at, j);
    fk_adams_moments(FK_IN_RHO, FK_EPS, at, 4, moment);
    moment[3] *= 1.01;
    fk_adams_weights(4, theta, moment, w);
    const double total =
        table->result.b[0] + table->result.d[0] + table->result.d[1] + table->result.d[2];
    table->result.b[0] = total * w[0];
    for (size_t j = 1; j < 4; j++) table->result.d[j - 1] = total * w[j];
}

static void root_of_e(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_pc.step(self, at, table);
    table->stage[1].y.c[0] /= sqrt(2);
    table->result.c[0] /= sqrt(2);
}

static void strong_predictor(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_pc.step(self, at, table);
    table->result.b[1] *= 1.1;
}

static void early_end(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_edm_churn.step(self, at, table);
    table->result.b[1] *= 1.1;
}

START_TEST(spoilt_coefficients_are_refused)
{
    const struct {
        const char *spec;
        stepper step;
        fk_order_kind kind;
        double order; /* what it truly has; NAN: it only must not hold */
    } spoilt[] = {
        {"dpmpp-2m", twice_started, FK_START_ORDER, 1},
        {"unipc-2", wrongly_remembered, FK_START_ORDER, 1},
        {"lms-4:start=matched", matched_to_two, FK_START_ORDER, NAN},
        {"unipc-3:start=matched", matched_to_two, FK_START_ORDER, 3},
        {"dpmpp-2m", even_steps, FK_WEAK_ORDER, 1},
        {"deis-2:p=logrho", even_steps, FK_WEAK_ORDER, 1},
        {"dpmpp-2m-sde", even_steps, FK_WEAK_ORDER, NAN},
        {"dpmpp-3m-sde", even_before, FK_WEAK_ORDER, NAN},
        {"dpmpp-3m-sde:eta2=0", even_before, FK_WEAK_ORDER, NAN},
        {"lms-4", third_moment, FK_WEAK_ORDER, NAN},
        {"pc", root_of_e, FK_WEAK_ORDER, 0},
        {"pc", strong_predictor, FK_WEAK_ORDER, 0},
        {"edm-churn", early_end, FK_WEAK_ORDER, NAN},
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        fk_subject s = subject_of(spoilt[i].spec);
        fk_certified c = certify(&s, spoilt[i].kind, true);
        ck_assert_msg(c.status == FK_HOLDS, "right %s: %.3f", spoilt[i].spec, c.order);
        s.scheme.step = spoilt[i].step;
        c = certify(&s, spoilt[i].kind, true);
        ck_assert_msg(c.status == FK_FAILS || (isnan(spoilt[i].order) && c.status == FK_UNDECIDED),
                      "%s, %zu: %s %.3f", spoilt[i].spec, i, fk_status_name(c.status), c.order);
        if (!isnan(spoilt[i].order))
            ck_assert_msg(fabs(c.order - spoilt[i].order) < 0.1, "%s, %zu: %.3f", spoilt[i].spec, i,
                          c.order);
    }
}
END_TEST

START_TEST(schemes_without_an_order_tend_to_their_own_law)
{
    const char *spec[] = {"pc:snr=0.05", "edm-churn:S_churn=1e9", "edm-churn:S_noise=1.007"};
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++) {
        fk_subject s = subject_of(spec[i]);
        s.weak = 0;
        fk_certified c = certify(&s, FK_WEAK_ORDER, true);
        ck_assert_msg(c.status == FK_HOLDS, "%s", spec[i]);
        fk_assert_near(c.order, 0, 0.02);
    }
    fk_subject heun = subject_of("heun");
    heun.weak = 0;
    ck_assert_int_eq(certify(&heun, FK_WEAK_ORDER, true).status, FK_UNDECIDED);
}
END_TEST

START_TEST(every_multistep_scheme_states_the_order_of_its_start)
{
    const char *spec[] = {"dpmpp-2m", "lms-4", "unipc-3", "lms-4:start=matched", "dpmpp-3m-sde"};
    const double claim[] = {2, 2, 3, 4, 2};
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++)
        ck_assert(subject_of(spec[i]).start == claim[i]);
    for (size_t i = 0; i < fk_n_ode_schemes; i++)
        ck_assert(fk_ode_schemes[i]->depth == 0 || fk_ode_schemes[i]->start_order > 0);
    for (size_t i = 0; i < fk_n_sde_schemes; i++)
        ck_assert(fk_sde_schemes[i]->depth == 0 || fk_sde_schemes[i]->start_order > 0);
}
END_TEST

START_TEST(parameters_change_the_orders_that_are_claimed)
{
    const struct {
        const char *spec;
        double weak;
    } known[] = {{"dri1:eta=0", 3}, {"sra3:eta=0", 3},          {"sra1:eta=0", 2},
                 {"sea:eta=0", 1},  {"dpmpp-3m-sde:eta2=0", 3}, {"dpmpp-2m-sde:eta2=0", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fk_subject s = subject_of(known[i].spec);
        ck_assert_msg(s.weak == known[i].weak && isnan(s.strong), "%s", known[i].spec);
        ck_assert_msg(certify(&s, FK_WEAK_ORDER, true).status == FK_HOLDS, "%s", known[i].spec);
        ck_assert_int_eq(certify(&s, FK_STRONG_ORDER, true).status, FK_TEXT);
    }
}
END_TEST

/* The first slope sees noise that is not there yet and the second twice as much: a linear drift
 * adds up the two and cannot tell. */
static void noise_on_one_slope(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_edm_churn.step(self, at, table);
    if (table->stages < 2) return;
    table->stage[0].y.c[0] = 0;
    table->stage[1].y.c[0] *= 2;
}

START_TEST(churn_is_held_against_a_mixture_which_a_linear_drift_cannot_replace)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        fk_subject s = subject_of("edm-churn:S_churn=4");
        if (wrong) s.scheme.step = noise_on_one_slope;
        ck_assert_int_eq(certify(&s, FK_WEAK_ORDER, true).status, FK_HOLDS); /* on Gaussians */
        size_t deciding = 0;
        for (size_t i = 0; i < fk_n_parts; i++) {
            if (strcmp(fk_parts[i].name, "mixture") != 0 || fk_parts[i].role != FK_DECIDES)
                continue;
            fk_finding found;
            fk_part_run(&fk_parts[i], &s, &found);
            if (!found.ran) continue;
            deciding++;
            ck_assert_int_eq(found.status, wrong ? FK_FAILS : FK_HOLDS);
            fk_assert_near(found.order.p, wrong ? 1 : 2, 0.1);
        }
        ck_assert_uint_gt(deciding, 0);
    }
}
END_TEST

FK_SUITE("certificate", classical_schemes_have_the_orders_of_their_textbooks,
         a_claim_that_is_too_high_fails_and_one_too_low_does_not_hold,
         sra1_has_strong_order_three_halves_and_with_half_its_b0_only_one,
         spoilt_coefficients_are_refused, schemes_without_an_order_tend_to_their_own_law,
         every_multistep_scheme_states_the_order_of_its_start,
         parameters_change_the_orders_that_are_claimed,
         churn_is_held_against_a_mixture_which_a_linear_drift_cannot_replace,
         published_mistakes_come_out_at_their_true_order, a_scheme_that_is_not_a_number_is_void)
