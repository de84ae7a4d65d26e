/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances from point masses, against quadrature over the density between its quantiles. */
#include <gsl/gsl_integration.h>

#include "analytic/curve.h"
#include "analytic/law.h"
#include "tests/suite.h"

enum { MASSES = 3 };
static const double weight[MASSES] = {0.2385, 0.4, 0.3615}, place[MASSES] = {-1.1, 0.37, 1.85};

/* The law of scale x + shift, x from a marginal, with its density and distribution function. */
typedef struct {
    const fk_marginal *g;
    double scale, shift, a;
    int power;
} moved;

static double cdf_of(const moved *m, double y)
{
    return fk_marginal_cdf(m->g, (y - m->shift) / m->scale, m->scale < 0);
}

static double quantile_of(const moved *m, double p)
{
    return m->shift + m->scale * fk_marginal_quantile(m->g, p, m->scale < 0);
}

static double integrand(double y, void *self)
{
    const moved *m = self;
    const double x = (y - m->shift) / m->scale;
    return pow(fabs(y - m->a), m->power) * exp(fk_marginal_at(m->g, &x, NULL)) / fabs(m->scale);
}

static double integral(moved *m, double from, double to)
{
    gsl_integration_workspace *w = gsl_integration_workspace_alloc(500);
    double value, error;
    gsl_function f = {integrand, m};
    gsl_integration_qag(&f, from, to, 1e-13, 1e-11, 500, GSL_INTEG_GAUSS31, w, &value, &error);
    gsl_integration_workspace_free(w);
    return value;
}

typedef struct {
    double ks, w1, w2;
} distances;

static distances expected(moved *m, const double *at, size_t k)
{
    distances d = {0, 0, 0};
    double P = 0, from = quantile_of(m, 1e-15), square = 0;
    for (size_t j = 0; j < k; j++) {
        const double F = cdf_of(m, at[j]);
        d.ks = fmax(d.ks, fabs(F - P));
        P += k == 1 ? 1 : weight[j];
        d.ks = fmax(d.ks, fabs(F - P));
        const double to = quantile_of(m, j + 1 < k ? P : 1 - 1e-15);
        m->a = at[j];
        const double middle = fmin(fmax(m->a, from), to);
        for (m->power = 1; m->power <= 2; m->power++) {
            const double part = integral(m, from, middle) + integral(m, middle, to);
            *(m->power == 1 ? &d.w1 : &square) += part;
        }
        from = to;
    }
    d.w2 = sqrt(square);
    return d;
}

/* One step x -> scale x + shift from the noised masses, against the masses. */
static distances measured(const fk_mixture *data, const moved *m, bool own_score)
{
    const fk_field field = fk_mixture_field(data);
    const fk_step step = {.result = {.a = m->scale}};
    fk_marginal *end = fk_marginal_new(data, 1, 0);
    const fk_law_problem problem = {.step = &step,
                                    .n_steps = 1,
                                    .field = &field,
                                    .own_score = own_score,
                                    .start = {.marginal = m->g},
                                    .end = end,
                                    .threads = 1};
    fk_law_record r;
    fk_error err;
    ck_assert_msg(fk_law_of(&problem, &r, &err) == FK_OK, "%s", err.text);
    ck_assert(isnan(r.tv) && isnan(r.kl));
    fk_marginal_free(end);
    return (distances){r.ks, r.w1, r.w2};
}

static fk_mixture *masses(size_t k, const double *w, const double *at)
{
    const double none[MASSES] = {0};
    fk_mixture *m;
    fk_error err;
    ck_assert_int_eq(fk_mixture_new_diagonal("masses", 1, k, w, at, none, &m, &err), FK_OK);
    return m;
}

static double apart(distances a, distances b)
{
    return fk_worse(fk_worse(fabs(a.ks - b.ks), fabs(a.w1 - b.w1)), fabs(a.w2 - b.w2));
}

/* Between nodes F is linear, off by h^2/8 F'', which adds up in W1 to h^2/12 of the rises and falls
 * of the density, 2 sum_j w_j/(sd sqrt(2 pi)) = 5.8, on cells h of 5.2/1000: 1.3e-5. -1.07: the map
 * turns the line round. */
START_TEST(distances_from_point_masses_are_those_of_quadrature)
{
    const double scale[] = {1, 1.2385, -1.07}, bound = 1.3e-5;
    fk_mixture *data = masses(MASSES, weight, place);
    fk_marginal *from = fk_marginal_new(data, 0.97, 0.1385);
    for (int i = 0; i < 3; i++) {
        moved m = {.g = from, .scale = scale[i]};
        const distances found = measured(data, &m, false);
        const distances right = expected(&m, place, MASSES);
        ck_assert_msg(apart(found, right) <= bound,
                      "scale %g: ks %.9g %.9g w1 %.9g %.9g w2 %.9g %.9g", scale[i], found.ks,
                      right.ks, found.w1, right.w1, found.w2, right.w2);
        m.shift = 1e-4; /* the control */
        ck_assert(!(apart(found, expected(&m, place, MASSES)) <= bound));
    }
    fk_marginal_free(from);
    fk_mixture_free(data);
}
END_TEST

START_TEST(a_gaussian_from_one_point_mass_has_closed_forms)
{
    const double one = 1, at = 0.7385;
    fk_mixture *data = masses(1, &one, &at);
    fk_marginal *from = fk_marginal_new(data, 0.97, 0.2385);
    moved m = {.g = from, .scale = 0.9};
    const distances closed = measured(data, &m, true), right = expected(&m, &at, 1);
    ck_assert_msg(apart(closed, right) <= 1e-12, "%.3g", apart(closed, right));
    ck_assert(apart(measured(data, &m, false), right) <= 1.3e-5);
    m.scale *= 1 + 1e-9; /* the control */
    ck_assert(!(apart(closed, expected(&m, &at, 1)) <= 1e-12));
    fk_marginal_free(from);
    fk_mixture_free(data);
}
END_TEST

/* What a sampler leaves where its last step goes to clean data: nodes on the masses themselves.
 * W2^2 is of the size of rounding in p. */
START_TEST(a_law_carried_into_the_masses_has_no_distance_from_them)
{
    fk_mixture *data = masses(MASSES, weight, place);
    fk_marginal *exact = fk_marginal_new(data, 1, 0);
    enum { NODES = 20 };
    for (int wrong = 0; wrong < 2; wrong++) {
        fk_curve law = fk_curve_new(NODES);
        for (size_t i = 0; i < NODES; i++) { /* jumps from mass to mass at its own node */
            const double P[] = {0, weight[0], weight[0] + weight[1], 1};
            size_t j = i < 6 ? 0 : i < 12 ? 1 : 2;
            const size_t first = j == 0 ? 0 : j == 1 ? 6 : 12, last = j == 0 ? 5 : j == 1 ? 11 : 19;
            law.y[i] = place[j] + 1e-13 * (double)(i % 3) - (wrong ? 1e-3 : 0);
            law.below[i] = P[j] + (P[j + 1] - P[j]) * (double)(i - first) / (double)(last - first);
            law.above[i] = 1 - law.below[i];
        }
        const fk_functionals f = fk_functionals_new(exact);
        const fk_law_record r = fk_curve_compare(&law, exact, &f);
        ck_assert_msg((r.w1 <= 1e-12 && r.w2 <= 1e-7 && r.ks <= 1e-12) == !wrong, "%g %g %g", r.w1,
                      r.w2, r.ks);
        fk_curve_free(&law);
    }
    fk_marginal_free(exact);
    fk_mixture_free(data);
}
END_TEST

FK_SUITE("curve_atoms", distances_from_point_masses_are_those_of_quadrature,
         a_gaussian_from_one_point_mass_has_closed_forms,
         a_law_carried_into_the_masses_has_no_distance_from_them)
