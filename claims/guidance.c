/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditional diffusion with exact labels: y is the component that x_0 came from. Two times u < t
 * of one forward process; joint laws of (x_u, x_t) given y as two-dimensional Gaussians. */
#include <math.h>
#include <stdlib.h>

#include "analytic/exact.h"
#include "claims/claims.h"
#include "claims/setting.h"

enum { K = 3, TIMES = 6 };

typedef struct {
    fk_mixture *mix;
    fk_coeffs u, t;
    double a, q; /* x_t | x_u ~ N(a x_u, q) */
    fk_marginal *at_0, *at_u, *at_t;
} pair;

static pair pair_new(const char *spec, size_t j)
{
    fk_schedule schedule = fk_setting_schedule(spec);
    double noisy = -0.885 - 0.285 * (double)j, clean = 0.715 - 0.185 * (double)j;
    pair p = {.mix = fk_setting_mixture("three-1d"),
              .u = fk_schedule_at(&schedule, schedule.time_of(&schedule, clean)),
              .t = fk_schedule_at(&schedule, schedule.time_of(&schedule, noisy))};
    p.a = p.t.s / p.u.s;
    p.q = (p.t.sigma - p.a * p.u.sigma) * (p.t.sigma + p.a * p.u.sigma);
    p.at_0 = fk_marginal_new(p.mix, 1, 0);
    p.at_u = fk_marginal_new(p.mix, p.u.s, p.u.sigma);
    p.at_t = fk_marginal_new(p.mix, p.t.s, p.t.sigma);
    return p;
}

static void pair_free(pair *p)
{
    fk_marginal_free(p->at_0);
    fk_marginal_free(p->at_u);
    fk_marginal_free(p->at_t);
    fk_mixture_free(p->mix);
}

typedef double (*gap)(const pair *, size_t k, double x_u, double x_t, int which);

/* The worst over schedules, pairs of times, labels, and points within two standard deviations. */
static double worst_of(gap of, int which)
{
    static const char *const spec[] = {"vp-linear", "ve", "flow"};
    double worst = 0;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < TIMES; j++) {
            pair p = pair_new(spec[i], j);
            for (size_t k = 0; k < K; k++) {
                double x_u, sd = sqrt(p.q);
                fk_setting_point(p.at_u, k + 3 * j, &x_u);
                double x_t = p.a * x_u + sd * fk_setting_offset(k + 5 * j) / 1.5;
                fk_worst(&worst, of(&p, k, x_u, x_t, which));
            }
            pair_free(&p);
        }
    return worst;
}

static double log_kernel(const pair *p, double x_u, double x_t)
{
    return fk_log_normal(x_t, p->a * x_u, p->q);
}

/* log p(x_u, x_t | y = k) from mean and covariance; with one eps for both times if `common`. */
static double log_joint(const pair *p, size_t k, double x_u, double x_t, bool common)
{
    double s_u = p->at_u->var[k], s_t = p->at_t->var[k], c = p->a * s_u;
    if (common) c = p->u.s * p->t.s * p->mix->var[k] + p->u.sigma * p->t.sigma;
    double d_u = x_u - p->at_u->mean[k], d_t = x_t - p->at_t->mean[k], det = s_u * s_t - c * c;
    double square = (s_t * d_u * d_u - 2 * c * d_u * d_t + s_u * d_t * d_t) / det;
    return -(square + log(det)) / 2 - FK_LOG_2PI;
}

static double log_marginal(const fk_marginal *g, double x)
{
    return fk_marginal_at(g, &x, NULL);
}

static double label(const fk_marginal *g, size_t k, double x)
{
    double r[K];
    fk_marginal_at(g, &x, &(fk_point){.weight = r});
    return r[k];
}

/* log q(x_u | x_t), of all of the data or of one component. */
static double log_reverse(const pair *p, const size_t *only, double x_u, double x_t)
{
    fk_mixture *law, *one = NULL;
    fk_error err;
    if (only && fk_mixture_new_diagonal("one", 1, 1, (double[]){1}, &p->mix->mean[*only],
                                        &p->mix->var[*only], &one, &err) != FK_OK)
        return NAN;
    double log_q = NAN;
    if (fk_reverse_law(only ? one : p->mix, &p->t, &x_t, &p->u, &law, &err) == FK_OK) {
        fk_marginal *g = fk_marginal_new(law, 1, 0);
        log_q = log_marginal(g, x_u);
        fk_marginal_free(g);
        fk_mixture_free(law);
    }
    if (one) fk_mixture_free(one);
    return log_q;
}

/* --- C158: the joint law with a label --- */

enum { AS_DEFINED, LABEL_BY_WEIGHT, STEP_KNOWS_LABEL, LABEL_OF_NOISE };

/* int int q(x_0) q(y|x_0) q(x_u|x_0) q(x_t|x_u) dx_0 dx_u against w_k N(x_t; M_k, S_k). */
static double joint_with_label(const pair *p, size_t k, double x_u, double x_t, int which)
{
    (void)x_u;
    fk_rule outer = fk_rule_over(p->at_0), inner = fk_rule_over(p->at_u);
    double *weight = fk_alloc(outer.n, sizeof *weight), sum = 0;
    for (size_t i = 0; i < outer.n; i++) {
        double x_0 = outer.x[i],
               y = which == LABEL_BY_WEIGHT ? p->mix->weight[k] : label(p->at_0, k, x_0);
        weight[i] = outer.w[i] * exp(log_marginal(p->at_0, x_0));
        if (which != LABEL_OF_NOISE) weight[i] *= y;
    }
    double q = which == STEP_KNOWS_LABEL ? p->q * (1 + 0.02 * (double)(k + 1)) : p->q;
    for (size_t j = 0; j < inner.n; j++) {
        double last = exp(fk_log_normal(x_t, p->a * inner.x[j], q)) * inner.w[j], first = 0;
        if (last < 1e-19) continue; /* of densities above 1e-4 */
        if (which == LABEL_OF_NOISE) last *= label(p->at_u, k, inner.x[j] + 0.1);
        for (size_t i = 0; i < outer.n; i++) {
            double d = (inner.x[j] - p->u.s * outer.x[i]) / p->u.sigma;
            first += weight[i] * exp(-d * d / 2);
        }
        sum += last * first / (p->u.sigma * sqrt(2 * FK_PI));
    }
    free(weight);
    fk_rule_free(&outer);
    fk_rule_free(&inner);
    double wanted = fk_log_normal(x_t, p->at_t->mean[k], p->at_t->var[k]) + log(p->mix->weight[k]);
    return fabs(sum - exp(wanted)) / exp(log_marginal(p->at_t, x_t));
}
FK_CHECK(joint_with_label, worst_of)

/* --- C159: forward steps know no label --- */

enum { FORWARD, BACKWARD, ONE_EPS };

static double forward_is_blind(const pair *p, size_t k, double x_u, double x_t, int which)
{
    double joint = log_joint(p, k, x_u, x_t, which == ONE_EPS);
    double given_u = joint - fk_log_normal(x_u, p->at_u->mean[k], p->at_u->var[k]);
    double given_t = joint - fk_log_normal(x_t, p->at_t->mean[k], p->at_t->var[k]);
    if (which == BACKWARD) return fabs(given_t - log_reverse(p, NULL, x_u, x_t));
    return fabs(given_u - log_kernel(p, x_u, x_t));
}
FK_CHECK(forward_is_blind, worst_of)

/* --- C160: without the label nothing has changed --- */

enum { BY_RESPONSIBILITY, BY_WEIGHT, AT_THE_OTHER_TIME };

static double label_summed_out(const pair *p, size_t k, double x_u, double x_t, int which)
{
    (void)k;
    double backward = 0, marginal = 0;
    for (size_t y = 0; y < K; y++) {
        double share = label(p->at_t, y, x_t);
        if (which == BY_WEIGHT) share = p->mix->weight[y];
        if (which == AT_THE_OTHER_TIME) share = label(p->at_u, y, x_u);
        backward += share * exp(log_reverse(p, &y, x_u, x_t));
        marginal += p->mix->weight[y] * exp(fk_log_normal(x_t, p->at_t->mean[y], p->at_t->var[y]));
    }
    double log_p = log_marginal(p->at_t, x_t);
    double bayes = log_marginal(p->at_u, x_u) + log_kernel(p, x_u, x_t) - log_p;
    double worst = fabs(log(backward) - bayes);
    fk_worst(&worst, fabs(log(marginal) - log_p));
    return worst;
}
FK_CHECK(label_summed_out, worst_of)

/* --- C161, C162: the label given two times, and the conditional reverse step --- */

enum { OF_THE_CLEANER, OF_THE_NOISIER, SHARED_EPS };

static double label_of_two(const pair *p, size_t k, double x_u, double x_t, int which)
{
    double total = 0, own = 0;
    for (size_t y = 0; y < K; y++) {
        double density = p->mix->weight[y] * exp(log_joint(p, y, x_u, x_t, which == SHARED_EPS));
        total += density;
        if (y == k) own = density;
    }
    double r = which == OF_THE_NOISIER ? label(p->at_t, k, x_t) : label(p->at_u, k, x_u);
    return fabs(own / total - r);
}
FK_CHECK(label_of_two, worst_of)

enum { WITH_BOTH, NOT_DIVIDED, SQUARED, EXCHANGED };

static double conditional_step(const pair *p, size_t k, double x_u, double x_t, int which)
{
    double own = log_reverse(p, &k, x_u, x_t), all = log_reverse(p, NULL, x_u, x_t);
    double r_u = log(label(p->at_u, k, x_u)), r_t = log(label(p->at_t, k, x_t));
    double formula = all + r_u - r_t;
    if (which == NOT_DIVIDED) formula = all + r_u;
    if (which == SQUARED) formula = all + 2 * r_u - 2 * r_t;
    if (which == EXCHANGED) formula = all + r_t - r_u;
    return fabs(formula - own) / (1 + fabs(r_u) + fabs(r_t));
}
FK_CHECK(conditional_step, worst_of)

/* --- C163: constant in what? --- */

enum { OF_X_T, OF_NOTHING, OF_X_U };

/* int q(x_u|x_t) q(y|x_u) dx_u is q(y|x_t). */
static double normaliser(const pair *p, size_t k, double x_u, double x_t, int which)
{
    fk_mixture *law;
    fk_error err;
    if (fk_reverse_law(p->mix, &p->t, &x_t, &p->u, &law, &err) != FK_OK) return NAN;
    fk_marginal *given = fk_marginal_new(law, 1, 0);
    fk_rule rule = fk_rule_over(given);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++)
        sum += rule.w[i] * exp(log_marginal(given, rule.x[i])) * label(p->at_u, k, rule.x[i]);
    fk_rule_free(&rule);
    fk_marginal_free(given);
    fk_mixture_free(law);
    double wanted = label(p->at_t, k, x_t);
    if (which == OF_NOTHING) wanted = p->mix->weight[k];
    if (which == OF_X_U) wanted = label(p->at_u, k, x_u);
    return fabs(sum - wanted);
}
FK_CHECK(normaliser, worst_of)

/* --- C164: a classifier needs the time --- */

enum { TIME_KNOWN, CLEAN, RESCALED, LESS_NOISE };

/* E[q(y|x_0) | x_t] by quadrature over the posterior, against a classifier at x_t. */
static double classifier(const pair *p, size_t k, double x_u, double x_t, int which)
{
    (void)x_u;
    fk_mixture *law;
    fk_error err;
    fk_coeffs zero = {.s = 1, .sigma = 0, .lambda = INFINITY};
    if (fk_reverse_law(p->mix, &p->t, &x_t, &zero, &law, &err) != FK_OK) return NAN;
    fk_marginal *given = fk_marginal_new(law, 1, 0);
    fk_rule rule = fk_rule_over(given);
    double sum = 0;
    for (size_t i = 0; i < rule.n; i++)
        sum += rule.w[i] * exp(log_marginal(given, rule.x[i])) * label(p->at_0, k, rule.x[i]);
    fk_rule_free(&rule);
    fk_marginal_free(given);
    fk_mixture_free(law);
    fk_marginal *less = fk_marginal_new(p->mix, p->t.s, 0.985 * p->t.sigma);
    double wanted = label(p->at_t, k, x_t);
    if (which == CLEAN) wanted = label(p->at_0, k, x_t);
    if (which == RESCALED) wanted = label(p->at_0, k, x_t / p->t.s);
    if (which == LESS_NOISE) wanted = label(less, k, x_t);
    fk_marginal_free(less);
    return fabs(sum - wanted);
}
FK_CHECK(classifier, worst_of)

#define LOGS "a difference of logarithms of size up to 60, each with some ten roundings"

const fk_claim fk_guidance_claims[] = {
    {"C158",
     "With a label, q(x_0, y) = q(x_0) q(y|x_0) and steps that ignore it, x_t and y have the law "
     "w_k N(s m_k, s^2 C_k + sigma^2): by quadrature over x_0 and a time between",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-13,
     "two nested quadratures of positive terms, 1e-15 each, relative to p_t",
     check_joint_with_label,
     {"q(x_0) q(y|x_0) prod q(x_t|x_(t-1))", AS_DEFINED, 0},
     {{"q(y) for q(y|x_0)", LABEL_BY_WEIGHT, 0},
      {"steps whose noise depends on y", STEP_KNOWS_LABEL, 0},
      {"a label of x_u + 0.1", LABEL_OF_NOISE, 0}},
     .reading = FK_TRUE},
    {"C159",
     "The forward step knows no label: q(x_t|x_u, y) = q(x_t|x_u), from the joint Gaussian given "
     "y. The reverse step does know it",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-12,
     LOGS "; determinants cancel to 1e-2",
     check_forward_is_blind,
     {"q(x_t|x_u, y) = q(x_t|x_u)", FORWARD, 0},
     {{"q(x_u|x_t, y) = q(x_u|x_t)", BACKWARD, 0}, {"one eps for both times", ONE_EPS, 0}},
     .reading = FK_TRUE},
    {"C160",
     "Summed over the label the process is the old one: sum_y q(y|x_t) q(x_u|x_t, y) = q(x_u|x_t), "
     "and q(x_t) is p_t",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-12,
     LOGS ", as C159",
     check_label_summed_out,
     {"weights q(y|x_t)", BY_RESPONSIBILITY, 0},
     {{"weights q(y)", BY_WEIGHT, 0}, {"weights q(y|x_u)", AT_THE_OTHER_TIME, 0}},
     .reading = FK_TRUE},
    {"C161",
     "q(y|x_u, x_t) = q(y|x_u) for u < t: once the cleaner point is known the noisier tells "
     "nothing "
     "of the label",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-12,
     LOGS ", as C159",
     check_label_of_two,
     {"q(y|x_u)", OF_THE_CLEANER, 0},
     {{"q(y|x_t)", OF_THE_NOISIER, 0}, {"one eps for both times", SHARED_EPS, 0}},
     .reading = FK_TRUE},
    {"C162",
     "The conditional reverse step is q(x_u|x_t, y) = q(x_u|x_t) q(y|x_u)/q(y|x_t), exactly the "
     "reverse process of the data with that label",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-13,
     LOGS ", relative to the logarithms",
     check_conditional_step,
     {"q(y|x_u)/q(y|x_t)", WITH_BOTH, 0},
     {{"without q(y|x_t)", NOT_DIVIDED, 0},
      {"the ratio squared", SQUARED, 0},
      {"q(y|x_t)/q(y|x_u)", EXCHANGED, 0}},
     .reading = FK_TRUE},
    {"C163",
     "q(y|x_t) is constant in x_u alone: it is int q(x_u|x_t) q(y|x_u) dx_u, another number for "
     "every x_t",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-12,
     "quadrature of a probability: 1e-15, and 1e-14 of the law's parameters where u is near t",
     check_normaliser,
     {"q(y|x_t)", OF_X_T, 0},
     {{"the same for all x_t: q(y)", OF_NOTHING, 0}, {"q(y|x_u)", OF_X_U, 0}},
     .reading = FK_TRUE_IF,
     .printed = "qhat(y|x_t) [underbraced: constant]"},
    {"C164",
     "A classifier of noisy points depends on the time, p(y|x_t) = E[p(y|x_0)|x_t]: none that is "
     "blind to t can be right",
     FK_CHOCHO ", section 2.5",
     FK_EXACT,
     1e-12,
     "as C163",
     check_classifier,
     {"of x_t and t", TIME_KNOWN, 0},
     {{"the classifier of clean points, at x_t", CLEAN, 0},
      {"at x_t/s", RESCALED, 0},
      {"for 1.5 % less noise", LESS_NOISE, 0}},
     .reading = FK_TRUE,
     .printed = "p_phi(y|x_t) != p_phi(y|x_t, t)"},
    {.id = "C165",
     .says = "Which factors are models, how labels are embedded: notes, nothing to check",
     .source = FK_CHOCHO ", section 2.5",
     .reading = FK_WORDING,
     .printed = "Note that p_theta(x_(t-1)|x_t), p_phi(y|x_(t-1)) is our model"},
    {.id = NULL},
};
