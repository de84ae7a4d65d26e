/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of a scheme in 1-D, by whichever interpretation of its step tables applies. What a table
 * tells is computed from it:
 *     data one Gaussian, its own score   gaussian_law    any scheme; closed forms
 *     no noise                           pushforward     multistep too
 *     noise after the last evaluation    grid_law        one-step schemes
 *     up to two normals, one entry of    backward_law    expectations only, no distances
 *     history
 * The first that takes the run is chosen; a run that none takes is refused. In more dimensions the
 * principal axes of one Gaussian are problems in 1-D of their own. */
#ifndef FK_ANALYTIC_LAW_H
#define FK_ANALYTIC_LAW_H

#include "analytic/curve.h"
#include "analytic/history.h"
#include "analytic/start_law.h"
#include "core/error.h"

typedef enum {
    FK_BY_GAUSSIAN,
    FK_BY_PUSHFORWARD,
    FK_BY_GRID,
    FK_BY_BACKWARD,
    FK_BY_NONE
} fk_law_by;

typedef struct {
    const fk_step *step; /* (n_steps) */
    size_t n_steps;
    const fk_field *field; /* dim 1 */
    bool own_score;        /* the field is the score of the mixture itself */
    fk_start_law start;    /* its marginal names the mixture */
    const fk_history
        *history;           /* of the first step, where the start is the marginal itself, or NULL */
    const fk_marginal *end; /* what to compare with */
    /* By which, of what is exact for them; NULL: those of the end. */
    const fk_functionals *functionals;
    size_t cells; /* of grids; 0: chosen */
    bool check;   /* measure how exact expectations are, where the interpretation does not know */
    int threads;  /* 0: all */
} fk_law_problem;

fk_law_by fk_law_choose(const fk_law_problem *);
const char *fk_law_by_name(fk_law_by); /* "gaussian", "pushforward", "grid", "backward", "none" */

/* FK_USAGE where no interpretation takes the run, where cells are too few, where the law is not
 * finite. */
int fk_law_of(const fk_law_problem *, fk_law_record *, fk_error *err) FK_CHECKED;

/* The law itself, by pushforward or on a grid; FK_USAGE also where expectations alone are known. */
int fk_law_curve(const fk_law_problem *, fk_curve *, fk_error *err) FK_CHECKED;

/* Its distribution function at places y (n), and by how much that may be off for want of cells.
 * FK_USAGE also where it is not known, but expectations alone (backward), or where it has jumps. */
int fk_law_cdf(const fk_law_problem *, size_t n, const double *y, double *F, double *doubt,
               fk_error *err) FK_CHECKED;

#endif
