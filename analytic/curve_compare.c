/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analytic/curve_cells.h"

/* --- W1, KS, TV: from D alone --- */

static double zero_between(const fk_cells *c, size_t cell)
{
    double a = c->y[cell], b = c->y[cell + 1];
    bool up = c->D[cell] < 0;
    for (int i = 0; i < 50; i++) {
        double middle = (a + b) / 2;
        *((fk_cells_D(c, cell, middle) < 0) == up ? &a : &b) = middle;
    }
    return (a + b) / 2;
}

static double w1_of(const fk_cells *c)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < c->n; i++) {
        double end[3] = {c->y[i], c->y[i + 1], c->y[i + 1]};
        int parts = 1;
        if ((c->D[i] < 0) != (c->D[i + 1] < 0)) parts = 2, end[1] = zero_between(c, i);
        for (int part = 0; part < parts; part++) {
            double one = 0, width = end[part + 1] - end[part];
            for (int k = 0; k < FK_CELL_GAUSS; k++)
                one += c->weight[k] * fk_cells_D(c, i, end[part] + width * c->node[k]);
            sum += fabs(one * width);
        }
    }
    return sum;
}

/* An extremum of D near node i: by golden section in the cells beside it. */
static double extremum(const fk_cells *c, size_t i)
{
    const double golden = 0.61803398874989485;
    double sign = c->D[i] >= c->D[i - 1] ? 1 : -1, best = sign * c->D[i];
    double a = c->y[i - 1], b = c->y[i + 1];
    for (int k = 0; k < 40; k++) { /* an extremum is flat: half of the digits do */
        double p = b - golden * (b - a), q = a + golden * (b - a);
        double at_p = sign * fk_cells_D(c, p < c->y[i] ? i - 1 : i, p);
        double at_q = sign * fk_cells_D(c, q < c->y[i] ? i - 1 : i, q);
        *(at_p > at_q ? &b : &a) = at_p > at_q ? q : p;
        best = fmax(best, fmax(at_p, at_q));
    }
    return sign * best;
}

static void set_tv_and_ks(const fk_cells *c, fk_law_record *r)
{
    double last = 0, variation = 0;
    r->ks = 0;
    for (size_t i = 1; i + 1 < c->n; i++) {
        double before = c->D[i] - c->D[i - 1], after = c->D[i + 1] - c->D[i];
        if (before * after > 0 || before == 0) continue;
        double here = extremum(c, i);
        variation += fabs(here - last);
        r->ks = fmax(r->ks, fabs(here));
        last = here;
    }
    r->tv = (variation + fabs(last)) / 2;
}

/* --- integrals with D' and the exact law --- */

/* r - 1 - log r for r = 1 + d, without cancellation at r = 1 */
static double divergence(double d, double r)
{
    return fabs(d) < 1e-2 ? d * d * (1. / 2 - d * (1. / 3 - d * (1. / 4 - d * (1. / 5 - d / 6))))
                          : r - 1 - log(r);
}

static void add_functionals(const fk_functionals *f, double y, double weight, double *error)
{
    error[FK_MEAN] += weight;
    error[FK_SQUARE] += weight * 2 * y;
    error[FK_COS2] -= weight * 2 * sin(2 * y);
    for (int j = 0; j < FK_N_CDF; j++) error[FK_CDF + j] += weight * fk_functional_slope(f, j, y);
}

static void integrate_cells(const fk_cells *c, const fk_functionals *f, double *error,
                            fk_law_record *r)
{
    double kl = 0, w2 = 0, density[FK_CELL_GAUSS];
    double unknown = 0; /* exact mass where the law shows no density */
    for (size_t i = 0; i + 1 < c->n; i++) {
        double width = c->y[i + 1] - c->y[i];
        for (int k = 0; k < FK_CELL_GAUSS; k++) {
            double y = c->y[i] + width * c->node[k], weight = width * c->weight[k];
            fk_lagrange w = fk_cells_weights(c, c->y, i, y);
            double q = exp(fk_marginal_at(c->exact, &y, NULL)),
                   dD = fk_cells_weigh(&w, w.slope, c->D);
            add_functionals(f, y, -weight * fk_cells_weigh(&w, w.value, c->D), error);
            density[k] = fk_cells_density(c, &w, q, dD);
            if (density[k] > 0 && q > 0)
                kl += weight * q * divergence(dD / q, density[k] / q);
            else
                unknown += weight * q;
        }
        w2 += fk_cells_w2(c, i, density);
    }
    r->kl = unknown < 1e-12 ? kl : NAN;
    r->w2 = sqrt(w2 < 0 ? 0 : w2); /* NaN stays */
}

/* Where the exact law has point masses D jumps: expectations by the trapezium rule in F. */
static void integrate_increments(const fk_curve *law, const fk_functionals *f, double *error)
{
    double a[FK_N_FUNCTIONALS], b[FK_N_FUNCTIONALS];
    fk_functionals_at(f, law->y[0], a);
    for (int k = 0; k < FK_N_FUNCTIONALS; k++) error[k] = law->below[0] * a[k] - f->exact[k];
    for (size_t i = 1; i <= law->n; i++) {
        bool end = i == law->n;
        double mass = end                       ? law->above[i - 1]
                      : law->above[i - 1] < 0.5 ? law->above[i - 1] - law->above[i]
                                                : law->below[i] - law->below[i - 1];
        fk_functionals_at(f, law->y[end ? i - 1 : i], b);
        for (int k = 0; k < FK_N_FUNCTIONALS; k++) {
            error[k] += mass * (a[k] + b[k]) / 2;
            a[k] = b[k];
        }
    }
}

static fk_law_record moments(const fk_curve *c, const fk_functionals *functionals)
{
    fk_law_record r = fk_law_record_empty();
    double mass = 0, sum[FK_N_FUNCTIONALS] = {0}, value[FK_N_FUNCTIONALS];
    for (size_t i = 0; i < c->n; i++) {
        mass += c->mass[i];
        fk_functionals_at(functionals, c->y[i], value);
        for (int k = 0; k < FK_N_FUNCTIONALS; k++) sum[k] += c->mass[i] * value[k];
    }
    fk_law_record_set(&r, functionals, mass, sum);
    return r;
}

static void compare_densities(const fk_curve *law, const fk_marginal *exact,
                              const fk_functionals *functionals, double *error, fk_law_record *r)
{
    fk_cells c = fk_cells_new(law, exact);
    integrate_cells(&c, functionals, error, r);
    set_tv_and_ks(&c, r);
    r->w1 = w1_of(&c);
    fk_cells_central(&c, functionals->mean + error[FK_MEAN], r->central);
    fk_cells_free(&c);
}

fk_law_record fk_curve_compare(fk_curve *law, const fk_marginal *exact,
                               const fk_functionals *functionals)
{
    fk_law_record r = fk_law_record_empty();
    double error[FK_N_FUNCTIONALS] = {0};
    const bool increasing = fk_curve_trim(law);
    if (!increasing && law->mass)
        r = moments(law, functionals);
    else if (exact->singular)
        integrate_increments(law, functionals, error);
    else if (increasing)
        compare_densities(law, exact, functionals, error, &r);
    else
        return r;
    if (exact->singular) fk_curve_atoms(law, exact, &r);
    if (!isnan(r.mass)) return r; /* from masses */
    size_t middle = law->n / 2;
    fk_law_record_set_errors(&r, functionals, law->below[middle] + law->above[middle], error);
    return r;
}
