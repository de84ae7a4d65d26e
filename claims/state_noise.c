/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reverse SDE and the ODE of a process whose noise depends on its state. Take Y in the plane
 * with dY = f Y dt + g dB and mixture marginals, and bend it: X = phi(Y),
 *     phi_1 = y_1 + u_0 y_2 + a sin(c y_2),   phi_2 = v_0 y_2 + b sin(y_2).
 * By Ito's formula X has sigma = g J with J = [1 u; 0 v] the Jacobian matrix, mu = J f y + g^2/2
 * (u', v'), and by change of variables the density q = p/v: an SDE with a full, state-dependent
 * sigma and a density known in closed form, neither of which comes from a Fokker-Planck equation.
 *
 * Equations are checked in their weak form: d/dt E h(X) against E[drift . grad h + sigma sigma^T :
 * grad grad h/2], h = cos(k . x + shift), with all integrals over y by the trapezoidal rule, whose
 * error on these integrands is below rounding. */
#include <math.h>

#include "claims/claims.h"
#include "claims/setting.h"

/* Which equation, and how its terms read. */
typedef enum { REVERSE_SDE, ODE } equation;
typedef enum { ROW_DIVERGENCE, ENTRYWISE, LEFT_OUT } divergence;
typedef enum { SIGMA_SIGMA_T, SIGMA_T_SIGMA, HALF_NOISE } noise;
typedef enum { FULL_SCORE, HALF_SCORE, NOT_MULTIPLIED } guidance;
typedef struct {
    equation equation;
    bool bent; /* else X is linear in Y, and sigma does not depend on it */
    divergence divergence;
    noise noise;
    guidance guidance;
    bool of_other_time; /* -mu of the forward state X_t where the reversed one stands at 1 - t */
    bool of_other_law;  /* the process has another law than q: it was not started from q_0 */
} reading;

enum {
    RIGHT,
    OTHER_STATE,
    ENTRIES,
    NO_DIVERGENCE,
    TRANSPOSED,
    NOISE_HALF,
    STRAIGHT,
    NO_PRODUCT,
    FLOW,
    FLOW_ENTRIES,
    FLOW_NO_DIVERGENCE,
    FLOW_FULL,
    FLOW_ELSEWHERE
};
static const reading readings[] = {
    [RIGHT] = {.bent = true},
    [OTHER_STATE] = {.of_other_time = true},
    [ENTRIES] = {.bent = true, .divergence = ENTRYWISE},
    [NO_DIVERGENCE] = {.bent = true, .divergence = LEFT_OUT},
    [TRANSPOSED] = {.bent = true, .noise = SIGMA_T_SIGMA},
    [NOISE_HALF] = {.bent = true, .noise = HALF_NOISE},
    [STRAIGHT] = {.divergence = LEFT_OUT},
    [NO_PRODUCT] = {.divergence = LEFT_OUT, .guidance = NOT_MULTIPLIED},
    [FLOW] = {.equation = ODE, .bent = true, .guidance = HALF_SCORE},
    [FLOW_ENTRIES] = {.equation = ODE,
                      .bent = true,
                      .divergence = ENTRYWISE,
                      .guidance = HALF_SCORE},
    [FLOW_NO_DIVERGENCE] = {.equation = ODE,
                            .bent = true,
                            .divergence = LEFT_OUT,
                            .guidance = HALF_SCORE},
    [FLOW_FULL] = {.equation = ODE, .bent = true},
    [FLOW_ELSEWHERE] = {.equation = ODE,
                        .bent = true,
                        .guidance = HALF_SCORE,
                        .of_other_law = true},
};

/* The map at y and what follows from it. */
typedef struct {
    double x[2], u, v, u_rate, v_rate;
} bend;

static bend bend_at(const double *y, bool bent)
{
    const double u0 = 0.615, v0 = 1.285, a = bent ? 0.385 : 0, b = bent ? 0.315 : 0, c = 1.185;
    return (bend){{y[0] + u0 * y[1] + a * sin(c * y[1]), v0 * y[1] + b * sin(y[1])},
                  u0 + a * c * cos(c * y[1]),
                  v0 + b * cos(y[1]),
                  -a * c * c * sin(c * y[1]),
                  -b * sin(y[1])};
}

/* Drift (per dt > 0 of the ODE, per dtau of the reversed process) and sigma sigma^T at y. E[Y_t |
 * Y_s = y] of an earlier time t is (y + Q score)/A. */
static void terms_at(const reading *r, const bend *m, const fk_coeffs *c, double Q, double A,
                     const double *y, const double *score, double drift[2], double cov[3])
{
    double g2 = c->g2, u = m->u, v = m->v;
    double earlier[2] = {(y[0] + Q * score[0]) / A, (y[1] + Q * score[1]) / A};
    const double *from = r->of_other_time ? earlier : y;
    double mu[2] = {c->f * (from[0] + u * from[1]) + g2 / 2 * m->u_rate,
                    c->f * v * from[1] + g2 / 2 * m->v_rate};
    double a[3] = {g2 * (1 + u * u), g2 * u * v, g2 * v * v};
    double grad[2] = {score[0], (score[1] - m->v_rate / v - u * score[0]) / v};
    double div[2] = {g2 * (m->u_rate + u * m->v_rate / v), 2 * g2 * m->v_rate};
    if (r->divergence == ENTRYWISE) div[0] = g2 * m->u_rate, div[1] = g2 * m->v_rate;
    if (r->divergence == LEFT_OUT) div[0] = div[1] = 0;

    double pull[2] = {a[0] * grad[0] + a[1] * grad[1], a[1] * grad[0] + a[2] * grad[1]};
    if (r->guidance == NOT_MULTIPLIED) pull[0] = grad[0], pull[1] = grad[1];
    double part = r->guidance == HALF_SCORE ? 0.5 : 1;
    for (int i = 0; i < 2; i++) {
        if (r->equation == ODE)
            drift[i] = mu[i] - part * pull[i] - div[i] / 2;
        else
            drift[i] = -mu[i] + part * pull[i] + div[i];
    }
    cov[0] = a[0], cov[1] = a[1], cov[2] = a[2];
    if (r->noise == SIGMA_T_SIGMA) cov[0] = g2, cov[1] = g2 * u, cov[2] = g2 * (u * u + v * v);
    if (r->noise == HALF_NOISE)
        for (int i = 0; i < 3; i++) cov[i] /= 2;
    if (r->equation == ODE) cov[0] = cov[1] = cov[2] = 0;
}

enum { TESTS = 3 };
static const double wave[TESTS][3] = {
    {0.885, 0.315, 0.4}, {-0.485, 1.085, 1.9}, {0.215, -0.685, 3.1}};

/* The worst relative residual of the weak forms at one time, earlier: the other time's node. */
static double weak_residual(const fk_mixture *mix, const reading *r, const fk_coeffs *c,
                            const fk_coeffs *earlier)
{
    fk_marginal *g = fk_marginal_new(mix, c->s, c->sigma);
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY}, narrow = 1;
    for (size_t k = 0; k < mix->k; k++)
        for (size_t i = 0; i < 2; i++) {
            double sd = sqrt(g->var[2 * k + i]), mean = g->mean[2 * k + i];
            lo[i] = fmin(lo[i], mean - 8.8 * sd);
            hi[i] = fmax(hi[i], mean + 8.8 * sd);
            narrow = fmin(narrow, sd);
        }
    const double h = 0.3 * narrow, A = c->s / earlier->s;
    const double Q = c->sigma * c->sigma - A * A * earlier->sigma * earlier->sigma;
    const double sign = r->equation == ODE ? -1 : 1;
    double sum[TESTS] = {0}, size[TESTS] = {0}, worst = 0;
    for (double y0 = lo[0]; y0 < hi[0]; y0 += h)
        for (double y1 = lo[1]; y1 < hi[1]; y1 += h) {
            double y[2] = {y0, y1}, score[2], drift[2], cov[3];
            double p = exp(fk_marginal_at(g, y, &(fk_point){.score = score}));
            if (p < 1e-20) continue;
            double its = p; /* density of the process */
            if (r->of_other_law) its = exp(fk_log_normal(y0, 0, 1) + fk_log_normal(y1, 0, 1));
            double rate = fk_marginal_log_rate(g, c->f, c->g2, y);
            bend m = bend_at(y, r->bent);
            terms_at(r, &m, c, Q, A, y, score, drift, cov);
            for (size_t j = 0; j < TESTS; j++) {
                const double *k = wave[j];
                double phase = k[0] * m.x[0] + k[1] * m.x[1] + k[2];
                double term[] = {
                    sign * rate * cos(phase), -(drift[0] * k[0] + drift[1] * k[1]) * sin(phase),
                    -(cov[0] * k[0] * k[0] + 2 * cov[1] * k[0] * k[1] + cov[2] * k[1] * k[1]) / 2 *
                        cos(phase)};
                for (int i = 0; i < 3; i++) {
                    const double weight = i ? its : p;
                    sum[j] += weight * term[i], size[j] += weight * fabs(term[i]);
                }
            }
        }
    for (size_t j = 0; j < TESTS; j++) fk_worst(&worst, fabs(sum[j]) / size[j]);
    fk_marginal_free(g);
    return worst;
}

/* Over schedules whose law stays of order 1, so that the bends are resolved. param 1: the right
 * form is that of sigma without x. */
static fk_verdict weakly(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "vp-cosine", "sub-vp", "flow"};
    static const double weight[] = {0.385, 0.615}, mean[] = {-1.1, 0.3, 0.8, -0.6},
                        var[] = {0.285, 0.185, 0.215, 0.415};
    fk_mixture *mix;
    fk_error err;
    if (fk_mixture_new_diagonal("two in the plane", 2, 2, weight, mean, var, &mix, &err) != FK_OK)
        return fk_measured(NAN, 0);
    double worst = 0;
    for (size_t i = 0; i < 4; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i]);
        double one = fk_setting_time(&schedule, 3 * i + 1);
        double other = fk_setting_time(&schedule, 3 * i + 2);
        fk_coeffs c = fk_schedule_at(&schedule, fmax(one, other));
        fk_coeffs earlier = fk_schedule_at(&schedule, fmin(one, other));
        fk_worst(&worst, weak_residual(mix, &readings[variant->which], &c, &earlier));
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

#define BECAUSE                                                                                    \
    "sums of up to 10^5 terms, rounding as its root times 2^-53, over the mean size of the terms"

const fk_claim fk_state_noise_claims[] = {
    {"C142",
     "X_(1-t) of dX = mu dt + sigma dB is a diffusion with the drift -mu + sigma sigma^T grad log "
     "q + div(sigma sigma^T), all at its own state, div by rows",
     FK_CHOCHO ", eq. 10",
     FK_EXACT,
     1e-13,
     BECAUSE,
     weakly,
     {"-mu(Xbar), div by rows", RIGHT, 0},
     {{"as printed: -mu of the forward state X_t", OTHER_STATE, 0},
      {"(grad sigma) sigma^T entry by entry", ENTRIES, 0},
      {"without the divergence", NO_DIVERGENCE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "drift -mubar(X_t, t) + sigmabar sigmabar^T grad log qbar(Xbar_t, t) + grad "
                "sigmabar sigmabar^T"},
    {"C143",
     "The reverse process has the diffusion coefficient of the forward one",
     FK_CHOCHO ", A.3",
     FK_EXACT,
     1e-13,
     BECAUSE,
     weakly,
     {"sigma", RIGHT, 0},
     {{"its transpose", TRANSPOSED, 0}, {"half the variance", NOISE_HALF, 0}},
     .reading = FK_TRUE},
    {"C144",
     "If sigma does not depend on x the divergence is 0 and the reverse drift is -mu + sigma "
     "sigma^T grad log q",
     FK_CHOCHO ", A.3",
     FK_EXACT,
     1e-13,
     BECAUSE,
     weakly,
     {"sigma constant in x", STRAIGHT, 0},
     {{"sigma that depends on x", NO_DIVERGENCE, 0},
      {"grad log q without sigma sigma^T", NO_PRODUCT, 0}},
     .reading = FK_TRUE},
    {"C145",
     "From X_0 ~ q_0 dX = (mu - sigma sigma^T grad log q/2 - div(sigma sigma^T)/2) dt has the "
     "marginals of the SDE, div by rows",
     FK_CHOCHO ", A.3",
     FK_EXACT,
     1e-13,
     BECAUSE,
     weakly,
     {"div by rows", FLOW, 0},
     {{"(grad sigma) sigma^T entry by entry", FLOW_ENTRIES, 0},
      {"without the divergence", FLOW_NO_DIVERGENCE, 0},
      {"the whole sigma sigma^T grad log q", FLOW_FULL, 0},
      {"not from q_0: of law N(0, I) at t", FLOW_ELSEWHERE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "dX = (mu - (1/2) sigma sigma^T grad log q - (1/2) grad sigma sigma^T) dt"},
    {.id = NULL},
};
