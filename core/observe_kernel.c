/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/observe_kernel.h"

#include "core/vector.h"

/* Lanes i of a and b, then lanes i + h, added: h = 4, 2, 1 halve the lanes that each group has left
 * in a register, and put two registers into one. */
#if FK_VECTOR == 8
#define FOLD_4(a, b)                                                                               \
    (__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +                                     \
     __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define FOLD_2(a, b)                                                                               \
    (__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +                                     \
     __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define FOLD_1(a, b)                                                                               \
    (__builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +                                    \
     __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#elif FK_VECTOR == 4
#define FOLD_2(a, b)                                                                               \
    (__builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7))
#define FOLD_1(a, b)                                                                               \
    (__builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7))
#else
#define FOLD_1(a, b) (__builtin_shufflevector(a, b, 0, 2) + __builtin_shufflevector(a, b, 1, 3))
#endif

/* One register, lane g of it the sum of all lanes of a[g]. */
#if FK_VECTOR == 8
#define FOLD(a)                                                                                    \
    FK_UNROLLED(g, 4)(a)[g] = FOLD_4((a)[g], (a)[g + 4]);                                          \
    FK_UNROLLED(g, 2)(a)[g] = FOLD_2((a)[g], (a)[g + 2]);                                          \
    (a)[0] = FOLD_1((a)[0], (a)[1])
#elif FK_VECTOR == 4
#define FOLD(a)                                                                                    \
    FK_UNROLLED(g, 2)(a)[g] = FOLD_2((a)[g], (a)[g + 2]);                                          \
    (a)[0] = FOLD_1((a)[0], (a)[1])
#else
#define FOLD(a) (a)[0] = FOLD_1((a)[0], (a)[1])
#endif

/* The sums of FK_VECTOR groups. */
FK_INLINE void sums_of(const double *const group[FK_VECTOR], fk_vector *sum, fk_vector *squares)
{
    enum { HALF = FK_LANES / 2 / FK_VECTOR }; /* registers of half a group */
    fk_vector a[FK_VECTOR], b[FK_VECTOR];
    FK_UNROLLED(g, FK_VECTOR)
    {
        fk_vector s[HALF], q[HALF];
        FK_UNROLLED(u, HALF)
        {
            const fk_vector low = fk_load(group[g] + u * FK_VECTOR),
                            high = fk_load(group[g] + (u + HALF) * FK_VECTOR);
            s[u] = low + high, q[u] = low * low + high * high;
        }
        for (size_t h = HALF / 2; h > 0; h /= 2)
            FK_UNROLLED(u, h) s[u] += s[u + h], q[u] += q[u + h];
        a[g] = s[0], b[g] = q[0];
    }
    FOLD(a);
    FOLD(b);
    *sum = a[0], *squares = b[0];
}

/* Exact sums as integers. A term is rounded to a multiple of 2^-10, what is left to one of 2^-60,
 * and of 2^-110: nothing is left of a term below 2^40 that has no bit below 2^-110. The multiples
 * are added, lane by lane. */
typedef struct {
    fk_words total[FK_SPLITS];
    fk_words left; /* bits of what could not be split off */
    fk_vector top; /* the largest term */
} split;

/* A constant 1.5 2^(q + 52): x plus it is rounded to a multiple of 2^q, for |x| < 2^(q + 51), and
 * the last bits of the sum are that multiple as an integer, above those of the constant itself. */
FK_INLINE void split_add(split *s, fk_vector x)
{
    static const double constant[FK_SPLITS] = {0x1.8p42, 0x1.8p-8, 0x1.8p-58};
    s->top = fk_vector_max((fk_vector)((fk_words)x & fk_splat_word(INT64_MAX)), s->top);
    FK_UNROLLED(i, FK_SPLITS)
    {
        const fk_vector c = fk_splat(constant[i]), near = x + c;
        s->total[i] += (fk_words)near - (fk_words)c;
        x -= near - c;
    }
    s->left |= (fk_words)x << 1; /* whatever its sign: 0, or a bit, or NaN */
}

/* What all lanes hold together, and whether that is all. */
FK_INLINE bool split_end(const split s[2], int64_t part[2][FK_SPLITS])
{
    enum { ROOM = 8 };
    fk_words all[ROOM];
    uint64_t sum[ROOM];
    FK_UNROLLED(k, 2) FK_UNROLLED(i, FK_SPLITS) all[k * FK_SPLITS + i] = s[k].total[i];
    FK_UNROLLED(k, 2)
    all[2 * FK_SPLITS + k] = (fk_words)(s[k].left != 0) | ~(fk_words)(s[k].top < fk_splat(0x1p40));
    for (size_t i = 0; i < ROOM; i += FK_VECTOR) {
        FOLD(all + i);
        memcpy(sum + i, all + i, sizeof *all);
    }
    memcpy(part, sum, 2 * FK_SPLITS * sizeof *sum);
    return sum[2 * FK_SPLITS] == 0 && sum[2 * FK_SPLITS + 1] == 0;
}

size_t FK_KERNEL(fk_lane_sums)(const double *x, size_t count, double *sum, double *squares,
                               int64_t part[2][FK_SPLITS], bool *whole)
{
    static const double zeros[FK_LANES] = {0};
    double rest[FK_LANES] = {0};
    split both[2] = {{.left = fk_splat_word(0)}, {.left = fk_splat_word(0)}};
    const size_t filled = count / FK_LANES;
    size_t groups = 0;
    memcpy(rest, x + filled * FK_LANES, count % FK_LANES * sizeof *x);
    for (; groups * FK_LANES < count; groups += FK_VECTOR) {
        const double *group[FK_VECTOR];
        fk_vector s, q;
        FK_UNROLLED(g, FK_VECTOR)
        {
            const size_t at = groups + g;
            group[g] = at < filled ? x + at * FK_LANES : at == filled ? rest : zeros;
        }
        sums_of(group, &s, &q);
        fk_store(sum + groups, s), fk_store(squares + groups, q);
        split_add(&both[0], s), split_add(&both[1], q);
    }
    *whole = split_end(both, part);
    return groups;
}

/* The bins of x (n), n a multiple of FK_LANES. The number of the nearest edge, to which adding and
 * taking away 1.5 2^52 rounds, is that of x's bin or of the next. */
FK_INLINE void bins_of(const fk_bins *to, const double *x, size_t n, int32_t *restrict bin)
{
    const double lo = to->lo, width = to->width, bins = to->bins, scale = 1 / width;
    for (size_t p = 0; p < n; p++) {
        double near = (x[p] - lo) * scale + 0x1.8p52 - 0x1.8p52;
        near = near > 0 ? near : 0;
        near = near < bins ? near : bins;
        const double place = x[p] >= lo + near * width ? near : near - 1;
        bin[p] = (int32_t)place + 1;
    }
}

/* A bin that is counted again must wait for the last time: where there are particles enough, every
 * other one has a table of its own. */
void FK_KERNEL(fk_count_bins)(const fk_bins *bins, const double *x, size_t count,
                              uint64_t *restrict counts, uint64_t *restrict zeros)
{
    enum { SOME = 32 * FK_LANES };
    const size_t all = (size_t)bins->bins + 2;
    const bool two = count >= 2 * all;
    int32_t bin[SOME];
    for (size_t some; count > 0; x += some, count -= some) {
        size_t p = 0;
        some = count < SOME ? count : SOME;
        bins_of(bins, x, fk_pad(some), bin);
        for (; two && p + 2 <= some; p += 2) counts[bin[p]]++, zeros[bin[p + 1]]++;
        for (; p < some; p++) counts[bin[p]]++;
    }
    if (!two) return;
    for (size_t b = 0; b < all; b++) counts[b] += zeros[b], zeros[b] = 0;
}
