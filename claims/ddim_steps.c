/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM's generative steps: the model as the lab's own scheme runs it, its bound, its cost. */
#include <math.h>

#include "analytic/ddim_family.h"
#include "claims/chains.h"
#include "claims/claims.h"
#include "claims/constants.h"
#include "claims/dense.h"
#include "claims/leading.h"
#include "claims/setting.h"
#include "core/order.h"
#include "ode/schemes.h"
#include "schedules/chain.h"
#include "sde/schemes.h"

enum { STEPS = 7 };

/* One step of a scheme from node n of an axis for a 1-D mixture: x' but for its noise. */
static double deterministic_part(const fk_step *step, const fk_mixture *mix, double x)
{
    const fk_stage *stage = &step->stage[0];
    fk_marginal *p = fk_marginal_new(mix, stage->s, stage->sigma);
    double score;
    fk_marginal_at(p, &x, &(fk_point){.score = &score});
    fk_marginal_free(p);
    return step->result.a * x + step->result.b[0] * (stage->p * x + stage->q * score);
}

/* What a step is compared with: x' without its noise, and the noise's deviation. */
typedef struct {
    double mean, sd;
} gaussian_step;
typedef gaussian_step (*printed_step)(const fk_coeffs *t, double x, double x0hat, double eps,
                                      double eta, int which);

/* Each step of DDIM on seven of the thousand nodes, the last to clean data. */
static double worst_step(double eta, printed_step printed, int which)
{
    fk_scheme scheme = fk_ddim;
    scheme.param[0] = eta;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    double worst = 0;
    fk_chain_run run = fk_chain_run_new("ddpm-linear", STEPS, &scheme);
    for (size_t n = 0; n < STEPS; n++) {
        const fk_coeffs *t = run.axis.node + n;
        fk_marginal *p = fk_marginal_new(mix, t->s, t->sigma);
        for (size_t j = 0; j < 8; j++) {
            double x, score, x0hat;
            fk_setting_point(p, j + 8 * n, &x);
            fk_marginal_at(p, &x, &(fk_point){.score = &score, .x0hat = &x0hat});
            gaussian_step wanted = printed(t, x, x0hat, -t->sigma * score, eta, which);
            double ours = deterministic_part(&run.plan.step[n], mix, x);
            fk_worst(&worst, fabs(ours - wanted.mean) / (1 + fabs(x)));
            fk_worst(&worst, fabs(run.plan.step[n].result.c[0] - wanted.sd));
        }
        fk_marginal_free(p);
    }
    fk_chain_run_free(&run);
    fk_mixture_free(mix);
    return worst;
}

/* --- C153: the model is q_sigma at x0hat --- */

enum { AT_X0HAT, ETA_NOT_SQUARED, EPS_NOT_OF_X0HAT, VARIANCE_KEPT };

static gaussian_step at_x0hat(const fk_coeffs *t, double x, double x0hat, double eps, double eta,
                              int which)
{
    (void)eps;
    double sd[2] = {0, 0}, eps_hat = (x - t[0].s * x0hat) / t[0].sigma;
    if (t[1].sigma > 0) fk_ddim_deviations((fk_coeffs[]){t[1], t[0]}, 2, eta, sd);
    if (which == ETA_NOT_SQUARED) sd[1] /= sqrt(eta);
    if (which == EPS_NOT_OF_X0HAT) eps_hat = (x - x0hat) / t[0].sigma;
    double left = t[1].sigma * t[1].sigma - (which == VARIANCE_KEPT ? 0 : sd[1] * sd[1]);
    return (gaussian_step){t[1].s * x0hat + sqrt(left) * eps_hat, sd[1]};
}

static fk_verdict model_is_q(const fk_claim_env *env, const fk_claim *claim,
                             const fk_variant *variant)
{
    (void)env, (void)claim;
    double worst = 0;
    static const double eta[] = {0.385, 0.885};
    for (size_t i = 0; i < 2; i++) fk_worst(&worst, worst_step(eta[i], at_x0hat, variant->which));
    return fk_measured(worst, 0);
}

/* --- C156: without noise --- */

enum { BOTH_FORMS, OWN_SIGMA, EULER_IN_LAMBDA, NO_SIGNAL };

/* The printed step, and the same as Euler's in x/s over sigma/s. */
static gaussian_step without_noise(const fk_coeffs *t, double x, double x0hat, double eps,
                                   double eta, int which)
{
    (void)eta;
    double mean = t[1].s * x0hat + t[1].sigma * eps;
    if (which == OWN_SIGMA) mean = t[1].s * x0hat + t[0].sigma * eps;
    if (which == NO_SIGNAL) mean = x0hat + t[1].sigma * eps;
    double rho = t[0].sigma / t[0].s, step = t[1].sigma / t[1].s - rho;
    if (which == EULER_IN_LAMBDA && t[1].sigma > 0) step = -(t[1].lambda - t[0].lambda) * rho;
    double euler = t[1].s * (x / t[0].s + step * eps);
    bool apart = !(fabs(euler - mean) < 1e-12 * (1 + fabs(x)));
    return (gaussian_step){apart && which == EULER_IN_LAMBDA ? euler : mean,
                           apart && which == BOTH_FORMS ? NAN : 0};
}

static fk_verdict deterministic(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_measured(worst_step(0, without_noise, variant->which), 0);
}

/* --- C154: the bound splits as before --- */

enum { WITH_C_T, DDPM_WEIGHT, SIGN_OF_C_T, NO_L_0, NO_NOISE };
enum { N = 5, M = N + 1 };

static const double data_mean = 0.4385, data_var = 0.7315;

/* x0hat = gain x + shift of a model that is not perfect: 0.93 of the posterior mean's gain. */
typedef struct {
    double gain, shift;
} predictor;

static predictor model_at(const fk_coeffs *c)
{
    double all = c->s * c->s * data_var + c->sigma * c->sigma;
    double gain = 0.93 * c->s * data_var / all;
    return (predictor){gain, data_mean - gain * c->s * data_mean + 0.0385};
}

/* E (x_0 - x0hat)^2 under the data */
static double error_at(const fk_coeffs *c)
{
    predictor p = model_at(c);
    double keep = 1 - p.gain * c->s, bias = keep * data_mean - p.shift;
    return keep * keep * data_var + p.gain * p.gain * c->sigma * c->sigma + bias * bias;
}

/* The bound without splitting anything: E log q_sigma(x_1..x_N|x_0) by the determinant of its
 * covariance, E log p_theta(x_0..x_N) by the joint mean and covariance of the model. */
static double whole_bound(const fk_coeffs *node, const double *sd)
{
    double cov[N * N], joint[M * M], model[M * M], mean[M], weight[M][M] = {{0}}, gap[M];
    fk_error err;
    if (fk_ddim_covariance(node, N, sd, cov, &err) != FK_OK) return NAN;
    fk_ddim_joint(node, N, cov, data_var, joint);
    double log_det = fk_dense_invert(N, cov), entropy = (N * (FK_LOG_2PI + 1) + log_det) / 2;

    /* the model: x_N ~ N(0, 1), then x_(t-1) = gain x_t + shift + sd_t z */
    mean[N] = 0;
    weight[N][N] = 1;
    for (size_t t = N; t >= 1; t--) {
        predictor p = model_at(&node[t - 1]);
        double gain = p.gain, shift = p.shift;
        if (t >= 2) {
            double v = node[t - 2].sigma * node[t - 2].sigma - sd[t - 1] * sd[t - 1];
            double root = sqrt(v) / node[t - 1].sigma;
            double of_x0 = node[t - 2].s - root * node[t - 1].s;
            gain = of_x0 * p.gain + root;
            shift = of_x0 * p.shift;
        }
        mean[t - 1] = gain * mean[t] + shift;
        for (size_t z = 0; z < M; z++) weight[t - 1][z] = gain * weight[t][z];
        weight[t - 1][t - 1] += sd[t - 1];
    }
    for (size_t i = 0; i < M; i++) {
        gap[i] = (i ? node[i - 1].s : 1) * data_mean - mean[i];
        for (size_t j = 0; j < M; j++) {
            model[i * M + j] = 0;
            for (size_t z = 0; z < M; z++) model[i * M + j] += weight[i][z] * weight[j][z];
        }
    }
    double cross = M * FK_LOG_2PI + fk_dense_invert(M, model);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++)
            cross += model[i * M + j] * (joint[i * M + j] + gap[i] * gap[j]);
    return cross / 2 - entropy;
}

static fk_verdict bound_splits(const fk_claim_env *env, const fk_claim *claim,
                               const fk_variant *variant)
{
    (void)env, (void)claim;
    static const long index[N] = {87, 291, 443, 611, 999};
    static const double eta[] = {0.7, 0.815, 0.93};
    double worst = 0;
    fk_chain chain;
    fk_error err;
    if (fk_chain_parse("ddpm-linear", &chain, &err) != FK_OK) return fk_measured(NAN, 0);
    for (size_t k = 0; k < 3; k++) {
        fk_coeffs node[N];
        double sd[N], last_second, sum;
        for (size_t i = 0; i < N; i++) node[i] = fk_chain_at(&chain, index[i]);
        fk_ddim_deviations(node, N, eta[k], sd);
        sd[0] = 0.2385; /* of p(x_0 | x_1) */
        if (variant->which == NO_NOISE) sd[2] = 0;
        const fk_coeffs *last = &node[N - 1];
        last_second = last->s * last->s * (data_var + data_mean * data_mean);
        sum = (last_second + last->sigma * last->sigma - 1 - 2 * log(last->sigma)) / 2;
        for (size_t t = 1; t < N; t++) {
            double v = node[t - 1].sigma * node[t - 1].sigma - sd[t] * sd[t];
            double root = sqrt(v) * node[t].s / node[t].sigma, c = node[t - 1].s - root;
            if (variant->which == SIGN_OF_C_T) c = node[t - 1].s + root;
            if (variant->which == DDPM_WEIGHT) {
                double alpha = node[t].s * node[t].s / (node[t - 1].s * node[t - 1].s);
                c = node[t - 1].s * (1 - alpha) / (node[t].sigma * node[t].sigma);
            }
            sum += c * c / (2 * sd[t] * sd[t]) * error_at(&node[t]);
        }
        double l_0 = (FK_LOG_2PI + log(sd[0] * sd[0]) + error_at(&node[0]) / (sd[0] * sd[0])) / 2;
        if (variant->which != NO_L_0) sum += l_0;
        if (isinf(sum)) /* L_(t-1) of two point masses apart: there is nothing to split */
            fk_worst(&worst, sum);
        else
            fk_worst(&worst, fabs(sum / whole_bound(node, sd) - 1));
    }
    fk_chain_free(&chain);
    return fk_measured(worst, 0);
}

/* --- C157: fewer steps, and their error --- */

enum { DDIM, SECOND_ORDER, BIASED };

/* DDIM that takes 0.99 of x0hat: an error that no number of steps mends. */
static void step_biased(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_ddim.step(self, at, table);
    table->result.b[0] *= 0.99;
}

static fk_verdict order_of_ddim(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_scheme scheme = variant->which == SECOND_ORDER ? fk_dpmpp_2m : fk_ddim;
    if (variant->which == BIASED) scheme.step = step_biased;
    const fk_place place = {"vp-linear", "lambda", -2, 0.05};
    fk_series series;
    fk_error err;
    if (fk_series_mixture(&scheme, &place, FK_SELF_START, 10, 7, &series, &err) != FK_OK)
        return fk_measured(NAN, 1);
    const size_t w1 = series.functionals - 1;
    fk_order order = fk_order_read(series.error[w1], series.noise[w1], series.levels, 0.1);
    return fk_measured(order.state == FK_ORDER_SETTLED ? order.p : NAN, 1);
}

/* DDIM's constant over another's at equal steps of t, against the ratio by theory. */
static void ddim_over(const fk_scheme *other, fk_leading theory, double t_end, fk_verdict *worst)
{
    const fk_place place = {"vp-linear", "uniform", NAN, t_end};
    fk_keep_worst(worst, fk_error_constant(&fk_ddim, &place) / fk_error_constant(other, &place),
                  fk_leading_constant(FK_LEADING_DDIM, t_end) / fk_leading_constant(theory, t_end),
                  0);
}

/* Over ancestral sampling with the variances beta~ and beta. */
static fk_verdict half_the_constant(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    static const fk_scheme *const other[][2] = {{&fk_ancestral_small, &fk_ancestral_large},
                                                {&fk_ancestral_large, &fk_ancestral_small},
                                                {&fk_ddim, &fk_ddim}};
    fk_verdict worst = fk_measured(0, 0);
    ddim_over(other[variant->which][0], FK_LEADING_ANCESTRAL, 0.05, &worst);
    ddim_over(other[variant->which][1], FK_LEADING_LARGE, 0.05, &worst);
    return worst;
}

static fk_verdict six_times_euler(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *variant)
{
    (void)env, (void)claim;
    static const fk_scheme *const other[] = {&fk_euler, &fk_ddim, &fk_dpmpp_2m};
    fk_verdict out = fk_measured(0, 0);
    ddim_over(other[variant->which], FK_LEADING_EULER, 1e-3, &out);
    return out;
}

const fk_claim fk_ddim_steps_claims[] = {
    {"C153",
     "The model's step p_theta(x_(t-1)|x_t) is q_sigma(x_(t-1)|x_t, x0hat): the lab's own scheme "
     "`ddim` against the printed step, mean and deviation",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-13,
     "differences of lambda keep 1e-15 of numbers up to 5; twenty roundings more",
     model_is_q,
     {"q_sigma at x0hat", AT_X0HAT, 0},
     {{"eta in place of eta^2", ETA_NOT_SQUARED, 0},
      {"(x_t - x0hat) for (x_t - sqrt(alpha_bar_t) x0hat)", EPS_NOT_OF_X0HAT, 0},
      {"sigma_t^2 not subtracted", VARIANCE_KEPT, 0}},
     .reading = FK_TRUE},
    {"C154",
     "The bound splits for q_sigma too, all sigma_t > 0: L_(t-1) = c_t^2 E|x_0 - x0hat|^2/(2 "
     "sigma_t^2), c_t = sqrt(ab_(t-1)) - sqrt(1 - ab_(t-1) - sigma_t^2) sqrt(ab_t/(1 - ab_t)). "
     "Against the whole by determinants",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-13,
     "normal laws of 6 variables, of condition 104 at most once scaled: 6 * 104 * 2^-53 = 7e-14",
     bound_splits,
     {"c_t^2/(2 sigma_t^2)", WITH_C_T, 0},
     {{"DDPM's weight for every sigma", DDPM_WEIGHT, 0},
      {"+ in c_t", SIGN_OF_C_T, 0},
      {"without L_0", NO_L_0, 0},
      {"one sigma_t = 0: L_(t-1) infinite", NO_NOISE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "By the constructions of q_sigma, p_theta, we still have the decomposition"},
    {"C156",
     "With sigma_t = 0 x_(t-1) = sqrt(ab_(t-1)) x0hat + sqrt(1 - ab_(t-1)) eps: Euler's step for "
     "d(x/s) = eps d(sigma/s), down to x0hat at t = 1",
     FK_CHOCHO ", section 2.4",
     FK_EXACT,
     1e-13,
     "as C153; Euler's form cancels by sigma/s of up to 160, on numbers times s",
     deterministic,
     {"the printed step and Euler's in (sigma/s, x/s)", BOTH_FORMS, 0},
     {{"sqrt(1 - alpha_bar_t) for sqrt(1 - alpha_bar_(t-1))", OWN_SIGMA, 0},
      {"Euler's in log(s/sigma)", EULER_IN_LAMBDA, 0},
      {"x0hat without sqrt(alpha_bar_(t-1))", NO_SIGNAL, 0}},
     .reading = FK_TRUE},
    {"C157",
     "Fewer steps cost accuracy, DDIM is of order 1: the settled order of its W1 on three-1d",
     FK_CHOCHO ", section 2.4",
     FK_ORDER,
     0.1,
     "two-term fits to errors without noise that have settled",
     order_of_ddim,
     {"DDIM", DDIM, 0},
     {{"DDIM that takes 0.99 of x0hat: order 0", BIASED, 0},
      {"a second-order scheme", SECOND_ORDER, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "reduces the number of required diffusion steps without sacrificing the quality"},
    {"C157-constant",
     "DDIM's error on three-1d over ancestral sampling's at equal steps is the ratio of their "
     "leading constants: 0.465 for the variance beta~, 0.913 for beta",
     FK_CHOCHO ", section 2.4",
     FK_ORDER,
     8e-3,
     "as C54, with beta/2 = 10: 4e-3 of each constant",
     half_the_constant,
     {"beta~ and beta", 0, 0},
     {{"the two exchanged", 1, 0}, {"DDIM over itself", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "significantly accelerate the data generation process"},
    {"C157-euler",
     "Plain Euler steps of the probability-flow ODE beat DDIM's by 6.2 on three-1d, the ratio of "
     "their leading constants: its variance is near 1, and Euler on VP is exact for N(0, 1), DDIM "
     "for point masses",
     FK_CHOCHO ", section 2.4",
     FK_ORDER,
     0.05,
     "as C157-constant, of 6.2",
     six_times_euler,
     {"DDIM over Euler", 0, 0},
     {{"DDIM over itself", 1, 0}, {"DDIM over a second-order scheme", 2, 0}},
     .reading = FK_APPROXIMATE,
     .printed = "greatly speeds up the sampling"},
    {.id = NULL},
};
