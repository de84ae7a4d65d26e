/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything exact about a marginal at one point. With y = axes (x - M_k), the coordinates along a
 * component's own axes, u_k = -S_k^-1 (x - M_k) is its score and
 *     log p  = log sum_k exp l_k,   l_k = log_norm_k - 1/2 sum_j y_j^2 / S_kj,   r_k = exp(l_k -
 * log p) score  = sum_k r_k u_k Hess   = sum_k r_k ( (u_k - score)(u_k - score)^T - S_k^-1 ). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/dd.h"
#include "analytic/marginal.h"

/* The components as one point sees them. */
typedef struct {
    const fk_marginal *g;
    size_t k, dim;
    double log_p;
    double *r;       /* (k) */
    double *y;       /* (k, dim) */
    double *u;       /* (k, dim) */
    double *scratch; /* (k dim + 2 dim) */
    void *heap;
    double stack[4096]; /* room for most mixtures, so that no point costs an allocation */
} view;

static fk_dd axis_entry(const fk_mixture *m, size_t k, size_t j, size_t i)
{
    size_t at = (k * m->dim + j) * m->dim + i;
    return (fk_dd){m->axes[at], m->axes_low[at]};
}

/* y (dim), twofold, along the axes of component k; delta (dim) is scratch. */
static void project(const fk_marginal *g, size_t k, const double *x, fk_dd *delta, fk_dd *y)
{
    const fk_mixture *m = g->mixture;
    size_t n = m->dim;
    for (size_t i = 0; i < n; i++) {
        fk_dd mean = {-g->mean[k * n + i], -g->mean_low[k * n + i]};
        delta[i] = fk_dd_add((fk_dd){x[i], 0}, mean);
    }
    if (m->kind != FK_FULL) {
        memcpy(y, delta, n * sizeof *y);
        return;
    }
    for (size_t j = 0; j < n; j++) {
        y[j] = (fk_dd){0, 0};
        for (size_t i = 0; i < n; i++)
            y[j] = fk_dd_add(y[j], fk_dd_multiply(axis_entry(m, k, j, i), delta[i]));
    }
}

/* From y, which becomes S^-1 y: the sum of y_j^2 / S_j, and the component's score u (dim). */
static fk_dd component(const fk_marginal *g, size_t k, fk_dd *y, double *u)
{
    const fk_mixture *m = g->mixture;
    size_t n = m->dim;
    fk_dd q = {0, 0};
    for (size_t j = 0; j < n; j++) {
        fk_dd scaled =
            fk_dd_multiply(y[j], (fk_dd){g->inverse[k * n + j], g->inverse_low[k * n + j]});
        q = fk_dd_add(q, fk_dd_multiply(y[j], scaled));
        y[j] = scaled;
    }
    for (size_t i = 0; i < n; i++) {
        if (m->kind != FK_FULL) {
            u[i] = -y[i].hi;
            continue;
        }
        fk_dd sum = {0, 0};
        for (size_t j = 0; j < n; j++)
            sum = fk_dd_add(sum, fk_dd_multiply(axis_entry(m, k, j, i), y[j]));
        u[i] = -sum.hi;
    }
    return q;
}

/* l_a - l_b: far out all that tells components apart is in the lower halves. */
static double log_ratio(const fk_marginal *g, const fk_dd *q, size_t a, size_t b)
{
    return g->log_norm[a] - g->log_norm[b] - 0.5 * fk_dd_subtract(q[a], q[b]).hi;
}

static void look(const fk_marginal *g, const double *x, view *v)
{
    size_t k = g->mixture->k, n = g->mixture->dim, need = 3 * k * (n + 1) + 6 * n;
    bool fits = need <= sizeof v->stack / sizeof *v->stack;
    v->heap = fits ? NULL : fk_alloc(need, sizeof(double));
    v->g = g, v->k = k, v->dim = n;
    v->r = fits ? v->stack : v->heap;
    v->y = v->r + k;
    v->u = v->y + k * n;
    v->scratch = v->u + k * n;
    fk_dd *q = (fk_dd *)(v->scratch + k * n + 2 * n), *delta = q + k, *y = delta + n;

    size_t top = 0;
    for (size_t c = 0; c < k; c++) {
        project(g, c, x, delta, y);
        for (size_t j = 0; j < n; j++) v->y[c * n + j] = y[j].hi;
        q[c] = component(g, c, y, v->u + c * n);
        if (log_ratio(g, q, c, top) > 0) top = c;
    }
    double others = 0; /* sum of r relative to the top one's */
    for (size_t c = 0; c < k; c++) {
        v->r[c] = c == top ? 1 : exp(log_ratio(g, q, c, top));
        if (c != top) others += v->r[c];
    }
    for (size_t c = 0; c < k; c++) v->r[c] /= 1 + others;
    v->log_p = g->log_norm[top] - 0.5 * q[top].hi + log1p(others);
    if (g->singular) {
        v->log_p = NAN;
        for (size_t c = 0; c < k; c++) v->r[c] = NAN;
    }
}

static double mean_of(const view *v, const double *value, size_t stride)
{
    fk_dd sum = {0, 0};
    for (size_t c = 0; c < v->k; c++) {
        if (v->r[c] == 0) continue; /* so that a far component's overflow does no harm */
        sum = fk_dd_add(sum, fk_dd_product(v->r[c], value[c * stride]));
    }
    return sum.hi;
}

/* Entry (a, b) of axes^T diag(value) axes for component k. */
static double in_axes(const fk_mixture *m, size_t k, const double *value, size_t a, size_t b)
{
    size_t n = m->dim;
    if (m->kind != FK_FULL) return a == b ? value[a] : 0;
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double *axis = m->axes + (k * n + j) * n;
        sum += value[j] * axis[a] * axis[b];
    }
    return sum;
}

static void hessian(const view *v, const double *score, double *out)
{
    size_t n = v->dim;
    memset(out, 0, n * n * sizeof *out);
    for (size_t c = 0; c < v->k; c++) {
        const double *u = v->u + c * n;
        if (v->r[c] == 0) continue;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                out[a * n + b] +=
                    v->r[c] * ((u[a] - score[a]) * (u[b] - score[b]) -
                               in_axes(v->g->mixture, c, v->g->inverse + c * n, a, b));
    }
}

static double divergence(const view *v, const double *score)
{
    size_t n = v->dim;
    double sum = 0;
    for (size_t c = 0; c < v->k; c++) {
        if (v->r[c] == 0) continue;
        double trace = 0;
        for (size_t a = 0; a < n; a++) {
            double d = v->u[c * n + a] - score[a];
            trace += d * d - v->g->inverse[c * n + a];
        }
        sum += v->r[c] * trace;
    }
    return sum;
}

/* c_k = E[x_0 | x, k], for all k (k, dim). */
static void component_denoisers(const view *v, double *centre)
{
    const fk_mixture *m = v->g->mixture;
    size_t n = v->dim;
    memcpy(centre, m->mean, v->k * n * sizeof *centre);
    for (size_t at = 0; at < v->k * n; at++) {
        size_t c = at / n;
        double along = v->g->s * m->var[at] * v->g->inverse[at] * v->y[at];
        if (m->kind != FK_FULL)
            centre[at] += along;
        else
            for (size_t i = 0; i < n; i++) centre[c * n + i] += along * m->axes[at * n + i];
    }
}

static void denoise(const view *v, double *x0hat, double *covariance)
{
    const fk_mixture *m = v->g->mixture;
    size_t n = v->dim;
    double *centre = v->scratch, *mean = centre + v->k * n, *spread = mean + n;
    component_denoisers(v, centre);
    for (size_t i = 0; i < n; i++) mean[i] = mean_of(v, centre + i, n);
    if (x0hat) memcpy(x0hat, mean, n * sizeof *mean);
    if (covariance) memset(covariance, 0, n * n * sizeof *covariance);
    for (size_t c = 0; c < v->k && covariance; c++) {
        if (v->r[c] == 0) continue;
        const double *centre_c = centre + c * n;
        for (size_t j = 0; j < n; j++)
            spread[j] = v->g->sigma * v->g->sigma * m->var[c * n + j] * v->g->inverse[c * n + j];
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                covariance[a * n + b] +=
                    v->r[c] * (in_axes(m, c, spread, a, b) +
                               (centre_c[a] - mean[a]) * (centre_c[b] - mean[b]));
    }
}

double fk_marginal_at(const fk_marginal *g, const double *x, const fk_point *out)
{
    view v;
    look(g, x, &v);
    if (out && out->weight) memcpy(out->weight, v.r, v.k * sizeof *v.r);
    if (out && (out->score || out->hessian || out->divergence)) {
        double *score = out->score ? out->score : v.scratch;
        for (size_t i = 0; i < v.dim; i++) score[i] = mean_of(&v, v.u + i, v.dim);
        if (out->hessian) hessian(&v, score, out->hessian);
        if (out->divergence) *out->divergence = divergence(&v, score);
    }
    if (out && (out->x0hat || out->covariance)) denoise(&v, out->x0hat, out->covariance);
    free(v.heap);
    return v.log_p;
}

/* sum_k r_k d/dt l_k, with M_k' = f M_k and S_k' = 2 f s^2 C_k + (sigma^2)'. */
double fk_marginal_log_rate(const fk_marginal *g, double f, double g2, const double *x)
{
    const fk_mixture *m = g->mixture;
    const double sigma2_rate = g2 + 2 * f * g->sigma * g->sigma;
    view v;
    look(g, x, &v);
    double sum = 0;
    for (size_t c = 0; c < v.k; c++) {
        if (v.r[c] == 0) continue;
        double rate = 0;
        for (size_t j = 0; j < v.dim; j++) {
            size_t at = c * v.dim + j;
            double var_rate = 2 * f * g->s * g->s * m->var[at] + sigma2_rate;
            double distance2 = v.y[at] * v.y[at] * g->inverse[at]; /* in units of S */
            rate += 0.5 * var_rate * g->inverse[at] * (distance2 - 1) - f * g->mean[at] * v.u[at];
        }
        sum += v.r[c] * rate;
    }
    free(v.heap);
    return sum;
}
