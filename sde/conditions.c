/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order conditions for additive noise, in the increment and the Levy area. With b constant over the
 * step let stage i carry the noise b (p_i DeltaW + q_i H), and let (u_j, v_j) be the weights of
 * (DeltaW, H) in the result at time_j. Against the Ito-Taylor expansion
 *     X_h = x + h a + b DeltaW + a_x b I10 + a_xx b^2/2 int W^2 + (a_t + a a_x) h^2/2 + b' I01 + ..
 * where I10 = h (DeltaW/2 + H), I01 = h (DeltaW/2 - H), E int W^2 = h^2/2:
 *     strong 1    sum alpha = 1, sum u = 1, sum v = 0
 *     weak 2      sum alpha c = sum alpha A e = 1/2     (h^2)
 *                 sum alpha p = 1/2                     (the covariance of I10 with DeltaW)
 *                 sum alpha (p^2 + q^2/12) = 1/2        (E int W^2)
 *                 sum u time = 1/2                      (the variance of int b dW)
 *     strong 3/2  sum alpha q = 1                       (I10)
 *                 sum v time = -1                       (I01)
 * In the terms of Roessler (2010) p = B0 e/2, q = B0 e, u = beta1 + beta2/2,
 * v = beta2. All methods here have sum v = 0, without which products of two areas would enter. */
#include <math.h>

#include "sde/additive.h"

static double worse(double worst, double value, double should)
{
    fk_worst(&worst, fabs(value - should));
    return worst;
}

double fk_additive_residual(const fk_additive *method, fk_additive_order order)
{
    const fk_butcher *rk = &method->drift;
    double u = 0, v = 0, u_time = 0, v_time = 0, p_mean = 0, q_mean = 0, square = 0;
    for (size_t j = 0; j < method->times; j++) {
        const fk_path_weights *noise = &method->result[j];
        double u_j = noise->w + noise->i10 / 2, v_j = noise->h + noise->i10;
        u += u_j, v += v_j;
        u_time += u_j * method->time[j], v_time += v_j * method->time[j];
    }
    for (size_t i = 0; i < rk->stages; i++) {
        double p = 0, q = 0;
        for (size_t j = 0; j < method->times; j++) {
            const fk_path_weights *noise = &method->stage[i][j];
            p += noise->w + noise->i10 / 2, q += noise->h + noise->i10;
        }
        p_mean += rk->b[i] * p, q_mean += rk->b[i] * q;
        square += rk->b[i] * (p * p + q * q / 12);
    }
    double worst = worse(worse(fk_butcher_residual(rk, 1), u, 1), v, 0);
    if (order == FK_STRONG_1) return worst;
    fk_worst(&worst, fk_butcher_residual(rk, 2));
    worst = worse(worse(worse(worst, p_mean, 0.5), square, 0.5), u_time, 0.5);
    if (order == FK_WEAK_2) return worst;
    return worse(worse(worst, q_mean, 1), v_time, -1);
}
