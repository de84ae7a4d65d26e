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
#include <gsl/gsl_integration.h>
#include <gsl/gsl_odeiv2.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <string.h>

#include "analytic/marginal.h"
#include "core/table.h"
#include "experiments/common.h"
#include "schedules/schedule.h"

enum { MAX_SCHEDULES = 4, ROWS = 401, TIMES = 50, SIDES = 2000 };

typedef struct {
    fk_schedule schedule[MAX_SCHEDULES]; /* VP-linear, VP-cosine, VE, the user's */
    char name[MAX_SCHEDULES][32];        /* of the file and in the figure */
    size_t n;
    const fk_mixture *mixture;
    double variance; /* of the data, a coordinate's mean */
} setting;

/* ---- the crossing of the two VP signals --------------------------------------------------------
 */

typedef struct {
    const fk_schedule *linear, *cosine;
    double power; /* of s_lin; 1 is right, 2 takes alpha_bar for s */
    gsl_integration_workspace *work;
} pair;

static double log_ratio(double t, void *self)
{
    const pair *p = self;
    return log(fk_schedule_at(p->cosine, t).s) - p->power * log(fk_schedule_at(p->linear, t).s);
}

static double drift_gap(double t, void *self)
{
    const pair *p = self;
    return fk_schedule_at(p->cosine, t).f - p->power * fk_schedule_at(p->linear, t).f;
}

/* log s_cos - log s_lin again, as the integral of f_cos - f_lin from 0, where both signals are 1.
 */
static double log_ratio_by_drift(double t, void *self)
{
    pair *p = self;
    gsl_function gap = {drift_gap, p};
    double value = NAN, error;
    gsl_integration_qag(&gap, 0.0, t, 1e-14, 1e-13, 1000, GSL_INTEG_GAUSS61, p->work, &value,
                        &error);
    return value;
}

/* The root on [1/2, 1 - 1e-7] by Brent's method; NaN where the ends have one sign. */
static double crossing(double (*gap)(double, void *), pair *p)
{
    gsl_function function = {gap, p};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    double t = NAN;
    if (gsl_root_fsolver_set(solver, &function, 0.5, 1.0 - 1e-7) == GSL_SUCCESS)
        for (int i = 0; i < 100; i++) {
            gsl_root_fsolver_iterate(solver);
            t = gsl_root_fsolver_root(solver);
            double lo = gsl_root_fsolver_x_lower(solver), hi = gsl_root_fsolver_x_upper(solver);
            if (hi - lo < 2e-16) break;
        }
    gsl_root_fsolver_free(solver);
    return t;
}

enum { RIGHT, SQUARED, NO_OFFSET, AS_PRINTED, HALF, DOUBLE, ROOT };

static fk_verdict check_crossing(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    fk_schedule bare = set->schedule[1];
    fk_error err;
    if (variant->which == NO_OFFSET && fk_schedule_parse("vp-cosine:offset=0", &bare, &err)) {
        return (fk_verdict){.observed = NAN};
    }
    pair right = {set->schedule, set->schedule + 1, 1.0, gsl_integration_workspace_alloc(1000)};
    pair tried = {set->schedule, &bare, variant->which == SQUARED ? 2.0 : 1.0, NULL};
    fk_verdict v = {.observed = crossing(log_ratio, &tried),
                    .expected = crossing(log_ratio_by_drift, &right)};
    gsl_integration_workspace_free(right.work);
    return v;
}

/* How many of SIDES points lie on the wrong side: s_cos > s_lin before t*, < after. */
static fk_verdict check_sides(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    pair p = {set->schedule, set->schedule + 1, 1.0, NULL};
    double t_star = variant->which == AS_PRINTED ? 1.0 : crossing(log_ratio, &p), wrong = 0.0;
    for (int i = 1; i < SIDES; i++) {
        double t = (double)i / SIDES, gap = log_ratio(t, &p);
        if (!(t < t_star ? gap > 0.0 : gap < 0.0)) wrong++;
    }
    return (fk_verdict){.observed = wrong};
}

/* ---- (f, g^2) against (s, sigma) ---------------------------------------------------------------
 */

typedef struct {
    const fk_schedule *schedule;
    double f_factor, g_power, half;
} moments;

/* m' = f m,  v' = 2 f v + g^2 */
static int moment_rates(double t, const double y[], double rate[], void *self)
{
    const moments *m = self;
    fk_coeffs c = fk_schedule_at(m->schedule, t);
    rate[0] = m->f_factor * c.f * y[0];
    rate[1] = 2.0 * m->half * m->f_factor * c.f * y[1] + pow(c.g2, m->g_power);
    return GSL_SUCCESS;
}

/* The worst relative error of coordinate `which` (0: m, 1: v), integrated from t_min to t_max. */
static double moment_error(const moments *m, int which)
{
    const fk_schedule *schedule = m->schedule;
    fk_coeffs c = fk_schedule_at(schedule, schedule->t_min);
    double t = schedule->t_min, y[2] = {c.s, c.sigma * c.sigma}, worst = 0.0;
    moments copy = *m;
    gsl_odeiv2_system system = {moment_rates, NULL, 2, &copy};
    gsl_odeiv2_driver *driver =
        gsl_odeiv2_driver_alloc_y_new(&system, gsl_odeiv2_step_rk8pd, 1e-6, 0.0, 1e-13);
    for (int i = 1; i <= TIMES; i++) {
        double to = schedule->t_min + (schedule->t_max - schedule->t_min) * i / TIMES;
        if (gsl_odeiv2_driver_apply(driver, &t, to, y) != GSL_SUCCESS) worst = NAN;
        c = fk_schedule_at(schedule, to);
        double exact = which == 0 ? c.s : c.sigma * c.sigma, error = fabs(y[which] / exact - 1.0);
        if (!(error <= worst)) worst = error;
    }
    gsl_odeiv2_driver_free(driver);
    return worst;
}

static double worst_moment(const setting *set, moments m, int which)
{
    double worst = 0.0;
    for (size_t i = 0; i < set->n; i++) {
        m.schedule = &set->schedule[i];
        double error = moment_error(&m, which);
        if (!(error <= worst)) worst = error;
    }
    return worst;
}

static fk_verdict check_mean(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)claim;
    moments m = {.f_factor = variant->which == DOUBLE ? 2.0 : 1.0, .g_power = 1.0, .half = 1.0};
    return (fk_verdict){.observed = worst_moment(env->context, m, 0)};
}

static fk_verdict check_variance(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    moments m = {.f_factor = 1.0,
                 .g_power = variant->which == ROOT ? 0.5 : 1.0,
                 .half = variant->which == HALF ? 0.5 : 1.0};
    return (fk_verdict){.observed = worst_moment(env->context, m, 1)};
}

/* lambda' = -g^2 / (2 sigma^2) */
static double snr_rate(double t, void *schedule)
{
    fk_coeffs c = fk_schedule_at(schedule, t);
    return -0.5 * c.g2 / (c.sigma * c.sigma);
}

static fk_verdict check_snr(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    double worst = 0.0, factor = variant->which == DOUBLE ? 2.0 : 1.0;
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
    for (size_t i = 0; i < set->n; i++) {
        fk_schedule schedule = set->schedule[i];
        gsl_function rate = {snr_rate, &schedule};
        double fall = NAN, error;
        gsl_integration_qag(&rate, schedule.t_min, schedule.t_max, 0.0, 1e-13, 1000,
                            GSL_INTEG_GAUSS61, work, &fall, &error);
        double exact = fk_schedule_at(&schedule, schedule.t_max).lambda -
                       fk_schedule_at(&schedule, schedule.t_min).lambda;
        double gap = fabs(factor * fall - exact);
        if (!(gap <= worst)) worst = gap;
    }
    gsl_integration_workspace_free(work);
    return (fk_verdict){.observed = worst};
}

/* ---- the variance of x_t -----------------------------------------------------------------------
 */

/* The mean variance of a coordinate, from the components of the frozen marginal. */
static double marginal_variance(const fk_mixture *mixture, double s, double sigma)
{
    fk_marginal *m = fk_marginal_new(mixture, s, sigma);
    double variance = 0.0;
    for (size_t i = 0; i < mixture->dim; i++) {
        double mean = 0.0, spread = 0.0;
        for (size_t k = 0; k < mixture->k; k++)
            mean += mixture->weight[k] * m->mean[k * mixture->dim + i];
        for (size_t k = 0; k < mixture->k; k++) {
            double d = m->mean[k * mixture->dim + i] - mean;
            /* (rotated axes: their variances have the same sum) */
            spread += mixture->weight[k] * (m->var[k * mixture->dim + i] + d * d);
        }
        variance += spread / (double)mixture->dim;
    }
    fk_marginal_free(m);
    return variance;
}

static fk_verdict check_total(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const setting *set = env->context;
    double worst = 0.0;
    for (size_t i = 0; i < set->n; i++)
        for (int j = 0; j <= TIMES; j++) {
            const fk_schedule *schedule = &set->schedule[i];
            double t = schedule->t_min + (schedule->t_max - schedule->t_min) * j / TIMES;
            fk_coeffs c = fk_schedule_at(schedule, t);
            double signal = variant->which == ROOT ? c.s : c.s * c.s,
                   noise = variant->which == DOUBLE ? 2.0 * c.sigma * c.sigma : c.sigma * c.sigma,
                   error = fabs((signal * set->variance + noise) /
                                    marginal_variance(set->mixture, c.s, c.sigma) -
                                1.0);
            if (!(error <= worst)) worst = error;
        }
    return (fk_verdict){.observed = worst};
}

static const fk_claim claims[] = {
    {.id = "schedules-crossing",
     .says = "the signals of VP-cosine and VP-linear are equal at one t* (root of s_cos - s_lin "
             "against root of the integral of f_cos - f_lin)",
     .source = "Nichol and Dhariwal 2021, eq. 17; Ho et al. 2020",
     .kind = FK_EXACT,
     .margin = 1e-13,
     .because = "both log-ratios are good to 1e-14 and fall with slope 200 and more at t*",
     .check = check_crossing,
     .right = {"s_cos = s_lin", RIGHT, 0},
     .control = {{"alpha_bar_lin in place of s_lin", SQUARED, 0},
                 {"cosine without its offset", NO_OFFSET, 0}}},
    {.id = "schedules-sides",
     .says = "s_cos > s_lin before t* and s_cos < s_lin after it: no other crossing",
     .source = "Nichol and Dhariwal 2021, fig. 5",
     .kind = FK_EXACT,
     .margin = 0.5,
     .because = "a count of violations",
     .check = check_sides,
     .right = {"before t*", RIGHT, 0},
     .control = {{"at late times, up to t = 1", AS_PRINTED, 0}}},
    {.id = "schedules-mean",
     .says = "m' = f m carries s from t_min to t_max",
     .source = "Song et al. 2021, eq. 29",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "local relative tolerance 1e-13 times fewer than 1000 steps of GSL's rk8pd",
     .check = check_mean,
     .right = {"f", RIGHT, 0},
     .control = {{"f without the 1/2 of beta/2", DOUBLE, 0}}},
    {.id = "schedules-variance",
     .says = "v' = 2 f v + g^2 carries sigma^2 from t_min to t_max",
     .source = "Song et al. 2021, eq. 29",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "local relative tolerance 1e-13 times fewer than 1000 steps of GSL's rk8pd",
     .check = check_variance,
     .right = {"2 f v + g^2", RIGHT, 0},
     .control = {{"f v + g^2", HALF, 0}, {"2 f v + g", ROOT, 0}}},
    {.id = "schedules-snr",
     .says = "log(s/sigma) falls by the integral of g^2/(2 sigma^2)",
     .source = "Kingma et al. 2021, eq. 3",
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "relative tolerance 1e-13 of a quadrature of value 20 at most, and rounding",
     .check = check_snr,
     .right = {"g^2/(2 sigma^2)", RIGHT, 0},
     .control = {{"g^2/sigma^2", DOUBLE, 0}}},
    {.id = "schedules-total-variance",
     .says =
         "Var(x_t) = s^2 Var(x_0) + sigma^2, which is 1 on a VP schedule only where Var(x_0) is",
     .source = "Song et al. 2021, appendix B",
     .kind = FK_EXACT,
     .margin = 1e-12,
     .because = "rounding: sums of k terms, with k 2^-53 below 1e-12 to thousands of components",
     .check = check_total,
     .right = {"s^2 Var(x_0) + sigma^2", RIGHT, 0},
     .control = {{"s Var(x_0) + sigma^2", ROOT, 0}, {"s^2 Var(x_0) + 2 sigma^2", DOUBLE, 0}}},
};

/* ---- the figure --------------------------------------------------------------------------------
 */

static double or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* NAME.csv: the whole domain, or the usable interval where the domain has no end. */
static int write_schedule(const setting *set, size_t i, const char *folder, fk_error *err)
{
    const fk_schedule *schedule = &set->schedule[i];
    char file[40];
    snprintf(file, sizeof file, "%s.csv", set->name[i]);
    char *path = fk_path_join(folder, file);
    fk_csv *csv;
    int status = fk_csv_create(path, "t,s,sigma,f,g2,lambda,sd", schedule->row.source, &csv, err);
    free(path);
    if (status) return status;
    double from = schedule->domain[0], to = schedule->domain[1];
    if (!isfinite(to)) from = schedule->t_min, to = schedule->t_max;
    for (int j = 0; j < ROWS; j++) {
        double t = from + (to - from) * j / (ROWS - 1);
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
    char *path = fk_path_join(folder, "crossing.csv");
    fk_csv *csv;
    int status = fk_csv_create(path, "t,s",
                               "where the signals of VP-linear and VP-cosine are equal", &csv, err);
    free(path);
    if (status) return status;
    fk_csv_row(csv, (double[]){t, s}, 2);
    return fk_csv_commit(csv, err);
}

static int prepare(const experiment *e, setting *set, fk_mixture **mixture, fk_error *err)
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
    experiment e = {.mixture = "three-1d", .out = "out/schedules", .seed = 1};
    const fk_option option[] = {
        EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "a schedule to draw beside the three", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {.name = "schedules",
                                .says = "Draw s, sigma, f, g^2 and log-SNR of VP-linear, VP-cosine "
                                        "and VE side by side, and check each against the others.",
                                .example = "fokker schedules --schedule flow",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    gsl_set_error_handler_off();

    fk_error err = {0};
    setting set = {0};
    fk_mixture *mixture = NULL;
    int status = prepare(&e, &set, &mixture, &err);
    for (size_t i = 0; i < set.n && !status; i++) status = write_schedule(&set, i, e.out, &err);
    pair p = {set.schedule, set.schedule + 1, 1.0, NULL};
    double t = status ? NAN : crossing(log_ratio, &p);
    double s = status ? NAN : fk_schedule_at(set.schedule, t).s;
    if (!status) status = write_crossing(t, s, e.out, &err);
    if (status) return fk_mixture_free(mixture), fk_cli_report(&err);

    fk_ledger ledger = {0};
    fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &set};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        fk_claim_run(&claims[i], &env, &ledger);

    char remark[256], assignments[512];
    snprintf(remark, sizeof remark,
             "the two VP signals cross once, at t = %.12f, where s = %.6f: VP-cosine keeps more\n"
             "signal before, VP-linear after\n",
             t, s);
    snprintf(assignments, sizeof assignments,
             "names='vp-linear vp-cosine ve%s'; specs='vp-linear vp-cosine ve %s'; mixture='%s'; "
             "t_cross=%.17g; s_cross=%.17g",
             e.schedule ? " given" : "", e.schedule ? e.schedule : "", e.mixture, t, s);
    int code = experiment_end(&e, "schedules", assignments, remark, &cli, &ledger);
    fk_mixture_free(mixture);
    return code;
}
