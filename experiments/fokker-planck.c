/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: do the Fokker-Planck equation, that of the reverse SDE, and the continuity equation of
 * the probability-flow ODE carry one and the same density, and what do the signs that were printed
 * wrong make of it?
 *
 * Setting: 1-D mixture data and the exact score. The three equations are solved pseudo-spectrally
 * (analytic/fokker_planck.h) over the schedule's whole usable interval: the forward one from the
 * noised data, the other two from the law at t_max. Nothing is sampled.
 *
 * Measured: the greatest error of the density against the mixture's closed form, over the greatest
 * density: at the end against the number of points (which must fall faster than any power) and of
 * steps (order 4), and on the way.
 *
 * It would be refuted by an error that does not fall to the rounding of the solver, or only as a
 * power of the number of points. The controls: the probability current with the sign of its
 * diffusion as printed in a blog note of 2024, which is diffusion backwards and has no solution;
 * the reversed drift of the same note; a missing 1/2; g^2 in place of g^2/2. */
#include <math.h>
#include <stdio.h>

#include "claims/setting.h"
#include "experiments/common.h"
#include "experiments/fokker-planck_lab.h"

/* The end's error, with the points that resolve and twice the stable steps. */
static fk_verdict check_end(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    if (v->which < RIGHT_ONES) {
        const fk_densities *d = &l->run[v->which];
        return fk_measured(fk_densities_error(d, d->kept - 1, l->mixture, &l->schedule), 0);
    }
    return fk_measured(planck_end_error(l, (equation)v->which, l->points, 0), 0);
}

static double local_power(const double *error, const size_t *n, size_t a, size_t b)
{
    return log(error[a] / error[b]) / log((double)n[b] / (double)n[a]);
}

/* By how much the power of the number of points that an error falls with rises from the doubling
 * 1/4 to 1/2 of them to the doubling 3/8 to 3/4: the lesser of the two equations that lead back,
 * whose ends are narrow. An order would keep its power. */
static fk_verdict check_fall(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    double least = INFINITY;
    for (int i = REVERSE; i < RIGHT_ONES; i++) {
        const double *error = v->which ? l->by_steps[i] : l->by_points[i];
        const size_t *n = v->which ? l->steps_of[i] : l->points_of;
        const size_t first = v->which ? 0 : 2;
        const double rise =
            local_power(error, n, first + 1, first + 3) - local_power(error, n, first, first + 2);
        if (!(rise >= least)) least = rise;
    }
    return fk_measured(least, 10.8);
}

static const char end_margin[] =
    "points that hold the narrowest component to 1e-14; order 4 in time, with a Courant number of "
    "0.9 at the box's ends and below 0.2 where the density is";

void planck_run_claims(const lab *l, uint64_t seed, fk_ledger *ledger)
{
    fk_claim claims[] = {
        {.id = "fokker-planck-forward",
         .says = "dp/dt = -d(f x p)/dx + (g^2/2) d2p/dx2 leads from p_t_min to p_t_max",
         .source = "Risken 1989, sec. 4.7",
         .kind = FK_EXACT,
         .margin = 1e-9,
         .because = end_margin,
         .check = check_end,
         .right = {"J = f p - (g^2/2) dp/dx", FORWARD, 0},
         .control = {{"the current as printed, f p + (g^2/2) dp/dx", PRINTED_CURRENT, 0},
                     {"without the 1/2", NO_HALF, 0}}},
        {.id = "fokker-planck-reverse",
         .says = "the reverse SDE's equation leads back from p_t_max to p_t_min",
         .source = "Anderson 1982",
         .kind = FK_EXACT,
         .margin = 1e-9,
         .because = end_margin,
         .check = check_end,
         .right = {"drift -f + g^2 score per dtau", REVERSE, 0},
         .control = {{"the drift as printed, f + g^2 score, per dt < 0", PRINTED_DRIFT_IN_T, 0},
                     {"g^2/2 score", HALF_SCORE, 0},
                     {"the drift as printed per dtau", PRINTED_DRIFT, 0}}},
        {.id = "fokker-planck-continuity",
         .says = "the continuity equation of the PF-ODE leads back from p_t_max to p_t_min",
         .source = "Song et al. 2021, appendix D.1",
         .kind = FK_EXACT,
         .margin = 1e-9,
         .because = end_margin,
         .check = check_end,
         .right = {"velocity f x - g^2/2 score", CONTINUITY, 0},
         .control = {{"g^2 score", FULL_SCORE, 0}}},
        {.id = "fokker-planck-spectral",
         .says =
             "backwards the error falls faster than any power of the number of points: from one "
             "doubling to a later one, by 1.5, the local power rises by 10.8",
         .source = "Trefethen 2000, chapter 4",
         .kind = FK_EXACT,
         .margin = 4,
         .because =
             "the narrowest component\'s coefficients at the doublings are exp(-k^2/2) for k "
             "= 2, 4 and 3, 6: powers (6 and 13.5)/log 2 of 2; prefactors that are powers "
             "cancel, others may change either ratio by 4",
         .check = check_fall,
         .right = {"against points", 0, 0},
         .control = {{"against steps: order 4", 1, 0}}},
    };
    if (l->schedule.exploding) claims[REVERSE].control[2].name = NULL; /* f = 0: the same drift */
    fk_claim_env env = {.seed = seed, .scale = 1, .threads = l->threads, .context = l};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        fk_claim_run(&claims[i], &env, ledger);
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/fokker-planck", .seed = 1};
    const fk_option option[] = {FK_EXPERIMENT_OPTIONS(e),
                                {"schedule", "S", "the noise schedule (default: vp-linear)",
                                 FK_OPT_TEXT, &e.schedule, false},
                                {0}};
    const fk_command command = {
        .name = "fokker-planck",
        .says = "Solve the Fokker-Planck equation forward, in reversed time and as the PF-ODE's "
                "continuity equation, and hold the densities against the exact ones.",
        .example = "fokker fokker-planck --quick",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "fokker-planck");

    fk_error err = {0};
    lab l = {.threads = cli.threads};
    int status = planck_lab_new(&l, e.mixture, e.schedule, &err);
    if (!status) status = fk_make_folder(e.out, &err);
    if (!status) status = planck_run(&l, e.quick, &err);
    if (!status) status = planck_write_tables(&l, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        planck_run_claims(&l, e.seed, &ledger);
        char told[512], assignments[512], data[64], noise[64];
        fk_figure_name(e.mixture, true, data, sizeof data);
        fk_figure_name(e.schedule, true, noise, sizeof noise);
        snprintf(told, sizeof told,
                 "%zu points, %zu to %zu steps. With the printed current the density exceeds 10^6 "
                 "times its greatest value at t = %.3g, with half the points at t = %.3g.\n",
                 l.points, l.run[0].steps, l.run[1].steps, l.printed[0].t[l.printed[0].kept - 1],
                 l.printed[1].t[l.printed[1].kept - 1]);
        snprintf(assignments, sizeof assignments,
                 "mixture='%s'; schedule='%s'; logt=%d; t_min=%.17g; t_max=%.17g; points=%zu; "
                 "steps=%zu",
                 data, noise, l.log_time, l.schedule.t_min, l.schedule.t_max, l.points, l.steps);
        code = fk_experiment_end(&e, "fokker-planck", assignments, told, &cli, &ledger);
    }
    planck_lab_free(&l);
    return code;
}
