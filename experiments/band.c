/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: do the reverse SDE and the probability-flow ODE share their marginals, and not their
 * paths (Song et al. 2021, sec. 4.3)?
 *
 * Setting: 1-D mixture data, exact score. Euler-Maruyama for the reverse SDE and Heun for the ODE
 * on a grid uniform in log(s/sigma); GSL's rk45 for single ODE trajectories.
 *
 * Measured, on the left: from one point x_1 the quantile bands and the mean of the SDE against the
 * exact law p(x_t | x_1), which is again a mixture, and the one ODE path against the exact flow
 * map. On the right: from x_1 ~ p_1 the quantiles of both against those of p_t. Quantiles are
 * compared by the probability that the exact law puts below them: that has the standard error
 * sqrt(p (1 - p)/n) whatever the density there, which may be next to nothing between two modes.
 *
 * It would be refuted by an SDE whose bands from one point leave the quantiles of p(x_t | x_1), or
 * by bands from p_1, of SDE or ODE, that leave those of p_t, by more than sampling and the scheme's
 * weak error explain. The picture's usual caption, that both processes share their law also from
 * one point, is one of the controls. */
#include "experiments/band_lab.h"
#include "experiments/band_tables.h"
#include "experiments/common.h"

/* ---- the claims --------------------------------------------------------------------------------
 */

static double law_cdf(const row *r, bool fixed, double x)
{
    return fk_marginal_cdf(fixed ? r->fixed : r->free, x, false);
}

/* Variants: which run, against which law; or the ODE's path for every quantile. */
enum { AGAINST_FREE = 0, AGAINST_FIXED = 1 };
enum { ODE_PATH = RUNS };

/* The run of a variant: that of the figure, or with more samples where the verdict asks for them;
 * false and NaN where it failed. */
static bool run_of(const fk_claim_env *env, const fk_variant *v, summary *s)
{
    const lab *l = env->context;
    if (env->scale == 1) {
        *s = l->run[v->which];
        return true;
    }
    fk_error err;
    *s = summary_new(l->set.rows);
    return simulate(l, (which)v->which, l->n * env->scale, s, &err) == FK_OK;
}

static double worse(double a, double b)
{
    return b <= a ? a : b; /* b where it is NaN */
}

static fk_verdict check_quantiles(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    summary s = {0};
    bool path = v->which == ODE_PATH, fixed = v->param == AGAINST_FIXED;
    size_t n = l->n * env->scale;
    fk_verdict out = {.observed = NAN, .se = 0.5 / sqrt((double)n), .n = n};
    if (path || run_of(env, v, &s)) {
        out.observed = 0.0;
        for (size_t j = fixed; j < l->set.rows; j++) /* (fixed: at the start the law is a point) */
            for (size_t i = 0; i < LEVELS; i++) {
                double x = path ? l->path[j * (PATHS + 1) + PATHS] : s.quantile[j][i];
                out.observed = worse(out.observed, fabs(law_cdf(&l->row[j], fixed, x) - level[i]));
            }
    }
    if (env->scale != 1) summary_free(&s);
    return out;
}

static fk_verdict check_mean(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    summary s = {0};
    bool path = v->which == ODE_PATH;
    size_t n = l->n * env->scale;
    fk_verdict out = {.observed = NAN, .se = 1.0 / sqrt((double)n), .n = n};
    if (path || run_of(env, v, &s)) {
        out.observed = 0.0;
        for (size_t j = 1; j < l->set.rows; j++) {
            double x = path ? l->path[j * (PATHS + 1) + PATHS] : s.mean[j];
            out.observed = worse(out.observed, fabs(x - l->row[j].fixed_mean) / l->row[j].fixed_sd);
        }
    }
    if (env->scale != 1) summary_free(&s);
    return out;
}

/* The worst |x - flow|, in standard deviations of p_t and, where the flow expands, over its slope.
 */
static fk_verdict check_paths(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    size_t rows = l->set.rows;
    double *path = fk_alloc(rows * (PATHS + 1), sizeof *path), x[PATHS + 1], slope[PATHS + 1];
    fk_error err;
    fk_verdict out = {.observed = NAN};
    if (trajectories(l, v->param, path, &err) == FK_OK) {
        out.observed = 0.0;
        fk_coeffs from = fk_schedule_at(&l->schedule, l->row[0].t);
        for (size_t j = 1; j < rows; j++) {
            fk_coeffs to = fk_schedule_at(&l->schedule, l->row[j].t);
            fk_flow(l->set.mixture, &from, &to, PATHS + 1, path, x, slope);
            for (size_t i = 0; i <= PATHS; i++) {
                double stretch = slope[i] * l->row[0].sd / l->row[j].sd,
                       gap = fabs(path[j * (PATHS + 1) + i] - x[i]) / l->row[j].sd;
                out.observed = worse(out.observed, gap / fmax(1.0, stretch));
            }
        }
    }
    free(path);
    return out;
}

static void run_claims(const lab *l, const fk_cli *cli, fk_ledger *ledger)
{
    /* Twelve standard errors, of which the verdict takes six and the worst of 500 comparisons the
     * rest; and the weak error of Euler-Maruyama, of first order in d, the grid's step in
     * log(s/sigma). The exact recursion of mean and variance on N(m, v) data gives, over all
     * schedules and v from 0.01 to 2, at most 0.16 d in probability from p_1, and from a point 1.5
     * standard deviations out 0.60 d in probability and 1.22 d standard deviations in the mean. */
    const fk_axis *axis = l->set.axis;
    double d = (axis->node[axis->n_steps].lambda - axis->node[0].lambda) / (double)axis->n_steps,
           centre = axis->node[0].s * data_mean(l->set.mixture),
           far = fmax(1.0, fabs(l->start - centre) / (1.5 * l->row[0].sd)),
           se = 1.0 / sqrt((double)l->n);
    const char *because =
        "12 standard errors and the weak error, 0.3 d from p_1, 0.8 d (in the mean "
        "1.6 d) from a point, d the grid's step in log(s/sigma)";
    const fk_claim claim[] = {
        {.id = "band-sde-one-start",
         .says = "from one point the reverse SDE has the quantiles of p(x_t | x_1) (largest gap in "
                 "probability, all times)",
         .source = "Anderson 1982",
         .kind = FK_STATISTICAL,
         .margin = 6.0 * se + 0.8 * d * far,
         .because = because,
         .check = check_quantiles,
         .right = {"reverse SDE", SDE_FIXED, AGAINST_FIXED},
         .control = {{"g^2/2 in place of g^2", SDE_FIXED_HALF, AGAINST_FIXED},
                     {"the PF-ODE path in its place", ODE_PATH, AGAINST_FIXED}}},
        {.id = "band-mean-one-start",
         .says = "from one point the reverse SDE has the mean of p(x_t | x_1) (largest gap in "
                 "standard deviations, all times)",
         .source = "Anderson 1982",
         .kind = FK_STATISTICAL,
         .margin = 12.0 * se + 1.6 * d * far,
         .because = because,
         .check = check_mean,
         .right = {"reverse SDE", SDE_FIXED, 0},
         .control = {{"g^2/2 in place of g^2", SDE_FIXED_HALF, 0},
                     {"the PF-ODE path in its place", ODE_PATH, 0}}},
        {.id = "band-ode-paths",
         .says =
             "PF-ODE trajectories are those of the exact flow map, in one dimension the quantile "
             "curves (largest gap in standard deviations, over the flow's slope)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_EXACT,
         .margin = 1e-7,
         .because = "local tolerance 1e-10 times fewer than 1000 steps",
         .check = check_paths,
         .right = {"g^2/2", 0, 1.0},
         .control = {{"g^2 in place of g^2/2", 0, 2.0}, {"the score left out", 0, 0.0}}},
        {.id = "band-sde-marginal",
         .says = "from x_1 ~ p_1 the reverse SDE has the quantiles of p_t (largest gap in "
                 "probability, all times)",
         .source = "Anderson 1982",
         .kind = FK_STATISTICAL,
         .margin = 6.0 * se + 0.3 * d,
         .because = because,
         .check = check_quantiles,
         .right = {"reverse SDE", SDE_FREE, AGAINST_FREE},
         .control = {{"g^2/2 in place of g^2", SDE_FREE_HALF, AGAINST_FREE},
                     {"from one point", SDE_FIXED, AGAINST_FREE}}},
        {.id = "band-ode-marginal",
         .says = "from x_1 ~ p_1 the PF-ODE has the quantiles of p_t (largest gap in probability, "
                 "all times)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_STATISTICAL,
         .margin = 6.0 * se + 0.3 * d,
         .because = because,
         .check = check_quantiles,
         .right = {"PF-ODE", ODE_FREE, AGAINST_FREE},
         .control = {{"g^2 in place of g^2/2", ODE_FREE_FULL, AGAINST_FREE},
                     {"from one point", ODE_PATH, AGAINST_FREE}}},
    };
    fk_claim_env env = {.seed = l->seed, .scale = 1, .threads = cli->threads, .context = l};
    for (size_t i = 0; i < sizeof claim / sizeof *claim; i++) fk_claim_run(&claim[i], &env, ledger);
}

/* ---- the run -----------------------------------------------------------------------------------
 */

static int prepare(const experiment *e, size_t steps, fk_mixture **mixture, fk_axis *axis, lab *l,
                   fk_error *err)
{
    int status = fk_mixture_read(e->mixture, mixture, err);
    if (!status && (*mixture)->dim != 1)
        status = fk_fail(err, FK_USAGE,
                         "--mixture %s has dim %zu, and bands are drawn of 1-D data; "
                         "`fokker marginals` takes dim 2",
                         e->mixture, (*mixture)->dim);
    if (!status) status = fk_schedule_parse(e->schedule, &l->schedule, err);
    if (!status)
        status = fk_axis_on_schedule(&l->schedule, "lambda", steps, l->schedule.t_max,
                                     l->schedule.t_min, axis, err);
    if (!status) status = fk_make_folder(e->out, err);
    return status;
}

static int run_all(lab *l, fk_error *err)
{
    int status = make_laws(l, err);
    for (size_t i = 0; i < RUNS; i++) l->run[i] = summary_new(l->set.rows);
    for (size_t i = 0; i < RUNS && !status; i++)
        status = simulate(l, (which)i, l->n, &l->run[i], err);
    l->path = fk_alloc(l->set.rows * (PATHS + 1), sizeof *l->path);
    if (!status) status = trajectories(l, 1.0, l->path, err);
    return status;
}

static void remark(const lab *l, char *text, size_t size)
{
    size_t j = l->set.rows - 1;
    const double *q = l->run[SDE_FIXED].quantile[j];
    const row *r = &l->row[j];
    snprintf(text, size,
             "%zu particles from x = %.4g at t = %.4g to t = %.4g: mean, 5 %% and 95 %% quantile\n"
             "    reverse SDE %9.4f %9.4f %9.4f\n"
             "    its law     %9.4f %9.4f %9.4f\n"
             "    PF-ODE      %9.4f (one path)\n",
             l->n, l->start, l->row[0].t, r->t, l->run[SDE_FIXED].mean[j], q[0], q[LEVELS - 1],
             r->fixed_mean, fk_marginal_quantile(r->fixed, level[0], false),
             fk_marginal_quantile(r->fixed, level[LEVELS - 1], false),
             l->path[j * (PATHS + 1) + PATHS]);
}

int main(int argc, char **argv)
{
    experiment e = {.mixture = "three-1d", .schedule = "vp-linear", .out = "out/band", .seed = 1};
    lab l = {.start = NAN};
    size_t steps = 0;
    const fk_option option[] = {
        EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the noise schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule,
         false},
        {"start", "X", "where the left panel starts (default: the quantile 0.9332 of p_1)",
         FK_OPT_REAL, &l.start, false},
        {"n", "COUNT",
         "particles a run (default: 40000, with --quick 10000, down to a quarter of that for many "
         "components)",
         FK_OPT_COUNT, &l.n, false},
        {"steps", "N", "steps (default: 400; with --quick 200)", FK_OPT_COUNT, &steps, false},
        {0}};
    const fk_command command = {
        .name = "band",
        .says =
            "Draw the bands of the reverse SDE and the probability-flow ODE, from one point and "
            "from the marginal, against the exact laws.",
        .example = "fokker band --mixture bimodal-1d --start 1.5",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    if (steps == 0) steps = e.quick ? 200 : 400;

    fk_error err = {0};
    fk_mixture *mixture = NULL;
    fk_axis axis = {0};
    size_t frames = 0, *node = fk_alloc(MAX_ROWS, sizeof *node);
    int status = prepare(&e, steps, &mixture, &axis, &l, &err);
    if (!status) {
        l.set = (reverse_setting){.mixture = mixture, .axis = &axis, .threads = cli.threads};
        l.seed = e.seed;
        if (l.n == 0) l.n = samples_for(mixture, e.quick ? 10000 : 40000);
        l.logt = l.schedule.t_max > 1.5;
        choose_rows(&l, e.quick ? MAX_ROWS / 2 + 1 : MAX_ROWS, node);
        status = run_all(&l, &err);
    }
    if (!status) status = write_tables(&l, e.out, &frames, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        run_claims(&l, &cli, &ledger);
        char told[512], assignments[512], data[64], noise[64];
        figure_name(e.mixture, false, data, sizeof data);
        figure_name(e.schedule, false, noise, sizeof noise);
        remark(&l, told, sizeof told);
        snprintf(assignments, sizeof assignments,
                 "mixture='%s'; schedule='%s'; start=%.17g; scaled=%d; logt=%d; frames=%zu; "
                 "stride=%d",
                 data, noise, l.start, l.scaled, l.logt, frames, STRIDE);
        code = experiment_end(&e, "band", assignments, told, &cli, &ledger);
    }
    lab_free(&l);
    fk_axis_free(&axis);
    fk_mixture_free(mixture);
    free(node);
    return code;
}
