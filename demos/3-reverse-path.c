/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One path of the reverse SDE dx = (f x - g^2 score) dt + g dw, run with dt < 0 from noise to data
 * by Euler and Maruyama; then two thousand of them. */
#include "demos/demo.h"

/* One path from x at t = 1; each row goes into csv, which may be NULL. Returns its end. */
static double path(const fk_mixture *data, uint64_t number, fk_csv *csv)
{
    enum { STEPS = 200 };
    const fk_schedule vp = schedule("vp-linear");
    const fk_key key = {.seed = 1, .stream = FK_STREAM_USER};
    _Alignas(FK_ALIGN) double z[FK_LANES];
    const double h = (1 - vp.t_min) / STEPS;
    fk_random_normals(key, number, STEPS, (fk_block){z, FK_LANES, 1, FK_LANES});
    double x = z[0]; /* close to p_1 */
    for (int i = 0; i <= STEPS; i++) {
        const double t = 1 - i * h;
        if (csv) fk_csv_row(csv, (double[]){t, x}, 2);
        if (i == STEPS) break;
        const fk_coeffs at = fk_schedule_at(&vp, t);
        fk_random_normals(key, number, (uint64_t)i, (fk_block){z, FK_LANES, 1, FK_LANES});
        x -= h * (at.f * x - at.g2 * score_at(data, &at, x));
        x += sqrt(at.g2 * h) * z[0];
    }
    if (csv) fk_csv_block(csv);
    return x;
}

int main(void)
{
    enum { SHOWN = 12, ALL = 2000 };
    fk_mixture *data = mixture("three-1d");
    fk_csv *csv = table("reverse-path", "t,x");
    int left = 0;
    for (uint64_t i = 0; i < ALL; i++) left += path(data, i, i < SHOWN ? csv : NULL) < -0.75;
    fk_mixture_free(data);
    draw(csv, "reverse-path", "Twelve paths of the reverse SDE",
         "xlabel='t'; ylabel='x'; xrange='[1:0]'; thin=1");
    printf("Learn: noise and score together sort noise into data: %.1f %% of the paths end at the "
           "left component, whose weight is 30 %%.\n",
           100. * left / ALL);
    return 0;
}
