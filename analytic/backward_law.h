/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expectations under a scheme's law in 1-D, for any score field, by the backward equation of its
 * own steps:
 *     u_N(x) = phi(x),    u_n(x, H) = E[u_{n+1}(step_n(x, H, Z))],    E phi(x_N) = E u_0(x_0)
 * with phi the functionals of analytic/functionals.h, all at once. Noise may enter before the last
 * evaluation, there may be two normals in a step, and one value of history: what the density law
 * (analytic/grid_law.h) cannot do. Made for steps with noise; among them may be some without. A
 * second value of history would square the number of polynomials in H: a hundred splines, each
 * point on all of them, and minutes instead of a second.
 *
 * u_n is a spline of degree 7 in x on an even grid that holds all of the law but 1e-18 of it, and a
 * polynomial in H - R(x), where R(x) is what the step itself would push: differences of successive
 * outputs are small, where H is not. Normals are turned: along the noise of the result goes a
 * trapezium rule, which for smooth functions is exact to rounding; across it, where normals enter
 * through the score alone, a Gauss-Hermite rule, of few nodes. How many nodes each step needs is
 * found by trial. Points that leave the grid are put on its edge. What is lost by all this is 1e-10
 * or so, at 12 to several hundred steps that are stable; a check tells. */
#ifndef FK_ANALYTIC_BACKWARD_LAW_H
#define FK_ANALYTIC_BACKWARD_LAW_H

#include "analytic/functionals.h"
#include "analytic/history.h"
#include "analytic/start_law.h"
#include "core/error.h"

typedef struct {
    const fk_step *step; /* (n_steps) */
    size_t n_steps;
    const fk_field *field; /* dim 1 */
    fk_start_law start;
    const fk_functionals *functionals;
    /* Of the first step, where that step reads one, else NULL. Its eta is 0, the exact flow, or 1,
     * where the earlier y given x is normal, as the forward process has it: between the two its
     * law is not known. */
    const fk_history *history;
    /* 0: chosen. Cells of the grid, 15 or more; nodes along and across the noise; nodes in H, up to
     * 40. */
    size_t cells, along, across, nodes;
    double tolerance; /* of a step's rules, in the mean of u over the law; 0: 1e-11 */
    int threads;      /* 0: all; the results do not depend on it */
} fk_backward_law;

typedef struct {
    double mass; /* E 1: what rounding has left of 1 */
    double value[FK_N_FUNCTIONALS];
    double accuracy; /* by how much values may be off, an estimate; NaN if not asked */
} fk_expectations;

/* Whether all steps are of this kind, and at least one has noise. */
bool fk_backward_law_takes(const fk_step *step, size_t n_steps);

/* The expectations at the end. fk_law_record_set takes mass and value. With `check` all is done a
 * second time with three quarters of the cells and rules ten times less exact, at a third of the
 * price, and twice the greatest difference is the accuracy: the second run is nearly always the
 * less exact of the two, and by far. What it cannot see are nodes that the caller fixed. A step 0
 * that reads history must be given it. FK_USAGE where the law becomes non-finite, and for a history
 * of another eta. */
int fk_backward_law_run(const fk_backward_law *, bool check, fk_expectations *,
                        fk_error *err) FK_CHECKED;

#endif
