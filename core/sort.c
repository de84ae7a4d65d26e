/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting doubles by radix: passes over keys whose unsigned order is that of the numbers, by 8 bits
 * each: 256 places to write to are what a first-level cache holds, and more of them take longer
 * than more passes. A million samples take a tenth of the time of qsort. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"

enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS, PASSES = 64 / DIGIT_BITS, FEW = 64 };

/* Negative numbers: all bits flipped; others: the sign bit set. */
static uint64_t key_of(double x)
{
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return word ^ (word >> 63 ? UINT64_MAX : (uint64_t)1 << 63);
}

static double number_of(uint64_t key)
{
    uint64_t word = key ^ (key >> 63 ? (uint64_t)1 << 63 : UINT64_MAX);
    double x;
    memcpy(&x, &word, sizeof x);
    return x;
}

static void sort_few(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double moved = x[i];
        size_t j = i;
        for (; j > 0 && x[j - 1] > moved; j--) x[j] = x[j - 1];
        x[j] = moved;
    }
}

/* Sorts keys by their digits from number `first` on; `from` and `to` hold n keys each, and what is
 * returned is the one that has the result. */
static uint64_t *by_digits(uint64_t *from, uint64_t *to, size_t n, size_t first)
{
    static_assert(PASSES * DIGITS * sizeof(size_t) <= 1 << 14, "on the stack");
    size_t counts[PASSES][DIGITS] = {{0}};
    for (size_t i = 0; i < n; i++)
        for (size_t p = first; p < PASSES; p++)
            counts[p][from[i] >> (p * DIGIT_BITS) & (DIGITS - 1)]++;
    for (size_t p = first; p < PASSES; p++) {
        size_t *place = counts[p], sum = 0, shift = p * DIGIT_BITS;
        if (place[from[0] >> shift & (DIGITS - 1)] == n) continue; /* all digits alike */
        for (size_t d = 0; d < DIGITS; d++) {
            size_t here = place[d];
            place[d] = sum;
            sum += here;
        }
        for (size_t i = 0; i < n; i++) to[place[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* By insertion; false, with the keys in some order, where that takes more than n moves. */
static bool by_insertion(uint64_t *key, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n && moves <= n; i++) {
        const uint64_t moved = key[i];
        size_t j = i;
        for (; j > 0 && key[j - 1] > moved; j--) key[j] = key[j - 1];
        key[j] = moved;
        moves += i - j;
    }
    return moves <= n;
}

/* The leading 40 bits tell nearly all samples of a continuous law apart, and what they leave is
 * mended by insertion; where it is not nearly nothing, all bits are used. */
void fk_sort(double *x, size_t n)
{
    enum { LEADING = 3 };
    if (n <= FEW) {
        sort_few(x, n);
        return;
    }
    uint64_t *block = fk_alloc(2 * n, sizeof *block);
    for (size_t i = 0; i < n; i++) block[i] = key_of(x[i]);
    uint64_t *key = by_digits(block, block + n, n, LEADING);
    if (!by_insertion(key, n)) key = by_digits(key, key == block ? block + n : block, n, 0);
    for (size_t i = 0; i < n; i++) x[i] = number_of(key[i]);
    free(block);
}
