/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: how good is a learnt score, and what does its error do to the samples?
 *
 * Setting: a network of fokker train (--score W), or a small one trained here, on a mixture whose
 * score, floor of the loss and law are known exactly.
 *
 * Measured: its error over x and t; the excess of its loss over the floor, which is sigma^2 E|net -
 * score|^2 (Vincent 2011); the KL between reverse paths that this makes (Girsanov); whether x0hat
 * is right on average about what it says (Tweedie); and the error of sampling with it by dpmpp-2m,
 * split by cause (experiments/common_causes.h). In 1-D all of this is by quadrature and exact laws.
 *
 * It would be refuted by an exact score that is not calibrated, by parts that do not add up to what
 * particles moved by the network are off by, and by a sigma^2 E|net - score|^2 that is another by
 * draws. That this is the excess is not measured here: it is an identity, and its loss a noisier
 * quantity by far. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analytic/functionals.h"
#include "experiments/common.h"
#include "experiments/score-net_tables.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

/* Parts, and the total that they add up to, against sums over particles. */
static fk_verdict check_parts(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const score_net *q = env->context;
    fk_verdict out = {.n = 0};
    for (size_t i = 0; i < q->runs; i++)
        fk_worst(&out.observed, fk_causes_gap(&q->run[i].error, (fk_causes_way)variant->which,
                                              q->run[i].again, q->run[i].bound));
    return out;
}

/* The total of the fewest steps, against draws that share nothing with those of the parts. */
static fk_verdict check_draws(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const score_net *q = env->context;
    const net_spending *r = &q->run[0];
    const size_t n = 131072 * env->scale;
    fk_verdict out = {.observed = NAN, .n = n};
    double *x, sum = 0, square = 0;
    fk_error err;
    if (score_net_sample(q, r->steps, n, env->seed + 1, &x, &err) != FK_OK) return out;
    fk_mixture *m = score_net_coordinate(q, r->axis);
    fk_marginal *data = fk_marginal_new(m, 1, 0);
    const fk_functionals f = fk_functionals_new(data);
    for (size_t i = 0; i < n; i++) {
        double value[FK_N_FUNCTIONALS];
        fk_functionals_at(&f, x[2 * i + r->axis], value);
        const double off = value[FK_CDF + r->which] - f.exact[FK_CDF + r->which];
        sum += off, square += off * off;
    }
    const double mean = sum / (double)n;
    out.observed = fk_causes_sum(&r->error, (fk_causes_way)variant->which) - mean;
    out.se = hypot(r->se, sqrt((square / (double)n - mean * mean) / (double)n));
    fk_marginal_free(data), fk_mixture_free(m);
    free(x);
    return out;
}

/* Chains of distances against those between particles, of runs where they are known. */
static fk_verdict check_chain(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const score_net *q = env->context;
    fk_verdict out = {.n = 0};
    for (size_t i = 0; i < q->runs; i++) {
        const net_spending *r = &q->run[i];
        if (fk_distances_known(&r->w1))
            fk_worst(&out.observed,
                     fk_distances_gap(&r->w1, variant->which == FK_WITHOUT_LARGEST, &r->w1_again));
    }
    return out;
}

/* The exact score's denoiser, or one with sigma for sigma^2. */
typedef struct {
    fk_field exact;
    double factor;
} denoiser_field;

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    const denoiser_field *f = self;
    f->exact.freeze(f->exact.self, s, sigma, frozen);
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const denoiser_field *f = self;
    f->exact.eval(f->exact.self, frozen, x, score);
    for (size_t i = 0; i < x.n; i++) score.x[i] *= f->factor;
}

static fk_verdict check_tweedie(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)claim;
    const score_net *q = env->context;
    fk_verdict out = {.n = 0};
    for (size_t i = 0; i < SHOWN; i++) {
        const fk_coeffs at = score_net_at(q, q->shown[i]);
        const denoiser_field f = {fk_mixture_field(q->mixture),
                                  variant->param > 0 ? variant->param : 1 / at.sigma};
        const fk_field field = {.self = &f,
                                .dim = 1,
                                .frozen_size = f.exact.frozen_size,
                                .freeze = freeze,
                                .eval = eval};
        fk_calibration bin[BINS];
        fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
        fk_calibration_of(p, &field, BINS, bin);
        fk_worst(&out.observed, fk_calibration_error(BINS, bin));
        fk_marginal_free(p);
    }
    return out;
}

/* The excess by draws from the marginal at time number i, over that by quadrature. */
static fk_verdict excess_at(const score_net *q, const fk_claim_env *env, size_t i, double power)
{
    const fk_coeffs at = score_net_at(q, q->shown[i]);
    const fk_field exact = fk_mixture_field(q->mixture), learnt = fk_model_field(q->network);
    const size_t n = 32768 * env->scale;
    fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
    fk_cloud cloud = fk_cloud_draws(p, n, env->seed);
    double *a = fk_cloud_score(&cloud, p, &exact), *b = fk_cloud_score(&cloud, p, &learnt);
    double sum = 0, square = 0;
    for (size_t j = 0; j < n; j++) {
        double gap = 0;
        for (size_t k = 0; k < cloud.x.dim; k++) {
            const double off = b[k * cloud.x.ld + j] - a[k * cloud.x.ld + j];
            gap += pow(at.sigma, power) * off * off;
        }
        sum += gap, square += gap * gap;
    }
    const double mean = sum / (double)n;
    const double by_nodes =
        fk_score_error_at(q->mixture, &learnt, at.s, at.sigma, &(fk_score_rule){0}).excess;
    free(a), free(b);
    fk_cloud_free(&cloud), fk_marginal_free(p);
    return (fk_verdict){.observed = mean / by_nodes,
                        .expected = 1,
                        .se = sqrt((square / (double)n - mean * mean) / (double)n) / by_nodes,
                        .n = n};
}

/* The farthest from 1 of those at three times, whose sigma/s lie a factor of eight apart: a wrong
 * power of sigma, which is none where that is 1, shows at one of them. */
static fk_verdict check_excess(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)claim;
    fk_verdict worst = {.observed = 1};
    for (size_t i = 0; i < SHOWN; i++) {
        const fk_verdict one = excess_at(env->context, env, i, variant->param);
        if (i == 0 || !(fabs(one.observed - 1) <= fabs(worst.observed - 1))) worst = one;
    }
    return worst;
}

static const fk_claim excess = {
    .id = "score-net-excess",
    .says = "sigma^2 E|net - score|^2, which is told as the excess of the network's loss over the "
            "floor, is by draws what it is by quadrature, at three times",
    .source = "Vincent 2011, eq. 17",
    .kind = FK_STATISTICAL,
    .margin = 0.3,
    .because = "a ratio; 32768 draws know it to 0.02 or so",
    .check = check_excess,
    .right = {"sigma^2", 0, 2},
    .control = {{"sigma", 0, 1}, {"no sigma", 0, 0}}};

static const fk_claim parts = {
    .id = "score-net-budget",
    .says = "truncation, prior, steps and score, from laws as curves, and the error that they add "
            "up to are those of particles: 16384 quantiles of the prior, moved by the exact flow "
            "and by the integrator",
    .source = "differences of functionals, one approximation changed at a time",
    .kind = FK_EXACT,
    .margin = 1e-6,
    .because = "beyond what both sums may be wrong by, from their second differences: a small "
               "multiple of 1/n^2 = 4e-9, and where a map jumps 1/(2 n) of its height",
    .check = check_parts,
    .right = {"four parts", FK_ALL_PARTS, 0},
    .control = {{"without the score", FK_WITHOUT_SCORE, 0},
                {"without the largest part", FK_WITHOUT_LARGEST, 0},
                {"the largest part with its sign turned", FK_LARGEST_TURNED, 0},
                {"the law by the exact score", FK_LAW_BEFORE, 0}}};

static const fk_claim draws = {
    .id = "score-net-budget",
    .says = "truncation, prior, steps and score add up to the error of other draws by the network, "
            "in 5 steps",
    .source = "differences of functionals, one approximation changed at a time",
    .kind = FK_STATISTICAL,
    .margin = 0.02,
    .because = "131072 draws know a probability to 0.0014 or better, and those of the parts, which "
               "share their starts, to as much",
    .check = check_draws,
    .right = {"four parts", FK_ALL_PARTS, 0},
    .control = {{"without the largest", FK_WITHOUT_LARGEST, 0},
                {"the largest with its sign turned", FK_LARGEST_TURNED, 0}}};

static const fk_claim tweedie = {
    .id = "score-net-tweedie",
    .says = "the denoiser of the exact score is calibrated: E[x_0 | x0hat] = x0hat",
    .source = "Efron 2011, eq. 1.4",
    .kind = FK_EXACT,
    .margin = 1e-8,
    .because = "2e-9 of the law is left out, and quadratures are right to 1e-9",
    .check = check_tweedie,
    .right = {"x0hat = (x + sigma^2 score)/s", 0, 1},
    .control = {{"sigma in place of sigma^2", 0, 0}, {"half the score", 0, 0.5}}};

/* ---- the run -----------------------------------------------------------------------------------
 */

static void judge(const score_net *q, fk_ledger *ledger)
{
    fk_claim_env env = {.seed = q->seed, .scale = 1, .threads = q->threads, .context = q};
    fk_claim_run(&excess, &env, ledger);
    fk_claim_run(q->mixture->dim > 1 ? &draws : &parts, &env, ledger);
    if (q->mixture->dim > 1) return;
    fk_claim_run(&tweedie, &env, ledger);
    fk_claim chain = fk_distances_claim;
    chain.id = "score-net-chain", chain.check = check_chain;
    bool known = false;
    for (size_t i = 0; i < q->runs; i++) known = known || fk_distances_known(&q->run[i].w1);
    if (known) fk_claim_run(&chain, &env, ledger);
}

int main(int argc, char **argv)
{
    fk_experiment e = {.mixture = "three-1d", .out = "out/score-net", .seed = 1};
    const fk_option option[] = {FK_EXPERIMENT_OPTIONS(e),
                                {"schedule", "S",
                                 "the schedule (default: that of --score, or vp-linear)",
                                 FK_OPT_TEXT, &e.schedule, false},
                                {0}};
    const fk_command command = {.name = "score-net",
                                .says = "A learnt score against the exact one, and what its error "
                                        "does to samples; without --score a small network is "
                                        "trained first.",
                                .example = "fokker score-net --mixture ring-8 --quick",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    score_net q = {.quick = e.quick, .seed = e.seed, .threads = cli.threads};
    int status = score_net_open(&q, e.mixture, e.schedule, e.score, &err);
    if (!status) status = fk_make_folder(e.out, &err);
    if (!status) status = score_net_measure(&q, &err);
    if (!status) status = score_net_budget(&q, &err);
    if (!status) status = score_net_write(&q, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        judge(&q, &ledger);
        char told[3000], name[64], schedule[64], numbers[512], assignments[768];
        score_net_tell(&q, e.score, told, sizeof told);
        score_net_assign(&q, numbers, sizeof numbers);
        fk_figure_name(e.mixture, false, name, sizeof name);
        fk_figure_name(q.spec, false, schedule, sizeof schedule);
        snprintf(assignments, sizeof assignments, "%s; mixture='%s'; schedule='%s'", numbers, name,
                 schedule);
        code = fk_experiment_end(&e, "score-net", assignments, told, &cli, &ledger);
    }
    score_net_close(&q);
    return code;
}
