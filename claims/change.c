/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instantaneous change of variables, beyond the texts: the divergence of the probability-flow
 * ODE is known exactly for mixtures, and with it the likelihood of any point. */
#include <math.h>

#include "claims/claims.h"
#include "claims/likelihood.h"
#include "claims/sampling.h"
#include "claims/setting.h"
#include "ode/schemes.h"

#define CHANGE "Chen et al. 2018, theorem 1; Song et al. 2021, sec. 4.3"

enum {
    RIGHT,
    G_SQUARED,
    ONE_F,
    LAPLACE,
    SCORE,
    DIVERGENCE,
    NORMAL,
    DIM_ONE,
    POINTS = 9,
    MAX_DIM = 2
};

static const char *const mixture_of[] = {"three-1d", "full-2d", "ring-8"};
static const char *const schedule_of[] = {"vp-linear", "ve", "flow", "vp-cosine"};

/* --- B10: div v = n f - g^2/2 tr Hess log p --- */

/* One coordinate of v as a function of that coordinate. */
typedef struct {
    const fk_marginal *at;
    fk_coeffs c;
    double x[MAX_DIM];
    size_t i;
} component;

static double velocity(double y, void *self)
{
    component *v = self;
    double x[MAX_DIM] = {v->x[0], v->x[1]}, score[MAX_DIM];
    x[v->i] = y;
    fk_marginal_at(v->at, x, &(fk_point){.score = score});
    return v->c.f * y - v->c.g2 / 2 * score[v->i];
}

/* Six-point central differences, error (h d)^6/140 of v's own scale: with h = sd/200 some 1e-14,
 * and rounding 200 2^-52. */
static double differences(component *v, double h)
{
    static const double weight[] = {45. / 60, -9. / 60, 1. / 60};
    double sum = 0;
    for (v->i = 0; v->i < v->at->mixture->dim; v->i++)
        for (size_t k = 0; k < 3; k++) {
            const double step = (double)(k + 1) * h, x = v->x[v->i];
            sum += weight[k] * (velocity(x + step, v) - velocity(x - step, v)) / h;
        }
    return sum;
}

static fk_verdict divergence(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    for (size_t i = 0; i < 3; i++) {
        fk_mixture *m = fk_setting_mixture(mixture_of[i]);
        for (size_t j = 0; j < 4 * 5; j++) {
            const fk_schedule schedule = fk_setting_schedule(schedule_of[j % 4]);
            const fk_coeffs c = fk_schedule_at(&schedule, fk_setting_time(&schedule, j));
            fk_marginal *g = fk_marginal_new(m, c.s, c.sigma);
            component v = {.at = g, .c = c};
            double score[MAX_DIM] = {0}, trace, sharpest = 0;
            fk_setting_point(g, j, v.x);
            fk_marginal_at(g, v.x, &(fk_point){.score = score, .divergence = &trace});
            for (size_t k = 0; k < m->k * m->dim; k++) sharpest = fmax(sharpest, g->inverse[k]);
            const double n = variant->which == ONE_F ? 1 : (double)m->dim;
            if (variant->which == LAPLACE)
                for (size_t k = 0; k < m->dim; k++) trace += score[k] * score[k];
            const double half = variant->which == G_SQUARED ? 1 : 0.5;
            const double gap =
                n * c.f - half * c.g2 * trace - differences(&v, 1 / (200 * sqrt(sharpest)));
            fk_worst(&worst, fabs(gap) / (fabs(c.f) * n + c.g2 * sharpest));
            fk_marginal_free(g);
        }
        fk_mixture_free(m);
    }
    return fk_measured(worst, 0);
}

/* --- B10-path: log p_e(x) = log p_T(x_T) + int div v dt --- */

static fk_verdict along_paths(const fk_claim_env *env, const fk_claim *claim,
                              const fk_variant *variant)
{
    (void)claim;
    double worst = 0;
    for (size_t i = 0; i < 3; i++) {
        fk_mixture *m = fk_setting_mixture(mixture_of[i]);
        const fk_field exact = fk_mixture_field(m);
        const fk_scaled scaled = {&exact, variant->which == SCORE ? variant->param : 1};
        const fk_field used = fk_scaled_field(&scaled);
        const fk_misjudged misjudged = {&used, variant->which == DIVERGENCE ? variant->param : 1};
        const fk_field field = fk_misjudged_field(&misjudged);
        for (size_t j = 0; j < 3; j++) {
            const fk_schedule schedule = fk_setting_schedule(schedule_of[j]);
            const fk_coeffs from = fk_schedule_at(&schedule, schedule.t_min),
                            to = fk_schedule_at(&schedule, schedule.t_max);
            fk_marginal *g = fk_marginal_new(m, from.s, from.sigma);
            double x[POINTS * MAX_DIM];
            for (size_t p = 0; p < POINTS; p++) fk_setting_point(g, p, x + p * m->dim);
            fk_marginal_free(g);
            const fk_likelihood_model model = {m,
                                               &schedule,
                                               schedule.t_max,
                                               schedule.t_min,
                                               variant->which != NORMAL ? 0
                                               : schedule.exploding     ? to.sigma
                                                                        : 1,
                                               &fk_rk8pd,
                                               &field};
            fk_adaptive_options options = {.rtol = 1e-11, .atol = 1e-11, .threads = env->threads};
            fk_likelihood l[POINTS];
            fk_error err;
            bool ok = fk_likelihood_of(&model, POINTS, x, l, &options, &err) == FK_OK;
            for (size_t p = 0; p < POINTS; p++) {
                const double log_end = l[p].exact + l[p].truncation;
                double found = l[p].computed;
                if (variant->which == DIM_ONE) /* f for n f: n - 1 times int f is missing */
                    found -= (double)(m->dim - 1) * log(to.s / from.s);
                fk_worst(&worst, ok ? fabs(found - log_end) : NAN);
            }
        }
        fk_mixture_free(m);
    }
    return fk_measured(worst, 0);
}

const fk_claim fk_change_claims[] = {
    {.id = "B10",
     .says = "The divergence of the probability-flow ODE's velocity is n f - g^2/2 tr Hess log p_t",
     .source = CHANGE,
     .kind = FK_EXACT,
     .margin = 1e-10,
     .because = "relative to n |f| + g^2 over the least variance; differences of order 6 at a "
                "two-hundredth of a standard deviation: (1/200)^6 120 and 200 2^-52 are below "
                "1e-11",
     .check = divergence,
     .right = {"n f - g^2/2 tr Hess", RIGHT, 0},
     .control = {{"g^2 tr Hess", G_SQUARED, 0},
                 {"f for n f", ONE_F, 0},
                 {"the Laplacian of p over p for tr Hess log p", LAPLACE, 0}}},
    {.id = "B10-path",
     .says =
         "Along a solution log p at its data end is log p at its noise end plus the integral of "
         "div v dt between: exact likelihoods in one and two dimensions",
     .source = CHANGE,
     .kind = FK_EXACT,
     .margin = 1e-7,
     .because = "rk8pd with local errors of 1e-11 over some 500 steps, which the path's expansion "
                "multiplies by ten thousand at most",
     .check = along_paths,
     .right = {"div v", RIGHT, 0},
     .control = {{"1.001 div score", DIVERGENCE, 1.001},
                 {"div f x alone", DIVERGENCE, 0},
                 {"f for n f", DIM_ONE, 0},
                 {"1.001 g^2/2 score", SCORE, 1.001},
                 {"log N(x_T) for log p_T: that is the generated law's", NORMAL, 0}}},
    {.id = NULL},
};
