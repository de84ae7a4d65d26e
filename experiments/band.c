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
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/band_claims.h"
#include "experiments/band_tables.h"
#include "experiments/common.h"

static int prepare(const fk_experiment *e, size_t steps, fk_mixture **mixture, fk_axis *axis,
                   lab *l, fk_error *err)
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
    if (status) return status;
    l->set.mixture = *mixture;
    l->set.axis = axis;
    if (l->n == 0) l->n = fk_experiment_samples(*mixture, e->quick ? 10000 : 40000);
    status = band_check_size(l, err);
    return status ? status : fk_make_folder(e->out, err);
}

static int run_all(lab *l, fk_error *err)
{
    int status = band_make_laws(l, err);
    for (size_t i = 0; i < RUNS; i++) l->run[i] = band_summary_new(l->set.rows);
    for (size_t i = 0; i < RUNS && !status; i++)
        status = band_simulate(l, (which)i, l->n, &l->run[i], err);
    l->path = fk_alloc(l->set.rows * (PATHS + 1), sizeof *l->path);
    if (!status) status = band_trajectories(l, 1.0, l->path, err);
    return status;
}

static double observed(const fk_ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->n; i++)
        if (strcmp(ledger->entry[i].id, id) == 0) return ledger->entry[i].verdict.observed;
    return NAN;
}

static void remark(const char *data, const char *noise, const lab *l, const fk_ledger *ledger,
                   char *text, size_t size)
{
    size_t j = l->set.rows - 1;
    const double *q = l->run[SDE_FIXED].quantile[j];
    const row *r = &l->row[j];
    snprintf(text, size,
             "The reverse SDE and the probability-flow ODE on %s, %s, %zu particles.\n"
             "From one point, x = %.4g at t = %.4g, to t = %.4g:\n"
             "                    mean       5 %%      95 %%\n"
             "    reverse SDE %8.4f  %8.4f  %8.4f\n"
             "    exact law   %8.4f  %8.4f  %8.4f   p(x_t | x_1)\n"
             "    PF-ODE      %8.4f                       one path\n"
             "From the marginal, x ~ p_1, the quantiles of the SDE miss those of p_t by at most\n"
             "%.4f in probability, those of the ODE by %.4f.\n",
             data, noise, l->n, l->start, l->row[0].t, r->t, l->run[SDE_FIXED].mean[j], q[0],
             q[LEVELS - 1], r->fixed_mean, fk_marginal_quantile(r->fixed, band_level[0], false),
             fk_marginal_quantile(r->fixed, band_level[LEVELS - 1], false),
             l->path[j * (PATHS + 1) + PATHS], observed(ledger, "band-sde-marginal"),
             observed(ledger, "band-ode-marginal"));
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/band", .seed = 1};
    lab l = {.start = NAN};
    size_t steps = 0;
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
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
    fk_experiment_refuse_score(&e, "band");
    if (steps == 0) steps = e.quick ? 200 : 400;

    fk_error err = {0};
    fk_mixture *mixture = NULL;
    fk_axis axis = {0};
    size_t frames = 0, *node = fk_alloc(MAX_ROWS, sizeof *node);
    int status = prepare(&e, steps, &mixture, &axis, &l, &err);
    if (!status) {
        l.set.threads = cli.threads;
        l.seed = e.seed;
        l.logt = l.schedule.t_max > 1.5;
        band_choose_rows(&l, e.quick ? MAX_ROWS / 2 + 1 : MAX_ROWS, node);
        status = run_all(&l, &err);
    }
    if (!status) status = band_write_tables(&l, e.out, &frames, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        band_run_claims(&l, &ledger);
        char told[1024], assignments[512], data[64], noise[64];
        fk_figure_name(e.mixture, false, data, sizeof data);
        fk_figure_name(e.schedule, false, noise, sizeof noise);
        remark(data, noise, &l, &ledger, told, sizeof told);
        snprintf(assignments, sizeof assignments,
                 "mixture='%s'; schedule='%s'; start=%.17g; scaled=%d; logt=%d; frames=%zu; "
                 "stride=%d",
                 data, noise, l.start, l.scaled, l.logt, frames, BAND_STRIDE);
        code = fk_experiment_end(&e, "band", assignments, told, &cli, &ledger);
    }
    band_lab_free(&l);
    fk_axis_free(&axis);
    fk_mixture_free(mixture);
    free(node);
    return code;
}
