/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Fokker-Planck equation, forward and reversed, with its signs: residuals by closed-form
 * derivatives of the mixtures' densities. */
#include "claims/claims.h"
#include "claims/fokker_planck.h"
#include "claims/setting.h"

/* --- C125, C127: the forward equation --- */

enum { RIGHT, MINUS_DIFFUSION, MINUS_DRIFT, NO_HALF, NO_DIFFUSION };

/* For three processes dx = (f x - (1 - eta^2)/2 g^2 score) dt + eta g dw, dt > 0, which have the
 * marginals p_t by construction, two of them with a drift that is not linear. */
static fk_verdict forward(const fk_claim_env *env, const fk_claim *claim, const fk_variant *variant)
{
    (void)env, (void)claim;
    static const double eta[] = {1, 0.385, 1.385};
    double worst = 0;
    for (size_t i = 0; i < sizeof eta / sizeof *eta; i++) {
        double noise = eta[i] * eta[i];
        fk_process process = {(1 - noise) / 2, noise, 1, 0};
        if (variant->which == MINUS_DIFFUSION) process.noise = -noise;
        if (variant->which == NO_HALF) process.noise = 2 * noise;
        if (variant->which == NO_DIFFUSION) process.noise = 0;
        if (variant->which == MINUS_DRIFT) process.drift *= -1, process.f_change = -2;
        fk_worst(&worst, fk_process_worst(&process));
    }
    return fk_measured(worst, 0);
}

/* --- C131, C133, C134: the reversed equation --- */

/* A drift ft = f_part f x + score_part g^2 score in tau = T - t (as dX = ft dtau + g dW), or as the
 * drift of dX = ft dt + g dW with dt < 0. */
typedef struct {
    double f_part, score_part;
    bool in_tau;
} reversed;

enum { MINUS_F_PLUS_SCORE, AS_PRINTED_IN_TAU, AS_PRINTED_IN_T, OF_T_IN_TAU, MINUS_F_ALONE, HALF };
static const reversed drift[] = {
    [MINUS_F_PLUS_SCORE] = {-1, 1, true}, [AS_PRINTED_IN_TAU] = {1, 1, true},
    [AS_PRINTED_IN_T] = {1, 1, false},    [OF_T_IN_TAU] = {1, -1, true},
    [MINUS_F_ALONE] = {-1, 0, true},      [HALF] = {-1, 0.5, true},
};

/* Residual of -dp/dt = -d(ft p)/dx + g^2/2 d2p/dx2, or with + d(ft p)/dx where t itself runs
 * backwards. */
static fk_verdict backward(const fk_claim_env *env, const fk_claim *claim,
                           const fk_variant *variant)
{
    (void)env, (void)claim;
    const reversed *r = &drift[variant->which];
    double sign = r->in_tau ? -1 : 1; /* of the same drift per dt */
    fk_process process = {-sign * r->score_part, 1, -1, sign * r->f_part - 1};
    return fk_measured(fk_process_worst(&process), 0);
}

#define BECAUSE                                                                                    \
    "closed-form derivatives: some fifty roundings of 2^-53, relative to the sum of the terms' "   \
    "sizes"

const fk_claim fk_equation_claims[] = {
    {"C125",
     "dX = f dt + sigma dW has dp/dt = -d(f p)/dx + (1/2) d2(sigma^2 p)/dx2, with linear and with "
     "other drifts",
     FK_NOTE_2024 ", Fokker-Planck equation",
     FK_EXACT,
     1e-14,
     BECAUSE,
     forward,
     {"both signs, with the 1/2", RIGHT, 0},
     {{"+ d(f p)/dx", MINUS_DRIFT, 0}, {"no 1/2", NO_HALF, 0}, {"drift alone", NO_DIFFUSION, 0}},
     .reading = FK_TRUE},
    {.id = "C126",
     .says = "The first term is the change by the drift, the second that by diffusion",
     .source = FK_NOTE_2024 ", below the Fokker-Planck equation",
     .reading = FK_WORDING,
     .printed = "The first term represents the change in probability due to the drift; the second "
                "accounts for the diffusion"},
    {"C127",
     "The compact form is dp/dt = -d/dx [ f p - (1/2) d(sigma^2 p)/dx ]",
     FK_NOTE_2024 ", compact form",
     FK_EXACT,
     1e-14,
     BECAUSE,
     forward,
     {"f p - (1/2) d(sigma^2 p)/dx", RIGHT, 0},
     {{"as printed: f p + (1/2) d(sigma^2 p)/dx", MINUS_DIFFUSION, 0},
      {"no 1/2", NO_HALF, 0},
      {"f p alone", NO_DIFFUSION, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "dp/dt = -d/dx [ f p + (1/2) d(sigma^2 p)/dx ]"},
    {"C131",
     "In reversed time tau = T - t: -dp/dt = -d(ft p)/dx + (1/2) d2(sigma^2 p)/dx2, where ft is "
     "the drift per dtau > 0",
     FK_NOTE_2024 ", backward Fokker-Planck equation",
     FK_EXACT,
     1e-14,
     BECAUSE,
     backward,
     {"ft = -f + sigma^2 d log p/dx, per dtau", MINUS_F_PLUS_SCORE, 0},
     {{"ft = f - sigma^2 d log p/dx, which is per dt < 0", OF_T_IN_TAU, 0},
      {"ft = -f", MINUS_F_ALONE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "the drift term for the time-reversed process; the sign of the time derivative is "
                "reversed"},
    {"C133",
     "The drift of the reversed process is -f + sigma^2 d log p/dx per dtau, which is f - sigma^2 "
     "d log p/dx per dt < 0",
     FK_NOTE_2024 ", relationship of the drifts",
     FK_EXACT,
     1e-14,
     BECAUSE,
     backward,
     {"-f + sigma^2 d log p/dx", MINUS_F_PLUS_SCORE, 0},
     {{"as printed, per dtau: f + sigma^2 d log p/dx", AS_PRINTED_IN_TAU, 0},
      {"as printed, per dt < 0", AS_PRINTED_IN_T, 0},
      {"-f + (sigma^2/2) d log p/dx", HALF, 0}},
     .reading = FK_FALSE_AS_PRINTED,
     .printed = "ft(x, t) = f(x, t) + sigma^2(t) d log p(x, t)/dx"},
    {"C134",
     "The reversed drift is not the negative of the forward drift: it is corrected by sigma^2 "
     "d log p/dx",
     FK_NOTE_2024 ", below the relationship",
     FK_EXACT,
     1e-14,
     BECAUSE,
     backward,
     {"-f with its correction", MINUS_F_PLUS_SCORE, 0},
     {{"-f alone", MINUS_F_ALONE, 0}, {"-f with half of it", HALF, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
