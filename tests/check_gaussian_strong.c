/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact strong error on Gaussian data, against quadrature of the particle integrator's
 * responses to the path. */
#include <gsl/gsl_integration.h>
#include <string.h>

#include "analytic/gaussian_law.h"
#include "tests/impulse.h"

static const fk_gaussian data = {0.7385, 0.2385};

typedef struct {
    const setting *s;
    const impulse *r;
    size_t n;
    double eta, area; /* area: the sign of the Levy area, -1 for the control */
} path_of;

static double V_at(const fk_coeffs *c)
{
    return c->s * c->s * data.var + c->sigma * c->sigma;
}

/* Phi(t_end, r), in the form that holds at eta = 0 and 1 */
static double propagate(const fk_coeffs *from, const fk_coeffs *to, double eta)
{
    double ratio = V_at(to) / V_at(from);
    return eta == 0 ? sqrt(ratio) : ratio * (from->s / to->s);
}

static double clock_at(const path_of *p, double t)
{
    fk_coeffs c = fk_schedule_at(&p->s->schedule, t);
    return (c.s / c.sigma) * (c.s / c.sigma);
}

/* (d x_num / dW_r - d x_exact / dW_r)^2 */
static double squared_difference(double t, void *arg)
{
    const path_of *p = arg;
    const fk_axis *axis = &p->s->axis;
    double t0 = axis->t[p->n], t1 = axis->t[p->n + 1], h = t0 - t1;
    fk_coeffs c = fk_schedule_at(&p->s->schedule, t);
    double difference = 0;
    if (p->eta > 0)
        difference = -propagate(&c, &axis->node[axis->n_steps], p->eta) * p->eta * sqrt(c.g2);
    for (size_t l = 0; l < p->r->normals; l++) {
        double psi = 0, d = 1e-5 * h;
        switch (p->s->plan.step[p->n].kernel[l]) {
        case FK_W:
            psi = 1 / sqrt(h);
            break;
        case FK_H:
            psi = p->area * (0.5 - (t0 - t) / h) * sqrt(12 / h);
            break;
        default: /* the root of the clock's rate, by a difference */
            psi = sqrt((clock_at(p, t - d) - clock_at(p, t + d)) / (2 * d) /
                       (clock_at(p, t1) - clock_at(p, t0)));
        }
        difference += p->r->response[p->n * p->r->normals + l] * psi;
    }
    return difference * difference;
}

static double strong_error_by_quadrature(const setting *s, const impulse *r, double eta,
                                         double area)
{
    const fk_axis *axis = &s->axis;
    const fk_coeffs *from = axis->node, *to = axis->node + axis->n_steps;
    double gain = propagate(from, to, eta), V = V_at(from);
    double mean = r->shift + r->gain * from->s * data.mean - to->s * data.mean;
    double sum = mean * mean + (r->gain - gain) * (r->gain - gain) * V;
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(64);
    for (size_t n = 0; n < axis->n_steps; n++) {
        path_of p = {s, r, n, eta, area};
        gsl_function f = {squared_difference, &p};
        sum += gsl_integration_glfixed(&f, axis->t[n + 1], axis->t[n], rule);
    }
    gsl_integration_glfixed_table_free(rule);
    return sqrt(sum);
}

static double strong_error(const setting *s, double eta)
{
    fk_error err;
    fk_gaussian_law joint = fk_gaussian_law_start(fk_gaussian_marginal(data, s->axis.node));
    double *rms = fk_alloc(s->axis.n_steps + 1, sizeof *rms);
    ck_assert_msg(fk_gaussian_law_strong(data, &s->axis, &s->plan, eta, &joint, rms, &err) == FK_OK,
                  "%s", err.text);
    double last = rms[s->axis.n_steps];
    free(rms);
    return last;
}

/* Errors from 1e-1 down to 1e-6 (rk4), from numbers of order 1: rounding leaves 1e-9 of the least
 * of them, the clock's rate by differences 1e-10. */
START_TEST(strong_errors_are_the_integrals_of_squared_path_differences)
{
    const char *spec[] = {"euler", "rk4",   "euler-maruyama", "heun-sde",
                          "sra1",  "shark", "ddim:eta=1"};
    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++) {
        setting s;
        double eta = i >= 2;
        setting_new(&s, "vp-linear", spec[i], "lambda", 19, 0.9, 0.1385);
        impulse r = impulse_new(&s.plan);
        double error = strong_error(&s, eta);
        fk_assert_near(error, strong_error_by_quadrature(&s, &r, eta, 1), 1e-7 * error);
        bool blind = r.normals < 2; /* the control needs a Levy area */
        double control = strong_error_by_quadrature(&s, &r, eta, -1);
        ck_assert_int_eq(fabs(error - control) <= 1e-7 * error, blind);
        free(r.response);
        setting_free(&s);
    }
}
END_TEST

static double strong_slope(const char *spec, bool swap)
{
    double error[3];
    for (int i = 0; i < 3; i++) {
        setting s;
        setting_new(&s, "vp-linear", spec, "lambda", (size_t)100 << i, 0.9, 0.1385);
        for (size_t n = 0; swap && n < s.plan.n_steps; n++) s.plan.step[n].result.c[1] *= -1;
        error[i] = strong_error(&s, 1);
        setting_free(&s);
    }
    return 2 * log2(error[1] / error[2]) - log2(error[0] / error[1]);
}

START_TEST(strong_orders_on_a_linear_drift)
{
    fk_assert_near(strong_slope("euler-maruyama", false), 1, 0.02);
    fk_assert_near(strong_slope("heun-sde", false), 1, 0.02);
    fk_assert_near(strong_slope("ddim:eta=1", false), 1, 0.02);
    fk_assert_near(strong_slope("sra1", false), 2, 0.05); /* 3/2 and more: the drift is linear */
    ck_assert(strong_slope("sra1", true) < 1.1);          /* the control: the area's sign */
}
END_TEST

START_TEST(fresh_noise_has_no_strong_error)
{
    setting s;
    fk_error err;
    setting_new(&s, "vp-linear", "euler-maruyama", "lambda", 5, 0.9, 0.1385);
    s.plan.step[3].kernel[0] = FK_FRESH;
    fk_gaussian_law joint = fk_gaussian_law_start(data);
    ck_assert_int_eq(fk_gaussian_law_strong(data, &s.axis, &s.plan, 1, &joint, NULL, &err),
                     FK_USAGE);
    ck_assert_msg(strstr(err.text, "step 4: normal 1") != NULL, "%s", err.text);
    setting_free(&s);
}
END_TEST

FK_SUITE("gaussian_strong", strong_errors_are_the_integrals_of_squared_path_differences,
         strong_orders_on_a_linear_drift, fresh_noise_has_no_strong_error)
