/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverse diffusion sampling (Song et al. 2021, appendix E): the reverse SDE discretised
 * as the forward chain is, x_t = A x_u + sqrt(Q) z:
 *     x' = (2 - A) x + Q score(x) + sqrt(Q) z
 * (on VP A = sqrt(1 - beta), Q = beta; on VE A = 1, Q = sigma_t^2 - sigma_u^2), beta being that of
 * the two nodes. And the same as the predictor of a predictor-corrector pair (algorithms 2 to 5),
 * in the order of the authors' code, both at the noise of node t: one step of Langevin dynamics, x
 * <- x + e score(x) + sqrt(2 e) z,   e = 2 A^2 (snr E|z| / E|score|)^2, then the predictor.
 * Published code takes the norms' means over the batch; here they are the expectations at the node,
 * so that particles stay independent. The corrector keeps the marginal up to a bias that does not
 * vanish with the step count: `pc` has no order. A step to clean data draws no noise in its
 * predictor, and no corrector follows it. */
#include <math.h>

#include "sde/nodes.h"
#include "sde/schemes.h"

/* x' = (2 - A) y + Q M + sqrt(Q) z, where y is a combination of x and earlier outputs, M the score
 * of stage i, and z normal l. */
static fk_combination predict(const fk_step_at *at, const fk_combination *y, size_t i, size_t l)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double A = t->s / u->s, Q = -t->sigma * t->sigma * expm1(-2 * fk_lambda_step(at));
    fk_combination out = {.a = (2 - A) * y->a};
    for (size_t j = 0; j < i; j++) out.b[j] = (2 - A) * y->b[j];
    for (size_t j = 0; j < l; j++) out.c[j] = (2 - A) * y->c[j];
    out.b[i] = Q;
    out.c[l] = u->sigma > 0 ? sqrt(Q) : 0;
    return out;
}

static void predictor(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    (void)self;
    const fk_coeffs *t = fk_from(at);
    table->stages = 1;
    table->stage[0].y.a = 1;
    fk_stage_score(&table->stage[0], t->s, t->sigma);
    table->result = predict(at, &table->stage[0].y, 0, 0);
    table->normals = 1;
    table->kernel[0] = FK_W;
}

static void corrector_predictor(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const fk_node_facts *facts = &at->axis->facts[at->n];
    const double A = t->s / u->s, ratio = self->param[0] * facts->noise_norm / facts->score_norm;
    const double e = 2 * A * A * ratio * ratio;
    table->stages = 2;
    table->stage[0].y.a = 1;
    table->stage[1].y = (fk_combination){.a = 1, .b = {e}, .c = {sqrt(2 * e)}};
    for (size_t i = 0; i < 2; i++) fk_stage_score(&table->stage[i], t->s, t->sigma);
    table->result = predict(at, &table->stage[1].y, 1, 1);
    table->normals = 2;
    table->kernel[0] = FK_FRESH;
    table->kernel[1] = FK_W;
}

static const fk_param pc_params[] = {{"snr", 0.16, NULL}, {NULL, 0, NULL}};

static int pc_check(const fk_scheme *self, fk_error *err)
{
    double snr = self->param[0];
    /* on a normal law of variance V the corrector multiplies by 1 - 2 snr^2 */
    if (snr > 0 && snr < 1) return FK_OK;
    return fk_fail(err, FK_USAGE, "scheme 'pc': snr = %g, but 0 < snr < 1 is needed (%s)", snr,
                   snr >= 1 ? "the corrector is unstable from 1 on"
                            : "without a corrector: reverse-diffusion");
}

const fk_scheme fk_reverse_diffusion = {
    .row = {"reverse-diffusion", "the reverse SDE discretised as the forward chain is",
            "Song et al. 2021, appendix E", NULL},
    .strong_order = 1,
    .weak_order = 1,
    .own = FK_OWN_STRONG | FK_OWN_WEAK,
    .needs = FK_NODES,
    .step = predictor,
};

const fk_scheme fk_pc = {
    .row = {"pc", "a Langevin corrector, then reverse-diffusion",
            "Song et al. 2021, algorithms 2 to 5", pc_params},
    .strong_order = NAN,
    .weak_order = 0,
    .own = FK_OWN_WEAK,
    .needs = FK_NODES | FK_FACTS,
    .param = {0.16},
    .check = pc_check,
    .step = corrector_predictor,
};
