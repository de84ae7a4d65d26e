/* SPDX-License-Identifier: GPL-3.0-or-later */
/* random_words STREAM FIRST: 64-bit words of the generator as raw bytes on standard output, without
 * end, for programs that test randomness (tests/randomness). A stream walks one counter of
 * core/noise.h, from FIRST 2^32 on, while the others stand still:
 *     particles   consecutive particles
 *     steps       consecutive steps, 2^32 for each particle
 *     draws       consecutive draws of a step, 2^32 for each particle
 *     seeds       consecutive seeds
 *     streams     consecutive streams of a seed
 *     normals     floor(2^32 Phi(z)), 32 bits each, of the normals of consecutive particles
 * and two that must fail:
 *     rounds      particles, by a Threefry of two rounds in place of thirteen
 *     drift       normals, with z + 1e-3 in place of z */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/noise.h"

enum { N = 4096 };

static const fk_key key = {2385, FK_STREAM_STEPS};

static void particles(uint64_t first, uint64_t *word)
{
    for (uint64_t i = 0; i < N; i++) fk_random_words(key, first + i, 0, 0, word + 2 * i);
}

static void steps(uint64_t first, uint64_t *word)
{
    for (uint64_t i = first; i < first + N; i++, word += 2)
        fk_random_words(key, i >> 32, i & UINT32_MAX, 0, word);
}

static void draws(uint64_t first, uint64_t *word)
{
    for (uint64_t i = first; i < first + N; i++, word += 2)
        fk_random_words(key, i >> 32, 0, i & UINT32_MAX, word);
}

static void seeds(uint64_t first, uint64_t *word)
{
    for (uint64_t i = 0; i < N; i++)
        fk_random_words((fk_key){first + i, FK_STREAM_STEPS}, 0, 0, 0, word + 2 * i);
}

static void streams(uint64_t first, uint64_t *word)
{
    for (uint64_t i = 0; i < N; i++)
        fk_random_words((fk_key){2385, first + i}, 0, 0, 0, word + 2 * i);
}

static void cells(uint64_t first, double shift, uint64_t *word)
{
    static double z[2 * N];
    fk_random_normals(key, first, 0, (fk_block){z, N, 2, N});
    for (uint64_t i = 0; i < N; i++) {
        word[i] = 0;
        for (uint64_t j = 0; j < 2; j++) {
            double p = 0.5 * erfc(-FK_SQRT1_2 * (z[j * N + i] + shift));
            uint64_t cell = (uint64_t)(p * 0x1p32);
            word[i] |= (cell >> 32 ? UINT32_MAX : cell) << (32 * j);
        }
    }
}

static void normals(uint64_t first, uint64_t *word)
{
    cells(first, 0, word);
}

static void drift(uint64_t first, uint64_t *word)
{
    cells(first, 1e-3, word);
}

/* The first two rounds of Threefry. */
static void rounds(uint64_t first, uint64_t *word)
{
    for (uint64_t i = 0; i < N; i++) {
        uint64_t a = first + i + 2385, b = 0;
        a += b, b = (b << 16 | b >> 48) ^ a;
        a += b, b = (b << 42 | b >> 22) ^ a;
        word[2 * i] = a, word[2 * i + 1] = b;
    }
}

static const struct {
    const char *name;
    void (*fill)(uint64_t first, uint64_t *word);
    size_t words; /* that fill() makes of N counters */
} stream[] = {{"particles", particles, 2 * N}, {"steps", steps, 2 * N},     {"draws", draws, 2 * N},
              {"seeds", seeds, 2 * N},         {"streams", streams, 2 * N}, {"normals", normals, N},
              {"rounds", rounds, 2 * N},       {"drift", drift, N}};

int main(int argc, char **argv)
{
    static uint64_t word[2 * N];
    for (size_t s = 0; argc == 3 && s < sizeof stream / sizeof *stream; s++) {
        if (strcmp(argv[1], stream[s].name) != 0) continue;
        for (uint64_t i = strtoull(argv[2], NULL, 10) << 32;; i += N) {
            stream[s].fill(i, word);
            if (fwrite(word, sizeof *word, stream[s].words, stdout) < stream[s].words) return 0;
        }
    }
    fprintf(stderr, "random_words: usage: random_words");
    for (size_t s = 0; s < sizeof stream / sizeof *stream; s++)
        fprintf(stderr, "%s%s", s ? "|" : " ", stream[s].name);
    fprintf(stderr, " FIRST\n");
    return 2;
}
