/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score matching, over x_0 from the data, t, and eps ~ N(0, I), with x = s x_0 + sigma eps:
 *
 *     dsm    minimise  E w(t) |eps_net(x, t) - eps|^2
 *     ism    minimise  E w(t) (|eps_net(x, t)|^2 - 2 sigma div_x eps_net(x, t) + dim)
 *
 * Denoising (Vincent 2011; Ho et al. 2020, eq. 14) tells the network the noise; implicit score
 * matching (Hyvarinen 2005, theorem 1, as |score|^2/2 + div score) does not need to know it. The
 * divergence is exact, by derivatives carried forward in every direction, and costs 1 + dim times
 * as much. By parts, E eps f(x) = sigma E div f(x): both losses are the same function of the
 * network, with the same least value. They are taken in the network's own output (learn/model.h)
 * with the weights
 *
 *     uniform      1 on the output itself: eps for an eps-network, x_0 for an x0-network, ..
 *     snr          SNR |x_0 error|^2 = |eps error|^2,   SNR = s^2/sigma^2
 *     min-snr      min(SNR, gamma) |x_0 error|^2        (Hang et al. 2023)
 *     likelihood   g^2 |score error|^2                  (Song et al. 2021b, with weight g^2)
 *
 * t lies evenly over the schedule's usable interval, or lambda over its own; within a batch they
 * are stratified: one shift for all (Kingma et al. 2021, appendix I). All randomness is a pure
 * function of (seed, step, place in the batch), and sums run in an order that no thread changes: a
 * training gives the same bits for every number of threads, interrupted or not, on every
 * instruction set, by one C library. */
#ifndef FK_LEARN_TRAIN_H
#define FK_LEARN_TRAIN_H

#include "learn/adam_kernel.h"
#include "learn/model.h"

typedef enum {
    FK_WEIGHT_UNIFORM,
    FK_WEIGHT_SNR,
    FK_WEIGHT_MIN_SNR,
    FK_WEIGHT_LIKELIHOOD,
    FK_N_WEIGHTS
} fk_net_weight;

typedef enum { FK_OBJECTIVE_DSM, FK_OBJECTIVE_ISM, FK_N_OBJECTIVES } fk_net_objective;

/* Where data come from: sample number i, x (dim), called from many threads. */
typedef struct {
    const void *self;
    void (*draw)(const void *self, uint64_t i, double *x);
} fk_data;

typedef struct {
    size_t steps, batch, warmup; /* warmup: steps of linear rise, then a cosine down to `floor` */
    double rate, floor;          /* learning rate, and what part of it is left at the end */
    double beta1, beta2, epsilon;
    double decay;   /* of the weights: AdamW's, or with `l2` the gradient of decay |p|^2 / 2 */
    double average; /* what the moving average keeps a step; less in the first steps */
    double gamma;   /* of min-snr */
    bool l2, even_in_lambda;
    fk_net_objective objective;
    fk_net_weight weight;
    uint64_t seed;
} fk_train_config;

fk_train_config fk_train_defaults(void);
const char *fk_net_weight_name(fk_net_weight);
int fk_net_weight_parse(const char *what, const char *word, fk_net_weight *,
                        fk_error *err) FK_CHECKED;
const char *fk_net_objective_name(fk_net_objective);
int fk_net_objective_parse(const char *what, const char *word, fk_net_objective *,
                           fk_error *err) FK_CHECKED;
/* FK_USAGE with one line where a number makes no sense. */
int fk_train_check(const fk_train_config *, fk_error *err) FK_CHECKED;

/* A training under way. What a checkpoint must hold is in `state`, `step` and `first`. */
typedef struct fk_trainer {
    fk_model_config model;
    fk_train_config config;
    fk_shape shape;
    fk_schedule schedule;
    size_t step;         /* steps done */
    uint64_t first;      /* a hash of loss and state behind the first: of data and build */
    fk_adam_state state; /* (fk_pad(n_params)) each */
    struct fk_train_scratch *scratch;
} fk_trainer;

/* threads 0: all. `data` is copied, what it points to borrowed. */
int fk_trainer_new(const fk_model_config *, const fk_train_config *, fk_data data, int threads,
                   fk_trainer **, fk_error *err) FK_CHECKED;
void fk_trainer_free(fk_trainer *);

/* One step; returns the loss of its batch, the mean of what stands under E above, before the step.
 * Allocates nothing. */
double fk_trainer_step(fk_trainer *);

/* w on |eps error|^2, at these coefficients and for an output with eps = p x + q F. */
double fk_net_weight_at(const fk_train_config *, const fk_coeffs *, double q);

/* The learning rate of step i. */
double fk_train_rate(const fk_train_config *, size_t i);

#endif
