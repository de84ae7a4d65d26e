/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The claims of the literature that this lab checks, by topic: what `fokker verify` runs. A claim
 * has the ID that it has in paper_notes.md; a second check of the same claim by another road adds a
 * word, as in C29-paths. Statements of wording only have no check (status TEXT); B1 to B20 are
 * identities beyond the texts. Adding a claim edits its topic's file alone; adding a topic adds a
 * line to claims.c. */
#ifndef FK_CLAIMS_CLAIMS_H
#define FK_CLAIMS_CLAIMS_H

#include "core/verdict.h"

/* All claims of all topics, in a fixed order. */
size_t fk_n_claims(void);
const fk_claim *fk_claim_at(size_t i);         /* i < fk_n_claims() */
const char *fk_claim_topic(size_t i);          /* its heading, such as "moments" */
const fk_claim *fk_claim_find(const char *id); /* NULL: there is none */

/* The topics: each a table of claims that ends with an id of NULL. */
extern const fk_claim fk_forward_claims[];
extern const fk_claim fk_forward_laws_claims[];
extern const fk_claim fk_forward_variances_claims[];
extern const fk_claim fk_schedules_claims[];
extern const fk_claim fk_schedule_limits_claims[];
extern const fk_claim fk_coefficients_claims[];
extern const fk_claim fk_moments_claims[];
extern const fk_claim fk_moment_integrals_claims[];
extern const fk_claim fk_moment_odes_claims[];
extern const fk_claim fk_forward_paths_claims[];
extern const fk_claim fk_ito_paths_claims[];
extern const fk_claim fk_mp_residuals_claims[];
extern const fk_claim fk_reverse_claims[];
extern const fk_claim fk_reverse_paths_claims[];
extern const fk_claim fk_prior_claims[];
extern const fk_claim fk_sampler_cost_claims[];
extern const fk_claim fk_curves_claims[];
extern const fk_claim fk_state_noise_claims[];
extern const fk_claim fk_chain_start_claims[];
extern const fk_claim fk_chain_reverse_claims[];
extern const fk_claim fk_pfode_claims[];
extern const fk_claim fk_pfode_paths_claims[];
extern const fk_claim fk_figures_claims[];
extern const fk_claim fk_chain_claims[];
extern const fk_claim fk_chain_noise_claims[];
extern const fk_claim fk_chain_limits_claims[];
extern const fk_claim fk_chain_steps_claims[];
extern const fk_claim fk_posterior_claims[];
extern const fk_claim fk_posterior_variance_claims[];
extern const fk_claim fk_equation_claims[];
extern const fk_claim fk_current_claims[];
extern const fk_claim fk_equation_solved_claims[];
extern const fk_claim fk_ddim_claims[];
extern const fk_claim fk_ddim_laws_claims[];
extern const fk_claim fk_ddim_steps_claims[];
extern const fk_claim fk_guidance_claims[];
extern const fk_claim fk_guided_scores_claims[];
extern const fk_claim fk_loss_identities_claims[];
extern const fk_claim fk_family_identities_claims[];
extern const fk_claim fk_step_identities_claims[];
extern const fk_claim fk_law_identities_claims[];
extern const fk_claim fk_prior_identities_claims[];
extern const fk_claim fk_score_identities_claims[];
extern const fk_claim fk_velocity_claims[];
extern const fk_claim fk_bound_claims[];
extern const fk_claim fk_bound_joint_claims[];
extern const fk_claim fk_bound_terms_claims[];
extern const fk_claim fk_bound_last_claims[];
extern const fk_claim fk_marginal_identities_claims[];
extern const fk_claim fk_posterior_identities_claims[];
extern const fk_claim fk_training_claims[];
extern const fk_claim fk_training_loss_claims[];
extern const fk_claim fk_training_score_claims[];
extern const fk_claim fk_algorithm_claims[];
extern const fk_claim fk_chain_identities_claims[];
extern const fk_claim fk_recursions_claims[];
extern const fk_claim fk_change_claims[];
extern const fk_claim fk_transport_claims[];
extern const fk_claim fk_invariance_claims[];
extern const fk_claim fk_network_training_claims[];
extern const fk_claim fk_network_velocity_claims[];
extern const fk_claim fk_network_identities_claims[];
extern const fk_claim fk_network_bound_claims[];

#endif
