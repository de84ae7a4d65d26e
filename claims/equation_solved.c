/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same equations solved, from one end of the schedule to the other: a wrong sign is not a
 * residual but another density. */
#include <math.h>
#include <string.h>

#include "analytic/fokker_planck.h"
#include "claims/claims.h"
#include "claims/setting.h"

enum { POINTS = 256, STEPS = 3000 };

/* Variants as processes; `which` is the row. */
enum {
    FORWARD,
    REVERSE,
    FLOW,
    PRINTED_CURRENT,
    NO_HALF,
    PRINTED_IN_TAU,
    PRINTED_IN_T,
    HALF_SCORE,
    NO_SCORE,
    FULL_SCORE,
    PLUS_SCORE
};
static const fk_process process[] = {
    [FORWARD] = {0, 1, 1, 0},        [REVERSE] = {1, 1, -1, 0},
    [FLOW] = {0.5, 0, -1, 0},        [PRINTED_CURRENT] = {0, -1, 1, 0},
    [NO_HALF] = {0, 2, 1, 0},        [PRINTED_IN_TAU] = {1, 1, -1, -2},
    [PRINTED_IN_T] = {-1, 1, -1, 0}, [HALF_SCORE] = {0.5, 1, -1, 0},
    [NO_SCORE] = {0, 1, -1, 0},      [FULL_SCORE] = {1, 0, -1, 0},
    [PLUS_SCORE] = {-0.5, 0, -1, 0},
};

/* On linear VP and on VE, over the whole usable interval: the greatest error over the greatest
 * density at the end. A solution that grows beyond all bounds is told by its last density. */
static fk_verdict solved(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const char *const spec[] = {"vp-linear", "ve"};
    double worst = 0;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    for (size_t i = 0; i < 2; i++) {
        fk_schedule schedule = fk_setting_schedule(spec[i]);
        bool up = process[variant->which].direction > 0;
        fk_fokker_planck p = {.mixture = mix,
                              .schedule = &schedule,
                              .process = process[variant->which],
                              .t_from = up ? schedule.t_min : schedule.t_max,
                              .t_to = up ? schedule.t_max : schedule.t_min,
                              .points = POINTS,
                              .steps = STEPS};
        fk_densities d;
        fk_error err;
        if (fk_fokker_planck_solve(&p, &d, &err) != FK_OK) return fk_measured(NAN, 0);
        fk_worst(&worst, fk_densities_error(&d, d.kept - 1, mix, &schedule));
        fk_densities_free(&d);
    }
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

/* --- C135: where the three meet --- */

enum { FROM_P_T, FROM_NORMAL };

/* The forward equation from t = 0.001 up, the other two from 0.5 down, on one grid: the greatest
 * difference of any two at t = 0.2, over the greatest density. */
static fk_verdict meeting(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const int row[] = {FORWARD, REVERSE, FLOW};
    fk_mixture *mix = fk_setting_mixture("three-1d"), *normal;
    fk_error err;
    fk_schedule schedule = fk_setting_schedule("vp-linear");
    fk_densities d[3] = {{0}};
    double worst = 0, peak = 0, one = 1, zero = 0;
    if (fk_mixture_new_diagonal("N(0, 1)", 1, 1, &one, &zero, &one, &normal, &err) != FK_OK)
        return fk_measured(NAN, 0);
    for (size_t i = 0; i < 3; i++) {
        fk_fokker_planck p = {.mixture = mix,
                              .schedule = &schedule,
                              .process = process[row[i]],
                              .t_from = i == 0 ? 0.001 : 0.5,
                              .t_to = 0.2,
                              .points = POINTS,
                              .steps = STEPS,
                              .reach = 9.5};
        if (i == 1 && variant->which == FROM_NORMAL) p.start = normal;
        if (variant->param > 0 && i == 1) p.process.drift = variant->param;
        if (fk_fokker_planck_solve(&p, &d[i], &err) != FK_OK) worst = NAN;
    }
    for (size_t j = 0; j < POINTS && !isnan(worst); j++)
        for (size_t i = 0; i < 3; i++) {
            double p = d[i].p[POINTS + j], q = d[(i + 1) % 3].p[POINTS + j];
            fk_worst(&worst, fabs(p - q));
            peak = fmax(peak, p);
        }
    for (size_t i = 0; i < 3; i++) fk_densities_free(&d[i]);
    fk_mixture_free(normal);
    fk_mixture_free(mix);
    return fk_measured(worst / peak, 0);
}

#define BECAUSE                                                                                    \
    "256 points hold the narrowest component to exp(-(44 * 0.18)^2/2) = 1e-14; order 4 in time "   \
    "with a Courant number below 0.2 where the density is"

const fk_claim fk_equation_solved_claims[] = {
    {"C125-solved",
     "Solved by Fourier from p_t_min, the forward equation ends in p_t_max",
     FK_NOTE_2024 ", Fokker-Planck equation",
     FK_EXACT,
     1e-9,
     BECAUSE,
     solved,
     {"as printed", FORWARD, 0},
     {{"no 1/2 before the diffusion", NO_HALF, 0}},
     .reading = FK_TRUE},
    {"C127-solved",
     "With the current f p - (1/2) d(sigma^2 p)/dx the density flows from p_t_min to p_t_max",
     FK_NOTE_2024 ", compact form",
     FK_EXACT,
     1e-9,
     BECAUSE,
     solved,
     {"f p - (1/2) d(sigma^2 p)/dx", FORWARD, 0},
     {{"as printed: f p + (1/2) d(sigma^2 p)/dx, which grows beyond bounds", PRINTED_CURRENT, 0},
      {"no 1/2", NO_HALF, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "dp/dt = -d/dx [ f p + (1/2) d(sigma^2 p)/dx ]"},
    {"C133-solved",
     "Solved from p_t_max in reversed time with the drift -f + sigma^2 d log p/dx, the equation "
     "ends in p_t_min",
     FK_NOTE_2024 ", relationship of the drifts",
     FK_EXACT,
     1e-9,
     BECAUSE,
     solved,
     {"-f + sigma^2 d log p/dx", REVERSE, 0},
     {{"as printed, per dtau: f + sigma^2 d log p/dx", PRINTED_IN_TAU, 0},
      {"as printed, per dt < 0", PRINTED_IN_T, 0},
      {"-f + (sigma^2/2) d log p/dx", HALF_SCORE, 0},
      {"-f", NO_SCORE, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "ft(x, t) = f(x, t) + sigma^2(t) d log p(x, t)/dx"},
    {"C50-solved",
     "Solved from p_t_max, the continuity equation of the probability-flow ODE ends in p_t_min",
     FK_OVERVIEW ", eq. 27",
     FK_EXACT,
     1e-9,
     BECAUSE,
     solved,
     {"g^2/2 score", FLOW, 0},
     {{"g^2 score", FULL_SCORE, 0}, {"+ g^2/2 score", PLUS_SCORE, 0}},
     .reading = FK_TRUE},
    {"C135",
     "The reversed process stays consistent with the forward one if it starts from p_T: forward, "
     "reverse and continuity equation, solved from both ends, meet in one density",
     FK_NOTE_2024 ", below the backward SDE",
     FK_EXACT,
     1e-9,
     BECAUSE,
     meeting,
     {"all from their own marginal", FROM_P_T, 0},
     {{"the reverse SDE from N(0, 1)", FROM_NORMAL, 0},
      {"the reverse SDE with 0.999 g^2 score", FROM_P_T, 0.999}},
     .reading = FK_TRUE_IF,
     .printed = "ensuring that the probability distribution remains consistent with the original "
                "(forward) dynamics"},
    {.id = NULL},
};
