/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/backward_parts.h"
#include "core/combine.h"

static const double NEGLIGIBLE = 1e-18;

static fk_normal_rule rule_alloc(size_t n)
{
    double *z = fk_alloc(2 * n, sizeof *z);
    return (fk_normal_rule){n, z, z + n};
}

static void normalise(fk_normal_rule *rule)
{
    double sum = 0;
    for (size_t i = 0; i < rule->n; i++) sum += rule->weight[i];
    for (size_t i = 0; i < rule->n; i++) rule->weight[i] /= sum;
}

fk_normal_rule fk_normal_trapezium(size_t n)
{
    const double reach = 8.6; /* 1e-17 of the mass lies beyond */
    fk_normal_rule rule = rule_alloc(n);
    for (size_t i = 0; i < n; i++) {
        double z = reach * (2 * (double)i / (double)(n - 1) - 1);
        rule.z[i] = z;
        rule.weight[i] = exp(-z * z / 2);
    }
    normalise(&rule);
    return rule;
}

fk_normal_rule fk_normal_hermite(size_t n)
{
    gsl_integration_fixed_workspace *all =
        gsl_integration_fixed_alloc(gsl_integration_fixed_hermite, n, 0, 0.5, 0, 0);
    const double *z = gsl_integration_fixed_nodes(all), *w = gsl_integration_fixed_weights(all);
    fk_normal_rule rule = rule_alloc(n);
    rule.n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(w[i] >= NEGLIGIBLE)) continue;
        rule.z[rule.n] = z[i];
        rule.weight[rule.n++] = w[i];
    }
    gsl_integration_fixed_free(all);
    normalise(&rule);
    return rule;
}

void fk_normal_rule_free(fk_normal_rule *rule)
{
    free(rule->z);
    *rule = (fk_normal_rule){0};
}

/* The direction of the result's noise; without any, that of the first normal. */
static void direction(const fk_step *step, double to[2])
{
    double size = hypot(step->result.c[0], step->result.c[1]);
    to[0] = size > 0 ? step->result.c[0] / size : 1;
    to[1] = size > 0 ? step->result.c[1] / size : 0;
}

static bool uses(const fk_step *step, const double c[2])
{
    double size = fabs(c[0] * step->result.c[0] + c[1] * step->result.c[1]);
    for (size_t i = 0; i < step->stages; i++)
        size += fabs(c[0] * step->stage[i].y.c[0] + c[1] * step->stage[i].y.c[1]);
    return size > 0;
}

static void set_rule(fk_move *v, const fk_normal_rule *along, const fk_normal_rule *across)
{
    double zero = 0, one = 1;
    const fk_normal_rule single = {1, &zero, &one};
    double to[2], normals = (double)v->step->normals;
    direction(v->step, to);
    if (normals < 1 || !uses(v->step, to)) along = &single;
    if (normals < 2 || !uses(v->step, (double[]){-to[1], to[0]})) across = &single;
    v->m = fk_pad(along->n * across->n);
    v->z = fk_alloc(3 * v->m, sizeof *v->z);
    v->weight = v->z + 2 * v->m;
    for (size_t j = 0, k = 0; j < across->n; j++)
        for (size_t i = 0; i < along->n; i++, k++) {
            double a = along->z[i], b = across->z[j];
            v->z[k] = to[0] * a - to[1] * b;
            v->z[v->m + k] = to[1] * a + to[0] * b;
            v->weight[k] = along->weight[i] * across->weight[j];
        }
}

static fk_point_step *reader(const fk_backward_law *b, size_t n)
{
    if (n >= b->n_steps || b->step[n].history == 0) return NULL;
    return fk_point_step_new(&b->step[n], b->field);
}

fk_move fk_move_new(const fk_backward_law *b, size_t n, const fk_normal_rule *along,
                    const fk_normal_rule *across)
{
    fk_move v = {.step = &b->step[n], .next = reader(b, n + 1)};
    v.now = fk_point_step_new(v.step, b->field);
    set_rule(&v, along, across);
    return v;
}

void fk_move_free(fk_move *v)
{
    fk_point_step_free(v->now), fk_point_step_free(v->next);
    free(v->z);
    *v = (fk_move){0};
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t fk_move_scratch(const fk_move *v, size_t count)
{
    const size_t n = count * v->m;
    size_t apply = fk_point_step_scratch(v->now, n);
    size_t read = v->next ? fk_point_step_scratch(v->next, n) + 3 * n : 0;
    return 6 * n + larger(apply, read);
}

void fk_push_of(const fk_point_step *step, size_t n, const double *x, double *pushed,
                double *scratch)
{
    double *none = scratch, *y = none + n, *rest = y + n;
    memset(none, 0, n * sizeof *none);
    memset(pushed, 0, n * sizeof *pushed);
    fk_point_step_apply(step, n, x, NULL, none, y, pushed, rest);
}

bool fk_move_apply(const fk_move *v, size_t count, const double *x, const double *h, double *y,
                   double *e, double *scratch)
{
    const size_t n = count * v->m;
    bool (*finite)(const double *, size_t) = FK_CHOOSE_KERNEL(fk_all_finite);
    double *from = scratch, *entry = from + n, *z = entry + n, *pushed = z + 2 * n,
           *own = pushed + n, *rest = own + n;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < v->m; k++) {
            size_t p = i * v->m + k;
            from[p] = x[i], entry[p] = h ? h[i] : 0;
            z[p] = v->z[k], z[n + p] = v->z[v->m + k];
        }
    fk_point_step_apply(v->now, n, from, z, entry, y, pushed, rest);
    if (v->next) {
        fk_push_of(v->next, n, y, own, rest);
        for (size_t p = 0; p < n; p++) e[p] = pushed[p] - own[p];
    } else {
        memset(e, 0, n * sizeof *e);
    }
    return finite(y, n) && finite(e, n);
}
