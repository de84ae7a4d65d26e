/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: what do the noise schedules make of signal, noise, drift and signal-to-noise ratio?
 *
 * Setting: x_t = s x_0 + sigma eps with s and sigma of VP-linear (Ho et al. 2020; Song et al.
 * 2021), VP-cosine (Nichol and Dhariwal 2021) and VE (Song and Ermon 2019), and of a schedule of
 * the user's choice beside them. Drawn: s, sigma and the standard deviation of x_t, then f = s'/s,
 * g^2 = (sigma^2)' - 2 f sigma^2 and the log-SNR, and where the two VP signals cross.
 *
 * Measured: (s, sigma) and (f, g^2) are two descriptions of one process; each is derived from the
 * other by integration, with GSL, and compared. The crossing is found from s and, apart from that,
 * from f alone.
 *
 * It would be refuted by a second crossing, by s_cos <= s_lin anywhere before it, or by an integral
 * of f or g^2 that misses s, sigma or lambda by more than the integrator's tolerance. */
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/common.h"
#include "experiments/schedules_checks.h"

enum { ROWS = 401 };

static const fk_claim claims[] = {
    {.id = "schedules-crossing",
     .says = "the signals of VP-cosine and VP-linear are equal at one t* (root of s_cos - s_lin "
             "against root of the integral of f_cos - f_lin)",
     .source = "Nichol and Dhariwal 2021, eq. 17; Ho et al. 2020",
     .kind = FK_EXACT,
     .margin = 1e-13,
     .because = "both log-ratios are good to 1e-14 and fall with slope 200 and more at t*",
     .check = schedules_check_crossing,
     .right = {"s_cos = s_lin", RIGHT, 0},
     .control = {{"alpha_bar_lin in place of s_lin", SQUARED, 0},
                 {"cosine without its offset", NO_OFFSET, 0}}},
    {.id = "schedules-sides",
     .says = "s_cos > s_lin before t* and s_cos < s_lin after it: no other crossing",
     .source = "Nichol and Dhariwal 2021, fig. 5",
     .kind = FK_EXACT,
     .margin = 0.5,
     .because = "a count of violations",
     .check = schedules_check_sides,
     .right = {"before t*", RIGHT, 0},
     .control = {{"at late times, up to t = 1", AS_PRINTED, 0}}},
    {.id = "schedules-mean",
     .says = "m' = f m carries s from t_min to t_max",
     .source = "Song et al. 2021, eq. 29",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "local relative tolerance 1e-13 times fewer than 1000 steps of GSL's rk8pd",
     .check = schedules_check_mean,
     .right = {"f", RIGHT, 0},
     .control = {{"f without the 1/2 of beta/2", DOUBLE, 0}}},
    {.id = "schedules-variance",
     .says = "v' = 2 f v + g^2 carries sigma^2 from t_min to t_max",
     .source = "Song et al. 2021, eq. 29",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "local relative tolerance 1e-13 times fewer than 1000 steps of GSL's rk8pd",
     .check = schedules_check_variance,
     .right = {"2 f v + g^2", RIGHT, 0},
     .control = {{"f v + g^2", HALF, 0}, {"2 f v + g", ROOT, 0}}},
    {.id = "schedules-snr",
     .says = "log(s/sigma) falls by the integral of g^2/(2 sigma^2)",
     .source = "Kingma et al. 2021, eq. 3",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "relative tolerance 1e-13 of a quadrature of value 20 at most, and rounding",
     .check = schedules_check_snr,
     .right = {"g^2/(2 sigma^2)", RIGHT, 0},
     .control = {{"g^2/sigma^2", DOUBLE, 0}}},
    {.id = "schedules-total-variance",
     .says =
         "Var(x_t) = s^2 Var(x_0) + sigma^2, which is 1 on a VP schedule only where Var(x_0) is",
     .source = "Song et al. 2021, appendix B",
     .kind = FK_EXACT,
     .margin = 1e-12,
     .because = "rounding: sums of k terms, with k 2^-53 below 1e-12 to thousands of components",
     .check = schedules_check_total,
     .right = {"s^2 Var(x_0) + sigma^2", RIGHT, 0},
     .control = {{"s Var(x_0) + sigma^2", ROOT, 0}, {"s^2 Var(x_0) + 2 sigma^2", DOUBLE, 0}}},
};

/* ---- the figure --------------------------------------------------------------------------------
 */

static double or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* NAME.csv: the whole domain, or, where that has no end, the usable interval by equal ratios. */
static int write_schedule(const setting *set, size_t i, const char *folder, fk_error *err)
{
    const fk_schedule *schedule = &set->schedule[i];
    char file[40];
    snprintf(file, sizeof file, "%s.csv", set->name[i]);
    fk_csv *csv;
    int status = fk_experiment_csv(folder, file, "t,s,sigma,f,g2,lambda,sd", schedule->row.source,
                                   &csv, err);
    if (status) return status;
    double from = schedule->domain[0], to = schedule->domain[1];
    bool endless = !isfinite(to);
    if (endless) from = schedule->t_min, to = schedule->t_max;
    for (int j = 0; j < ROWS; j++) {
        double u = (double)j / (ROWS - 1);
        double t = endless ? pow(from, 1.0 - u) * pow(to, u) : from + (to - from) * j / (ROWS - 1);
        fk_coeffs c = fk_schedule_at(schedule, t);
        double row[] = {t,
                        c.s,
                        c.sigma,
                        or_nan(c.f),
                        or_nan(c.g2),
                        or_nan(c.lambda),
                        sqrt(c.s * c.s * set->variance + c.sigma * c.sigma)};
        fk_csv_row(csv, row, sizeof row / sizeof *row);
    }
    return fk_csv_commit(csv, err);
}

static int write_crossing(double t, double s, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "crossing.csv", "t,s",
                          "where the signals of VP-linear and VP-cosine are equal", &csv, err);
    if (status) return status;
    fk_csv_row(csv, (double[]){t, s}, 2);
    return fk_csv_commit(csv, err);
}

static int prepare(const fk_experiment *e, setting *set, fk_mixture **mixture, fk_error *err)
{
    static const char *const spec[] = {"vp-linear", "vp-cosine", "ve"};
    int status = FK_OK;
    for (set->n = 0; set->n < 3 && !status; set->n++) {
        status = fk_schedule_parse(spec[set->n], &set->schedule[set->n], err);
        snprintf(set->name[set->n], sizeof set->name[0], "%s", spec[set->n]);
    }
    if (!status && e->schedule) {
        status = fk_schedule_parse(e->schedule, &set->schedule[set->n], err);
        snprintf(set->name[set->n++], sizeof set->name[0], "given");
    }
    if (!status) status = fk_mixture_read(e->mixture, mixture, err);
    if (status) return status;
    set->mixture = *mixture;
    double *mean = fk_alloc((*mixture)->dim, sizeof *mean),
           *cov = fk_alloc((*mixture)->dim * (*mixture)->dim, sizeof *cov);
    fk_mixture_moments(*mixture, mean, cov);
    for (size_t i = 0; i < (*mixture)->dim; i++)
        set->variance += cov[i * (*mixture)->dim + i] / (double)(*mixture)->dim;
    free(mean);
    free(cov);
    return fk_make_folder(e->out, err);
}

int main(int argc, char **argv)
{
    fk_experiment e = {.mixture = "three-1d", .out = "out/schedules", .seed = 1};
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "a schedule to draw beside the three", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {.name = "schedules",
                                .says = "Draw VP-linear, VP-cosine and VE side by side: s, sigma, f, g^2 "
                                        "and log-SNR, each checked against the others.",
                                .example = "fokker schedules --schedule flow",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "schedules");
    gsl_set_error_handler_off();

    fk_error err = {0};
    setting set = {0};
    fk_mixture *mixture = NULL;
    int status = prepare(&e, &set, &mixture, &err);
    for (size_t i = 0; i < set.n && !status; i++) status = write_schedule(&set, i, e.out, &err);
    double t = status ? NAN : schedules_crossing(&set);
    double s = status ? NAN : fk_schedule_at(set.schedule, t).s;
    if (!status) status = write_crossing(t, s, e.out, &err);
    if (status) return fk_mixture_free(mixture), fk_cli_report(&err);

    fk_ledger ledger = {0};
    fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &set};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        fk_claim_run(&claims[i], &env, &ledger);

    char remark[256], assignments[512], data[64], given[64] = "";
    fk_figure_name(e.mixture, true, data, sizeof data);
    if (e.schedule) fk_figure_name(e.schedule, true, given, sizeof given);
    snprintf(remark, sizeof remark,
             "The signals of VP-linear and VP-cosine cross at t = %.12f, where s = %.6f.\n", t, s);
    snprintf(assignments, sizeof assignments,
             "names='vp-linear vp-cosine ve%s'; specs='vp-linear vp-cosine ve %s'; mixture='%s'; "
             "t_cross=%.17g; s_cross=%.17g",
             e.schedule ? " given" : "", given, data, t, s);
    int code = fk_experiment_end(&e, "schedules", assignments, remark, &cli, &ledger);
    fk_mixture_free(mixture);
    return code;
}
