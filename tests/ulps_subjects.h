/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tests/ulps.c measures: functions of core/vmath.h and the normals, each with its arguments,
 * its exact value in long double and in MPFR, and its bound; and controls, of which one polynomial
 * has one coefficient wrong in its last digits. */
#ifndef FK_TESTS_ULPS_SUBJECTS_H
#define FK_TESTS_ULPS_SUBJECTS_H

#include <mpfr.h>

#include "core/noise.h"
#include "core/vmath.h"

enum { BITS = 140 };

/* Argument number i: what is computed from it, and its argument in the words of the oracle. */
typedef struct {
    double x, radius_of; /* x, or the turn u; normals: the uniform of the radius */
    double got;
} sample;

typedef struct {
    const char *name, *about;
    double bound, least; /* errors up to `least` times the radius (or 1) do not count */
    void (*draw)(uint64_t i, sample *);
    long double (*exact)(const sample *);
    void (*mpfr)(mpfr_t y, const sample *);
    bool control;
} subject;

static const fk_key key = {2385, FK_STREAM_USER};

/* Every other one in [lo, hi], the rest in [few_lo, few_hi], where most of the work is. */
static double argument(uint64_t i, double lo, double hi, double few_lo, double few_hi)
{
    double u = fk_random_uniform(key, i, 0, 0);
    return i & 1 ? lo + (hi - lo) * u : few_lo + (few_hi - few_lo) * u;
}

static void draw_exp2(uint64_t i, sample *s)
{
    s->x = argument(i, -1020, 1023, -2, 2);
    s->got = fk_lane_exp2(s->x);
}

/* Wrong: the coefficient of r by 2^-47. */
static void draw_wrong_exp2(uint64_t i, sample *s)
{
    draw_exp2(i, s);
    double r = s->x - nearbyint(16 * s->x) / 16;
    s->got = fma(s->got, 0x1p-47 * r, s->got);
}

static void draw_exp(uint64_t i, sample *s)
{
    s->x = argument(i, -707, 709, -1, 1);
    s->got = fk_lane_exp(s->x);
}

static void draw_log(uint64_t i, sample *s)
{
    s->x = i & 2 ? exp2(argument(i, -1022, 1023, -1, 1)) : argument(i, 0.2, 3.1, 0.6, 0.75);
    s->got = fk_lane_log(s->x);
}

/* Wrong: the coefficient of s^3, 2/3, by 2^-45. */
static void draw_wrong_log(uint64_t i, sample *s)
{
    draw_log(i, s);
    int e;
    double m = frexp(s->x, &e);
    if (m < FK_SQRT1_2) m *= 2, e--;
    double t = (m - 1) / (m + 1), n = e;
    s->got = fma(n, FK_LN2, fk_lane_log(m) + 0x1p-45 * t * t * t);
}

static void draw_cos(uint64_t i, sample *s)
{
    double sine;
    s->x = argument(i, -1000, 1000, 0, 1);
    fk_lane_turn(s->x, &s->got, &sine);
}

static void draw_sin(uint64_t i, sample *s)
{
    double cosine;
    s->x = argument(i, -1000, 1000, 0, 1);
    fk_lane_turn(s->x, &cosine, &s->got);
}

/* Wrong: the coefficient of f, 2 pi, by two units in its last place. */
static void draw_wrong_sin(uint64_t i, sample *s)
{
    draw_sin(i, s);
    double n = nearbyint(4 * s->x), f = s->x - n / 4;
    if (fmod(fabs(n), 2) == 0) s->got += (fmod(fabs(n), 4) == 0 ? 1 : -1) * 0x1p-49 * f;
}

/* The pair of particle i. */
static void draw_normal(uint64_t i, sample *s, size_t which)
{
    uint64_t word[2], lane = i % FK_LANES;
    double z[2 * FK_LANES];
    fk_random_words(key, i, 0, 0, word);
    fk_random_normals(key, i - lane, 0, (fk_block){z, FK_LANES, 2, FK_LANES});
    s->radius_of = ((double)(word[0] >> 12) + 0.5) * 0x1p-52;
    s->x = ((double)(word[1] >> 12) + 0.5) * 0x1p-52;
    s->got = z[which * FK_LANES + lane];
}

static void draw_first(uint64_t i, sample *s)
{
    draw_normal(i, s, 0);
}

static void draw_second(uint64_t i, sample *s)
{
    draw_normal(i, s, 1);
}

/* Wrong: the sine's coefficient of f, 2 pi, by 16 units in its last place. */
static void draw_wrong_second(uint64_t i, sample *s)
{
    draw_second(i, s);
    double n = nearbyint(4 * s->x), f = s->x - n / 4;
    double more = sqrt(-2 * log(s->radius_of)) * 0x1p-46 * f;
    if (fmod(n, 2) == 0) s->got += n == 2 ? -more : more;
}

static long double exact_exp2(const sample *s)
{
    return exp2l(s->x);
}

static long double exact_exp(const sample *s)
{
    return expl(s->x);
}

static long double exact_log(const sample *s)
{
    return logl(s->x);
}

#define PI_LONG 3.14159265358979323846264338327950288L

/* Of a turn reduced to [-1/8, 1/8], which is exact. */
static void exact_turn(double u, long double *cosine, long double *sine)
{
    double n = nearbyint(4 * u);
    long double angle = 2 * PI_LONG * (long double)(u - n / 4), c = cosl(angle), s = sinl(angle);
    switch ((long long)n & 3) {
    case 0:
        *cosine = c, *sine = s;
        break;
    case 1:
        *cosine = -s, *sine = c;
        break;
    case 2:
        *cosine = -c, *sine = -s;
        break;
    default:
        *cosine = s, *sine = -c;
    }
}

static long double exact_cos(const sample *s)
{
    long double c, other;
    return exact_turn(s->x, &c, &other), c;
}

static long double exact_sin(const sample *s)
{
    long double c, other;
    return exact_turn(s->x, &other, &c), c;
}

static long double radius(const sample *s)
{
    return sqrtl(-2 * logl(s->radius_of));
}

static long double exact_first(const sample *s)
{
    return radius(s) * exact_cos(s);
}

static long double exact_second(const sample *s)
{
    return radius(s) * exact_sin(s);
}

static void mpfr_of_exp2(mpfr_t y, const sample *s)
{
    mpfr_set_d(y, s->x, MPFR_RNDN);
    mpfr_exp2(y, y, MPFR_RNDN);
}

static void mpfr_of_exp(mpfr_t y, const sample *s)
{
    mpfr_set_d(y, s->x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
}

static void mpfr_of_log(mpfr_t y, const sample *s)
{
    mpfr_set_d(y, s->x, MPFR_RNDN);
    mpfr_log(y, y, MPFR_RNDN);
}

static void mpfr_angle(mpfr_t y, const sample *s)
{
    mpfr_const_pi(y, MPFR_RNDN);
    mpfr_mul_d(y, y, 2 * s->x, MPFR_RNDN);
}

static void mpfr_of_cos(mpfr_t y, const sample *s)
{
    mpfr_angle(y, s);
    mpfr_cos(y, y, MPFR_RNDN);
}

static void mpfr_of_sin(mpfr_t y, const sample *s)
{
    mpfr_angle(y, s);
    mpfr_sin(y, y, MPFR_RNDN);
}

static void mpfr_times_radius(mpfr_t y, const sample *s)
{
    mpfr_t r;
    mpfr_init2(r, BITS);
    mpfr_set_d(r, s->radius_of, MPFR_RNDN);
    mpfr_log(r, r, MPFR_RNDN);
    mpfr_mul_si(r, r, -2, MPFR_RNDN);
    mpfr_sqrt(r, r, MPFR_RNDN);
    mpfr_mul(y, y, r, MPFR_RNDN);
    mpfr_clear(r);
}

static void mpfr_of_first(mpfr_t y, const sample *s)
{
    mpfr_of_cos(y, s);
    mpfr_times_radius(y, s);
}

static void mpfr_of_second(mpfr_t y, const sample *s)
{
    mpfr_of_sin(y, s);
    mpfr_times_radius(y, s);
}

static const subject subjects[] = {
    {"exp2", "[-1020, 1023], [-2, 2]", 1.2, 0, draw_exp2, exact_exp2, mpfr_of_exp2, false},
    {"exp", "[-707, 709], [-1, 1]", 1.4, 0, draw_exp, exact_exp, mpfr_of_exp, false},
    {"log", "[2^-1022, 2^1023], [0.2, 3.1]", 2.8, 0, draw_log, exact_log, mpfr_of_log, false},
    {"cos 2 pi u", "[-1000, 1000], [0, 1]", 1.5, 0x1p-53, draw_cos, exact_cos, mpfr_of_cos, false},
    {"sin 2 pi u", "[-1000, 1000], [0, 1]", 1.5, 0x1p-53, draw_sin, exact_sin, mpfr_of_sin, false},
    {"first normal", "of a pair", 7.1, 0x1p-53, draw_first, exact_first, mpfr_of_first, false},
    {"second normal", "of a pair", 7.1, 0x1p-53, draw_second, exact_second, mpfr_of_second, false},
    {"exp2, wrong", "as above", 1.2, 0, draw_wrong_exp2, exact_exp2, mpfr_of_exp2, true},
    {"log, wrong", "as above", 2.8, 0, draw_wrong_log, exact_log, mpfr_of_log, true},
    {"sin, wrong", "as above", 1.5, 0x1p-53, draw_wrong_sin, exact_sin, mpfr_of_sin, true},
    {"normal, wrong", "as above", 7.1, 0x1p-53, draw_wrong_second, exact_second, mpfr_of_second,
     true},
};

#endif
