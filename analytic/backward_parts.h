/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of analytic/backward_law: one step as a rule of points and weights, and the range that
 * a law takes up at each node. Internal to analytic/. */
#ifndef FK_ANALYTIC_BACKWARD_PARTS_H
#define FK_ANALYTIC_BACKWARD_PARTS_H

#include "analytic/backward_law.h"
#include "analytic/point_step.h"
#include "analytic/spline.h"

/* A rule for N(0, 1), weights of sum 1: the trapezium rule of n nodes on [-8.6, 8.6], or the
 * Gauss-Hermite rule without nodes that weigh less than 1e-18. Both are exact to rounding for
 * smooth functions. The trapezium rule's nodes lie closer together, so it is the better one where
 * poles are near (the score turns quickly between modes); for functions that are nearly constant
 * Gauss-Hermite does with fewer. */
typedef struct {
    size_t n;
    double *z, *weight;
} fk_normal_rule;

fk_normal_rule fk_normal_trapezium(size_t n);
fk_normal_rule fk_normal_hermite(size_t n);
void fk_normal_rule_free(fk_normal_rule *);

/* A step ready to move points. For each state there are m images, m a multiple of FK_LANES. */
typedef struct {
    const fk_step *step;
    fk_point_step *now, *next; /* next: of the step after, if that reads history; else NULL */
    size_t m;
    double *z;      /* (normals, m) */
    double *weight; /* (m), sum 1; some are 0 */
} fk_move;

/* Step n. Normals are turned so that the first direction is that of the result's noise, and has the
 * rule `along`; the other has `across`, unless nothing depends on it. */
fk_move fk_move_new(const fk_backward_law *, size_t n, const fk_normal_rule *along,
                    const fk_normal_rule *across);
void fk_move_free(fk_move *);

/* Doubles of scratch for the images of `count` states. */
size_t fk_move_scratch(const fk_move *, size_t count);

/* states x, h (count) -> images y (count, m), and e (count, m): their H - R(y), 0 where the next
 * step reads no history. h may be NULL where this step reads none. False where one of the y or e is
 * not finite. */
bool fk_move_apply(const fk_move *, size_t count, const double *x, const double *h, double *y,
                   double *e, double *scratch);

/* R(x): what the step would push from x (n, a multiple of FK_LANES) without noise and with H = 0.
 * scratch of fk_point_step_scratch(step, n) + 3 n */
void fk_push_of(const fk_point_step *, size_t n, const double *x, double *pushed, double *scratch);

enum { FK_COARSE = 256 };

/* Where the law lies at a node: [lo, hi] in x, [e_lo, e_hi] in H - R(x), which is [0, 0] where the
 * step from there reads no history; and its mass, roughly, at FK_COARSE + 1 even places. */
typedef struct {
    double lo, hi, e_lo, e_hi, mass[FK_COARSE + 1];
} fk_extent;

/* At all nodes, extent (n_steps + 1), all but about `tail` of the mass in x and 1e5 tail in e: by
 * pushing forward a coarse density. FK_USAGE where it is not finite. */
int fk_backward_extents(const fk_backward_law *, double tail, fk_extent *extent,
                        fk_error *err) FK_CHECKED;

/* A run with its grids. */
typedef struct {
    const fk_backward_law *b;
    size_t nodes;            /* of each grid */
    const fk_extent *extent; /* (n_steps + 1) */
    int threads;
} fk_backward_run;

/* Node i of the grid at node n of time. */
static inline double fk_backward_place(const fk_backward_run *r, size_t n, size_t i)
{
    const fk_extent *at = &r->extent[n];
    return at->lo + (at->hi - at->lo) * ((double)i / (double)(r->nodes - 1));
}

/* The states at which u_n is wanted: every `stride`-th x of the grid, and `modes` values of H for
 * each. */
typedef struct {
    size_t places, modes;
    double *x, *h;  /* (places, modes); h NULL where the step reads no history */
    double *weight; /* (modes): of the H, in a start with exact history; else NULL */
} fk_states;

/* modes: of H - R(x), at Chebyshev nodes of its extent; 1 where the step reads no history. A start
 * with exact history takes its own number. */
fk_states fk_states_new(const fk_backward_run *, const fk_move *, size_t n, size_t stride,
                        size_t modes);
void fk_states_free(fk_states *);

/* out (places, modes, width) <- E u_{n+1}; false where something is not finite. */
bool fk_backward_mean(const fk_backward_run *, const fk_move *, size_t n, const fk_states *,
                      const fk_spline *next, double *out) FK_CHECKED;

/* The rules to choose from, ever finer; a caller's own numbers leave one of a kind. */
enum { FK_ALONG_RULES = 6, FK_ACROSS_RULES = 6 };
typedef struct {
    fk_normal_rule along[FK_ALONG_RULES], across[FK_ACROSS_RULES];
    size_t n_along, n_across;
    size_t modes; /* 0: to be chosen */
} fk_rules;

fk_rules *fk_rules_new(const fk_backward_law *);
void fk_rules_free(fk_rules *);

typedef struct {
    size_t along, across, modes;
} fk_choice;

/* The coarsest rules that give u_n to 1e-12 or so on the average over the law, by trial on a few
 * states, and those that give it ten times less exactly. False where something is not finite. */
typedef struct {
    fk_choice fine, coarse;
} fk_choices;
bool fk_backward_choose(const fk_backward_run *, const fk_rules *, size_t n, const fk_spline *next,
                        fk_choices *) FK_CHECKED;

#endif
