/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: do samples of the reverse SDE (Anderson 1982) and of the probability-flow ODE (Song et
 * al. 2021, eq. 13) follow the exact law p_t at every time?
 *
 * Setting: mixture data in one or two dimensions, exact score, starts from the exact p_t_max.
 * Euler-Maruyama for the SDE and Heun for the ODE on a grid uniform in log(s/sigma), GSL's adaptive
 * rk45 for the ODE. Seen at six times.
 *
 * Measured: Kolmogorov-Smirnov distance and W1 to the exact law; in 2-D along three directions,
 * since a projection of a mixture is a mixture. Between SDE and ODE the two-sample energy
 * distance, which sees the whole joint law, and sliced W1, which says how far apart they are.
 *
 * It would be refuted by distances beyond what n samples of the exact law show (with the schemes'
 * own error). The controls are what people get wrong: g^2/2 where the SDE needs g^2, g^2 where the
 * ODE needs g^2/2, the prior N(0, I) on VE, and the forward path's own noise run backwards. That
 * noise is not independent of the path's end, from which the reverse run starts; it shows early and
 * is forgotten towards the data, so that a look at the final samples alone misses it. */
#include <stdio.h>

#include "experiments/common.h"
#include "experiments/marginals_claims.h"
#include "experiments/marginals_tables.h"

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/marginals", .seed = 1};
    lab l = {0};
    size_t steps = 0;
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the noise schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule,
         false},
        {"n", "COUNT",
         "particles a run (default: 100000, in 2-D 40000, with --quick 8000, down to a quarter of "
         "that "
         "for many components); rk45 takes a fifth",
         FK_OPT_COUNT, &l.n, false},
        {"steps", "N", "steps (default: 300; with --quick 150)", FK_OPT_COUNT, &steps, false},
        {0}};
    const fk_command command = {
        .name = "marginals",
        .says = "Hold samples of reverse SDE and probability-flow ODE against the exact law, at "
                "six times.",
        .example = "fokker marginals --mixture ring-8",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "marginals");
    if (steps == 0) steps = e.quick ? 150 : 300;
    l.seed = e.seed, l.threads = cli.threads;

    fk_error err = {0};
    fk_mixture *mixture = NULL;
    int status = fk_mixture_read(e.mixture, &mixture, &err);
    if (!status && mixture->dim > 2)
        status = fk_fail(&err, FK_USAGE,
                         "--mixture %s has dim %zu, and what can be drawn has dim 1 or 2",
                         e.mixture, mixture->dim);
    l.mixture = mixture;
    if (!status && l.n == 0) {
        size_t full = mixture->dim == 1 ? 100000 : 40000;
        l.n = fk_experiment_samples(mixture, e.quick ? 8000 : full);
    }
    l.n_adaptive = l.n < 5 ? 1 : l.n / 5;
    if (!status) status = marginals_lab_new(&l, e.schedule, steps, &err);
    if (!status) status = marginals_check_size(&l, &err);
    if (!status) status = fk_make_folder(e.out, &err);
    if (!status) status = marginals_run_all(&l, &err);
    if (!status) status = marginals_write_tables(&l, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        marginals_run_claims(&l, &ledger);
        char told[512], assignments[512], data[64], noise[64];
        fk_figure_name(e.mixture, false, data, sizeof data);
        fk_figure_name(e.schedule, false, noise, sizeof noise);
        snprintf(
            told, sizeof told,
            "%zu samples of the reverse SDE and of the probability-flow ODE by Heun, %zu by rk45,\n"
            "against the exact law p_t at six times from t = %.4g to %.4g.\n",
            l.n, l.n_adaptive, marginals_time(&l, 0), marginals_time(&l, TIMES - 1));
        snprintf(assignments, sizeof assignments, "mixture='%s'; schedule='%s'; dim=%zu", data,
                 noise, mixture->dim);
        code = fk_experiment_end(&e, "marginals", assignments, told, &cli, &ledger);
    }
    marginals_lab_free(&l);
    fk_mixture_free(mixture);
    return code;
}
