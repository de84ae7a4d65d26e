/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multistep schemes with one evaluation a step, Adams-Bashforth methods (ode/adams.h):
 *
 *     dpmpp-1, -2m, -3m   of x0hat, in lambda (Lu et al. 2022, arXiv 2211.01095)
 *     deis-1, -2, -3      of eps, in t, rho or log rho = -lambda (Zhang and Chen 2023)
 *     lms-1 .. lms-4      of eps, in rho = sigma/s (as in k-diffusion)
 *     ipndm               of eps, in the number of the node (Liu et al. 2022)
 *
 * dpmpp-2m takes 1/2 for the mean of theta, as printed; the exact mean differs by O(h). dpmpp-3m as
 * often coded has half the right second difference, and order 2; here the polynomial is
 * interpolated, so it has order 3. ipndm, the multistep half of PNDM begun by lower orders, has the
 * weights of equal steps, 55, -59, 37 and -9 over 24, on any grid: of order 4 where the steps in
 * rho are equal, elsewhere of order 2, for it misses rho''/12 times the slope of eps, by the
 * number.
 *
 * They start with as many nodes as they have, or with start=matched by single steps of their own
 * order. A step to sigma = 0, at lambda = inf, has no extrapolation in lambda: it is of first
 * order, x' = s x0hat, as in the libraries; in rho and in the number the order stays. */
#include <math.h>

#include "ode/adams.h"
#include "ode/schemes.h"

static const fk_param with_start[] = {{"start", 0, "self|matched"}, {NULL, 0, NULL}};
static const fk_param only_p[] = {{"p", FK_IN_T, "t|rho|logrho"}, {NULL, 0, NULL}};
static const fk_param with_p[] = {
    {"p", FK_IN_T, "t|rho|logrho"}, {"start", 0, "self|matched"}, {NULL, 0, NULL}};

typedef struct {
    fk_variable in; /* unless the first parameter says it */
    bool chosen;
    size_t start; /* the parameter `start` */
} family;
static const family dpmpp = {.in = FK_IN_LAMBDA}, lms = {.in = FK_IN_RHO},
                    ipndm = {.in = FK_IN_NUMBER}, deis = {.chosen = true, .start = 1};

static fk_variable variable_of(const fk_scheme *self)
{
    const family *of = self->constants;
    return of->chosen ? (fk_variable)self->param[0] : of->in;
}

static bool starts_matched(const fk_scheme *self)
{
    const family *of = self->constants;
    return self->param[of->start] != 0;
}

static void prepare(fk_scheme *self)
{
    bool between = starts_matched(self) || (variable_of(self) == FK_IN_T && self->depth > 0);
    self->needs = between ? FK_LAMBDA_INVERSE : FK_NODES;
    self->start_order = starts_matched(self) ? self->weak_order : 1;
}

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const fk_variable in = variable_of(self);
    const fk_coeffs *t = at->axis->node + at->n, *u = t + 1;
    if (starts_matched(self) && at->past < self->depth) {
        fk_single_step(self->output, self->depth + 1, false, at, table);
        table->stage[0].push = true;
        return;
    }
    const bool linear = in == FK_IN_RHO || in == FK_IN_NUMBER;
    const size_t n = u->sigma > 0 || linear ? at->past + 1 : 1;
    double theta[FK_MAX_ADAMS], moment[FK_MAX_ADAMS], w[FK_MAX_ADAMS];
    for (size_t j = 0; j < n; j++) theta[j] = fk_adams_theta(in, at, j);
    fk_adams_moments(in, self->output, at, n, moment);
    if (self->constants == &dpmpp && n == 2) moment[1] = 0.5;
    fk_adams_weights(n, theta, moment, w);

    const fk_transfer over = fk_transfer_between(self->output, t, u);
    table->stages = 1;
    table->stage[0].y.a = 1;
    fk_model_output(self->output, t, &table->stage[0]);
    table->stage[0].push = self->depth > 0;
    table->history = n - 1;
    table->result.a = over.ratio;
    table->result.b[0] = over.total * w[0];
    for (size_t j = 1; j < n; j++) table->result.d[j - 1] = over.total * w[j];
}

#define MULTISTEP(family_, k_, output_, needs_, name_, says_, source_, param_)                     \
    {                                                                                              \
        .row = {name_, says_, source_, param_}, .strong_order = k_, .weak_order = k_,              \
        .start_order = 1, .needs = needs_, .depth = k_ - 1, .lag = 1, .output = output_,           \
        .constants = &family_, .prepare = prepare, .step = step                                    \
    }

#define DPMPP(k, name, says, param)                                                                \
    MULTISTEP(dpmpp, k, FK_X0, FK_NODES, name, says, "Lu et al. 2022, arXiv 2211.01095", param)
const fk_scheme fk_dpmpp_1 = DPMPP(1, "dpmpp-1", "DPM-Solver++ of order 1 (DDIM)", NULL);
const fk_scheme fk_dpmpp_2m = DPMPP(2, "dpmpp-2m", "DPM-Solver++(2M)", with_start);
const fk_scheme fk_dpmpp_3m = DPMPP(3, "dpmpp-3m", "DPM-Solver++(3M)", with_start);

#define DEIS(k, needs, name, says, param)                                                          \
    MULTISTEP(deis, k, FK_EPS, needs, name, says, "Zhang and Chen 2023 (tAB-, rhoAB-DEIS)", param)
const fk_scheme fk_deis_1 = DEIS(1, FK_NODES, "deis-1", "DEIS with one node (DDIM)", only_p);
const fk_scheme fk_deis_2 =
    DEIS(2, FK_LAMBDA_INVERSE, "deis-2", "DEIS, two nodes, polynomial in p", with_p);
const fk_scheme fk_deis_3 =
    DEIS(3, FK_LAMBDA_INVERSE, "deis-3", "DEIS, three nodes, polynomial in p", with_p);

#define LMS(k, name, says, param)                                                                  \
    MULTISTEP(lms, k, FK_EPS, FK_NODES, name, says, "Crowson 2022, k-diffusion", param)
const fk_scheme fk_lms_1 = LMS(1, "lms-1", "Euler in sigma/s (DDIM)", NULL);
const fk_scheme fk_lms_2 = LMS(2, "lms-2", "Adams-Bashforth in sigma/s, two nodes", with_start);
const fk_scheme fk_lms_3 = LMS(3, "lms-3", "Adams-Bashforth in sigma/s, three nodes", with_start);
const fk_scheme fk_lms_4 = LMS(4, "lms-4", "Adams-Bashforth in sigma/s, four nodes", with_start);

const fk_scheme fk_ipndm = {.row = {"ipndm",
                                    "PNDM's multistep formula; order 2 where the grid is smooth",
                                    "Liu et al. 2022, arXiv 2202.09778; Zhang and Chen 2023", NULL},
                            .strong_order = 1,
                            .weak_order = 1,
                            .smooth_order = 2,
                            .start_order = 1,
                            .own = FK_OWN_STRONG | FK_OWN_WEAK,
                            .needs = FK_NODES,
                            .depth = 3,
                            .lag = 1,
                            .output = FK_EPS,
                            .constants = &ipndm,
                            .step = step};
