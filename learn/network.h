/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The perceptron itself, forward and backward, on n columns at a time:
 *     H_0 = input,   H_(l+1) = silu(W_l H_l + b_l),   output = W_L H_L + b_L,
 * every H (width, n) with the columns of a row side by side, as in the blocks of core/field.h.
 *     backward   dW_l = dZ_l H_l^T,  db_l = dZ_l 1,  dH_l = W_l^T dZ_l,  dZ_(l-1) = dH_l silu'(.)
 * One product each for W, dW and dH; the rest of a layer is one pass each way
 * (learn/silu_kernel.h). What a batch needs is allocated once, in a tape.
 *
 * A tape with tangents holds, behind the n columns of each row, as many times n derivatives of
 * them, by the first inputs in turn: they take the same products, and the way back is that of a
 * loss which has them in it, as the divergence of the output does. */
#ifndef FK_LEARN_NETWORK_H
#define FK_LEARN_NETWORK_H

#include "learn/real.h"
#include "learn/shape.h"

/* What the passes are made of: a kernel of core/gemm.h, and those of learn/silu_kernel.h. */
typedef struct {
    void (*gemm)(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, const fk_real *a,
                 size_t lda, const fk_real *b, size_t ldb, bool add, fk_real *c, size_t ldc);
    void (*silu_forward)(size_t rows, size_t n, size_t tangents, const fk_real *bias, fk_real *h,
                         fk_real *slope);
    void (*silu_backward)(size_t rows, size_t n, size_t tangents, const fk_real *slope, fk_real *d,
                          fk_real *bias_gradient);
} fk_network_ops;

/* The numbers of n columns on their way through; owns one block of memory. */
typedef struct {
    size_t n, tangents, columns;   /* n a multiple of FK_LANES; columns = (1 + tangents) n */
    fk_real *h[FK_MAX_HIDDEN + 2]; /* (width[l], columns): input, hidden, output */
    fk_real *slope[FK_MAX_HIDDEN]; /* (width[l + 1], columns), of learn/silu_kernel.h */
    fk_real *d[2];                 /* (widest, columns): dZ of a layer and of the one before */
    fk_real *d_output;             /* (outputs, columns): the caller writes dLoss/doutput here */
} fk_tape;

/* tangents: 0, or at most as many as inputs; their inputs stand there already, 1 and 0. */
fk_tape fk_tape_new(const fk_shape *, size_t n, size_t tangents);
void fk_tape_free(fk_tape *);

/* tape->h[0] -> tape->h[n_layers]. */
void fk_network_forward(const fk_shape *, const fk_network_ops *, const fk_real *param, fk_tape *);

/* gradient (n_params) += dLoss/dparam, for the d_output and what the forward pass left. */
void fk_network_backward(const fk_shape *, const fk_network_ops *, const fk_real *param, fk_tape *,
                         fk_real *gradient);

/* d_output = dLoss/doutput of the sum over the columns of weight |output - target|^2, which is
 * returned; target (outputs, n), weight (n). Of the tangents' columns: 0. */
double fk_network_loss(const fk_shape *, fk_tape *, const fk_real *target, const fk_real *weight);

/* Puts the divergence into the loss: returns the sum over the columns of pull sum_i d output_i / d
 * input_i, and writes its derivatives to the tangents' columns of d_output. Of a tape with as many
 * tangents as outputs; pull (n). */
double fk_network_divergence(const fk_shape *, fk_tape *, const fk_real *pull);

#endif
