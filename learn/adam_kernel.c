/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/adam_kernel.h"

#include <math.h>
#include <string.h>

#include "core/vmath.h"

void FK_KERNEL(fk_adam)(const fk_adam_step *step, size_t from, size_t to, const float *gradient,
                        size_t stride, size_t slots, fk_adam_state state)
{
    const fk_adam_step a = *step;
    for (size_t i = from; i < to; i += FK_LANES) {
        float g[FK_LANES], p[FK_LANES], m[FK_LANES], v[FK_LANES], e[FK_LANES];
        memcpy(g, gradient + i, sizeof g);
        for (size_t k = 1; k < slots; k++) {
            const float *more = gradient + k * stride + i;
            FK_FOR_LANES(l) g[l] += more[l];
        }
        memcpy(p, state.param + i, sizeof p), memcpy(m, state.m + i, sizeof m);
        memcpy(v, state.v + i, sizeof v), memcpy(e, state.ema + i, sizeof e);
        FK_FOR_LANES(l)
        {
            const float d = fmaf(a.l2, p[l], g[l]);
            m[l] = fmaf(a.beta1, m[l], (1 - a.beta1) * d);
            v[l] = fmaf(a.beta2, v[l], (1 - a.beta2) * d * d);
            const float way = a.unbias1 * m[l] / (sqrtf(a.unbias2 * v[l]) + a.epsilon);
            p[l] = fmaf(-a.rate, fmaf(a.decay, p[l], way), p[l]);
            e[l] = fmaf(1 - a.keep, p[l] - e[l], e[l]);
        }
        memcpy(state.param + i, p, sizeof p), memcpy(state.m + i, m, sizeof m);
        memcpy(state.v + i, v, sizeof v), memcpy(state.ema + i, e, sizeof e);
    }
}
