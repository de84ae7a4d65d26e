/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Question: how fast does each scheme converge, and what does an evaluation of the score buy?
 *
 * Setting: every scheme of the registry, started by itself from the exact marginal at t_max, on a
 * grid uniform in log(s/sigma) down to t = 1e-3 or the schedule's t_min. Schemes without noise run
 * on the mixture, by quantiles pushed forward; those with noise on the Gaussian of its mean and
 * variance, whose law after any scheme is known exactly. Strong errors are taken on the stochastic
 * logistic equation along paired paths.
 *
 * Measured: the worst error of sixteen smoothed distribution functions Phi((x - c_j)/0.2), c_j the
 * (j - 1/2)/16 quantiles, which every law yields; no random numbers but for the strong errors. The
 * slope on a line is that of a two-term fit where it has settled, else the last local one.
 *
 * It would be refuted by a line that settles below the order that its scheme claims. (Multistep
 * schemes start with lower orders: from t_max that hides in an error too small to be seen.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/certificate.h"
#include "experiments/common.h"
#include "experiments/convergence_lab.h"

/* ---- claims ------------------------------------------------------------------------------------
 */

enum { RIGHT = -1 };

/* The order of one scheme's W1 on three-1d, or of one of its published mistakes. */
static fk_verdict check_order(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    const convergence *c = env->context;
    const fk_place place = {"vp-linear", "lambda", -2, 0.05};
    fk_scheme scheme = fk_wrong_scheme_at(0).subject.scheme;
    for (size_t i = 0; i < c->n && variant->which == RIGHT; i++)
        if (strcmp(c->line[i].name, "dpmpp-3m") == 0) scheme = c->line[i].scheme;
    fk_verdict out = {.observed = NAN, .expected = 3};
    fk_series series;
    fk_error err;
    if (fk_series_mixture(&scheme, &place, FK_EXACT_START, 10, 7, &series, &err) != FK_OK)
        return out;
    const size_t W1 = series.functionals - 1;
    fk_order order = fk_order_read(series.error[W1], series.noise[W1], series.levels, 0.1);
    if (order.state == FK_ORDER_SETTLED) out.observed = order.p;
    return out;
}

static const fk_claim claims[] = {
    {.id = "convergence-order",
     .says = "the settled order of DPM-Solver++(3M) in W1 is 3",
     .source = "Lu et al. 2022b, theorem 3.2",
     .kind = FK_ORDER,
     .margin = 0.1,
     .because = "two-term fits to errors without noise, at 160 to 640 steps",
     .check = check_order,
     .right = {"second divided difference in full", RIGHT, 0},
     .control = {{"half of it, as in several libraries", 0, 0}}},
};

/* ---- tables ------------------------------------------------------------------------------------
 */

static int write_lines(const convergence *c, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "convergence.csv",
                                   "panel,line,order,steps,evaluations,error", NULL, &csv, err);
    if (status) return status;
    for (size_t i = 0; i < c->n; i++) {
        const line *l = &c->line[i];
        const double order = l->panel == STRONG ? l->scheme.strong_order : l->scheme.weak_order;
        for (size_t k = 0; l->ran && k < l->series.levels; k++)
            fk_csv_row(csv,
                       (double[]){l->panel, (double)(i + 1), order, (double)l->series.steps[k],
                                  (double)l->series.evaluations[k], l->series.error[0][k]},
                       6);
    }
    return fk_csv_commit(csv, err);
}

/* Where a line's name stands: right of its last point, moved so that names do not overlap. */
typedef struct {
    size_t line;
    double x, y; /* of the line's last point, y in decades */
} tag;

static int by_height(const void *a, const void *b)
{
    double d = ((const tag *)a)->y - ((const tag *)b)->y;
    return (d > 0) - (d < 0);
}

/* Least gaps between names, keeping their order and, on the whole, their height. */
static void spread(tag *t, size_t n, double gap, double lowest)
{
    qsort(t, n, sizeof *t, by_height);
    for (size_t i = 0; i < n; i++) t[i].y = fmax(t[i].y, i ? t[i - 1].y + gap : lowest + gap / 2);
    double top = 0;
    for (size_t i = n; i-- > 0; top = t[i].y - gap) t[i].y = fmin(t[i].y, top);
}

static bool is_in(panel of, int figure)
{
    return figure < N_PANELS ? of == (panel)figure : of == ONE_STEP || of == MULTISTEP;
}

/* The decade at which each panel of the figure ends; plots/convergence.gp has the same. */
static const double floor_of[N_PANELS + 1] = {-14, -11, -8, -5, -14};

/* Names for the panels, and for a fifth one that has all schemes without noise. */
static int write_tags(const convergence *c, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "names.csv",
                                   "panel,line,order,slope,y,steps,evaluations,error,settled", NULL,
                                   &csv, err);
    if (status) return status;
    tag *t = fk_alloc(c->n, sizeof *t);
    for (int figure = 0; figure <= N_PANELS; figure++) {
        size_t n = 0;
        const double lowest = floor_of[figure];
        for (size_t i = 0; i < c->n; i++) {
            const line *l = &c->line[i];
            if (!l->ran || !is_in(l->panel, figure) || l->order.state == FK_ORDER_VANISHED)
                continue; /* exact here */
            double end = l->series.error[0][l->series.levels - 1];
            t[n++] = (tag){i, 0, fmax(log10(end), lowest)};
        }
        spread(t, n, -lowest / 28, lowest);
        for (size_t k = 0; k < n; k++) {
            const line *l = &c->line[t[k].line];
            const size_t last = l->series.levels - 1;
            const double order = l->panel == STRONG ? l->scheme.strong_order : l->scheme.weak_order;
            fk_csv_row(csv,
                       (double[]){figure, (double)(t[k].line + 1), order, l->slope, pow(10, t[k].y),
                                  (double)l->series.steps[last],
                                  (double)l->series.evaluations[last], l->series.error[0][last],
                                  l->order.state == FK_ORDER_SETTLED},
                       9);
        }
    }
    free(t);
    return fk_csv_commit(csv, err);
}

static int prepare(const fk_experiment *e, convergence *c, fk_error *err)
{
    static fk_schedule schedule;
    int status = fk_mixture_read(e->mixture, &c->mixture, err);
    if (!status && c->mixture->dim != 1)
        status = fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: exact laws need dim 1",
                         e->mixture, c->mixture->dim);
    if (!status) status = fk_schedule_parse(e->schedule, &schedule, err);
    if (!status) status = fk_make_folder(e->out, err);
    if (status) return status;
    double mean, var;
    fk_mixture_moments(c->mixture, &mean, &var);
    status = fk_mixture_new_diagonal("its Gaussian", 1, 1, (double[]){1}, &mean, &var, &c->gaussian,
                                     err);
    c->place = (fk_place){e->schedule, "lambda", NAN, fmax(1e-3, schedule.t_min)};
    c->coarsest = 4;
    c->levels = e->quick ? 6 : 9;
    return status;
}

/* The settled lines below their claim, at most; and the best at each number of evaluations. */
static void remark(const convergence *c, char *text, size_t size)
{
    size_t ran = 0, used = 0;
    char low[128] = "";
    for (size_t i = 0; i < c->n; i++) {
        const line *l = &c->line[i];
        const double claim = l->panel == STRONG ? l->scheme.strong_order : l->scheme.weak_order;
        ran += l->ran;
        if (l->ran && l->order.state == FK_ORDER_SETTLED && l->order.p < claim - 0.1 &&
            used < sizeof low)
            used +=
                (size_t)snprintf(low + used, sizeof low - used, " %s (%.2f)", l->name, l->order.p);
    }
    snprintf(text, size, "%zu lines; settled below the order claimed:%s\n", ran,
             used ? low : " none");
}

int main(int argc, char **argv)
{
    fk_experiment e = {
        .mixture = "three-1d", .schedule = "vp-linear", .out = "out/convergence", .seed = 1};
    const fk_option option[] = {
        FK_EXPERIMENT_OPTIONS(e),
        {"schedule", "S", "the schedule (default: vp-linear)", FK_OPT_TEXT, &e.schedule, false},
        {0}};
    const fk_command command = {.name = "convergence",
                                .says = "Errors of every scheme against steps and evaluations, "
                                        "from exact laws, with their slopes.",
                                .example = "fokker convergence --quick",
                                .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    convergence c = {0};
    int status = prepare(&e, &c, &err);
    if (!status) {
        convergence_lines(&c);
        convergence_run(&c, cli.threads);
        status = write_lines(&c, e.out, &err);
    }
    if (!status) status = write_tags(&c, e.out, &err);
    int code = fk_cli_report(&err);
    if (!status) {
        fk_ledger ledger = {0};
        fk_claim_env env = {.seed = e.seed, .scale = 1, .threads = cli.threads, .context = &c};
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
            fk_claim_run(&claims[i], &env, &ledger);
        char told[256], data[64], schedule[64], assignments[3000] = "names='";
        remark(&c, told, sizeof told);
        fk_figure_name(e.mixture, true, data, sizeof data);
        fk_figure_name(e.schedule, true, schedule, sizeof schedule);
        size_t used = strlen(assignments);
        for (size_t i = 0; i < c.n; i++)
            used += (size_t)snprintf(assignments + used, sizeof assignments - used, "%s ",
                                     c.line[i].name);
        snprintf(assignments + used, sizeof assignments - used,
                 "'; mixture='%s'; schedule='%s'; finest=%zu; t_end=%g", data, schedule,
                 c.coarsest << (c.levels - 1), c.place.t_end);
        code = fk_experiment_end(&e, "convergence", assignments, told, &cli, &ledger);
    }
    free(c.line);
    fk_mixture_free(c.mixture);
    fk_mixture_free(c.gaussian);
    return code;
}
