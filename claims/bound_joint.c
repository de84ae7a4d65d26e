/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bound on Gaussian data with a model that is wrong: everything is a joint normal law of (x_0,
 * .., x_T), under q and under the model, and the bound an expectation of quadratic forms. */
#include <math.h>
#include <string.h>

#include "analytic/elbo.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/dense.h"
#include "claims/setting.h"

enum { N = 8 }; /* x_0 .. x_7 */

/* A law N(mean, cov). */
typedef struct {
    double mean[N], cov[N * N];
} law;

static const double data_mean = 0.7, data_var = 0.2385;

/* The model: p(x_T) = N(0, 1), p(x_{t-1} | x_t) = N(mu~_t(x_t, x0hat), var_t), where x0hat = slope
 * x_t
 * + offset is the exact prediction, spoilt. */
typedef struct {
    fk_chain chain;
    double slope[N], offset[N], var[N], miss[N]; /* miss: E(x_0 - x0hat)^2; entries 1 .. T */
} model;

static model model_new(void)
{
    model m = {.chain = fk_setting_chain(fk_setting_chains[0])};
    for (size_t t = 1; t < N; t++) {
        const fk_coeffs c = fk_chain_at(&m.chain, (long)t - 1);
        const double total = c.s * c.s * data_var + c.sigma * c.sigma;
        const double gain = c.s * data_var / total;
        m.slope[t] = 0.9385 * gain;
        m.offset[t] = data_mean - gain * c.s * data_mean + 0.02 * (double)t;
        m.var[t] =
            (t > 1 ? fk_chain_posterior_variance(&m.chain, t - 1) : 0) + 0.4 * m.chain.beta[t - 1];
        const double rest = 1 - m.slope[t] * c.s, bias = rest * data_mean - m.offset[t];
        m.miss[t] =
            rest * rest * data_var + m.slope[t] * m.slope[t] * c.sigma * c.sigma + bias * bias;
    }
    return m;
}

static law forward_law(const fk_chain *chain)
{
    law q;
    fk_sources s = fk_sources_of(chain);
    for (size_t a = 0; a < N; a++) {
        q.mean[a] = s.row[a][0] * data_mean;
        for (size_t b = 0; b < N; b++)
            q.cov[a * N + b] = fk_sources_cov(&s, s.row[a], s.row[b], data_var);
    }
    return q;
}

static law model_law(const model *m)
{
    law p;
    double gain[N];
    p.mean[N - 1] = 0, p.cov[N * N - 1] = 1;
    for (size_t t = N - 1; t > 0; t--) {
        const double beta = m->chain.beta[t - 1], all = -expm1(m->chain.log_alpha_bar[t - 1]);
        const double past = fk_alpha_bar(&m->chain, t - 1), of_x0 = sqrt(past) * beta / all;
        gain[t] = sqrt(1 - beta) * (1 - past) / all + of_x0 * m->slope[t];
        p.mean[t - 1] = gain[t] * p.mean[t] + of_x0 * m->offset[t];
        p.cov[(t - 1) * N + t - 1] = gain[t] * gain[t] * p.cov[t * N + t] + m->var[t];
    }
    for (size_t b = 1; b < N; b++)
        for (size_t a = b; a-- > 0;)
            p.cov[a * N + b] = p.cov[b * N + a] = gain[a + 1] * p.cov[(a + 1) * N + b];
    return p;
}

/* E_q[-log p] for two normal laws. */
static double cross_entropy(const law *q, const law *p)
{
    law inverse = *p;
    double sum = N * log(2 * FK_PI) + fk_dense_invert(N, inverse.cov);
    for (size_t a = 0; a < N; a++)
        for (size_t b = 0; b < N; b++)
            sum += inverse.cov[a * N + b] *
                   (q->cov[a * N + b] + (q->mean[a] - p->mean[a]) * (q->mean[b] - p->mean[b]));
    return sum / 2;
}

/* E_q[-log p(x_{0:T})/q(x_{1:T} | x_0)], straight from its definition. */
static double direct_bound(const law *q, const law *p)
{
    law copy = *q;
    const double rest = fk_dense_invert(N, copy.cov) - log(data_var);
    return cross_entropy(q, p) - ((N - 1) * (log(2 * FK_PI) + 1) + rest) / 2;
}

/* L_T + sum L_{t-1} + L_0. */
static double split_bound(const model *m, int which)
{
    const double square = data_mean * data_mean + data_var, a = fk_alpha_bar(&m->chain, N - 1);
    double sum = fk_elbo_prior(&m->chain, 1, square);
    if (which == 2) sum = (log1p(-a) + a / (1 - a) * (1 + square)) / 2; /* as C95 is printed */
    if (which == 3) sum = 0;
    for (size_t t = which == 4 ? 3 : 2; t < N; t++)
        sum += fk_elbo_step(&m->chain, t - 1, 1, m->miss[t], m->var[t]);
    if (which != 1) sum += log(2 * FK_PI * m->var[1]) / 2;
    return sum + m->miss[1] / (2 * m->var[1]);
}

static fk_verdict three_parts(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    model m = model_new();
    const law q = forward_law(&m.chain), p = model_law(&m);
    fk_verdict out = fk_measured(split_bound(&m, v->which), direct_bound(&q, &p));
    fk_chain_free(&m.chain);
    return out;
}

/* The law of x_1 .. x_T given x_0: inverse covariance (N-1, N-1), log det, and the mean as row[0] +
 * row[1] (x_0 - data_mean). */
typedef struct {
    double inverse[(N - 1) * (N - 1)], cov[(N - 1) * (N - 1)], log_det, row[2][N - 1];
} conditional;

static conditional given_x0(const law *l)
{
    conditional c;
    for (size_t a = 1; a < N; a++) {
        const double slope = l->cov[a * N] / l->cov[0];
        c.row[0][a - 1] = l->mean[a] + slope * (data_mean - l->mean[0]);
        c.row[1][a - 1] = slope;
        for (size_t b = 1; b < N; b++)
            c.cov[(a - 1) * (N - 1) + b - 1] = l->cov[a * N + b] - slope * l->cov[b * N];
    }
    memcpy(c.inverse, c.cov, sizeof c.cov);
    c.log_det = fk_dense_invert(N - 1, c.inverse);
    return c;
}

/* E over x_0 of KL(a || b) of the laws given x_0. */
static double conditional_kl(const conditional *a, const conditional *b)
{
    double sum = b->log_det - a->log_det - (N - 1);
    for (size_t i = 0; i < N - 1; i++)
        for (size_t j = 0; j < N - 1; j++) {
            double both = a->cov[i * (N - 1) + j];
            for (int k = 0; k < 2; k++)
                both += (k ? data_var : 1) * (a->row[k][i] - b->row[k][i]) *
                        (a->row[k][j] - b->row[k][j]);
            sum += b->inverse[i * (N - 1) + j] * both;
        }
    return sum / 2;
}

static fk_verdict gap(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)env, (void)claim;
    model m = model_new();
    const law q = forward_law(&m.chain), p = model_law(&m);
    const conditional of_q = given_x0(&q), of_p = given_x0(&p);
    const double miss = data_mean - p.mean[0];
    const double nll = (log(2 * FK_PI * p.cov[0]) + (data_var + miss * miss) / p.cov[0]) / 2;
    double cost = conditional_kl(&of_q, &of_p);
    if (v->which == 1) cost = 0;
    if (v->which == 2) cost = conditional_kl(&of_p, &of_q);
    if (v->which == 3) cost = -cost;
    fk_verdict out = fk_measured(nll + cost, split_bound(&m, 0));
    if (v->which == 0 && !(cost > 0)) out.observed = NAN; /* the inequality */
    fk_chain_free(&m.chain);
    return out;
}

const fk_claim fk_bound_joint_claims[] = {
    {"C93",
     "E_q[-log p(X_0)] <= L, and L exceeds it by E KL(q(x_{1:T}|x_0)||p(x_{1:T}|x_0)) > 0",
     FK_CHOCHO ", sections 2.2 and A.4",
     FK_EXACT,
     1e-13,
     "normal laws of 8 variables, of condition 108 at most once scaled: 8 * 108 * 2^-53 = 9.6e-14 "
     "of "
     "values near 1",
     gap,
     {"that KL", 0, 0},
     {{"equality", 1, 0}, {"the KL reversed", 2, 0}, {"its sign changed", 3, 0}},
     .reading = FK_TRUE},
    {"C94",
     "L = E_q[-log p(x_{0:T})/q(x_{1:T}|x_0)] = L_T + sum_{t=2}^T L_{t-1} + L_0 for any predictor "
     "and any variances",
     FK_CHOCHO ", eq. 3, A.4",
     FK_EXACT,
     1e-13,
     "as C93",
     three_parts,
     {"the three parts", 0, 0},
     {{"L_0 without its constant", 1, 0},
      {"L_T as printed below eq. 3", 2, 0},
      {"no L_T", 3, 0},
      {"from t = 3", 4, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
