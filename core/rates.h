/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cores of this machine can do on data that stay in their first-level caches: the measure
 * that the kernels' speed is held against. Each is taken alone, with as many independent registers
 * under way as make it fastest. Rates of a core change from second to second (clock, neighbours),
 * so they are measured beside what they are compared with. */
#ifndef FK_CORE_RATES_H
#define FK_CORE_RATES_H

/* Each per second, all doubles. */
typedef struct {
    double exp;     /* exponentials, by core/vmath.h's polynomial */
    double fma;     /* multiply-adds, fused where there is an instruction for it */
    double normals; /* standard normals, core/noise.h's */
    double steps;   /* particle-steps of which nothing is left but a division, loads and stores */
    double clock;   /* cycles: additions of integers that wait for one another */
} fk_rates;

/* Of so many threads together, by their processor time where there is one, else by the time of day.
 * Takes about `seconds`. */
fk_rates fk_measure_rates(double seconds, int threads);

#endif
