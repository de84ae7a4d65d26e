/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/claims.h"

#include <assert.h>
#include <string.h>

/* Several tables may stand under one heading. */
static const struct {
    const char *heading;
    const fk_claim *claims;
} topics[] = {
    {"forward process", fk_forward_claims},           /* x_t = s x_0 + sigma eps */
    {"forward process", fk_forward_laws_claims},      /* priors, information */
    {"forward process", fk_forward_variances_claims}, /* along paths */
    {"schedules", fk_schedules_claims},               /* linear and cosine VP */
    {"schedules", fk_schedule_limits_claims},         /* many steps, and one */
    {"conversion", fk_coefficients_claims},           /* (s, sigma) to (f, g) and back */
    {"moments", fk_moments_claims},                   /* at a point of time */
    {"moments", fk_moment_integrals_claims},          /* over an interval */
    {"moments", fk_moment_odes_claims},               /* by GSL */
    {"moments", fk_forward_paths_claims},             /* by simulation */
    {"moments", fk_ito_paths_claims},                 /* Ito's formula along paths */
    {"512 bits", fk_mp_residuals_claims},             /* below double precision */
    {"reverse SDE", fk_reverse_claims},               /* exactly */
    {"reverse SDE", fk_reverse_paths_claims},         /* the noise of its paths */
    {"reverse SDE", fk_prior_claims},                 /* from another start */
    {"reverse SDE", fk_chain_start_claims},           /* from N(0, I) */
    {"reverse SDE", fk_chain_reverse_claims},         /* step by step on a chain */
    {"reverse SDE", fk_state_noise_claims},           /* noise that depends on the state */
    {"PF-ODE", fk_pfode_claims},                      /* the probability-flow ODE */
    {"PF-ODE", fk_pfode_paths_claims},                /* both as samples */
    {"PF-ODE", fk_sampler_cost_claims},               /* steps and what they buy */
    {"figures", fk_figures_claims},                   /* the figure with a fixed start */
    {"figures", fk_curves_claims},                    /* its curves and schemes */
    {"Fokker-Planck", fk_equation_claims},            /* the equation and its signs */
    {"Fokker-Planck", fk_current_claims},             /* what flows */
    {"Fokker-Planck", fk_equation_solved_claims},     /* solved by FFTW */
    {"DDPM chain", fk_chain_claims},                  /* transitions */
    {"DDPM chain", fk_chain_noise_claims},            /* which noises are independent */
    {"DDPM chain", fk_chain_limits_claims},           /* noise at the end, and back */
    {"DDPM chain", fk_chain_steps_claims},            /* from the SDE to the chain */
    {"posterior", fk_posterior_claims},               /* given x_0 */
    {"posterior", fk_posterior_variance_claims},      /* the variance of a step */
    {"ELBO", fk_bound_joint_claims},                  /* three parts, as joint laws */
    {"ELBO", fk_bound_claims},                        /* what is bounded; L_T */
    {"ELBO", fk_bound_terms_claims},                  /* L_t */
    {"ELBO", fk_bound_last_claims},                   /* L_0 */
    {"training", fk_training_claims},                 /* targets and means */
    {"training", fk_training_loss_claims},            /* losses and gradients */
    {"training", fk_algorithm_claims},                /* sampling, algorithm 2 */
    {"training", fk_training_score_claims},           /* noise and score */
    {"training", fk_network_training_claims},         /* of a network */
    {"DDIM", fk_ddim_claims},                         /* its inference family, Markov or not */
    {"DDIM", fk_ddim_laws_claims},                    /* its laws */
    {"DDIM", fk_ddim_steps_claims},                   /* its steps */
    {"guidance", fk_guidance_claims},                 /* with a label */
    {"velocity", fk_velocity_claims},                 /* a rotation */
    {"velocity", fk_network_velocity_claims},         /* learnt */
    {"identities", fk_marginal_identities_claims},    /* of the marginals */
    {"identities", fk_posterior_identities_claims},   /* of the posterior */
    {"identities", fk_loss_identities_claims},        /* B4 */
    {"identities", fk_network_identities_claims},     /* B3, B4 of a network */
    {"identities", fk_law_identities_claims},         /* B6 */
    {"identities", fk_prior_identities_claims},       /* B12 */
    {"identities", fk_score_identities_claims},       /* B13 */
    {"identities", fk_network_bound_claims},          /* B13 of a network */
    {"identities", fk_family_identities_claims},      /* B15, B16 */
    {"identities", fk_step_identities_claims},        /* B16, B20: steps */
    {"identities", fk_guided_scores_claims},          /* B18 */
    {"identities", fk_chain_identities_claims},       /* transitions, bridges, bounds */
    {"identities", fk_recursions_claims},             /* B11: schemes on a Gaussian */
    {"identities", fk_change_claims},                 /* the instantaneous change of variables */
    {"identities", fk_transport_claims},              /* the flow as a map */
    {"identities", fk_invariance_claims},             /* one flow, many schedules */
};
enum { TOPICS = sizeof topics / sizeof *topics };

size_t fk_n_claims(void)
{
    size_t n = 0;
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k].claims; c->id; c++) n++;
    return n;
}

/* Claim number i and its heading. */
static const fk_claim *claim_at(size_t i, const char **heading)
{
    assert(i < fk_n_claims());
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k].claims; c->id; c++)
            if (i-- == 0) {
                *heading = topics[k].heading;
                return c;
            }
    return NULL;
}

const fk_claim *fk_claim_at(size_t i)
{
    const char *heading;
    return claim_at(i, &heading);
}

const char *fk_claim_topic(size_t i)
{
    const char *heading = NULL;
    claim_at(i, &heading);
    return heading;
}

const fk_claim *fk_claim_find(const char *id)
{
    for (size_t k = 0; k < TOPICS; k++)
        for (const fk_claim *c = topics[k].claims; c->id; c++)
            if (strcmp(c->id, id) == 0) return c;
    return NULL;
}
