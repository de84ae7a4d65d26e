/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE dx = (f x - g^2/2 score) dt has no noise: started at the 10 % quantile
 * of p_1 it stays the 10 % quantile of p_t all the way. Heun's method, nine quantiles. */
#include "demos/demo.h"

static double drift(const fk_mixture *data, const fk_schedule *vp, double t, double x)
{
    const fk_coeffs at = fk_schedule_at(vp, t);
    return at.f * x - at.g2 / 2 * score_at(data, &at, x);
}

static fk_marginal *marginal(const fk_mixture *data, const fk_schedule *vp, double t)
{
    const fk_coeffs at = fk_schedule_at(vp, t);
    return fk_marginal_new(data, at.s, at.sigma);
}

int main(void)
{
    enum { STEPS = 400 };
    const fk_schedule vp = schedule("vp-linear");
    fk_mixture *data = mixture("three-1d");
    fk_marginal *first = marginal(data, &vp, 1), *last = marginal(data, &vp, vp.t_min);
    fk_csv *csv = table("quantiles", "t,x");
    const double h = (1 - vp.t_min) / STEPS;
    double worst = 0;
    for (int j = 1; j <= 9; j++) {
        double x = fk_marginal_quantile(first, j / 10., false);
        for (int i = 0; i < STEPS; i++) {
            const double t = 1 - i * h, v = drift(data, &vp, t, x);
            fk_csv_row(csv, (double[]){t, x}, 2);
            x -= h / 2 * (v + drift(data, &vp, t - h, x - h * v));
        }
        fk_csv_row(csv, (double[]){vp.t_min, x}, 2);
        fk_csv_block(csv);
        worst = fmax(worst, fabs(fk_marginal_cdf(last, x, false) - j / 10.));
    }
    fk_marginal_free(last), fk_marginal_free(first), fk_mixture_free(data);
    draw(csv, "quantiles", "Nine paths of the probability-flow ODE: quantiles 10, 20, ... 90 %",
         "xlabel='t'; ylabel='x'; xrange='[1:0]'; first='vermillion'");
    printf("Learn: the ODE carries quantiles to quantiles: after %d steps of Heun they are off by "
           "%.1e of probability at most.\n",
           STEPS, worst);
    return 0;
}
