/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: what does guidance of scale gamma sample? It is often said to sample the tilted law
 * p_0(x) p(y | x)^gamma.
 *
 * Setting: a mixture whose label y is one of its components, so that the classifier is exact; score
 * + gamma (score given y - score) in the probability-flow ODE and in the reverse SDE, from p_T
 * given y down to a noise level of a fifth of the narrowest component. Laws are carried along
 * exactly (quantiles by dp5; densities by Chapman-Kolmogorov, extrapolated), and the tilted law is
 * noised to the same level by quadrature. In two dimensions samples of the ODE against the tilted
 * density.
 *
 * Measured: W1 between guided and tilted law against the scale; sigma times the rms difference of
 * the guided score and the score of the noised tilted law, against sigma/s.
 *
 * It would be refuted by a distance that is not 0 at scale 0 (no guidance) or 1, or by one that is
 * 0 at another. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/common.h"
#include "experiments/guidance_lab.h"

static const double scale[] = {0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
static const double shown[SHOWN] = {1, 2, 4};   /* as densities */
static const double told[] = {0.5, 1, 2, 4, 8}; /* in the panel of residuals */
enum { SCALES = sizeof scale / sizeof *scale, TOLD = sizeof told / sizeof *told, LEVELS = 25 };
enum { PLANE = 141 };
static const double plane_scale = 4;

typedef struct {
    guided_lab lab;
    size_t n_samples;
    int threads;
    double ode[SCALES], sde[SCALES]; /* W1 to the tilted law */
} measured;

/* ---- claims ------------------------------------------------------------------------------------
 */

enum { ONE_SCALE, AND_SCALE_0 }; /* where a variant is looked at: its parameter */

static double distance_of_ode(const measured *m, double at)
{
    guided_laws laws;
    fk_error err;
    double w1 = NAN;
    if (guided_ode_new(&m->lab, at, &laws, &err) == FK_OK)
        w1 = guided_w1(&m->lab, laws.ode, laws.tilted);
    guided_laws_free(&laws);
    return w1;
}

static fk_verdict check_ode(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)claim;
    double w1 = distance_of_ode(env->context, variant->param);
    if (variant->which == AND_SCALE_0) fk_worst(&w1, distance_of_ode(env->context, 0));
    return (fk_verdict){.observed = w1};
}

static fk_verdict check_sde(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)claim;
    const measured *m = env->context;
    for (size_t i = 0; i < SCALES; i++)
        if (scale[i] == variant->param) return (fk_verdict){.observed = m->sde[i]};
    return (fk_verdict){.observed = NAN};
}

/* The worst over five noise levels. */
static double worst_residual(const measured *m, double at)
{
    fk_guidance g;
    fk_error err;
    if (fk_guidance_new(m->lab.mixture, &m->lab.label, 1, 1, &g, &err) != FK_OK) return NAN;
    fk_tilted *q = fk_tilted_new(&g, at);
    double worst = 0;
    for (double lambda = 1; lambda > -2; lambda -= 0.75)
        fk_worst(&worst, guided_residual(&m->lab, q, at, lambda));
    fk_tilted_free(q);
    fk_guidance_free(&g);
    return worst;
}

static fk_verdict check_residual(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *variant)
{
    (void)claim;
    double worst = worst_residual(env->context, variant->param);
    if (variant->which == AND_SCALE_0) fk_worst(&worst, worst_residual(env->context, 0));
    return (fk_verdict){.observed = worst};
}

static const fk_claim claims[] = {
    {.id = "guidance-ode",
     .says = "at scale 1 the guided ODE samples p_0(x | y) exactly, at 0 p_0; at no other the "
             "tilted law",
     .source = "Ho and Salimans 2022, eq. 6",
     .kind = FK_EXACT,
     .margin = 1e-5,
     .because = "quantiles carried by dp5 and interpolated by cubic splines: 1e-7 each of W1",
     .check = check_ode,
     .right = {"scales 0 and 1", AND_SCALE_0, 1},
     .control = {{"scale 0.98", 0, 0.98}, {"scale 1.02", 0, 1.02}, {"scale 2", 0, 2}}},
    {.id = "guidance-sde",
     .says = "so does the guided SDE, whose law at other scales is another than the ODE's",
     .source = "Bradley and Nakkiran 2024, theorem 1",
     .kind = FK_EXACT,
     .margin = 2e-3,
     .because = "an error of W1 of 1/N, extrapolated from N and 2 N, leaves some 10/N^2",
     .check = check_sde,
     .right = {"scale 1", 0, 1},
     .control = {{"scale 0.75", 0, 0.75}, {"scale 1.25", 0, 1.25}, {"scale 2", 0, 2}}},
    {.id = "guidance-score",
     .says = "the guided score is that of the noised tilted law at scales 0 and 1, and at no other",
     .source = "Ho and Salimans 2022, section 3.2",
     .kind = FK_EXACT,
     .margin = 1e-9,
     .because = "quadrature of the tilted law to 1e-11",
     .check = check_residual,
     .right = {"scales 0 and 1", AND_SCALE_0, 1},
     .control = {{"scale 0.98", 0, 0.98}, {"scale 1.02", 0, 1.02}, {"scale 2", 0, 2}}},
};

/* ---- tables ------------------------------------------------------------------------------------
 */

/* Densities as central differences of distribution functions. */
static double density(const guided_lab *l, const double *f, size_t i)
{
    double h = (l->hi - l->lo) / (PLACES - 1);
    return (f[i + 1] - f[i - 1]) / (2 * h);
}

/* All scales at once, a thread each. */
static int run_scales(const measured *m, guided_laws *laws, fk_error *err)
{
    fk_error each[SCALES] = {0};
    int status[SCALES];
    fk_progress *bar = fk_progress_new("guidance", SCALES);
#pragma omp parallel for schedule(dynamic)                                                         \
    num_threads(m->threads > 0 ? m->threads : omp_get_max_threads())
    for (size_t k = 0; k < SCALES; k++) {
        status[k] = guided_laws_new(&m->lab, scale[k], &laws[k], &each[k]);
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
    for (size_t k = 0; k < SCALES; k++)
        if (status[k]) {
            *err = each[k];
            return status[k];
        }
    return FK_OK;
}

static int write_laws(measured *m, const guided_laws *laws, const char *folder, fk_error *err)
{
    const guided_lab *l = &m->lab;
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "laws.csv", "gamma,x,tilted,ode,sde", NULL, &csv, err);
    for (size_t k = 0; k < SCALES && !status; k++)
        for (size_t j = 0; j < SHOWN; j++)
            for (size_t i = 4; scale[k] == shown[j] && i < PLACES - 4; i += 4)
                fk_csv_row(csv,
                           (double[]){scale[k], guided_place(l, i), density(l, laws[k].tilted, i),
                                      density(l, laws[k].ode, i), density(l, laws[k].sde, i)},
                           5);
    if (!status) status = fk_csv_commit(csv, err);
    if (!status)
        status = fk_experiment_csv(folder, "distances.csv", "gamma,ode,sde", NULL, &csv, err);
    for (size_t k = 0; k < SCALES && !status; k++) {
        m->ode[k] = guided_w1(l, laws[k].ode, laws[k].tilted);
        m->sde[k] = guided_w1(l, laws[k].sde, laws[k].tilted);
        fk_csv_row(csv, (double[]){scale[k], m->ode[k], m->sde[k]}, 3);
    }
    return status ? status : fk_csv_commit(csv, err);
}

static int write_residuals(const measured *m, const char *folder, fk_error *err)
{
    fk_csv *csv;
    fk_guidance g;
    int status = fk_guidance_new(m->lab.mixture, &m->lab.label, 1, 1, &g, err);
    if (status) return status;
    status = fk_experiment_csv(folder, "residuals.csv", "gamma,rho,residual", NULL, &csv, err);
    for (size_t k = 0; k < TOLD && !status; k++) {
        fk_tilted *q = fk_tilted_new(&g, told[k]);
        for (size_t j = 0; j < LEVELS; j++) {
            double lambda =
                m->lab.last.lambda + (-3.2 - m->lab.last.lambda) * (double)j / (LEVELS - 1);
            fk_csv_row(
                csv,
                (double[]){told[k], exp(-lambda), guided_residual(&m->lab, q, told[k], lambda)}, 3);
        }
        fk_tilted_free(q);
    }
    fk_guidance_free(&g);
    return status ? status : fk_csv_commit(csv, err);
}

/* full-2d, its second component as the label: the tilted density without its noise (which is below
 * what the eye can see), and samples of the guided ODE. */
static int write_plane(const measured *m, const char *folder, uint64_t seed, fk_error *err)
{
    fk_mixture *mix;
    fk_guidance g;
    int status = fk_mixture_read("full-2d", &mix, err);
    if (status) return status;
    status = fk_guidance_new(mix, &(size_t){1}, 1, plane_scale, &g, err);
    if (status) {
        fk_mixture_free(mix);
        return status;
    }
    fk_marginal *all = fk_marginal_new(mix, 1, 0), *given = fk_marginal_new(g.given, 1, 0);
    fk_csv *csv;
    status = fk_experiment_csv(folder, "plane.csv", "x,y,tilted,given", NULL, &csv, err);
    for (size_t j = 0; j < PLANE && !status; j++) {
        for (size_t i = 0; i < PLANE; i++) {
            double x[2] = {-2 + 5 * (double)i / (PLANE - 1), -2 + 8 * (double)j / (PLANE - 1)};
            double log_label = fk_guidance_log_label(&g, all, given, x, NULL);
            double log_p = fk_marginal_at(all, x, NULL);
            fk_csv_row(csv,
                       (double[]){x[0], x[1], exp(log_p + plane_scale * log_label),
                                  exp(fk_marginal_at(given, x, NULL))},
                       4);
        }
        fk_csv_block(csv);
    }
    if (!status) status = fk_csv_commit(csv, err);
    double *x = NULL;
    if (!status) status = guided_samples(&g, &m->lab, m->n_samples, seed, &x, err);
    if (!status) status = fk_experiment_csv(folder, "samples.csv", "x,y", NULL, &csv, err);
    for (size_t p = 0; p < m->n_samples && !status; p++) fk_csv_row(csv, x + 2 * p, 2);
    if (!status) status = fk_csv_commit(csv, err);
    free(x);
    fk_marginal_free(all);
    fk_marginal_free(given);
    fk_guidance_free(&g);
    fk_mixture_free(mix);
    return status;
}

/* ---- setting -----------------------------------------------------------------------------------
 */

static int prepare(const fk_experiment *e, size_t label, measured *m, fk_error *err)
{
    guided_lab *l = &m->lab;
    int status = fk_mixture_read(e->mixture, &l->mixture, err);
    if (status) return status;
    if (l->mixture->dim != 1)
        return fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: exact laws need dim 1",
                       e->mixture, l->mixture->dim);
    if (l->mixture->k < 2)
        return fk_fail(err, FK_USAGE, "--mixture '%s' has one component: labels need two",
                       e->mixture);
    if (label > l->mixture->k)
        return fk_fail(err, FK_USAGE, "--label %zu: '%s' has components 1 to %zu", label,
                       e->mixture, l->mixture->k);
    l->label = label ? label - 1 : l->mixture->k - 1;
    double narrowest = INFINITY;
    l->lo = INFINITY, l->hi = -INFINITY;
    for (size_t k = 0; k < l->mixture->k; k++) {
        double sd = sqrt(l->mixture->var[k]);
        narrowest = fmin(narrowest, sd);
        l->lo = fmin(l->lo, l->mixture->mean[k] - 8 * sd);
        l->hi = fmax(l->hi, l->mixture->mean[k] + 8 * sd);
    }
    if (narrowest == 0)
        return fk_fail(err, FK_USAGE, "--mixture '%s' has a point mass: it has no density to tilt",
                       e->mixture);
    status = fk_schedule_parse(e->schedule, &l->schedule, err);
    if (status) return status;
    l->t_first = l->schedule.t_max;
    l->t_last = fmax(l->schedule.time_of(&l->schedule, log(5 / narrowest)), l->schedule.t_min);
    l->first = fk_schedule_at(&l->schedule, l->t_first);
    l->last = fk_schedule_at(&l->schedule, l->t_last);
    l->ode_steps = e->quick ? 100 : 200;
    l->sde_steps = e->quick ? 80 : 200;
    m->n_samples = e->quick ? 800 : 2500;
    return fk_make_folder(e->out, err);
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/guidance", .seed = 1};
    size_t label = 0;
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule, false},
        {"label", "K", "the component to guide to, from 1 (default: the last)", FK_OPT_COUNT,
         &label, false},
        {0}};
    const fk_command command = {.name = "guidance",
                                .says = "What guidance samples: exact laws of the guided ODE and "
                                        "SDE against the tilted law, by scale.",
                                .example = "fokker guidance --quick",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);
    fk_experiment_refuse_score(&e, "guidance");

    fk_error err = {0};
    measured m = {.lab = {.threads = 1}, .threads = cli.threads};
    guided_laws laws[SCALES] = {{0}};
    int status = prepare(&e, label, &m, &err);
    if (!status) status = run_scales(&m, laws, &err);
    if (!status) status = write_laws(&m, laws, e.out, &err);
    for (size_t k = 0; k < SCALES; k++) guided_laws_free(&laws[k]);
    if (!status) status = write_residuals(&m, e.out, &err);
    if (!status) status = write_plane(&m, e.out, e.seed, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &m};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
            fk_claim_run(&claims[i], &env, &ledger);
        char remark[256], data[64], schedule[64], assignments[256];
        snprintf(remark, sizeof remark,
                 "W1 to the tilted law at scale 1, 2, 4: ODE %.2g, %.3f, %.3f; SDE %.2g, %.3f, "
                 "%.3f\n",
                 m.ode[4], m.ode[8], m.ode[11], m.sde[4], m.sde[8], m.sde[11]);
        fk_figure_name(e.mixture, true, data, sizeof data);
        fk_figure_name(e.schedule, true, schedule, sizeof schedule);
        snprintf(assignments, sizeof assignments,
                 "mixture='%s'; schedule='%s'; label=%zu; rho=%.3g", data, schedule,
                 m.lab.label + 1, m.lab.last.sigma / m.lab.last.s);
        code = fk_experiment_end(&e, "guidance", assignments, remark, &cli, &ledger);
    }
    fk_mixture_free(m.lab.mixture);
    return code;
}
