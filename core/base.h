/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every file may need: constants, memory, and the width that all blocks are padded to. */
#ifndef FK_CORE_BASE_H
#define FK_CORE_BASE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FK_PI      3.14159265358979323846264338327950288
#define FK_LOG_2PI 1.83787706640934548356065947281123528 /* log(2 pi) */
#define FK_SQRT1_2 0.70710678118654752440084436210484904 /* 1/sqrt(2) */

/* Every row of a block holds a multiple of FK_LANES particles: two vectors of eight doubles.
 * Kernels work in chunks of FK_LANES and have no scalar tail, so no result depends on where a block
 * ends. */
#define FK_LANES 16
#define FK_ALIGN 64 /* bytes: one cache line, one 512-bit vector */

/* The next multiple of FK_LANES at or above n. */
static inline size_t fk_pad(size_t n)
{
    return (n + FK_LANES - 1) / FK_LANES * FK_LANES;
}

/* Zeroed memory for n objects of `size` bytes, aligned to FK_ALIGN; freed with free(). Never
 * returns NULL: without memory there is no sensible way on, so it prints one line and exits with 3.
 */
void *fk_alloc(size_t n, size_t size);

/* A copy of a string, freed with free(). */
char *fk_strdup(const char *text);

/* *worst = max(*worst, value), where NaN wins and stays (fmax would forget it). */
static inline void fk_worst(double *worst, double value)
{
    if (isnan(value) || value > *worst) *worst = value;
}

/* FNV-1a of n bytes, going on from an earlier hash, or from FK_HASH. */
#define FK_HASH 0xcbf29ce484222325u
uint64_t fk_hash(uint64_t hash, const void *bytes, size_t n);

/* Seconds on a clock that never goes back: for differences. */
double fk_seconds(void);
/* Processor time of the calling thread: what others do in the meantime is no part of it. */
double fk_thread_seconds(void);

#endif
