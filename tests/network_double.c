/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network's own source once more, in double precision and under names of its own, linked into
 * tests/check_network. */
#define FK_LEARN_DOUBLE
#define fk_tape_new           double_tape_new
#define fk_tape_free          double_tape_free
#define fk_network_forward    double_network_forward
#define fk_network_backward   double_network_backward
#define fk_network_loss       double_network_loss
#define fk_network_divergence double_network_divergence
#include "tests/network_double.h"

#include <string.h>

#include "core/gemm.h"

#include "learn/network.c"

#define FK_ISA in_double
void fk_silu_forward_in_double(size_t, size_t, size_t, const double *, double *, double *);
void fk_silu_backward_in_double(size_t, size_t, size_t, const double *, double *, double *);
#include "learn/silu_kernel.c"

static void sigmoid_slope(size_t rows, size_t n, size_t tangents, const double *bias, double *h,
                          double *slope)
{
    for (size_t i = 0; slope && i < rows * n; i++) slope[i] = 1 / (1 + exp(-h[i] - bias[i / n]));
    fk_silu_forward_in_double(rows, n, tangents, bias, h, NULL);
}

static void no_bend(size_t rows, size_t n, size_t tangents, const double *bias, double *h,
                    double *slope)
{
    fk_silu_forward_in_double(rows, n, tangents, bias, h, slope);
    for (size_t i = 0; i < rows * (1 + tangents) * n; i++)
        if (i / n % (1 + tangents) > 0) slope[i] = 0;
}

static void no_bias(size_t rows, size_t n, size_t tangents, const double *slope, double *d,
                    double *bias_gradient)
{
    (void)tangents, (void)bias_gradient;
    for (size_t i = 0; i < rows * n; i++) d[i] *= slope[i];
}

static fk_tape forward(const fk_shape *s, const fk_network_ops *ops, const double *param, size_t n,
                       size_t tangents, const double *input)
{
    fk_tape tape = fk_tape_new(s, n, tangents);
    for (size_t j = 0; j < s->width[0]; j++)
        memcpy(tape.h[0] + j * tape.columns, input + j * n, n * sizeof *input);
    fk_network_forward(s, ops, param, &tape);
    return tape;
}

double double_gradient(const fk_shape *s, const double *param, size_t n, const double *input,
                       const double *target, const double *weight, const double *pull, int wrong,
                       double *gradient)
{
    const fk_network_ops ops = {FK_CHOOSE_KERNEL(fk_gemm_double),
                                wrong == SLOPE_OF_SIGMOID ? sigmoid_slope
                                : wrong == BEND_FORGOTTEN ? no_bend
                                                          : fk_silu_forward_in_double,
                                wrong == BIAS_FORGOTTEN ? no_bias : fk_silu_backward_in_double};
    fk_tape tape = forward(s, &ops, param, n, pull ? s->width[s->n_layers] : 0, input);
    double loss = fk_network_loss(s, &tape, target, weight);
    if (pull) loss += fk_network_divergence(s, &tape, pull);
    if (gradient) {
        memset(gradient, 0, s->n_params * sizeof *gradient);
        fk_network_backward(s, &ops, param, &tape, gradient);
    }
    fk_tape_free(&tape);
    return loss;
}

void double_forward(const fk_shape *s, const double *param, size_t n, const double *input,
                    double *output)
{
    const fk_network_ops ops = {FK_CHOOSE_KERNEL(fk_gemm_double), fk_silu_forward_in_double,
                                fk_silu_backward_in_double};
    fk_tape tape = forward(s, &ops, param, n, 0, input);
    memcpy(output, tape.h[s->n_layers], s->width[s->n_layers] * n * sizeof *output);
    fk_tape_free(&tape);
}
