/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_laws.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/exact.h"
#include "analytic/law.h"
#include "core/observe.h"

void fk_seen_law_free(fk_seen_law *law)
{
    fk_curve_free(&law->curve);
}

/* ---- the exact processes -----------------------------------------------------------------------
 */

/* Nodes of the prior: the trapezium rule, exact to rounding for what varies on its scale; 1e-17 of
 * the mass lies beyond its reach. */
enum { NODES = 65 };
static const double REACH = 8.6;

/* The law of the reverse SDE from the prior: of its laws from the nodes, all mixtures, a mixture.
 */
static int reverse_law(const fk_mixture *m, const fk_coeffs *from, const fk_coeffs *to, double std,
                       fk_mixture **out, fk_error *err)
{
    double *weight = fk_alloc(3 * NODES * m->k, sizeof *weight), *mean = weight + NODES * m->k,
           *var = mean + NODES * m->k, total = 0;
    size_t k = 0;
    int status = FK_OK;
    for (size_t i = 0; i < NODES && !status; i++) {
        const double z = REACH * (2 * (double)i / (NODES - 1) - 1), x = std * z;
        fk_mixture *law;
        status = fk_reverse_law(m, from, &x, to, &law, err);
        for (size_t c = 0; !status && c < law->k; c++, k++) {
            weight[k] = exp(-z * z / 2) * law->weight[c];
            mean[k] = law->mean[c], var[k] = law->var[c];
            total += weight[k];
        }
        if (!status) fk_mixture_free(law);
    }
    for (size_t i = 0; i < k; i++) weight[i] /= total;
    if (!status) status = fk_mixture_new_diagonal("reverse", 1, k, weight, mean, var, out, err);
    free(weight);
    return status;
}

/* A curve with the places of another. */
static fk_curve curve_at(const fk_curve *places)
{
    fk_curve c = fk_curve_new(places->n);
    memcpy(c.y, places->y, c.n * sizeof *c.y);
    free(c.mass), c.mass = NULL;
    return c;
}

/* By the flow the prior's F is carried along. */
static void set_flow(const fk_exact_laws *l, const fk_coeffs *from, const fk_coeffs *to,
                     fk_curve *law)
{
    fk_flow(l->end->mixture, to, from, law->n, law->y, law->x, NULL);
    for (size_t i = 0; i < law->n; i++) {
        law->below[i] = fk_start_cdf(&l->prior, law->x[i], false);
        law->above[i] = fk_start_cdf(&l->prior, law->x[i], true);
    }
}

static int set_reverse(const fk_exact_laws *l, const fk_coeffs *from, const fk_coeffs *to,
                       fk_curve *law, fk_error *err)
{
    fk_mixture *mixture;
    int status = reverse_law(l->end->mixture, from, to, l->prior.std, &mixture, err);
    if (status) return status;
    fk_marginal *p = fk_marginal_new(mixture, 1, 0);
    for (size_t i = 0; i < law->n; i++) {
        law->below[i] = fk_marginal_cdf(p, law->y[i], false);
        law->above[i] = fk_marginal_cdf(p, law->y[i], true);
    }
    fk_marginal_free(p);
    fk_mixture_free(mixture);
    return FK_OK;
}

/* ---- laws and what is seen of them -------------------------------------------------------------
 */

static void see(const fk_exact_laws *l, fk_seen_law *law)
{
    const fk_law_record r = fk_curve_compare(&law->curve, l->end, &l->functionals);
    for (size_t j = 0; j < FK_N_CDF; j++)
        law->mean[j] = l->functionals.exact[FK_CDF + j] + r.error[FK_CDF + j];
}

/* Of a map that does not keep the order of the line expectations are sums over nodes: as many as
 * there are particles, and as many again. */
enum { MANY_CELLS = 32768 };

/* How wrong sums over n nodes with masses (NULL: equal ones) may be. Of a jump of f that lies
 * anywhere between two nodes the sum is wrong by half its height times the mean of their masses,
 * at most; that is sum mass |f_{i+1} - 2 f_i + f_{i-1}|/4, which where f is smooth is six times the
 * midpoint rule's error. Beyond the ends f is taken to change by no more than one step more. */
static void sum_bounds(const fk_exact_laws *l, size_t n, const double *y, const double *mass,
                       double bound[FK_N_CDF])
{
    double row[3][FK_N_FUNCTIONALS], *f[3] = {row[0], row[1], row[2]};
    memset(bound, 0, FK_N_CDF * sizeof *bound);
    fk_functionals_at(&l->functionals, y[0], f[1]);
    memcpy(f[0], f[1], sizeof row[0]);
    for (size_t i = 0; i < n; i++) {
        const double m = mass ? mass[i] : 1 / (double)n;
        fk_functionals_at(&l->functionals, y[i + 1 < n ? i + 1 : i], f[2]);
        for (size_t j = 0, k = FK_CDF; j < FK_N_CDF; j++, k++)
            bound[j] += m * fabs(f[2][k] - 2 * f[1][k] + f[0][k]) / 4;
        double *past = f[0];
        f[0] = f[1], f[1] = f[2], f[2] = past;
    }
}

/* Without steps: the start itself. */
static int curve_of(const fk_plan *plan, const fk_field *field, fk_start_law start,
                    const fk_marginal *end, size_t cells, int threads, fk_curve *curve,
                    fk_error *err)
{
    const fk_law_problem problem = {.step = plan->step,
                                    .n_steps = plan->n_steps,
                                    .field = field,
                                    .start = start,
                                    .end = end,
                                    .cells = cells,
                                    .threads = threads};
    return fk_law_curve(&problem, curve, err);
}

int fk_plan_law(const fk_exact_laws *l, const fk_plan *plan, const fk_field *field, int threads,
                fk_seen_law *law, fk_error *err)
{
    *law = (fk_seen_law){.mean = {0}};
    int status = curve_of(plan, field, l->prior, l->end, 0, threads, &law->curve, err);
    const bool folds = !status && !fk_curve_trim(&law->curve);
    if (folds) {
        fk_curve_free(&law->curve);
        status = curve_of(plan, field, l->prior, l->end, MANY_CELLS, threads, &law->curve, err);
    }
    if (status) return status;
    see(l, law);
    if (folds && law->curve.mass)
        sum_bounds(l, law->curve.n, law->curve.y, law->curve.mass, law->bound);
    return FK_OK;
}

int fk_exact_laws_new(const fk_mixture *m, const fk_coeffs *from, const fk_coeffs *to, double std,
                      fk_exact_laws *l, fk_error *err)
{
    *l = (fk_exact_laws){.data = fk_marginal_new(m, 1, 0),
                         .start = fk_marginal_new(m, from->s, from->sigma),
                         .end = fk_marginal_new(m, to->s, to->sigma)};
    l->prior = (fk_start_law){l->start, std};
    l->functionals = fk_functionals_new(l->data);
    memcpy(l->of_data.mean, l->functionals.exact + FK_CDF, sizeof l->of_data.mean);
    /* one more Gaussian in the law: E Phi((X - c)/w) = P(X + w xi > c) */
    fk_marginal *wider = fk_marginal_new(m, to->s, hypot(to->sigma, 0.2));
    for (size_t j = 0; j < FK_N_CDF; j++)
        l->at_end.mean[j] = fk_marginal_cdf(wider, l->functionals.centre[j], true);
    fk_marginal_free(wider);
    memcpy(l->functionals.exact + FK_CDF, l->at_end.mean, sizeof l->at_end.mean);

    const fk_field exact = fk_mixture_field(m);
    const fk_plan none = {.n_steps = 0};
    int status =
        curve_of(&none, &exact, (fk_start_law){l->data, 0}, l->data, 0, 1, &l->of_data.curve, err);
    if (!status)
        status =
            curve_of(&none, &exact, (fk_start_law){l->end, 0}, l->end, 0, 1, &l->at_end.curve, err);
    for (int p = 0; p < FK_N_PROCESSES && !status; p++) {
        fk_seen_law *law = &l->from_prior[p];
        law->curve = curve_at(&l->at_end.curve);
        if (p == FK_FLOW)
            set_flow(l, from, to, &law->curve);
        else
            status = set_reverse(l, from, to, &law->curve, err);
        if (!status) see(l, law);
    }
    if (status) fk_exact_laws_free(l);
    return status;
}

void fk_exact_laws_free(fk_exact_laws *l)
{
    fk_seen_law_free(&l->of_data), fk_seen_law_free(&l->at_end);
    for (int p = 0; p < FK_N_PROCESSES; p++) fk_seen_law_free(&l->from_prior[p]);
    fk_marginal_free(l->data), fk_marginal_free(l->start), fk_marginal_free(l->end);
    *l = (fk_exact_laws){.data = NULL};
}

fk_causes fk_causes_on_line(const fk_exact_laws *l, int process, const double steps[FK_N_CDF],
                            const double score[FK_N_CDF], size_t *which)
{
    const double *const of[FK_LAWS] = {l->of_data.mean, l->at_end.mean, l->from_prior[process].mean,
                                       steps, score};
    double mean[FK_LAWS][FK_N_CDF];
    for (size_t i = 0; i < FK_LAWS; i++) memcpy(mean[i], of[i], sizeof mean[i]);
    return fk_causes_of(FK_N_CDF, mean[0], which);
}

fk_distances fk_distances_on_line(fk_exact_laws *l, int process, fk_curve *steps, fk_curve *score)
{
    fk_curve *const law[FK_LAWS] = {&l->of_data.curve, &l->at_end.curve,
                                    &l->from_prior[process].curve, steps, score};
    fk_distances out = {.distance = fk_curve_w1(law[0], law[FK_CAUSES])};
    for (size_t i = 0; i < FK_CAUSES; i++) out.link[i] = fk_curve_w1(law[i], law[i + 1]);
    return out;
}

/* ---- by particles ------------------------------------------------------------------------------
 */

/* Where the plan sends x (n). */
static int move(const fk_plan *plan, const fk_field *field, const double *x, size_t n, int threads,
                double *y, fk_error *err)
{
    const fk_points points = {x, n, 1};
    fk_snapshots *end = fk_snapshots_new(1, n, 1);
    const fk_observer see_end = fk_observe_snapshots(end);
    const fk_run run = {.step = plan->step,
                        .n_steps = plan->n_steps,
                        .field = field,
                        .start = fk_source_points(&points),
                        .n = n,
                        .observe_at = &plan->n_steps,
                        .n_observe = 1,
                        .observer = &see_end,
                        .n_observers = 1,
                        .threads = threads};
    const int status = fk_integrate(&run, err);
    memcpy(y, end->x, n * sizeof *y);
    fk_snapshots_free(end);
    return status;
}

static double distance(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs(x[i] - y[i]);
    return sum / (double)n;
}

int fk_causes_by_particles(const fk_exact_laws *l, const fk_plan *plan, const fk_field *score,
                           size_t n, int threads, double mean[FK_LAWS][FK_N_CDF],
                           double bound[FK_LAWS][FK_N_CDF], fk_distances *w1, fk_error *err)
{
    const fk_mixture *m = l->end->mixture;
    const fk_coeffs from = {.s = l->start->s, .sigma = l->start->sigma},
                    to = {.s = l->end->s, .sigma = l->end->sigma};
    const fk_field exact = fk_mixture_field(m);
    double *x = fk_alloc((FK_LAWS + 1) * n, sizeof *x), *prior = x + FK_LAWS * n;
    for (size_t i = 0; i < n; i++) {
        const bool upper = i >= n / 2;
        const double p = ((double)(upper ? n - 1 - i : i) + 0.5) / (double)n;
        x[FK_OF_DATA * n + i] = fk_marginal_quantile(l->data, p, upper);
        x[FK_AT_END * n + i] = fk_marginal_quantile(l->end, p, upper);
        prior[i] = l->prior.std * (upper ? gsl_cdf_ugaussian_Qinv(p) : gsl_cdf_ugaussian_Pinv(p));
    }
    fk_flow(m, &from, &to, n, prior, x + FK_FROM_PRIOR * n, NULL);
    int status = move(plan, &exact, prior, n, threads, x + FK_IN_STEPS * n, err);
    if (!status) status = move(plan, score, prior, n, threads, x + FK_BY_NETWORK * n, err);
    memset(mean, 0, FK_LAWS * sizeof *mean);
    for (size_t k = 0; k < FK_LAWS && !status; k++) {
        sum_bounds(l, n, x + k * n, NULL, bound[k]);
        gsl_sort(x + k * n, 1, n); /* a scheme need not keep the order */
        for (size_t i = 0; i < n; i++) {
            double value[FK_N_FUNCTIONALS];
            fk_functionals_at(&l->functionals, x[k * n + i], value);
            for (size_t j = 0; j < FK_N_CDF; j++) mean[k][j] += value[FK_CDF + j] / (double)n;
        }
    }
    for (size_t k = 0; k < FK_CAUSES; k++) w1->link[k] = distance(n, x + k * n, x + (k + 1) * n);
    w1->distance = distance(n, x, x + FK_CAUSES * n);
    free(x);
    return status;
}
