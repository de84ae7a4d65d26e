/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A score network: a perceptron, what it is given and what its output means.
 *
 * Given are x/sqrt(s^2 m^2 + sigma^2), with m^2 = E|x_0|^2/dim of the data, so that coordinates
 * have mean square 1 at every noise level, wherever the data lie; and cos and sin of j (pi/2) u, j
 * = 1..frequencies, with u = 0..1 the place of lambda (or of t) in the schedule's usable interval.
 * With r = sqrt(s^2 + sigma^2), a = s/r, b = sigma/r (s and sigma themselves where the schedule
 * preserves variance) the output F is
 *
 *     eps      the noise                         eps = F
 *     x0       the data                          eps = x/sigma - (s/sigma) F
 *     v        a eps - b x0                      eps = b x/r + a F
 *     score    that of x/r                       eps = -b F
 *     edm      x0 = c_skip x/s + c_out F         eps = sigma x/w^2 - (s m/w) F,
 *                                                w^2 = sigma^2 + s^2 m^2
 *
 * (Ho et al. 2020; Salimans & Ho 2022; Song et al. 2021; Karras et al. 2022, table 1, whose
 * sigma_data is m: a standard deviation where the data are centred), all of the form eps = p x + q
 * F, and score(x) = -eps/sigma. All depend on (s, sigma) through lambda and x/s alone, so that a
 * network serves every schedule whose lambda it has seen. */
#ifndef FK_LEARN_MODEL_H
#define FK_LEARN_MODEL_H

#include <jansson.h>

#include "core/field.h"
#include "learn/network.h"
#include "schedules/schedule.h"

typedef enum {
    FK_OUT_EPS,
    FK_OUT_X0,
    FK_OUT_V,
    FK_OUT_SCORE,
    FK_OUT_EDM,
    FK_N_OUTPUTS
} fk_net_output;
typedef enum { FK_TIME_LAMBDA, FK_TIME_T, FK_N_TIMES } fk_net_time;

enum { FK_MAX_FREQUENCIES = 64, FK_MAX_SPEC = 128 };

typedef struct {
    size_t dim, frequencies, n_hidden, hidden[FK_MAX_HIDDEN];
    fk_net_output output;
    fk_net_time time;
    double data_rms;            /* m: sqrt(E|x_0|^2/dim) of the data, about 0 and not their mean */
    double range[2];            /* what u = 0 and 1 stand for, lambda or t */
    char schedule[FK_MAX_SPEC]; /* the spec of the schedule that it was trained on */
} fk_model_config;

/* 8 frequencies of lambda, three hidden layers of 128, eps. data_rms > 0. Parses the schedule. */
int fk_model_defaults(const char *schedule, size_t dim, double data_rms, fk_model_config *,
                      fk_error *err) FK_CHECKED;
/* Set `range` from the schedule, for the config's time. */
int fk_model_set_range(fk_model_config *, fk_error *err) FK_CHECKED;

/* "eps", "x0", "v", "score", "edm"; "lambda", "t". Others: FK_USAGE, with `what` in front. */
const char *fk_net_output_name(fk_net_output);
const char *fk_net_time_name(fk_net_time);
int fk_net_output_parse(const char *what, const char *word, fk_net_output *,
                        fk_error *err) FK_CHECKED;
int fk_net_time_parse(const char *what, const char *word, fk_net_time *, fk_error *err) FK_CHECKED;

fk_shape fk_model_shape(const fk_model_config *);

/* eps = p x + q F, and what x is multiplied with on its way in. */
typedef struct {
    double p, q, scale;
} fk_net_reading;
fk_net_reading fk_model_reading(const fk_model_config *, double s, double sigma);

/* The features (2 frequencies) of lambda or t, ld apart: cos and sin in turn. */
void fk_model_features(const fk_model_config *, double time, fk_real *feature, size_t ld);

/* Initial parameters (n_params): W normal with variance 2/inputs, b 0, and an output layer ten
 * times smaller. */
void fk_model_initialise(const fk_model_config *, uint64_t seed, fk_real *param);

/* A network at work. Owns param. */
typedef struct {
    fk_model_config config;
    fk_shape shape;
    fk_schedule schedule; /* parsed from the config */
    fk_network_ops ops;
    float *param;     /* (n_params) */
    json_t *metadata; /* of its file (learn/weights.h), or NULL */
} fk_model;

/* Copies param; without metadata. */
int fk_model_new(const fk_model_config *, const float *param, fk_model **,
                 fk_error *err) FK_CHECKED;
void fk_model_free(fk_model *);

/* The kernels of this machine's instruction set. */
fk_network_ops fk_model_ops(void);

/* Its score field; the model is borrowed. sigma > 0. The same bits for every size of block and
 * number of threads, on every instruction set. The divergence is exact for the network's
 * parameters, by forward differentiation in double. */
fk_field fk_model_field(const fk_model *);

/* The same function at one point x (dim) in double precision, where an oracle must not see the
 * rounding of floats: writes score (dim) if it is not NULL, returns div score. */
double fk_model_at(const fk_model *, double s, double sigma, const double *x, double *score);

#endif
