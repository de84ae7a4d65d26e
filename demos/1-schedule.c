/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A noise schedule by hand: pick a rate beta(t), and f = -beta/2, g^2 = beta follow. The variance
 * of x_t given x_0 obeys var' = 2 f var + g^2; its solution is sigma^2 = 1 - exp(-int beta). */
#include "demos/demo.h"

static double beta(double t)
{
    return 0.1 + 19.9 * t;
}

static double sigma2(double t)
{
    return 1 - exp(-(0.1 * t + 19.9 * t * t / 2));
}

int main(void)
{
    enum { STEPS = 30 };
    fk_csv *csv = table("schedule", "t,exact,Euler in 30 steps");
    double var = 0, worst = 0, h = 1. / STEPS;
    for (int i = 0; i <= STEPS; i++) {
        const double t = i * h;
        fk_csv_row(csv, (double[]){t, sigma2(t), var}, 3);
        worst = fmax(worst, fabs(var - sigma2(t)));
        var += h * (2 * (-beta(t) / 2) * var + beta(t));
    }
    draw(csv, "schedule", "The variance of x_t given x_0", "xlabel='t'; points='3'");
    printf("Learn: the rate beta(t) alone fixes the noise level; Euler with %d steps solves "
           "var' = 2 f var + g^2 to %.3f.\n",
           STEPS, worst);
    return 0;
}
