/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/law.h"
#include "claims/series.h"

int fk_trial_law(const fk_scheme *scheme, const fk_mixture *data, const fk_trial *trial,
                 const fk_functionals *functionals, fk_law_record *record, fk_error *err)
{
    const fk_coeffs *first = trial->axis.node, *last = first + trial->plan.n_steps;
    fk_marginal *start = fk_marginal_new(data, first->s, first->sigma);
    fk_marginal *end = fk_marginal_new(data, last->s, last->sigma);
    const fk_field own = fk_mixture_field(data);
    fk_history past = {.depth = 0};
    if (trial->axis.past > 0) past = fk_history_exact(&trial->axis, scheme, trial->eta);
    const fk_law_problem problem = {.step = trial->plan.step,
                                    .n_steps = trial->plan.n_steps,
                                    .field = trial->field ? trial->field : &own,
                                    .own_score = !trial->field,
                                    .start = {start, trial->prior},
                                    .history = past.depth > 0 ? &past : NULL,
                                    .end = end,
                                    .functionals = functionals,
                                    .check = trial->check,
                                    .threads = 1};
    const int status = fk_law_of(&problem, record, err);
    fk_marginal_free(start);
    fk_marginal_free(end);
    return status;
}
