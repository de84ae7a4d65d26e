/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small networks, trained in the run and shared by the claims about networks. What such a claim
 * says holds for every network, or for every one that has learnt. Data bimodal-1d, schedule
 * vp-linear, 2 x 32 units, algorithm 1. */
#ifndef FK_CLAIMS_NETWORK_H
#define FK_CLAIMS_NETWORK_H

#include "analytic/mixture.h"
#include "core/verdict.h"
#include "learn/model.h"

typedef struct fk_networks fk_networks;
typedef enum { FK_LEARNT_EPS, FK_LEARNT_V, FK_N_LEARNT } fk_learnt;

/* Trains nothing yet. threads 0: all. */
fk_networks *fk_networks_new(uint64_t seed, int threads);
void fk_networks_free(fk_networks *);

const fk_mixture *fk_networks_data(const fk_networks *);
const fk_schedule *fk_networks_schedule(const fk_networks *);
/* Trained by the first call that asks for it. */
const fk_model *fk_networks_get(fk_networks *, fk_learnt);
/* Of a network for eps, trained in the same way but for steps that stay as they are: the parameters
 * themselves, no average over steps, after each fiftieth of the last eight hundred. */
enum { FK_NETWORK_ITERATES = 16 };
const fk_model *fk_networks_iterate(fk_networks *, size_t j);
/* As it was before its training; and a network of the same parameters that is read as if it had
 * been trained for another output. The caller frees both. */
fk_model *fk_networks_untrained(const fk_networks *, fk_learnt);
fk_model *fk_network_read_as(const fk_model *, fk_net_output);

/* The score field in double precision, point by point. */
fk_field fk_network_field(const fk_model *);

/* Levels of noise at which the claims look: log(s/sigma) from 1.785 down to -2.64. */
enum { FK_NETWORK_LEVELS = 6 };
fk_coeffs fk_network_level(const fk_networks *, size_t j);

/* The output itself, F of learn/model.h: `bare` is the network read as FK_OUT_SCORE, F = r score.
 */
double fk_network_output(const fk_model *bare, const fk_coeffs *, double x);

/* Losses at a level, over x_0 and the noise together as they are printed (nothing of them is known
 * in closed form but the densities of x_0 and eps), and two moments of s, the network's score. */
typedef struct {
    double noise;         /* E|eps - eps_net|^2, eps_net = -sigma s */
    double own;           /* E|v - F|^2 of a network read as one for v, else E|eps - F|^2 */
    double square, slope; /* E s^2, E div s */
} fk_network_losses;
fk_network_losses fk_network_losses_at(const fk_model *, const fk_mixture *, const fk_coeffs *);

/* The excess of the loss for eps over its floor, a mean over t, over that of the best prediction
 * that is linear in x_t: 0 for E[eps|x_t], 1 for a network that has learnt mean and variance only.
 */
double fk_network_part_of_line(const fk_networks *, const fk_model *);

/* A check that the verdict NETWORK stands for where there is no network. */
#define FK_NEEDS_NETWORK(env)                                                                      \
    if (!(env)->networks) return (fk_verdict)                                                      \
        {                                                                                          \
            .status = FK_NETWORK                                                                   \
        }

#endif
