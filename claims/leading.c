/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step of h from x leaves, against the exact process dx = b dtau + sqrt(2 a) dW, tau = -t, errors
 * -h^2 C1/2 in the mean and -h^2 C2 in the variance. The distribution function of what comes out is
 * F + h G + O(h^2), and G, carried along by the process as F is, gathers what the steps leave
 * (Talay and Tubaro 1990):
 *     dG/dtau = -b G' + a G'' + (p C1 - (p C2)')/2,   G = 0 at the start,   W1 = h int |G| dx.
 * For Euler's steps C1 = b_tau + b b' + a b'' and C2 = a_tau + 2 a b'. DDIM is Euler's in x/s over
 * sigma/s: C1 = g^2/(2 sigma) d eps/dt along the curve. Ancestral steps have the exact mean, and
 * where their variance is beta~ it lacks c_t^2 Var(x_0|x) = h^2 (g^2 s/sigma^2)^2 Var(x_0|x); beta
 * exceeds beta~ by h^2 g^4 s^2/sigma^2.
 *
 * Solved by Crank and Nicolson's method on two grids, extrapolated; grids twice as fine change the
 * constants by 5e-4 at most. */
#include "claims/leading.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "claims/setting.h"

static const double reach = 5.6; /* five deviations of N(0, 1) and of three-1d */

/* At a point: p, b, and the local errors. */
typedef struct {
    double p, b, c1, c2;
} local;

/* The derivative of vp-linear's beta(t). */
static double beta_rate(const fk_schedule *schedule)
{
    return schedule->param[1] - schedule->param[0];
}

static local local_at(fk_leading which, const fk_schedule *schedule, const fk_marginal *g,
                      const fk_coeffs *c, double x)
{
    const bool noisy = which >= FK_LEADING_EM;
    const double kappa = noisy ? 1 : 0.5, a = noisy ? c->g2 / 2 : 0, rise = beta_rate(schedule);
    double weight[8], score, second, third = 0, posterior;
    const double p = exp(fk_marginal_at(
        g, &x,
        &(fk_point){
            .score = &score, .divergence = &second, .covariance = &posterior, .weight = weight}));
    for (size_t k = 0; k < g->mixture->k; k++) {
        const double d = (g->mean[k] - x) / g->var[k] - score;
        third += weight[k] * (d * d * d - 3 * d / g->var[k]);
    }
    const double score_rate =
        -c->f * score - c->f * x * second + c->g2 / 2 * (third + 2 * score * second);
    const double b = -c->f * x + kappa * c->g2 * score, slope = -c->f + kappa * c->g2 * second;
    const double b_tau = -rise / 2 * x - kappa * (rise * score + c->g2 * score_rate);
    local out = {p, b, b_tau + b * slope + a * kappa * c->g2 * third, 0};
    if (noisy) out.c2 = -rise / 2 + 2 * a * slope;
    if (which == FK_LEADING_DDIM) {
        const double sigma_rate = (c->g2 + 2 * c->f * c->sigma * c->sigma) / (2 * c->sigma);
        const double eps_rate = -sigma_rate * score - c->sigma * (score_rate - b * second);
        out.c1 = c->g2 / (2 * c->sigma) * eps_rate;
    }
    if (which == FK_LEADING_ANCESTRAL || which == FK_LEADING_LARGE) {
        const double share = c->g2 * c->s / (c->sigma * c->sigma);
        out.c1 = 0;
        out.c2 = share * share * posterior;
        if (which == FK_LEADING_LARGE) out.c2 -= share * share * c->sigma * c->sigma;
    }
    return out;
}

/* int |G| dx on n cells and steps. */
static double gathered(fk_leading which, const fk_mixture *mix, const fk_schedule *schedule,
                       double t_end, size_t n)
{
    const double dx = 2 * reach / (double)n, dt = (schedule->t_max - t_end) / (double)n;
    gsl_vector *main = gsl_vector_alloc(n - 1), *above = gsl_vector_alloc(n - 2);
    gsl_vector *below = gsl_vector_alloc(n - 2), *right = gsl_vector_alloc(n - 1);
    gsl_vector *G = gsl_vector_calloc(n - 1);
    local *at = fk_alloc(n + 1, sizeof *at);
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double t = schedule->t_max - ((double)j + 0.5) * dt;
        const fk_coeffs c = fk_schedule_at(schedule, t);
        fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
        for (size_t i = 0; i <= n; i++)
            at[i] = local_at(which, schedule, g, &c, -reach + (double)i * dx);
        fk_marginal_free(g);
        const double a = which >= FK_LEADING_EM ? c.g2 / 2 / (dx * dx) : 0;
        for (size_t i = 1; i < n; i++) {
            const double drift = at[i].b / (2 * dx), up = (a - drift) * dt / 2;
            const double down = (a + drift) * dt / 2, self = -a * dt,
                         here = gsl_vector_get(G, i - 1);
            const double lower = i > 1 ? gsl_vector_get(G, i - 2) : 0;
            const double upper = i < n - 1 ? gsl_vector_get(G, i) : 0;
            const double source =
                (at[i].p * at[i].c1 -
                 (at[i + 1].p * at[i + 1].c2 - at[i - 1].p * at[i - 1].c2) / (2 * dx)) /
                2;
            gsl_vector_set(main, i - 1, 1 - self);
            if (i < n - 1) gsl_vector_set(above, i - 1, -up);
            if (i > 1) gsl_vector_set(below, i - 2, -down);
            gsl_vector_set(right, i - 1,
                           (1 + self) * here + up * upper + down * lower + dt * source);
        }
        gsl_linalg_solve_tridiag(main, above, below, right, G);
    }
    for (size_t i = 0; i < n - 1; i++) sum += fabs(gsl_vector_get(G, i)) * dx;
    free(at);
    gsl_vector_free(G);
    gsl_vector_free(right);
    gsl_vector_free(below);
    gsl_vector_free(above);
    gsl_vector_free(main);
    return sum;
}

double fk_leading_constant(fk_leading which, double t_end)
{
    fk_mixture *mix = fk_setting_mixture("three-1d");
    const fk_schedule schedule = fk_setting_schedule("vp-linear");
    const double coarse = gathered(which, mix, &schedule, t_end, 300);
    const double fine = gathered(which, mix, &schedule, t_end, 600);
    fk_mixture_free(mix);
    return (4 * fine - coarse) / 3 * (schedule.t_max - t_end);
}
