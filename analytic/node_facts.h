/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What schemes may ask about the data at a node (fk_node_facts of schedules/axis.h), from the
 * mixture. */
#ifndef FK_ANALYTIC_NODE_FACTS_H
#define FK_ANALYTIC_NODE_FACTS_H

#include "analytic/mixture.h"
#include "schedules/axis.h"

/* The expectations over the marginals at nodes 0 .. n - 1, into facts (n): with x of that marginal,
 *     mmse = E tr Cov(x_0 | x) / dim,   score_norm = E|score(x)|,   noise_norm = E|z|.
 * In 1-D with up to 512 components by quadrature, to 1e-13 of each. Otherwise, but for noise_norm,
 * as means over 16384 fixed draws of (x_0, eps), the same at every node and in every run: to a
 * standard error of about one percent (more where few draws lie between modes). A node of clean
 * data (sigma = 0) has mmse 0 and no score norm (NaN). */
void fk_node_facts_of(const fk_mixture *, const fk_coeffs *node, size_t n, fk_node_facts *facts);

#endif
