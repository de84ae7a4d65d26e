/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/ranks.h"

void *fk_alloc(size_t n, size_t size)
{
    size_t bytes = n * size;
    bool wraps = size != 0 && bytes / size != n;
    bytes = (bytes + FK_ALIGN - 1) / FK_ALIGN * FK_ALIGN;
    void *p = wraps ? NULL : aligned_alloc(FK_ALIGN, bytes ? bytes : FK_ALIGN);
    if (!p) {
        fprintf(stderr, "fokker: out of memory: %zu objects of %zu bytes\n", n, size);
        fk_ranks_abort(FK_MISSING);
    }
    return memset(p, 0, bytes ? bytes : FK_ALIGN);
}

char *fk_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(fk_alloc(n, 1), text, n);
}

uint64_t fk_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double fk_seconds(void)
{
    return seconds(CLOCK_MONOTONIC);
}

double fk_thread_seconds(void)
{
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}
