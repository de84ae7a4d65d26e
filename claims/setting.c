/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/setting.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double golden = 0.61803398874989485;

static void must(int status, const fk_error *err)
{
    if (status == FK_OK) return;
    fprintf(stderr, "fokker: a claim's own setting is wrong: %s\n", err->text);
    abort();
}

fk_schedule fk_setting_schedule(const char *spec)
{
    fk_schedule schedule;
    fk_error err;
    must(fk_schedule_parse(spec, &schedule, &err), &err);
    return schedule;
}

fk_mixture *fk_setting_mixture(const char *spec)
{
    fk_mixture *mixture;
    fk_error err;
    must(fk_mixture_read(spec, &mixture, &err), &err);
    return mixture;
}

double fk_setting_time(const fk_schedule *schedule, size_t j)
{
    double noisy = fk_schedule_at(schedule, schedule->t_max).lambda;
    double clean = fk_schedule_at(schedule, schedule->t_min).lambda;
    double u = fmod(0.137 + golden * (double)j, 1);
    double t = schedule->time_of(schedule, noisy + u * (clean - noisy));
    return fmin(fmax(t, schedule->t_min), schedule->t_max);
}

double fk_setting_offset(size_t j)
{
    return 6 * fmod(0.2385 + 0.7548776662466927 * (double)j, 1) - 3;
}

void fk_setting_point(const fk_marginal *g, size_t j, double *x)
{
    size_t n = g->mixture->dim, k = j % g->mixture->k;
    double widest = 0;
    for (size_t i = 0; i < n; i++) widest = fmax(widest, g->var[k * n + i]);
    double reach = sqrt(widest / (double)n);
    for (size_t i = 0; i < n; i++)
        x[i] = g->mean[k * n + i] + reach * fk_setting_offset(j * (n + 2) + i);
}

double fk_residual(const double *term, size_t n)
{
    double sum = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        sum += term[i];
        size += fabs(term[i]);
    }
    return size == 0 ? 0 : fabs(sum) / size;
}

fk_verdict fk_measured(double observed, double expected)
{
    return (fk_verdict){.observed = observed, .expected = expected};
}

double fk_setting_limit(const double value[3])
{
    double first = 2 * value[1] - value[0], second = 2 * value[2] - value[1];
    return (4 * second - first) / 3;
}

void fk_keep_worst(fk_verdict *worst, double observed, double expected, double se)
{
    double reach = fabs(observed - expected) + 6 * se;
    double held = fabs(worst->observed - worst->expected) + 6 * worst->se;
    if (!isnan(reach) && !(reach > held)) return;
    worst->observed = observed;
    worst->expected = expected;
    worst->se = se;
}

double fk_setting_cdf(const void *marginal, double x)
{
    return fk_marginal_cdf(marginal, x, false);
}

double fk_log_normal(double x, double mean, double var)
{
    const double d = x - mean;
    return -(log(2 * FK_PI * var) + d * d / var) / 2;
}

const char *const fk_setting_on_line[FK_ON_LINE] = {"three-1d", "bimodal-1d", "gaussian-1d"};

fk_verdict fk_worst_on_line(fk_measurement *measure, const fk_variant *variant, double clean,
                            double noisy)
{
    double worst = 0;
    for (size_t m = 0; m < FK_ON_LINE; m++) {
        fk_mixture *mix = fk_setting_mixture(fk_setting_on_line[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0, used = 0; used < 8 && j < 400; j++) {
                double t = fk_setting_time(&fk_schedules[i], j + 11 * m);
                fk_coeffs c = fk_schedule_at(&fk_schedules[i], t);
                if (c.sigma < clean * c.s || c.sigma > noisy * c.s) continue;
                fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
                fk_worst(&worst, measure(g, &c, variant, j));
                fk_marginal_free(g);
                used++;
            }
        fk_mixture_free(mix);
    }
    return fk_measured(worst, 0);
}

double fk_setting_root(double (*f)(double, void *), void *self, double lo, double hi)
{
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    gsl_function function = {f, self};
    double root = NAN;
    if (f(lo, self) * f(hi, self) < 0 &&
        gsl_root_fsolver_set(solver, &function, lo, hi) == GSL_SUCCESS)
        for (int i = 0; i < 200; i++) {
            if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS) break;
            root = gsl_root_fsolver_root(solver);
            double width = gsl_root_fsolver_x_upper(solver) - gsl_root_fsolver_x_lower(solver);
            if (width < 2e-16) break;
        }
    gsl_root_fsolver_free(solver);
    return root;
}

enum { NODES = 20 }; /* tabulated by GSL to full precision */

fk_rule fk_rule_new(double a, double b, size_t panels)
{
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(NODES);
    fk_rule rule = {fk_alloc(panels * NODES, sizeof(double)),
                    fk_alloc(panels * NODES, sizeof(double)), panels * NODES};
    for (size_t p = 0; p < panels; p++) {
        double from = a + (b - a) * (double)p / (double)panels;
        double to = a + (b - a) * (double)(p + 1) / (double)panels;
        for (size_t i = 0; i < NODES; i++)
            gsl_integration_glfixed_point(from, to, i, &rule.x[p * NODES + i],
                                          &rule.w[p * NODES + i], table);
    }
    gsl_integration_glfixed_table_free(table);
    return rule;
}

fk_rule fk_rule_over(const fk_marginal *g)
{
    double lo = INFINITY, hi = -INFINITY, narrowest = INFINITY;
    for (size_t k = 0; k < g->mixture->k; k++) {
        double sd = sqrt(g->var[k]);
        lo = fmin(lo, g->mean[k] - 9 * sd);
        hi = fmax(hi, g->mean[k] + 9 * sd);
        narrowest = fmin(narrowest, sd);
    }
    return fk_rule_new(lo, hi, (size_t)ceil((hi - lo) / narrowest));
}

void fk_rule_free(fk_rule *rule)
{
    free(rule->x);
    free(rule->w);
    *rule = (fk_rule){NULL, NULL, 0};
}
