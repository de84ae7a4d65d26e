/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: with 5, 10, 20 or 50 evaluations of the score, where does the error come from, and
 * which scheme is best?
 *
 * Setting: every scheme of the registry that has an exact law on the mixture, started by itself
 * from the prior at t_max, with as many steps, uniform in log(s/sigma), as the budget pays for,
 * down to t = 1e-3 or the schedule's t_min.
 *
 * Measured: the worst error, against the data, of sixteen smoothed distribution functions, split
 * by cause (experiments/common_causes.h): truncation at t_end, the prior in place of the marginal
 * at t_max, the scheme's steps, and with --score a network in place of the exact score. Beside them
 * the standard error of n samples, below which none of it can be seen.
 *
 * It would be refuted by a Kolmogorov-Smirnov distance between prior and marginal that the
 * probability-flow ODE does not carry unchanged from t_max to t_end, by parts that particles, moved
 * by the integrator, do not have, and by an error that draws do not have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/line_field.h"
#include "analytic/mixture_json.h"
#include "claims/setting.h"
#include "experiments/budget_tables.h"
#include "experiments/common.h"
#include "learn/stand_in.h"
#include "registry.h"

enum { DATA_SETS = 3 };

/* ---- claims ------------------------------------------------------------------------------------
 */

typedef struct {
    const budget *budget;
    const fk_mixture *mixture; /* of more than one Gaussian, whose prior can be told from it */
} findings;

/* sup |Phi(x/std) - F(x)| at t_max, on 20000 intervals: wrong by less than 1e-8 of it. */
static double ks_at_start(const findings *m, const fk_coeffs *node)
{
    fk_marginal *law = fk_marginal_new(m->mixture, node->s, node->sigma);
    double ks = 0;
    for (int i = -10000; i <= 10000; i++) {
        double x = m->budget->prior * 5e-4 * i,
               normal = 0.5 * erfc(-x / m->budget->prior * FK_SQRT1_2);
        ks = fmax(ks, fabs(normal - fk_marginal_cdf(law, x, false)));
    }
    fk_marginal_free(law);
    return ks;
}

static fk_verdict check_mismatch(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    static const char *const spec[] = {"rk4", "reverse-diffusion"};
    const findings *m = env->context;
    fk_verdict out = {.observed = NAN};
    fk_scheme scheme;
    fk_trial trial;
    fk_law_record record;
    fk_error err;
    if (fk_registry_parse_scheme(spec[variant->which], &scheme, &err) != FK_OK ||
        fk_trial_new(&scheme, &m->budget->place, FK_SELF_START, 400, m->mixture, &trial, &err) !=
            FK_OK)
        return out;
    trial.prior = m->budget->prior * (variant->param > 0 ? variant->param : 1);
    if (fk_trial_law(&scheme, m->mixture, &trial, NULL, &record, &err) == FK_OK) {
        out.expected = ks_at_start(m, trial.axis.node);
        out.observed = record.ks;
    }
    fk_trial_free(&trial);
    return out;
}

/* Parts, and the total that they add up to, against sums over particles. */
static fk_verdict check_parts(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const findings *m = env->context;
    fk_verdict out = {.n = 0};
    for (size_t i = 0; i < BUDGETS; i++) {
        const budget_again *again = &m->budget->again[i];
        if (again->of)
            fk_worst(&out.observed, fk_causes_gap(&again->of->error, (fk_causes_way)variant->which,
                                                  again->mean, again->bound));
    }
    return out;
}

/* The total of a scheme with noise, and in draws, by a score multiplied by this factor. */
static fk_verdict total_by_draws(const budget *b, const spending *s, double factor,
                                 const fk_claim_env *env)
{
    const size_t n = 262144 * env->scale;
    fk_verdict out = {.observed = NAN, .expected = s->error.total, .n = n};
    double *x = fk_alloc(n, sizeof *x), sum = 0, square = 0;
    fk_error err;
    const int status = budget_draw(b, s, factor, n, env->seed, env->threads, x, &err);
    for (size_t i = 0; i < n && !status; i++) {
        double value[FK_N_FUNCTIONALS];
        fk_functionals_at(&b->exact.functionals, x[i], value);
        const double off = value[FK_CDF + s->functional] - b->exact.of_data.mean[s->functional];
        sum += off, square += off * off;
    }
    free(x);
    if (status) return out;
    out.observed = sum / (double)n;
    out.se = sqrt((square / (double)n - out.observed * out.observed) / (double)n);
    return out;
}

/* Of the best with noise at each budget, the one that is farthest off. */
static fk_verdict check_draws(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const budget *b = ((const findings *)env->context)->budget;
    fk_verdict worst = {.observed = 0};
    for (size_t i = 0; i < BUDGETS && !isnan(worst.observed); i++) {
        const spending *s = budget_best_with_noise(b, i);
        if (!s) continue;
        const fk_verdict one = total_by_draws(b, s, variant->param, env);
        if (!(fabs(one.observed - one.expected) <= fabs(worst.observed - worst.expected)))
            worst = one;
    }
    return worst;
}

/* Whether a chain and particles are of one scheme. */
static bool both_roads(const budget *b, size_t i)
{
    return b->again[i].of && b->again[i].of == b->chain[i].of;
}

/* Chains of distances against those between particles. */
static fk_verdict check_chain(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const budget *b = ((const findings *)env->context)->budget;
    fk_verdict out = {.n = 0};
    for (size_t i = 0; i < BUDGETS; i++)
        if (both_roads(b, i))
            fk_worst(&out.observed,
                     fk_distances_gap(&b->chain[i].w1, variant->which == FK_WITHOUT_LARGEST,
                                      &b->again[i].w1));
    return out;
}

static const fk_claim claims[] = {
    {.id = "budget-prior",
     .says = "the probability-flow ODE carries the Kolmogorov-Smirnov distance of prior and "
             "marginal unchanged to the data",
     .source = "Song et al. 2021, eq. 13; in one dimension the flow is x -> F_s^-1(F_t(x))",
     .kind = FK_EXACT,
     .margin = 1e-6,
     .because = "rk4 at 400 steps is wrong by 1e-8 and less",
     .check = check_mismatch,
     .right = {"probability-flow ODE", 0, 0},
     .control = {{"reverse SDE, which forgets its start", 1, 0},
                 {"a prior of 1.01 times the standard deviation", 0, 1.01}}},
    {.id = "budget-parts",
     .says = "truncation, prior, steps and score, and the error that they add up to, of the best "
             "scheme without noise at each budget, are those of particles: 16384 quantiles of the "
             "prior, moved by the exact flow and by the integrator",
     .source = "differences of functionals, one approximation changed at a time",
     .kind = FK_EXACT,
     .margin = 1e-5,
     .because = "beyond what both sums may be wrong by, from their second differences: a small "
                "multiple of 1/n^2 = 4e-9, and where a map jumps 1/(2 n) of its height; the table "
                "of a network that turns within a tenth of the data's size is wrong by 2e-6",
     .check = check_parts,
     .right = {"all parts", FK_ALL_PARTS, 0},
     .control = {{"without the largest", FK_WITHOUT_LARGEST, 0},
                 {"the largest with its sign turned", FK_LARGEST_TURNED, 0}}},
    {.id = "budget-draws",
     .says = "the error of the best scheme with noise at each budget, which its law as an integral "
             "gives, is that of draws",
     .source = "Chapman-Kolmogorov equation of the scheme's steps",
     .kind = FK_STATISTICAL,
     .margin = 0.01,
     .because = "262144 draws know a probability to 0.001, and the law is right to 0.002 or better",
     .check = check_draws,
     .right = {"the score", 0, 1},
     .control = {{"half the score", 0, 0.5}, {"no score", 0, 0}}},
};

/* The largest of those that are held against particles; 0 without a network. */
static double score_part(const budget *b)
{
    double part = 0;
    for (size_t i = 0; i < BUDGETS; i++)
        if (b->again[i].of) part = fmax(part, fabs(b->again[i].of->error.part[FK_CAUSES - 1]));
    return part;
}

/* One more of budget-parts, where a network is so wrong that its part shows. */
static const fk_variant without_score = {"without the score", FK_WITHOUT_SCORE, 0};

/* ---- the run -----------------------------------------------------------------------------------
 */

static int read_data(const char *mixture, budget *b, fk_error *err)
{
    int status = fk_mixture_read(mixture, &b->mixture, err);
    if (!status && b->mixture->dim != 1)
        status = fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: exact laws need dim 1",
                         mixture, b->mixture->dim);
    for (size_t k = 0; !status && k < b->mixture->k; k++)
        if (!(b->mixture->var[k] > 0))
            status = fk_fail(err, FK_USAGE,
                             "--mixture '%s': component %zu is a point mass; give it a std above 0",
                             mixture, k + 1);
    return status;
}

static int set_place(const fk_experiment *e, budget *b, fk_error *err)
{
    fk_schedule schedule;
    int status = fk_schedule_parse(e->schedule, &schedule, err);
    if (status) return status;
    b->place = (fk_place){e->schedule, "lambda", NAN, fmax(1e-3, schedule.t_min)};
    b->prior = schedule.exploding ? fk_schedule_at(&schedule, schedule.t_max).sigma : 1;
    return FK_OK;
}

/* A network in place of the score of the first mixture, as a table: laws ask for it millions of
 * times at each noise level. */
typedef struct {
    fk_model *model;
    fk_field field, table;
    fk_line_field line;
} network;

static int set_network(const fk_experiment *e, budget *b, network *net, fk_error *err)
{
    if (!net->model) return FK_OK;
    const fk_schedule schedule = fk_setting_schedule(e->schedule);
    int status =
        fk_stand_in_times(e->score, net->model, &schedule, schedule.t_max, b->place.t_end, err);
    if (status) return status;
    fk_stand_in_is_on(e->score, net->model, &schedule, e->schedule);
    fk_stand_in_is_of(e->score, net->model, e->mixture, fk_mixture_json(b->mixture));
    net->field = fk_model_field(net->model);
    net->line = (fk_line_field){&net->field, fk_mixture_size(b->mixture)};
    net->table = fk_line_field_of(&net->line);
    b->network = &net->field, b->learnt = &net->table;
    return FK_OK;
}

/* The mixture asked for, and two to compare with unless it is one of them, or a network is given,
 * which knows one. */
static size_t list_data(const fk_experiment *e, const char *data[DATA_SETS])
{
    static const char *const others[] = {"gaussian-1d", "bimodal-1d"};
    size_t n = 0;
    data[n++] = e->mixture;
    for (size_t i = 0; i < DATA_SETS - 1 && !e->quick && !e->score; i++)
        if (strcmp(e->mixture, others[i]) != 0) data[n++] = others[i];
    return n;
}

int main(int argc, char **argv)
{
    fk_experiment e = {.mixture = "three-1d", .out = "out/budget", .seed = 1};
    const fk_option option[] = {FK_EXPERIMENT_OPTIONS(e),
                                {"schedule", "S",
                                 "the schedule (default: that of --score, or vp-linear)",
                                 FK_OPT_TEXT, &e.schedule, false},
                                {0}};
    const fk_command command = {.name = "budget",
                                .says = "Where the error of a run with few evaluations comes from, "
                                        "and which scheme is best.",
                                .example = "fokker budget --mixture bimodal-1d",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    const char *data[DATA_SETS];
    const size_t n = list_data(&e, data);
    budget b[DATA_SETS] = {{0}};
    int status = FK_OK;
    for (size_t m = 0; m < n && !status; m++) status = read_data(data[m], &b[m], &err);
    network net = {.model = NULL};
    if (!status && e.score) status = fk_stand_in_read(e.score, e.mixture, 1, &net.model, &err);
    e.schedule = fk_stand_in_schedule(e.schedule, net.model);
    for (size_t m = 0; m < n && !status; m++) status = set_place(&e, &b[m], &err);
    if (!status) status = set_network(&e, &b[0], &net, &err);
    if (!status) status = fk_make_folder(e.out, &err);
    for (size_t m = 0; m < n && !status; m++) status = budget_run(&b[m], cli.threads, &err);
    if (!status) status = budget_write(b, n, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_error ignored;
        fk_mixture *three = NULL;
        const bool one = b[0].mixture->k == 1;
        if (one && fk_mixture_read("three-1d", &three, &ignored) != FK_OK) abort();
        const findings m = {&b[0], one ? three : b[0].mixture};
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &m};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
            fk_claim claim = claims[i];
            if (claim.check == check_parts && score_part(&b[0]) > 10 * claim.margin)
                claim.control[2] = without_score;
            fk_claim_run(&claim, &env, &ledger);
        }
        bool chains = false;
        for (size_t i = 0; i < BUDGETS; i++) chains = chains || both_roads(&b[0], i);
        fk_claim chain = fk_distances_claim;
        chain.id = "budget-chain", chain.check = check_chain;
        if (chains) fk_claim_run(&chain, &env, &ledger);
        char told[5000], name[64], schedule[64], tables[2400], assignments[3000];
        budget_tell(b, n, told, sizeof told);
        budget_assign(b, n, tables, sizeof tables);
        fk_figure_name(e.mixture, false, name, sizeof name);
        fk_figure_name(e.schedule, false, schedule, sizeof schedule);
        snprintf(assignments, sizeof assignments, "%s; mixture='%s'; schedule='%s'", tables, name,
                 schedule);
        code = fk_experiment_end(&e, "budget", assignments, told, &cli, &ledger);
        fk_mixture_free(three);
    }
    for (size_t m = 0; m < n; m++) budget_free(&b[m]);
    fk_model_free(net.model);
    return code;
}
