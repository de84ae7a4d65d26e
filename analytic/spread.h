/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loop of the density law. Internal to analytic/. */
#ifndef FK_ANALYTIC_SPREAD_H
#define FK_ANALYTIC_SPREAD_H

#include "core/base.h"
#include "core/isa.h"

/* out[j] += first ratio^j table[j] for j < count, a multiple of FK_LANES. A Gaussian that lies off
 * the grid by d is such a product: exp(-(j dx - d)^2 / (2 sd^2)) is, but for a constant, a table
 * that is the same for all sources times a geometric sequence. */
FK_DECLARE_KERNEL(void, fk_spread,
                  (double *out, const double *table, size_t count, double first, double ratio));

#endif
