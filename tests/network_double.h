/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sources of learn/network.c in double precision (tests/network_double.c). */
#ifndef FK_TESTS_NETWORK_DOUBLE_H
#define FK_TESTS_NETWORK_DOUBLE_H

#include "learn/shape.h"

/* What may be wrong with the way back: a control must see each. */
enum {
    RIGHT,
    SLOPE_OF_SIGMOID, /* silu' taken for the sigmoid alone */
    BIAS_FORGOTTEN,   /* db of the hidden layers left 0 */
    BEND_FORGOTTEN,   /* silu'' in the way back of the tangents left 0 */
    N_WRONG
};

/* The loss sum of weight |output - target|^2 + pull div and its gradient (n_params), NULL: not
 * wanted; input (inputs, n), target (outputs, n), weight (n), pull (n) or NULL. */
double double_gradient(const fk_shape *, const double *param, size_t n, const double *input,
                       const double *target, const double *weight, const double *pull, int wrong,
                       double *gradient);
/* output (outputs, n) */
void double_forward(const fk_shape *, const double *param, size_t n, const double *input,
                    double *output);

#endif
