/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rates.h"

#include <stdlib.h>

#include "core/rates_kernel.h"

enum { N = 2 * FK_RATE_CHUNK }; /* twice so many stay in the first-level cache */

typedef double (*clock)(void);
typedef void (*loop)(const double *x, double *y, size_t n);

/* n additions and n exclusive ors, each of which takes a cycle and waits for the one before. */
static void chain(const double *x, double *y, size_t n)
{
    uint64_t a = (uint64_t)x[n], b = (uint64_t)x[n + 1], c = b;
    for (size_t i = 0; i < n; i += 8) {
#define ROUND c = (c + a) ^ b
        ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND, ROUND;
#undef ROUND
    }
    y[0] = (double)c;
}

/* Numbers a second, over about the given time. */
static double rate(clock now, loop f, const double *x, double *y, double seconds)
{
    double start = now(), took;
    size_t calls = 0;
    do {
        for (int i = 0; i < 64; i++) f(x, y, N);
        calls += 64;
        took = now() - start;
    } while (took < seconds);
    return (double)calls * N / took;
}

static fk_rates measure(double seconds, clock now)
{
    double *x = fk_alloc(2 * N + 16, sizeof *x), *y = x + N + 16, part = seconds / 5;
    for (size_t i = 0; i < N + 2; i++) x[i] = -(double)(i + 1) / N;
    x[N] = 2385, x[N + 1] = 5832;
    fk_rates r;
    r.exp = rate(now, FK_CHOOSE_KERNEL(fk_rate_exp), x, y, part);
    r.fma = rate(now, FK_CHOOSE_KERNEL(fk_rate_fma), x, y, part) * FK_RATE_FMAS;
    r.normals = rate(now, FK_CHOOSE_KERNEL(fk_rate_normals), x, y, part);
    r.steps = rate(now, FK_CHOOSE_KERNEL(fk_rate_step), x, y, part);
    r.clock = rate(now, chain, x, y, part) * 2;
    free(x);
    return r;
}

fk_rates fk_measure_rates(double seconds, int threads)
{
    fk_rates all = {0};
#pragma omp parallel num_threads(threads)
    {
        fk_rates r = measure(seconds, threads == 1 ? fk_thread_seconds : fk_seconds);
#pragma omp critical(fk_rates)
        {
            all.exp += r.exp, all.fma += r.fma, all.normals += r.normals;
            all.steps += r.steps, all.clock += r.clock;
        }
    }
    return all;
}
