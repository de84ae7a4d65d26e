/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network trained to predict the velocity v = a eps - b x_0, a = s/r, b = sigma/r, r^2 = s^2 +
 * sigma^2 (r = 1 where the schedule preserves variance). */
#include <math.h>

#include "claims/claims.h"
#include "claims/network.h"
#include "claims/setting.h"

/* --- C168-net: what it has learnt --- */

enum { AS_V, AS_EPS, AS_X0, AS_SCORE };

static fk_verdict learnt(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    static const fk_net_output output[] = {FK_OUT_V, FK_OUT_EPS, FK_OUT_X0, FK_OUT_SCORE};
    fk_model *net =
        fk_network_read_as(fk_networks_get(env->networks, FK_LEARNT_V), output[v->which]);
    const double part = fk_network_part_of_line(env->networks, net);
    fk_model_free(net);
    return fk_measured(part, 0);
}

/* --- C169-net: eps, x_0 and score from it --- */

enum { ROTATION, OTHER_SIGN, SWAPPED, NO_SIZE };

static fk_verdict read_back(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    const fk_model *net = fk_networks_get(env->networks, FK_LEARNT_V);
    fk_model *bare = fk_network_read_as(net, FK_OUT_SCORE);
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < 8; j++) {
            const fk_schedule *schedule = &fk_schedules[i];
            const fk_coeffs at = fk_schedule_at(schedule, fk_setting_time(schedule, j));
            const double r = sqrt(at.s * at.s + at.sigma * at.sigma), x = r * fk_setting_offset(j);
            double score, a = at.s / r, b = at.sigma / r, size = r;
            fk_model_at(net, at.s, at.sigma, &x, &score);
            double vh = fk_network_output(bare, &at, x);
            if (v->which == OTHER_SIGN) vh = -vh;
            if (v->which == SWAPPED) a = at.sigma / r, b = at.s / r;
            if (v->which == NO_SIZE) size = 1;
            const double eps = b * x / size + a * vh, x0 = a * x / size - b * vh;
            const double scale = 1 + fabs(x / r) + fabs(vh);
            fk_worst(&worst, fabs(at.sigma * score + eps) / scale);
            /* Tweedie's formula is the other way to x_0 */
            fk_worst(&worst, fabs(x + at.sigma * at.sigma * score - at.s * x0) / (r * scale));
        }
    fk_model_free(bare);
    return fk_measured(worst, 0);
}

/* --- C170-net: its loss --- */

enum { OVER_ALPHA_BAR, EQUAL, OVER_VARIANCE, OVER_ROOT, OF_EPS };

static fk_verdict two_losses(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    (void)claim;
    FK_NEEDS_NETWORK(env);
    fk_model *net = fk_network_read_as(fk_networks_get(env->networks, FK_LEARNT_V),
                                       v->which == OF_EPS ? FK_OUT_EPS : FK_OUT_V);
    double worst = 0;
    for (size_t j = 0; j < FK_NETWORK_LEVELS; j++) {
        const fk_coeffs at = fk_network_level(env->networks, j);
        const fk_network_losses e = fk_network_losses_at(net, fk_networks_data(env->networks), &at);
        double factor = 1 / (at.s * at.s);
        if (v->which == EQUAL) factor = 1;
        if (v->which == OVER_VARIANCE) factor = 1 / (at.sigma * at.sigma);
        if (v->which == OVER_ROOT) factor = 1 / at.s;
        fk_worst(&worst, fabs(e.own / (factor * e.noise) - 1));
    }
    fk_model_free(net);
    return fk_measured(worst, 0);
}

const fk_claim fk_network_velocity_claims[] = {
    {"C168-net",
     "A network trained on v = -b x_0 + a eps and read by the rotation predicts E[eps|x_t]: of the "
     "excess that the best line in x_t has over the floor less than a twentieth is left",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     0.05,
     "as C113-net",
     learnt,
     {"trained for v, read as v", AS_V, 0},
     {{"read as eps", AS_EPS, 0}, {"read as x_0", AS_X0, 0}, {"read as the score", AS_SCORE, 0}},
     .reading = FK_TRUE},
    {"C169-net",
     "What a network for v says of eps, of x_0 and of the score is b x + a v, a x - b v and -eps/"
     "sigma; x in units of r where s^2 + sigma^2 = r^2 is not 1: six schedules",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-12,
     "its output twice, by some hundred roundings of values below 10",
     read_back,
     {"a rotation", ROTATION, 0},
     {{"v with the other sign", OTHER_SIGN, 0},
      {"a and b exchanged", SWAPPED, 0},
      {"x itself for x/r", NO_SIZE, 0}},
     .reading = FK_TRUE},
    {"C170-net",
     "The loss |Net - v|^2 of a network trained for v, its output against v, is 1/alpha_bar_t "
     "times "
     "that of the noise which its score amounts to, at each level of noise",
     FK_CHOCHO ", section 2.6",
     FK_EXACT,
     1e-12,
     "one quadrature for both; v - v_net cancels to 0.1 at the noisiest level",
     two_losses,
     {"1/alpha_bar_t", OVER_ALPHA_BAR, 0},
     {{"equal losses", EQUAL, 0},
      {"1/(1 - alpha_bar_t)", OVER_VARIANCE, 0},
      {"1/sqrt(alpha_bar_t)", OVER_ROOT, 0},
      {"the output read as eps", OF_EPS, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
