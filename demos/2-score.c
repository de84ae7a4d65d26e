/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of noised data: the slope of log p_t. Where it crosses zero downwards p_t has a peak;
 * noise lets the peaks melt into one. */
#include "demos/demo.h"

int main(void)
{
    enum { TIMES = 3 };
    const double time[TIMES] = {0.02, 0.2, 0.5};
    const fk_schedule vp = schedule("vp-linear");
    fk_mixture *data = mixture("three-1d");
    fk_csv *csv = table("score", "x,t = 0.02,t = 0.2,t = 0.5");
    int peaks[TIMES] = {0};
    double before[TIMES] = {0};
    for (double x = -4; x <= 4; x += 0.01) {
        double row[1 + TIMES] = {x};
        for (int i = 0; i < TIMES; i++) {
            const fk_coeffs at = fk_schedule_at(&vp, time[i]);
            row[1 + i] = score_at(data, &at, x);
            peaks[i] += before[i] > 0 && row[1 + i] <= 0;
            before[i] = row[1 + i];
        }
        fk_csv_row(csv, row, 1 + TIMES);
    }
    fk_mixture_free(data);
    draw(csv, "score", "The score of three components under noise",
         "xlabel='x'; ylabel='d/dx log p_t(x)'; zero=1; yrange='[-12:12]'");
    printf("Learn: the score points to the peaks of p_t, and noise melts them: %d, %d and %d are "
           "left at t = %g, %g and %g.\n",
           peaks[0], peaks[1], peaks[2], time[0], time[1], time[2]);
    return 0;
}
