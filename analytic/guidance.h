/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guidance with exact labels. A label y is a set of components of the mixture, so that
 *     p(y | x_t) = sum of their responsibilities,
 *     p_t(x | y) = the noised mixture of these components alone, their weights made to sum to 1,
 *     guided score = score + gamma grad log p(y | x_t) = score + gamma (score given y - score):
 * classifier guidance of scale gamma (Dhariwal and Nichol 2021, section 4.1), and classifier-free
 * guidance of weight w = gamma - 1 (Ho and Salimans 2022, eq. 6), which are one where the
 * classifier is exact. gamma = 0 is the unguided field, gamma = 1 the exact reverse process given
 * y. Any other scale is the score of no noised law p_0(x) p(y | x)^gamma (analytic/tilted.h). */
#ifndef FK_ANALYTIC_GUIDANCE_H
#define FK_ANALYTIC_GUIDANCE_H

#include "analytic/marginal.h"

typedef struct {
    const fk_mixture *data; /* borrowed */
    fk_mixture *given;      /* p_0(x | y), owned */
    double share;           /* p(y) */
    double gamma;           /* may be changed between runs */
    fk_field field_data, field_given;
} fk_guidance;

/* The label "from one of these components", counted from 0. FK_USAGE where there is no
 * component, one that the mixture has not or one twice, or gamma is not finite. */
int fk_guidance_new(const fk_mixture *, const size_t *components, size_t n, double gamma,
                    fk_guidance *guidance, fk_error *err) FK_CHECKED;
void fk_guidance_free(fk_guidance *);

/* The guided score field: any dim, any scheme. Borrows the guidance. */
fk_field fk_guidance_field(const fk_guidance *);

/* log p(y | x) at one noise level, given the marginals of data and of p_0(x | y) there, both of
 * this guidance; gradient (dim) or NULL. */
double fk_guidance_log_label(const fk_guidance *, const fk_marginal *of_data,
                             const fk_marginal *of_given, const double *x, double *gradient);

#endif
