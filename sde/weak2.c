/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods of weak order 2, for additive noise that moves with t: Platen's (Kloeden and Platen 1992,
 * eq. 15.1.4) with the second stage at t + h and the noise (b(t) + b(t + h))/2, without which it
 * keeps weak order 1 only on a drift that depends on t; and DRI1 (Debrabant and Roessler 2009,
 * Appl. Numer. Math. 59, 582-594), which without noise is of order 3. Gaussian increments. */
#include "sde/additive.h"
#include "sde/family.h"
#include "sde/schemes.h"

static const fk_additive platen2 = {
    .drift = {2, .c = {0, 1}, .a = {{0}, {1}}, .b = {1. / 2, 1. / 2}},
    .times = 2,
    .time = {0, 1},
    .stage = {{{0}}, {{.w = 1}}},
    .result = {{.w = 1. / 2}, {.w = 1. / 2}},
    .drift_order = 2};

#define SQRT6 2.44948974278317809819728407470589
static const fk_additive dri1 = {
    .drift = {3, .c = {0, 1. / 2, 1}, .a = {{0}, {1. / 2}, {-1, 2}}, .b = {1. / 6, 2. / 3, 1. / 6}},
    .times = 2,
    .time = {0, 342. / 491},
    .stage = {{{0}}, {{.w = (6 - SQRT6) / 10}}, {{.w = (3 + 2 * SQRT6) / 5}}},
    .result = {{.w = 193. / 684}, {.w = 491. / 684}},
    .drift_order = 3};

/* Their authors ask for no strong order; that of any method with the right increment is 1. */
const fk_scheme fk_platen2 = {
    FK_ADDITIVE_FIELDS(platen2, 1, 2, "platen2", "Platen's weak order 2, additive noise",
                       "Kloeden and Platen 1992, eq. 15.1.4"),
    .own = FK_OWN_STRONG,
};
const fk_scheme fk_dri1 = {
    FK_ADDITIVE_FIELDS(dri1, 1, 2, "dri1", "DRI1, weak order 2, additive noise",
                       "Debrabant and Roessler 2009"),
    .own = FK_OWN_STRONG,
};
