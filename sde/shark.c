/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ShARK and SEA (Foster, dos Reis and Strange 2024, arXiv 2210.17543, eq. 6.1 and 5.8), in
 * increment and Levy area. Both correct the noise of a moving b by
 *     (b(t + h) - b(t)) (DeltaW/2 - H) = b' I01 + O(h^(5/2)).
 * SEA costs one evaluation and is of strong order 1, with a smaller constant than Euler-Maruyama
 * where drift and noise move slowly with t. */
#include "sde/additive.h"
#include "sde/family.h"
#include "sde/schemes.h"

static const fk_additive shark = {
    .drift = {2, .c = {0, 5. / 6}, .a = {{0}, {5. / 6}}, .b = {0.4, 0.6}},
    .times = 2,
    .time = {0, 1},
    .stage = {{{.h = 1}}, {{.w = 5. / 6, .h = 1}}},
    .result = {{.w = 1. / 2, .h = 1}, {.w = 1. / 2, .h = -1}},
    .drift_order = 2};

static const fk_additive sea = {.drift = {1, .b = {1}},
                                .times = 2,
                                .time = {0, 1},
                                .stage = {{{.w = 1. / 2, .h = 1}}},
                                .result = {{.w = 1. / 2, .h = 1}, {.w = 1. / 2, .h = -1}},
                                .drift_order = 1};

const fk_scheme fk_shark =
    FK_ADDITIVE_SCHEME(shark, 1.5, 2, "shark", "ShARK, strong order 3/2 by the Levy area",
                       "Foster, dos Reis and Strange 2024, eq. 6.1");
const fk_scheme fk_sea =
    FK_ADDITIVE_SCHEME(sea, 1, 1, "sea", "SEA, shifted Euler for additive noise, one evaluation",
                       "Foster, dos Reis and Strange 2024, eq. 5.8");
