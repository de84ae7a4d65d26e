/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rates.h"

#include <stdlib.h>

#include "core/noise.h"
#include "core/rates_kernel.h"

enum { N = 480 };

typedef void (*loop)(const double *x, double *y, size_t n);

static void normals(const double *x, double *y, size_t n)
{
    (void)x;
    static const fk_key key = {1, FK_STREAM_USER};
    fk_random_normals(key, 0, 0, (fk_block){y, n / 2, 2, n / 2});
}

/* Numbers a second, over about the given time. */
static double rate(loop f, const double *x, double *y, double seconds)
{
    double start = fk_seconds(), now;
    size_t calls = 0;
    do {
        for (int i = 0; i < 64; i++) f(x, y, N);
        calls += 64;
        now = fk_seconds();
    } while (now - start < seconds);
    return (double)calls * N / (now - start);
}

fk_rates fk_measure_rates(double seconds)
{
    double *x = fk_alloc(2 * N, sizeof *x), *y = x + N;
    for (size_t i = 0; i < N; i++) x[i] = -(double)(i + 1) / N;
    fk_rates r;
    r.exp = rate(FK_CHOOSE_KERNEL(fk_rate_exp), x, y, seconds / 4);
    r.fma = rate(FK_CHOOSE_KERNEL(fk_rate_fma), x, y, seconds / 4) * FK_RATE_FMAS;
    r.normals = rate(normals, x, y, seconds / 4);
    r.steps = rate(FK_CHOOSE_KERNEL(fk_rate_step), x, y, seconds / 4);
    free(x);
    return r;
}
