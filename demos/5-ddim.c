/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM by hand. From the score come two guesses, of the noise and of the data,
 *     eps = -sigma score,   x0 = (x - sigma eps)/s,
 * and the next point mixes them at the next noise level: x <- s' x0 + sigma' eps. */
#include "demos/demo.h"

static double ddim(const fk_mixture *data, const fk_schedule *vp, int steps, double x)
{
    const double from = fk_schedule_at(vp, 1).lambda, to = fk_schedule_at(vp, vp->t_min).lambda;
    for (int i = 0; i < steps; i++) {
        const double lambda = from + (to - from) * i / steps, next = lambda + (to - from) / steps;
        const fk_coeffs at = fk_schedule_at(vp, fmin(1, vp->time_of(vp, lambda))),
                        after = fk_schedule_at(vp, fmax(vp->t_min, vp->time_of(vp, next)));
        const double eps = -at.sigma * score_at(data, &at, x), x0 = (x - at.sigma * eps) / at.s;
        x = after.s * x0 + after.sigma * eps;
    }
    return x;
}

int main(void)
{
    const fk_schedule vp = schedule("vp-linear");
    fk_mixture *data = mixture("three-1d");
    const fk_coeffs from = fk_schedule_at(&vp, 1), to = fk_schedule_at(&vp, vp.t_min);
    const double start = 0.385;
    double exact, error = 0, last = 0;
    fk_flow(data, &from, &to, 1, &start, &exact, NULL);
    fk_csv *csv = table("ddim", "steps,error of DDIM,1/steps");
    for (int steps = 5; steps <= 1280; steps *= 2) {
        last = error;
        error = fabs(ddim(data, &vp, steps, start) - exact);
        fk_csv_row(csv, (double[]){steps, error, 1. / steps}, 3);
    }
    fk_mixture_free(data);
    draw(csv, "ddim", "DDIM against the exact end of its path",
         "xlabel='steps'; ylabel='|x - exact|'; logscale='xy'; points='2'");
    printf(
        "Learn: DDIM is a method of first order: with twice the steps the error falls by %.3f.\n",
        last / error);
    return 0;
}
