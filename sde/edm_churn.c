/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EDM's stochastic sampler (Karras et al. 2022, algorithm 2) for any s and sigma: it acts on
 * y = x/s, whose noise level is rho = sigma/s. First noise goes up,
 *     rho^ = (1 + gamma) rho,   y^ = y + sqrt(rho^^2 - rho^2) S_noise z,
 *     gamma = min(S_churn/N, sqrt(2) - 1) where S_min <= rho <= S_max, else 0,
 * then one step of Heun's method from rho^ to rho_u for dy/drho = epshat (Euler's into rho_u = 0).
 * The level rises above the node's, at the first node above that of t_start. From the exact
 * marginal raising the noise is exact, so with gamma ~ S_churn/N the weak order is that of Heun's
 * method; where the minimum is sqrt(2) - 1 whatever N, nothing converges. */
#include <math.h>

#include "sde/nodes.h"
#include "sde/schemes.h"

static const fk_param params[] = {{"S_churn", 40, NULL},
                                  {"S_min", 0, NULL},
                                  {"S_max", INFINITY, NULL},
                                  {"S_noise", 1, NULL},
                                  {NULL, 0, NULL}};
enum { S_CHURN, S_MIN, S_MAX, S_NOISE };

static int check(const fk_scheme *self, fk_error *err)
{
    const double *p = self->param;
    for (int i = 0; i < 4; i++)
        if (!(p[i] >= 0 && (isfinite(p[i]) || i == S_MAX)))
            return fk_fail(err, FK_USAGE, "scheme 'edm-churn': %s = %g, but %s >= 0 is needed",
                           params[i].key, p[i], params[i].key);
    if (p[S_MIN] <= p[S_MAX]) return FK_OK;
    return fk_fail(err, FK_USAGE, "scheme 'edm-churn': S_min = %g is above S_max = %g", p[S_MIN],
                   p[S_MAX]);
}

/* With S_noise other than 1 more or less noise is put in than is taken out, in all by as much
 * whatever the number of steps. */
static void prepare(fk_scheme *self)
{
    if (self->param[S_CHURN] > 0 && self->param[S_NOISE] != 1) self->weak_order = 0;
}

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_coeffs *t = fk_from(at), *u = t + 1;
    const double *p = self->param, rho = t->sigma / t->s, to = u->sigma / u->s;
    const bool inside = p[S_MIN] <= rho && rho <= p[S_MAX];
    const double churn = p[S_CHURN] / (double)at->axis->n_steps;
    const double gamma = inside ? fmin(churn, 0.41421356237309504880) : 0; /* sqrt(2) - 1 */
    const double raised = (1 + gamma) * rho;
    const double noise = p[S_NOISE] * rho * sqrt(gamma * (2 + gamma));

    table->stages = to > 0 ? 2 : 1;
    table->stage[0].y = (fk_combination){.a = 1, .c = {t->s * noise}};
    fk_stage_eps(&table->stage[0], t->s, t->s * raised);
    table->result.a = u->s / t->s;
    table->result.b[0] = u->s * (to - raised);
    table->result.c[0] = u->s * noise;
    if (to > 0) {
        table->stage[1].y = table->result;
        fk_stage_eps(&table->stage[1], u->s, u->sigma);
        table->result.b[0] = table->result.b[1] = u->s * (to - raised) / 2;
    }
    table->normals = noise > 0;
    table->kernel[0] = FK_FRESH;
}

const fk_scheme fk_edm_churn = {
    .row = {"edm-churn", "EDM's stochastic sampler: noise up, then Heun down",
            "Karras et al. 2022, algorithm 2", params},
    .strong_order = NAN,
    .weak_order = 2,
    .own = FK_OWN_WEAK,
    .needs = FK_NODES,
    .param = {40, 0, INFINITY, 1},
    .check = check,
    .prepare = prepare,
    .step = step,
};
