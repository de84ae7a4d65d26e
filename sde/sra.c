/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SRA methods of strong order 3/2 for additive noise (Roessler 2010, SIAM J. Numer. Anal. 48,
 * 922-952): B0 stands in `stage` with I10/h, beta1 and beta2 in `result` with DeltaW and I10/h.
 * SOSRA is the stability-optimised one of Rackauckas and Nie (2018, arXiv 1804.04344), with their
 * digits. They are of weak order 2 as well. (SRA3 is of order 3 where there is no noise, and the
 * mean of a linear problem converges so; its variance does not.) */
#include "sde/additive.h"
#include "sde/family.h"
#include "sde/schemes.h"

static const fk_additive sra1 = {
    .drift = {2, .c = {0, 3. / 4}, .a = {{0}, {3. / 4}}, .b = {1. / 3, 2. / 3}},
    .times = 2,
    .time = {1, 0},
    .stage = {{{0}}, {{.i10 = 3. / 2}}},
    .result = {{.w = 1, .i10 = -1}, {.i10 = 1}},
    .drift_order = 2};

static const fk_additive sra2 = {
    .drift = {2, .c = {0, 3. / 4}, .a = {{0}, {3. / 4}}, .b = {1. / 3, 2. / 3}},
    .times = 2,
    .time = {1. / 3, 1},
    .stage = {{{0}}, {{.i10 = 3. / 2}}},
    .result = {{.i10 = 3. / 2}, {.w = 1, .i10 = -3. / 2}},
    .drift_order = 2};

static const fk_additive sra3 = {.drift = {3, .c = {0, 1, 1. / 2},
                                           .a = {{0}, {1}, {1. / 4, 1. / 4}},
                                           .b = {1. / 6, 1. / 6, 2. / 3}},
                                 .times = 2,
                                 .time = {1, 0},
                                 .stage = {{{0}}, {{0}}, {{.i10 = 1}, {.i10 = 1. / 2}}},
                                 .result = {{.w = 1, .i10 = -1}, {.i10 = 1}},
                                 .drift_order = 3};

static const fk_additive sosra = {
    .drift = {3, .c = {0, 0.6923962376159507, 1},
              .a = {{0}, {0.6923962376159507}, {-3.1609142252828395, 4.1609142252828395}},
              .b = {0.2889874966892885, 0.6859880440839937, 0.025024459226717772}},
    .times = 3,
    .time = {0, 0.041248171110700504, 1},
    .stage = {{{0}},
              {{.i10 = 1.3371632704399763}},
              {{.i10 = 1.442371048468624}, {.i10 = 1.8632741501139225}}},
    .result = {{.w = -16.792534242221663, .i10 = 0.4237535769069274},
               {.w = 17.514995785380226, .i10 = 0.6010381474428539},
               {.w = 0.27753845684143835, .i10 = -1.0247917243497813}},
    .drift_order = 2};

const fk_scheme fk_sra1 =
    FK_ADDITIVE_SCHEME(sra1, 1.5, 2, "sra1", "SRA1, strong order 3/2 for additive noise",
                       "Roessler 2010, SIAM J. Numer. Anal. 48");
const fk_scheme fk_sra2 =
    FK_ADDITIVE_SCHEME(sra2, 1.5, 2, "sra2", "SRA2, strong order 3/2 for additive noise",
                       "Roessler 2010, SIAM J. Numer. Anal. 48");
const fk_scheme fk_sra3 =
    FK_ADDITIVE_SCHEME(sra3, 1.5, 2, "sra3", "SRA3, as SRA2 but of order 3 without noise",
                       "Roessler 2010, SIAM J. Numer. Anal. 48");
const fk_scheme fk_sosra =
    FK_ADDITIVE_SCHEME(sosra, 1.5, 2, "sosra", "SOSRA, stability-optimised, strong order 3/2",
                       "Rackauckas and Nie 2018, arXiv 1804.04344");
