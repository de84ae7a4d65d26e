/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of a Gaussian law against a Gaussian one, by closed forms. Internal to analytic/. */
#ifndef FK_ANALYTIC_GAUSSIAN_RECORD_H
#define FK_ANALYTIC_GAUSSIAN_RECORD_H

#include "analytic/functionals.h"
#include "analytic/gaussian_law.h"

/* `exact` is one Gaussian; both may be point masses. Of a law with a density against one of
 * these KL and TV are not defined; of a point mass only W2 and expectations are filled. */
fk_law_record fk_gaussian_record(fk_gaussian law, const fk_marginal *exact, const fk_functionals *);

#endif
