/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ulps [N]: the errors of core/vmath.h and of the normals in units in the last place, over N
 * (1e9) random arguments against long double; 1e6 of them, and the worst 1e5, again against MPFR.
 * Exit 1 where a maximum is above its bound, or where one of the controls (a polynomial with one
 * coefficient wrong in its last digits) is not. A long double of 64 bits is wrong by 2^-11 ulps
 * itself: 0.002 is allowed for it. `make ulps` runs it: some minutes. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base.h"
#include "tests/ulps_subjects.h"

enum { AGAIN = 1000000, WORST = 100000, CHUNK = 1 << 16, FEW = 4000000 };

/* An error in ulps of the exact value, which is about `near`; 0 below what counts. NaN gives NaN.
 */
static double in_ulps(const subject *f, const sample *s, long double error, double near)
{
    double floor = f->least;
    int e;
    if (floor > 0 && s->radius_of > 0) floor *= sqrt(-2 * log(s->radius_of));
    if (fabsl(error) <= floor) return 0;
    frexp(near, &e);
    return (double)ldexpl(fabsl(error), 53 - e);
}

static double against_long_double(const subject *f, uint64_t i)
{
    sample s = {0};
    f->draw(i, &s);
    long double y = f->exact(&s);
    return in_ulps(f, &s, s.got - y, (double)y);
}

static double against_mpfr(const subject *f, uint64_t i, mpfr_t y)
{
    sample s = {0};
    f->draw(i, &s);
    f->mpfr(y, &s);
    double near = mpfr_get_d(y, MPFR_RNDN);
    mpfr_d_sub(y, s.got, y, MPFR_RNDN);
    return in_ulps(f, &s, mpfr_get_ld(y, MPFR_RNDN), near);
}

/* The arguments of the greatest errors: room for two WORST; cut to the better half where full. */
typedef struct {
    struct found {
        double ulps;
        uint64_t i;
    } * at;
    size_t n;
    double least; /* worth keeping */
} hall;

static int descending(const void *a, const void *b)
{
    double x = ((const struct found *)a)->ulps, y = ((const struct found *)b)->ulps;
    return (x < y) - (x > y);
}

static void keep(hall *h, double ulps, uint64_t i)
{
    if (!(ulps > h->least)) return;
    h->at[h->n++] = (struct found){ulps, i};
    if (h->n < 2 * WORST) return;
    qsort(h->at, h->n, sizeof *h->at, descending);
    h->n = WORST, h->least = h->at[WORST - 1].ulps;
}

static double all(const subject *f, uint64_t n, hall *kept)
{
    double worst = 0;
#pragma omp parallel
    {
        hall mine = {fk_alloc(2 * WORST, sizeof(struct found)), 0, 0};
        double here = 0;
#pragma omp for schedule(dynamic)
        for (uint64_t chunk = 0; chunk < (n + CHUNK - 1) / CHUNK; chunk++)
            for (uint64_t i = chunk * CHUNK; i < n && i < (chunk + 1) * CHUNK; i++) {
                double ulps = against_long_double(f, i);
                fk_worst(&here, ulps);
                keep(&mine, ulps, i);
            }
#pragma omp critical
        {
            fk_worst(&worst, here);
            for (size_t j = 0; j < mine.n; j++) keep(kept, mine.at[j].ulps, mine.at[j].i);
        }
        free(mine.at);
    }
    qsort(kept->at, kept->n, sizeof *kept->at, descending);
    return worst;
}

/* The first AGAIN arguments, and the worst. */
static double again(const subject *f, uint64_t n, const hall *kept)
{
    double worst = 0;
    uint64_t first = n < AGAIN ? n : AGAIN, more = kept->n < WORST ? kept->n : WORST;
#pragma omp parallel
    {
        double here = 0;
        mpfr_t y;
        mpfr_init2(y, BITS);
#pragma omp for schedule(dynamic, 1024)
        for (uint64_t j = 0; j < first + more; j++)
            fk_worst(&here, against_mpfr(f, j < first ? j : kept->at[j - first].i, y));
#pragma omp critical
        fk_worst(&worst, here);
        mpfr_clear(y);
        mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
    }
    return worst;
}

int main(int argc, char **argv)
{
    double asked = argc > 1 ? strtod(argv[1], NULL) : 1e9;
    if (!(asked >= 1 && asked <= 1e12)) {
        fprintf(stderr, "ulps: usage: ulps [N], the arguments of each function (1e9)\n");
        return 2;
    }
    bool good = true;
    printf("%-14s %-30s %9s %12s %9s %6s\n", "", "arguments in", "number", "long double", "MPFR",
           "bound");
    for (size_t k = 0; k < sizeof subjects / sizeof *subjects; k++) {
        const subject *f = &subjects[k];
        uint64_t n = f->control && asked > FEW ? FEW : (uint64_t)asked;
        hall kept = {fk_alloc(2 * WORST, sizeof(struct found)), 0, 0};
        double found = all(f, n, &kept), exact = again(f, n, &kept);
        bool within = found <= f->bound + 0.002 && exact <= f->bound;
        bool ok = f->control ? found > f->bound && exact > f->bound : within;
        printf("%-14s %-30s %9.3g %12.3f %9.3f %6.1f  %s\n", f->name, f->about, (double)n, found,
               exact, f->bound,
               !ok          ? "WRONG"
               : f->control ? "caught"
                            : "");
        fflush(stdout);
        good = good && ok;
        free(kept.at);
    }
    return good ? 0 : 1;
}
