/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one integrator: runs a sequence of step tables on an ensemble.
 *
 * A block of particles small enough for the first-level caches goes through all the steps before
 * the next block starts; blocks are dealt to ranks in order, and to threads dynamically. Results
 * depend on none of this:
 * particle p is a function of (steps, field, start, noise, p) alone. Memory is O(block) per thread
 * plus one frozen field per noise level, or per thread where all of them would take more than
 * 256 MB. */
#ifndef FK_CORE_INTEGRATE_H
#define FK_CORE_INTEGRATE_H

#include "core/error.h"
#include "core/field.h"
#include "core/noise.h"
#include "core/step.h"

/* Where particles come from: fill() writes particles first .. first+x.n-1 (ids beyond the
 * ensemble's n must get finite numbers too). Called from many threads at once. */
typedef struct fk_source {
    const void *self;
    void (*fill)(const void *self, uint64_t first, fk_block x);
} fk_source;

/* Particles given by a caller: x (n, dim), C order, borrowed; ids >= n repeat the last row. */
typedef struct {
    const double *x;
    size_t n, dim;
} fk_points;
fk_source fk_source_points(const fk_points *points);

/* An observer accumulates something about the ensemble as it passes chosen times: see() is given
 * particles first .. first+count-1 (the first `count` of x's rows) at observed time number j. They
 * go into a state, or into rows, or both.
 *
 * A state is state_size bytes. Threads and ranks have their own, zeroed, and merge() adds one to
 * another, in any order: what it adds must not depend on that order (integers, exact sums). In the
 * end all are added to `total`, the caller's.
 *
 * Rows are the caller's, too: (sets, n, row_size bytes), of which see() stores those of its
 * particles, in any number of the sets. Ranks tell one another theirs. */
typedef struct fk_observer {
    void *self;
    void (*see)(void *self, void *state, size_t j, uint64_t first, size_t count, fk_block x);
    size_t state_size;
    void *total;
    void (*merge)(const void *self, void *into, const void *state);
    void *rows;
    size_t sets, row_size;
} fk_observer;

typedef struct fk_run {
    const fk_step *step; /* (n_steps) */
    size_t n_steps;
    const fk_field *field;
    fk_source start;
    fk_noise noise;        /* may be empty where no step has normals */
    const double *history; /* exact history at the first step, (depth, n, dim), or NULL */
    size_t history_depth;
    size_t n;                 /* particles of the ensemble */
    size_t first, count;      /* run first .. first+count-1 of them alone, `first` a multiple of
                                 FK_LANES; count 0: all */
    const size_t *observe_at; /* (n_observe) step counts, ascending; 0 is the start */
    size_t n_observe;
    const fk_observer *observer; /* (n_observers) */
    size_t n_observers;
    size_t block;         /* particles a block, 0: chosen for the caches; padded to FK_LANES */
    int threads;          /* 0: all */
    const char *progress; /* the label of a progress bar, or NULL */
} fk_run;

/* Ranks (core/ranks.h) share the particles; what observers hold in the end is the same on all.
 * Fails (FK_USAGE) where a particle becomes non-finite, naming the lowest one that does and the
 * step after which it is, for any block, threads and ranks; what the observers hold is then
 * undefined. A step that reads more history than there is (what earlier steps pushed, and
 * run->history) is a caller's bug. */
int fk_integrate(const fk_run *run, fk_error *err) FK_CHECKED;

#endif
