/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The constant in front of a first-order error, from exact laws. */
#ifndef FK_CLAIMS_CONSTANTS_H
#define FK_CLAIMS_CONSTANTS_H

#include "claims/series.h"

/* C with W1 = C/N + O(1/N^2) at the end of N steps on three-1d, started from the exact marginal: N
 * W1 at 160 and 320 steps, extrapolated. NaN where no law of densities takes the scheme. */
double fk_error_constant(const fk_scheme *, const fk_place *);

#endif
