/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedules/phi.h"

#include <assert.h>
#include <math.h>

/* 1/k! (1 + z/(k+1) (1 + z/(k+2) (1 + ..))). For -2 < z < 6 the 40th term is below 6^40 k!/(40+k)!:
 * for k = 2 a 10^20th of the first. */
static double series(int k, double z)
{
    double sum = 1;
    for (int j = 40; j >= 1; j--) sum = 1 + z / (k + j) * sum;
    for (int j = 2; j <= k; j++) sum /= j;
    return sum;
}

double fk_phi(int k, double z)
{
    assert(k >= 0 && k <= FK_MAX_PHI);
    if (k == 0) return exp(z);
    if (z == 0 || (k > 1 && z > -2 && z < 6)) return series(k, z);
    double phi = expm1(z) / z, factorial = 1;
    for (int j = 1; j < k; j++) { /* divides what rounding left, too, by |z| */
        factorial *= j;
        phi = (phi - 1 / factorial) / z;
    }
    return phi;
}
