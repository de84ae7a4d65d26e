/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the certificate refuses: schemes with one fault in their tables (tests/mutant.h). A fault
 * that lowers the order, by the theory below, must not be certified; those that are certified all
 * the same stand in `accepted`, each with the reason.
 *
 * Of every scheme and every kind of fault one mutant is tried, by a fixed rule.
 * FOKKER_MUTANTS=all tries all of them, some 3200 in a minute, and then every entry of `accepted`
 * must be needed. */
#include <stdlib.h>
#include <string.h>

#include "claims/certificate.h"
#include "ode/schemes.h"
#include "registry.h"
#include "sde/schemes.h"
#include "tests/mutant.h"
#include "tests/suite.h"

/* Parameters that make other tables of registered schemes. */
static const char *const variants[] = {
    "ddim:eta=1",      "euler-maruyama:eta=0.5", "exp-euler:freeze=x0", "deis-2:p=rho",
    "deis-3:p=logrho", "unipc-1:b=bh1",          "dpmpp-2m-sde:eta2=0", "dpmpp-3m-sde:eta2=0.5"};

static const struct {
    const char *scheme, *fault; /* beginnings of both; "" for any */
    const char *why;
} accepted[] = {
    {"edm-churn", ", first step", "forgotten: churn damps it by e^-40 and more, for all N"},
    {"dpm-3", "stage 3 b[0]", "the weight itself is O(h^2): order 3 stays"},
    {"", "result c[0] x 1.01, last step",
     "strong order 1/2, but a percent of one step's noise: 3072 steps do not show it"},
};

/* The orders that a fault leaves, as a rule, where the scheme's own are not lower. */
typedef struct {
    double weak, strong;
} orders;

/* How many factors h the output of a stage meets on its way to the result. */
static size_t level_of(const fk_step *table, size_t stage)
{
    size_t level = FK_MAX_STAGES;
    if (table->result.b[stage] != 0) return 1;
    for (size_t i = stage + 1; i < table->stages; i++)
        if (table->stage[i].y.b[stage] != 0) {
            const size_t after = level_of(table, i) + 1;
            if (after < level) level = after;
        }
    return level;
}

/* In one step a fault makes an error of O(h^k) where it meets k factors h: of the weights b and d,
 * of the outputs on their way. Noise is one of 1/2; a second normal in the result comes with the
 * change of g over the step, 3/2. N steps together make it O(h^(k - 1)), or O(h^(k - 1/2)) where it
 * has mean zero, as noise has; the weak error of noise is that of its variance and of the mean of
 * what it moves, twice the k of the result's, and a half more than that of a stage's. */
static orders left_by(const mutant *m, const fk_step *table)
{
    const bool always = m->steps == ALL_STEPS;
    const double steps = always, noisy = always ? 0.5 : 0;
    if (m->kind == EQUAL_STEPS || m->kind == LATE_HISTORY) return (orders){2 - steps, 2 - steps};
    if (m->kind == KERNELS) {
        /* W and E differ by O(h) of themselves, the Levy area is independent of them */
        const fk_noise_kernel now = table->kernel[0];
        const bool near = table->normals == 1 && (now == FK_E ? m->index == 0 : m->index == 1);
        return (orders){INFINITY, (near ? 1.5 : 0.5) - noisy};
    }
    if (m->stage == RESULT) {
        if (m->kind == OF_STATE) return (orders){-steps, -steps};
        if (m->kind != OF_NORMAL) return (orders){1 - steps, 1 - steps};
        if (m->index == 0) return (orders){1 - steps, 0.5 - noisy};
        return (orders){3 - steps, 1.5 - noisy};
    }
    const double level = (double)level_of(table, m->stage);
    if (m->kind == OF_NORMAL) return (orders){level + 1 - steps, level + 0.5 - noisy};
    const double k = level + (m->kind == OF_OUTPUT || m->kind == OF_HISTORY);
    return (orders){k - steps, k - steps};
}

/* The parts in the order in which they are tried: the laws on a Gaussian, the algebra, then the
 * dearer. */
static int rank_of(const fk_part *part)
{
    if (part->role == FK_REPORTED) return -1;
    if (part->is_dear) return 5;
    if (part->algebra) return 1;
    static const char *const rank[] = {"gaussian", "", "local", "mixture", "paths"};
    for (int i = 0; i < 5; i++)
        if (strcmp(part->name, rank[i]) == 0) return i;
    return 0;
}

/* Whether the certificate holds with the claims of the right scheme; parts are run until one does
 * not, those of up to a rank. */
enum { CHEAP = 3, ALL = 5 };
static bool is_certified(const mutant *m, int most)
{
    fk_subject subject = fk_subject_of(&m->base);
    subject.scheme = mutant_scheme(m);
    fk_finding *finding = fk_alloc(fk_n_parts, sizeof *finding);
    bool refused = false;
    for (int rank = 0; rank <= most && !refused; rank++)
        for (size_t i = 0; i < fk_n_parts && !refused; i++) {
            if (rank_of(&fk_parts[i]) != rank) continue;
            fk_part_run(&fk_parts[i], &subject, &finding[i]);
            const fk_status status = finding[i].status;
            refused = finding[i].ran && status != FK_HOLDS && status != FK_TEXT;
        }
    const double claim[FK_N_ORDERS] = {subject.weak, subject.strong, subject.start};
    for (int kind = 0; kind < FK_N_ORDERS && !refused; kind++) {
        const fk_status status = fk_certify(finding, (fk_order_kind)kind, claim[kind]).status;
        refused = status != FK_HOLDS && status != FK_TEXT;
    }
    free(finding);
    return !refused;
}

typedef struct {
    mutant *of;
    char (*spec)[40];
    size_t n, room;
} mutants;

static void add(mutants *list, const mutant *m, const char *spec)
{
    if (list->n == list->room) {
        list->room = 2 * list->room + 256;
        list->of = realloc(list->of, list->room * sizeof *list->of);
        list->spec = realloc(list->spec, list->room * sizeof *list->spec);
        ck_assert(list->of && list->spec);
    }
    snprintf(list->spec[list->n], sizeof *list->spec, "%s", spec);
    list->of[list->n++] = *m;
}

static bool is_possible(const mutant *m, fk_step *table)
{
    const double *field = mutant_field(m, table);
    switch (m->kind) {
    case KERNELS:
        return table->normals > 0 && table->kernel[0] != FK_FRESH &&
               m->index + table->normals < 3; /* one normal may take two others, two swap */
    case LATE_HISTORY:
        return m->index == 0 && table->history > 0 && m->delta > 0.05;
    case EQUAL_STEPS: /* of lag 0 an entry is the step's own node; nodes before the start are as far
                         apart as the first step is long */
        return m->index == 0 && m->base.depth + m->base.lag > 1 && m->steps != FIRST_STEP;
    default:
        return field && *field != 0;
    }
}

/* All mutants of a kind that have a lower order than the scheme. */
static void enumerate(const fk_scheme *scheme, const char *spec, fault_kind kind, mutants *list)
{
    enum { N = 12 };
    static const size_t some[N_FAULT_STEPS] = {5, 0, N - 1};
    const fk_place place = {"vp-linear", "lambda", -2, 0.05};
    const fk_mixture any = {.dim = 1, .k = 1, .var = (double[]){1}};
    fk_trial trial;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_trial_new(scheme, &place, FK_EXACT_START, N, &any, &trial, &err) == FK_OK,
                  "%s", err.text);
    for (fault_steps steps = ALL_STEPS; steps < N_FAULT_STEPS; steps++)
        for (size_t stage = 0; stage <= RESULT; stage++)
            for (size_t index = 0; index < FK_MAX_STAGES; index++)
                for (int large = 0; large < 2; large++) {
                    const mutant m = {*scheme, kind, stage, index, steps, large ? 0.1 : 0.01};
                    fk_step *table = &trial.plan.step[some[steps]];
                    if (kind >= KERNELS && (stage != RESULT || !large)) continue;
                    if (!is_possible(&m, table)) continue;
                    const orders left = left_by(&m, table);
                    if (left.weak < scheme->weak_order || left.strong < scheme->strong_order)
                        add(list, &m, spec);
                }
    fk_trial_free(&trial);
}

/* Of every kind all, or that whose number is this one modulo how many there are. */
static void gather(const char *spec, bool all, size_t pick, mutants *list)
{
    fk_scheme scheme;
    fk_error err = {.code = 0};
    ck_assert_msg(fk_registry_parse_scheme(spec, &scheme, &err) == FK_OK, "%s", err.text);
    if (scheme.adaptive || scheme.weak_order == 0) return; /* order 0 claims nothing to refute */
    for (size_t i = 0; i < fk_n_lab_claims; i++)
        if (strcmp(spec, fk_lab_claims[i].spec) == 0) {
            scheme.weak_order = fk_lab_claims[i].weak;
            scheme.strong_order = fk_lab_claims[i].strong;
        }
    for (fault_kind kind = OF_STATE; kind < N_FAULTS; kind++) {
        const size_t before = list->n;
        enumerate(&scheme, spec, kind, list);
        const size_t found = list->n - before, chosen = before + pick % (found ? found : 1);
        if (all || found == 0) continue;
        list->of[before] = list->of[chosen];
        list->n = before + 1;
    }
}

/* Its number among the accepted, or as many as there are. */
static size_t why_accepted(const char *spec, const char *name)
{
    size_t i = 0;
    const size_t n = sizeof accepted / sizeof *accepted;
    while (i < n && !(strncmp(spec, accepted[i].scheme, strlen(accepted[i].scheme)) == 0 &&
                      strstr(name, accepted[i].fault)))
        i++;
    return i;
}

START_TEST(a_fault_that_lowers_an_order_is_not_certified)
{
    const char *wish = getenv("FOKKER_MUTANTS");
    const bool all = wish && strcmp(wish, "all") == 0;
    const size_t n_accepted = sizeof accepted / sizeof *accepted;
    size_t needed[sizeof accepted / sizeof *accepted + 1] = {0}, specs = 0;
    mutants list = {.n = 0};
    for (size_t i = 0; i < fk_n_ode_schemes + fk_n_sde_schemes; i++)
        gather(fk_registry_scheme(i)->row.name, all, 7 * specs++, &list);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        gather(variants[i], all, 7 * specs++, &list);
    size_t missed = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : missed)
    for (size_t i = 0; i < list.n; i++) {
        char name[80];
        mutant_name(&list.of[i], name, sizeof name);
        const size_t why = why_accepted(list.spec[i], name);
        if (!all && why < n_accepted) continue;
        if (!is_certified(&list.of[i], ALL)) continue;
#pragma omp atomic
        needed[why]++;
        if (why < n_accepted) continue;
        missed++;
        fprintf(stderr, "certified: %s with %s\n", list.spec[i], name);
    }
    ck_assert_msg(missed == 0, "%zu of %zu mutants are certified", missed, list.n);
    for (size_t i = 0; all && i < n_accepted; i++)
        ck_assert_msg(needed[i] > 0, "never needed: %s %s", accepted[i].scheme, accepted[i].fault);
    printf("%zu mutants\n", list.n);
    free(list.of);
    free(list.spec);
}
END_TEST

/* The control: what is refused is the fault, not the mutant. */
START_TEST(without_a_fault_or_with_one_that_keeps_the_order_a_mutant_is_certified)
{
    const struct {
        const char *spec;
        mutant fault;
    } right[] = {
        {"dp5", {.kind = OF_P}},
        {"unipc-3", {.kind = OF_HISTORY, .stage = RESULT}},
        {"lms-3", {.kind = OF_HISTORY, .stage = RESULT}},
        {"euler-maruyama", {.kind = OF_NORMAL, .stage = RESULT}},
        /* y off by O(h^2), once */
        {"heun", {.kind = OF_OUTPUT, .stage = 1, .steps = LAST_STEP, .delta = 0.1}},
        /* the Levy area in the argument of the drift: O(h^(3/2)) a step, of mean zero */
        {"sea", {.kind = OF_NORMAL, .index = 1, .delta = 0.1}},
        /* reads no node before its own */
        {"unipc-1", {.kind = EQUAL_STEPS}},
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        mutant m = right[i].fault;
        fk_error err;
        ck_assert_int_eq(fk_registry_parse_scheme(right[i].spec, &m.base, &err), FK_OK);
        ck_assert_msg(is_certified(&m, CHEAP), "%s", right[i].spec);
    }
}
END_TEST

FK_SUITE("mutants", a_fault_that_lowers_an_order_is_not_certified,
         without_a_fault_or_with_one_that_keeps_the_order_a_mutant_is_certified)
