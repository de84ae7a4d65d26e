/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/claims.h"

#include <assert.h>
#include <string.h>

static const fk_claim *const topics[] = {
    fk_forward_claims,          /* x_t = s x_0 + sigma eps */
    fk_schedules_claims,        /* linear and cosine VP */
    fk_coefficients_claims,     /* (s, sigma) to (f, g) and back */
    fk_moments_claims,          /* at a point of time */
    fk_moment_integrals_claims, /* over an interval */
    fk_moment_odes_claims,      /* by GSL */
    fk_forward_paths_claims,    /* by simulation */
    fk_ito_paths_claims,        /* Ito's formula along paths */
    fk_reverse_claims,          /* the reverse SDE */
    fk_reverse_paths_claims,    /* the noise of its paths */
    fk_pfode_claims,            /* the probability-flow ODE */
    fk_pfode_paths_claims,      /* both as samples */
    fk_figures_claims,          /* the figure with a fixed start */
};
enum { TOPICS = sizeof topics / sizeof *topics };

size_t fk_n_claims(void)
{
    size_t n = 0;
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k]; c->id; c++) n++;
    return n;
}

const fk_claim *fk_claim_at(size_t i)
{
    assert(i < fk_n_claims());
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k]; c->id; c++)
            if (i-- == 0) return c;
    return NULL;
}

const fk_claim *fk_claim_find(const char *id)
{
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k]; c->id; c++)
            if (strcmp(c->id, id) == 0) return c;
    return NULL;
}
