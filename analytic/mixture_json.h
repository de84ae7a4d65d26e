/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mixture as JSON, in the form that fk_mixture_read takes, so that a record stands alone. */
#ifndef FK_ANALYTIC_MIXTURE_JSON_H
#define FK_ANALYTIC_MIXTURE_JSON_H

#include <jansson.h>

#include "analytic/mixture.h"

/* {"dim": d, "components": [{"weight", "mean", and "var" or "cov"}]}; a new reference. Read again,
 * it gives the same mixture to the last bit. */
json_t *fk_mixture_json(const fk_mixture *);

#endif
