/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/table_algebra.h"

#include <math.h>

#include "claims/series.h"
#include "schedules/exactness.h"

double fk_tree_order(const fk_butcher *rk, double within, double claim, double *residual)
{
    size_t order = 0;
    *residual = 0;
    for (size_t p = 1; p <= FK_MAX_TREE_ORDER; p++) {
        const double r = fk_butcher_residual(rk, p);
        if ((double)p <= claim) fk_worst(residual, r);
        if (order == p - 1 && r < within) order = p;
    }
    return (double)order;
}

bool fk_is_runge_kutta(const fk_scheme *scheme)
{
    return scheme->output == FK_DRIFT && !scheme->adaptive;
}

/* Three steps of 0.64, 0.70 and 0.78 in lambda, 0.12 to 0.14 in t. */
static int try_scheme(const fk_scheme *scheme, fk_trial *trial)
{
    const fk_place place = {"vp-linear", "karras", -1.385, 0.1385};
    const fk_mixture any = {.dim = 1, .k = 1, .var = (double[]){1}};
    fk_error err;
    return fk_trial_new(scheme, &place, FK_SELF_START, 3, &any, trial, &err);
}

/* Times, up to 0.5, are right to some units in the last place, which over a step of 0.12 makes
 * 5e-15 of c; coefficients of up to 12 sum to that, too. */
#define READ_WITHIN 5e-14

/* The order of one step; the residuals know none where c is not sum a, which order 1 does not ask.
 */
static double step_order(const fk_axis *axis, size_t n, const fk_step *step, double claim,
                         double *residual)
{
    fk_butcher rk;
    double trees, sum = 0;
    const double off = fk_butcher_of_table(axis, n, step, &rk);
    const double order = fk_tree_order(&rk, READ_WITHIN, claim, &trees);
    *residual = off;
    fk_worst(residual, trees);
    if (!(off < READ_WITHIN)) return 0;
    for (size_t i = 0; i < rk.stages; i++) sum += rk.b[i];
    return order == 0 && fabs(sum - 1) < READ_WITHIN ? 1 : order;
}

double fk_tableau_order(const fk_scheme *scheme, double claim, double *residual)
{
    double order = INFINITY;
    fk_trial trial;
    *residual = NAN;
    if (try_scheme(scheme, &trial) != FK_OK) return NAN;
    *residual = 0;
    for (size_t n = 0; n < trial.plan.n_steps; n++) {
        const bool once = n == 0 || n + 1 == trial.plan.n_steps;
        double off;
        order =
            fmin(order, once + step_order(&trial.axis, n, &trial.plan.step[n], claim - once, &off));
        fk_worst(residual, off);
    }
    fk_trial_free(&trial);
    return order;
}

double fk_weights_order(const fk_scheme *scheme, double claim, double *residual)
{
    fk_exactness found = {NAN, NAN};
    fk_trial trial;
    fk_error err;
    *residual = NAN;
    if (try_scheme(scheme, &trial) != FK_OK) return NAN;
    const int status = fk_exactness_of(scheme, &trial.schedule, trial.eta, claim, &found, &err);
    fk_trial_free(&trial);
    if (status != FK_OK) return NAN;
    *residual = found.residual;
    return found.order;
}
