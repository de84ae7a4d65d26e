/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations over x_0 and the noise together, as training losses are written: x = s x_0 + sigma
 * eps, x_0 from a 1-D mixture, eps ~ N(0, 1). By Gauss-Legendre in both; nothing is drawn. */
#ifndef FK_CLAIMS_JOINT_H
#define FK_CLAIMS_JOINT_H

#include "analytic/marginal.h"

/* A pair and what the exact fields say at its x. */
typedef struct {
    double x0, eps, x, x0hat, score;
} fk_pair;

/* E of up to FK_JOINT values, which f fills at a pair; self is handed to it. */
enum { FK_JOINT = 4 };
void fk_joint_means(const fk_marginal *at,
                    void (*f)(const fk_pair *, const void *self, double *value), const void *self,
                    double mean[FK_JOINT]);

#endif
