/* SPDX-License-Identifier: GPL-3.0-or-later */
/* B13 on a trained network: the law that its reverse SDE ends in, by the Fokker-Planck equation,
 * and the bound that its score error gives for it. */
#include <gsl/gsl_spline.h>
#include <math.h>
#include <stdlib.h>

#include "analytic/fokker_planck.h"
#include "analytic/marginal.h"
#include "analytic/score_error.h"
#include "analytic/spectral.h"
#include "claims/claims.h"
#include "claims/network.h"
#include "claims/setting.h"
#include "learn/train.h"

/* --- B13-net, B13-bound-net: KL of p_t to the law of the learnt process --- */

enum { POINTS = 224, KEPT = 401 };
static const double end = 0.9; /* log(s/sigma) there: modes apart, and resolved by the points */

/* Where p is less than this is left out: the solution is good to some 1e-10. */
static const double least_density = 1e-7;

/* In nats, from t_max to the end: KL(p || phat) at both, int g^2/2 E|delta|^2 dt and int g^2/2
 * E|delta + grad log(p/phat)|^2 dt, delta the network's score less the right one. */
typedef struct {
    double before, after, bound, rest;
} account;

/* At kept density i: KL(p || phat), and the integrands in log(s/sigma), where g^2/2 dt = sigma^2.
 */
static void look(const fk_networks *n, const fk_model *net, const fk_densities *d, size_t i,
                 double *lambda, double *kl, double *bound, double *rest)
{
    const fk_coeffs at = fk_schedule_at(fk_networks_schedule(n), d->t[i]);
    const double *phat = d->p + i * d->points, width = 2 * d->reach * d->scale[i];
    const double noise = at.sigma * at.sigma, dx = width / (double)d->points;
    fk_marginal *p = fk_marginal_new(fk_networks_data(n), at.s, at.sigma);
    fk_spectral *box = fk_spectral_new(d->points, -width / 2, width);
    double *slope = fk_alloc(d->points, sizeof *slope);
    fk_spectral_derivative(box, phat, slope);
    *lambda = at.lambda, *kl = *bound = *rest = 0;
    for (size_t j = 0; j < d->points; j++) {
        const double x = fk_spectral_x(box, j);
        double score, learnt;
        const double log_p = fk_marginal_at(p, &x, &(fk_point){.score = &score});
        const double w = dx * exp(log_p);
        if (w < dx * least_density) continue;
        fk_model_at(net, at.s, at.sigma, &x, &learnt);
        const double delta = learnt - score, other = delta + score - slope[j] / phat[j];
        *kl += w * (log_p - log(phat[j]));
        *bound += w * noise * delta * delta;
        *rest += w * noise * other * other;
    }
    free(slope);
    fk_spectral_free(box);
    fk_marginal_free(p);
}

static double integral(const double *x, const double *y)
{
    gsl_spline *spline = gsl_spline_alloc(gsl_interp_cspline, KEPT);
    gsl_spline_init(spline, x, y, KEPT);
    const double sum = gsl_spline_eval_integ(spline, x[0], x[KEPT - 1], NULL);
    gsl_spline_free(spline);
    return sum;
}

/* From p_T, or from N(0.2385, 1.1385). */
static account account_of(const fk_claim_env *env, bool wrong_start, fk_process process)
{
    const fk_networks *n = env->networks;
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    const fk_schedule *schedule = fk_networks_schedule(n);
    const fk_field field = fk_network_field(net);
    const fk_coeffs top = fk_schedule_at(schedule, schedule->t_max);
    const double all = 1, mean = 0.2385 / top.s;
    const double var = (1.1385 - top.sigma * top.sigma) / (top.s * top.s);
    const account none = {NAN, NAN, NAN, NAN};
    fk_mixture *start;
    fk_error err;
    if (fk_mixture_new_diagonal("start", 1, 1, &all, &mean, &var, &start, &err) != FK_OK)
        return none;
    const fk_fokker_planck problem = {.mixture = fk_networks_data(n),
                                      .schedule = schedule,
                                      .process = process,
                                      .t_from = schedule->t_max,
                                      .t_to = schedule->time_of(schedule, end),
                                      .start = wrong_start ? start : NULL,
                                      .points = POINTS,
                                      .kept = KEPT,
                                      .score = &field};
    fk_densities d;
    const int status = fk_fokker_planck_solve(&problem, &d, &err);
    fk_mixture_free(start);
    if (status != FK_OK) return none;
    double lambda[KEPT], kl[KEPT], bound[KEPT], rest[KEPT];
    for (size_t i = 0; i < d.kept; i++)
        look(n, net, &d, i, &lambda[i], &kl[i], &bound[i], &rest[i]);
    const bool whole = d.kept == KEPT;
    fk_densities_free(&d);
    if (!whole) return none;
    return (account){kl[0], kl[KEPT - 1], integral(lambda, bound), integral(lambda, rest)};
}

static const fk_process reverse = {1, 1, -1, 0};
static const fk_process less_noise = {0.745, 0.49, -1, 0}; /* the family's, of eta = 0.7 */

enum { EXACT, BOUND_ALONE, EIGHTH, NO_PRIOR, LESS_NOISE, AS_TRAINED };

static fk_verdict what_is_left(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    account a = account_of(env, true, v->which == LESS_NOISE ? less_noise : reverse);
    if (v->which == BOUND_ALONE) a.rest = 0;
    if (v->which == EIGHTH) a.bound /= 4;
    if (v->which == NO_PRIOR) a.before = 0;
    return fk_measured(fabs(a.before + a.bound - a.rest - a.after), 0);
}

/* int E|eps_net - E[eps|x_t]|^2 dt over the times of the account: what training lowers. */
static double excess_as_trained(const fk_networks *n, const fk_model *net)
{
    const fk_schedule *schedule = fk_networks_schedule(n);
    const fk_field field = fk_network_field(net);
    double sum = 0;
    fk_rule rule = fk_rule_new(schedule->time_of(schedule, end), schedule->t_max, 2);
    for (size_t i = 0; i < rule.n; i++) {
        const fk_coeffs at = fk_schedule_at(schedule, rule.x[i]);
        sum += rule.w[i] *
               fk_score_error_at(fk_networks_data(n), &field, at.s, at.sigma, &(fk_score_rule){0})
                   .excess;
    }
    fk_rule_free(&rule);
    return sum;
}

static fk_verdict below_the_bound(const fk_claim_env *env, const fk_claim *claim,
                                  const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const account a = account_of(env, false, reverse);
    const double bound =
        v->which == AS_TRAINED
            ? excess_as_trained(env->networks, fk_networks_get(env->networks, FK_LEARNT_EPS))
            : a.bound;
    return fk_measured(a.after / bound, 0.5);
}

/* --- B13-weight-net: the weight whose loss is the bound --- */

enum { LIKELIHOOD, UNIFORM, WHOLE, NO_FLOOR };

/* int of half the weighted loss less its floor dt, in log t, against int g^2/2 E|delta|^2 dt, in
 * log(s/sigma). */
static fk_verdict likelihood(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_mixture *data = fk_networks_data(env->networks);
    const fk_schedule *schedule = fk_networks_schedule(env->networks);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_EPS);
    const fk_field field = fk_network_field(net);
    fk_train_config config = fk_train_defaults();
    config.weight = v->which == UNIFORM ? FK_WEIGHT_UNIFORM : FK_WEIGHT_LIKELIHOOD;
    double loss = 0, bound = 0;
    fk_rule rule = fk_rule_new(log(schedule->t_min), log(schedule->t_max), 2);
    for (size_t i = 0; i < rule.n; i++) {
        const double t = exp(rule.x[i]);
        const fk_coeffs at = fk_schedule_at(schedule, t);
        double floor = fk_score_error_at(data, NULL, at.s, at.sigma, &(fk_score_rule){0}).floor;
        if (v->which == NO_FLOOR) floor = 0;
        const double half = v->which == WHOLE ? 1 : 0.5;
        loss += rule.w[i] * t * half * fk_net_weight_at(&config, &at, 1) *
                (fk_network_losses_at(net, data, &at).noise - floor);
    }
    fk_rule_free(&rule);
    rule = fk_rule_new(fk_schedule_at(schedule, schedule->t_max).lambda,
                       fk_schedule_at(schedule, schedule->t_min).lambda, 2);
    for (size_t i = 0; i < rule.n; i++) {
        const fk_coeffs at = fk_schedule_at(schedule, schedule->time_of(schedule, rule.x[i]));
        bound +=
            rule.w[i] * fk_score_error_at(data, &field, at.s, at.sigma, &(fk_score_rule){0}).excess;
    }
    fk_rule_free(&rule);
    return fk_measured(fabs(loss / bound - 1), 0);
}

const fk_claim fk_network_bound_claims[] = {
    {"B13-net",
     "A learnt reverse SDE from a wrong start: KL(p || phat) at log(s/sigma) = 0.9 is that of the "
     "starts and int g^2/2 E|s - score|^2 dt (Girsanov's bound), less int g^2/2 E|s - score + grad "
     "log p/phat|^2 dt: the law by the Fokker-Planck equation",
     "Chen, Chewi et al. 2023, section 5",
     FK_EXACT,
     1e-5,
     "where p < 1e-7 is left out, of at most 10 over 6 in log(s/sigma): 6e-6; splines through 401 "
     "nodes, h^3 = 3e-6 of the greatest integrand, 0.06",
     what_is_left,
     {"bound less the rest", EXACT, 0},
     {{"the bound itself", BOUND_ALONE, 0},
      {"g^2/8", EIGHTH, 0},
      {"no KL of the starts", NO_PRIOR, 0},
      {"the law of the process with eta = 0.7", LESS_NOISE, 0}},
     .reading = FK_TRUE},
    {"B13-bound-net",
     "From p_T the learnt reverse SDE ends closer than Girsanov's bound: KL(p || phat)/int g^2/2 "
     "E|s - score|^2 dt lies between 0 and 1",
     "Chen, Chewi et al. 2023, section 5; Song et al. 2021, theorem 1",
     FK_EXACT,
     0.5,
     "0.5 of 0.5: any ratio from 0 to 1",
     below_the_bound,
     {"g^2/2", EXACT, 0},
     {{"1/sigma^2 left out of the score's error and g^2/2: the loss as it is trained", AS_TRAINED,
       0}},
     .reading = FK_TRUE},
    {"B13-weight-net",
     "With the weight g^2 on the score's error a network's loss over t, less its floor, is twice "
     "Girsanov's bound",
     "Song et al. 2021, theorem 1",
     FK_EXACT,
     1e-3,
     "40 nodes in log t, and 40 in log(s/sigma), for what bends some ten times: 1e-4",
     likelihood,
     {"g^2/2", LIKELIHOOD, 0},
     {{"uniform weight on eps", UNIFORM, 0}, {"g^2", WHOLE, 0}, {"no floor", NO_FLOOR, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
