/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The families in which figures show the schemes. */
#ifndef FK_EXPERIMENTS_COMMON_FAMILIES_H
#define FK_EXPERIMENTS_COMMON_FAMILIES_H

#include "schedules/scheme.h"

typedef enum {
    FK_RUNGE_KUTTA, /* no noise, a tableau in t */
    FK_EXPONENTIAL, /* no noise, one step in log(s/sigma) or sigma/s */
    FK_MULTISTEP,
    FK_WEAK_ONE, /* noise, weak order 1 or none */
    FK_WEAK_TWO,
    FK_STRONG, /* no family of schemes, but those with noise again, by paths */
    FK_N_FAMILIES
} fk_family;

fk_family fk_family_of(const fk_scheme *);

#endif
