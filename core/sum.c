/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bit b of the accumulator has weight 2^(b - 1074), the least subnormal at b = 0. Chunk i holds
 * bits from 32 i on. A term's 53-bit significand, shifted by at most 31, has 32 bits for one chunk
 * and at most 52 for the next; so 2^11 - 1 terms fit before a chunk may pass 2^63. The topmost bit
 * of DBL_MAX is number 2097, in chunk 65; chunk 66 takes the carries of a running total far beyond
 * DBL_MAX (2^77 times it). */
#include "core/sum.h"

#include <math.h>
#include <string.h>

enum {
    CHUNKS = sizeof((fk_sum *)0)->chunk / sizeof(int64_t),
    CHUNK_BITS = 32,
    MOST_PENDING = 2047,
    LEAST_EXPONENT = -1074,
    SIGNIFICAND_BITS = 53
};

static const uint64_t low_bits = 0xffffffffu;

/* Leave chunks 0 .. CHUNKS-2 in [0, 2^32); the last one keeps the sign of the whole. */
static void propagate(fk_sum *sum)
{
    int64_t carry = 0;
    for (size_t i = 0; i < CHUNKS - 1; i++) {
        int64_t whole = sum->chunk[i] + carry;
        int64_t low = (int64_t)((uint64_t)whole & low_bits);
        carry = (whole - low) / ((int64_t)1 << CHUNK_BITS);
        sum->chunk[i] = low;
    }
    sum->chunk[CHUNKS - 1] += carry;
    sum->pending = 1; /* what is left, below 2^32 a chunk, counts as one term */
}

static void count(uint32_t *seen, uint32_t more)
{
    *seen = *seen > UINT32_MAX - more ? UINT32_MAX : *seen + more;
}

/* With room for it. No branch on the sign, which nobody can predict. */
static inline void add(fk_sum *sum, double term)
{
    uint64_t word;
    memcpy(&word, &term, sizeof word);
    uint64_t exponent = word >> 52 & 0x7ff, significand = word & 0xfffffffffffffu;
    if (exponent == 0x7ff) {
        count(significand ? &sum->nan : word >> 63 ? &sum->neg : &sum->pos, 1);
        return;
    }
    if (exponent == 0)
        exponent = 1; /* subnormal: no hidden bit */
    else
        significand |= (uint64_t)1 << 52;

    uint64_t bit = exponent - 1, shift = bit % CHUNK_BITS;
    int64_t low = (int64_t)(significand << shift & low_bits);
    int64_t high = (int64_t)(significand >> (CHUNK_BITS - shift));
    int64_t *chunk = sum->chunk + bit / CHUNK_BITS, sign = 1 - 2 * (int64_t)(word >> 63);
    chunk[0] += sign * low;
    chunk[1] += sign * high;
}

void fk_sum_add(fk_sum *sum, double term)
{
    fk_sum_add_all(sum, &term, 1);
}

void fk_sum_add_all(fk_sum *sum, const double *term, size_t n)
{
    while (n > 0) {
        if (sum->pending >= MOST_PENDING) propagate(sum);
        const size_t room = MOST_PENDING - sum->pending, some = n < room ? n : room;
        for (size_t i = 0; i < some; i++) add(sum, term[i]);
        sum->pending += (uint32_t)some;
        term += some, n -= some;
    }
}

/* Parts (2048 terms of at most 2^50 each), shifted within a chunk by at most 22: their
 * low 32 bits stay below 2^54, as those of four terms would, and the rest below 2^51. */
void fk_sum_add_split(fk_sum *sum, const int64_t part[FK_SPLITS])
{
    static const int exponent[FK_SPLITS] = {-10, -60, -110};
    if (sum->pending > MOST_PENDING - 4 * FK_SPLITS) propagate(sum);
    for (size_t i = 0; i < FK_SPLITS; i++) {
        const int bit = exponent[i] - LEAST_EXPONENT;
        const int64_t low = (int64_t)((uint64_t)part[i] & low_bits);
        const int64_t unit = (int64_t)1 << bit % CHUNK_BITS;
        int64_t *chunk = sum->chunk + bit / CHUNK_BITS;
        chunk[0] += low * unit;
        chunk[1] += (part[i] - low) / ((int64_t)1 << CHUNK_BITS) * unit;
    }
    sum->pending += 4 * FK_SPLITS;
}

void fk_sum_merge(fk_sum *into, const fk_sum *from)
{
    fk_sum other = *from; /* may be `into` itself */
    propagate(&other);
    propagate(into);
    for (size_t i = 0; i < CHUNKS; i++) into->chunk[i] += other.chunk[i];
    into->pending = 2;
    count(&into->nan, other.nan);
    count(&into->pos, other.pos);
    count(&into->neg, other.neg);
}

static bool bit_at(const fk_sum *sum, long b)
{
    return (uint64_t)sum->chunk[b / CHUNK_BITS] >> (b % CHUNK_BITS) & 1;
}

/* Whether any bit below number `end` is set. */
static bool any_below(const fk_sum *sum, long end)
{
    for (long i = 0; i < end / CHUNK_BITS; i++)
        if (sum->chunk[i]) return true;
    uint64_t mask = ((uint64_t)1 << (end % CHUNK_BITS)) - 1;
    return (uint64_t)sum->chunk[end / CHUNK_BITS] & mask;
}

/* The number of the highest bit set, -1 for zero; every chunk but the last is below 2^32. */
static long top_bit(const fk_sum *sum)
{
    for (long i = CHUNKS - 1; i >= 0; i--)
        for (long b = i == CHUNKS - 1 ? 62 : CHUNK_BITS - 1; b >= 0; b--)
            if ((uint64_t)sum->chunk[i] >> b & 1) return i * CHUNK_BITS + b;
    return -1;
}

double fk_sum_value(const fk_sum *from)
{
    if (from->nan || (from->pos && from->neg)) return NAN;
    if (from->pos) return INFINITY;
    if (from->neg) return -INFINITY;

    fk_sum sum = *from;
    propagate(&sum);
    bool negative = sum.chunk[CHUNKS - 1] < 0;
    if (negative) {
        for (size_t i = 0; i < CHUNKS; i++) sum.chunk[i] = -sum.chunk[i];
        propagate(&sum);
    }
    long top = top_bit(&sum);
    if (top < 0) return 0;
    if (top >= (CHUNKS - 1) * CHUNK_BITS) return negative ? -INFINITY : INFINITY;

    /* The leading 53 bits, or all of them where there are fewer; then round to nearest, ties to
     * even. The result of ldexp is exact: nothing lies below bit 0. */
    long end = top >= SIGNIFICAND_BITS ? top - SIGNIFICAND_BITS + 1 : 0;
    uint64_t significand = 0;
    for (long b = top; b >= end; b--) significand = significand << 1 | bit_at(&sum, b);
    if (end > 0 && bit_at(&sum, end - 1) && (any_below(&sum, end - 1) || (significand & 1)))
        significand++;
    double value = ldexp((double)significand, (int)end + LEAST_EXPONENT);
    return negative ? -value : value;
}
