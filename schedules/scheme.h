/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Schemes: a scheme is a function that fills the step table (core/step.h) of step n on an axis. */
#ifndef FK_SCHEDULES_SCHEME_H
#define FK_SCHEDULES_SCHEME_H

#include "core/step.h"
#include "schedules/axis.h"

/* What a scheme needs of the time axis beyond its nodes. */
enum {
    FK_NODES = 0,
    FK_F_G2 = 1,           /* f and g^2, at the nodes and between them */
    FK_LAMBDA_INVERSE = 2, /* t(lambda) */
    FK_FACTS = 4           /* axis->facts, which a caller supplies */
};

/* Orders that are this lab's own. */
enum { FK_OWN_STRONG = 1, FK_OWN_WEAK = 2 };

/* What an entry of a multistep scheme's history is: the model output that its paper interpolates.
 */
typedef enum { FK_SCORE, FK_EPS, FK_X0, FK_V, FK_DRIFT } fk_output;

/* Where a step stands. The nodes of history are node[n - lag], node[n - lag - 1], .. (lag as the
 * scheme has it); `past` of them hold an entry, which is less than the scheme's depth in the first
 * steps of a run without exact history. With axis->past > 0 as many exact entries are at hand at
 * the first step: for a scheme of lag 0 they begin with node[0], so that it makes none of its own
 * there and node[-axis->past] stays unused. */
typedef struct fk_step_at {
    const fk_axis *axis;
    size_t n;    /* from node n to node n + 1 */
    size_t past; /* entries of history at hand, at most the scheme's depth */
} fk_step_at;

typedef struct fk_scheme {
    fk_row row;
    double strong_order, weak_order; /* as its source claims, or this lab; NAN: nobody does, or it
                                        has no meaning, as a strong order without noise */
    double start_order;  /* of a multistep scheme: of the steps by which it makes its own history.
                            One such step costs h^(start_order + 1) once, so that a run which starts
                            itself has order min(weak_order, start_order + 1) */
    double smooth_order; /* the weak order where nodes are a smooth function of their number, if it
                            is higher there; else 0 */
    unsigned own;        /* which of the two no source claims: they are this lab's own,
                            and certified alike */
    unsigned needs;
    size_t depth, lag;     /* history: entries that a step reads once it has them, 0 for one-step
                              schemes; H_h belongs to node n - lag - h (lag 1; 0 where a step pushes
                              its output at node n + 1, as UniPC does) */
    fk_output output;      /* what the entries are */
    bool adaptive;         /* not a table: run by ode/adaptive.h; step is NULL */
    const void *constants; /* of a family that shares its step(), such as a Butcher tableau */
    double param[FK_MAX_PARAMS];
    int (*check)(const struct fk_scheme *, fk_error *); /* the parameters; may be NULL */
    /* Set what depends on the parameters, after they were checked: needs, orders; may be NULL. The
     * record itself stands for the defaults. */
    void (*prepare)(struct fk_scheme *);
    void (*step)(const struct fk_scheme *, const fk_step_at *,
                 fk_step *table); /* table comes zeroed */
} fk_scheme;

/* A scheme by its spec from a table of records (sde/schemes.h, ode/schemes.h, or both joined). */
int fk_scheme_parse(const char *spec, const fk_scheme *const *table, size_t n, fk_scheme *scheme,
                    fk_error *err) FK_CHECKED;

/* The weak order on grids whose nodes are a smooth function of their number. */
double fk_smooth_order(const fk_scheme *);

/* The place of a parameter in `param` by its key; FK_MAX_PARAMS where the scheme has none such. */
size_t fk_scheme_param(const fk_scheme *, const char *key);

/* The coefficients at t_n + c (t_{n+1} - t_n), 0 <= c <= 1: at the ends the nodes themselves, so
 * that rounding never leads out of the axis' interval. Only where there is a schedule. */
fk_coeffs fk_step_coeffs(const fk_step_at *, double c);

/* Score evaluations of one step, computed from its table: the stages that use the score. */
size_t fk_step_evaluations(const fk_step *);
/* Whether any of its normals matters. */
bool fk_step_draws(const fk_step *);

/* A plan: schedule or chain, grid and scheme, frozen into one step table per step. */
typedef struct fk_plan {
    fk_step *step; /* (n_steps) */
    size_t n_steps;
    size_t evaluations; /* of the whole run */
    size_t normals;     /* the most of any step */
    size_t history;     /* the most of any step */
} fk_plan;

/* Refuses (FK_USAGE) a scheme that needs more of the axis than it offers, with one line. */
int fk_plan_new(const fk_axis *, const fk_scheme *, fk_plan *plan, fk_error *err) FK_CHECKED;
void fk_plan_free(fk_plan *);

#endif
