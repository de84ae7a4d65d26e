/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one core of this machine can do on data that stay in its first-level cache: the measure
 * that the kernels' speed is held against. Rates of a core change from second to second (clock,
 * neighbours), so they are measured beside what they are compared with. */
#ifndef FK_CORE_RATES_H
#define FK_CORE_RATES_H

/* Each per second. */
typedef struct {
    double exp;     /* exponentials, by core/vmath.h */
    double fma;     /* fused multiply-adds */
    double normals; /* standard normals, by core/noise.h */
    double steps;   /* particle-steps of which nothing is left but a division, loads and stores */
} fk_rates;

/* Takes about `seconds`. */
fk_rates fk_measure_rates(double seconds);

#endif
