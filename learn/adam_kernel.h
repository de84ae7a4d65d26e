/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside learn/: one step of Adam (Kingma & Ba 2015, algorithm 1) or AdamW (Loshchilov & Hutter
 * 2019, algorithm 2), with the moving average of the parameters, in one pass:
 *
 *     g = sum of the slots' gradients + l2 p,   m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,
 *     p -= rate (unbias1 m / (sqrt(unbias2 v) + epsilon) + decay p),   ema += (1 - keep) (p - ema)
 */
#ifndef FK_LEARN_ADAM_KERNEL_H
#define FK_LEARN_ADAM_KERNEL_H

#include "core/base.h"
#include "core/isa.h"

typedef struct {
    float rate, beta1, beta2, unbias1, unbias2, epsilon, decay, l2, keep;
} fk_adam_step;

/* The four arrays of a training: (n) each, n a multiple of FK_LANES. */
typedef struct {
    float *param, *m, *v, *ema;
} fk_adam_state;

/* Parameters from..to-1, multiples of FK_LANES; gradient (slots, stride). */
FK_DECLARE_KERNEL(void, fk_adam,
                  (const fk_adam_step *, size_t from, size_t to, const float *gradient,
                   size_t stride, size_t slots, fk_adam_state));

#endif
