/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranks: the processes of one run, which MPI started (`make MPI=1`, `mpirun -n R`); else there is
 * one. Every rank runs the whole program on the same input and comes to the same calls below in the
 * same order; they share the work of core/integrate.h and ode/adaptive.h, and know the same results
 * after it. Rank 0 alone writes files, prints and draws.
 *
 * Within a parallel region of OpenMP each rank is by itself: the calls below see one rank there. */
#ifndef FK_CORE_RANKS_H
#define FK_CORE_RANKS_H

#include "core/base.h"
#include "core/error.h"

/* Before anything else, once (fk_cli_parse does it); undone at exit. From then on the standard
 * output of all ranks but 0 goes nowhere. FK_USAGE where a launcher started several processes of
 * which none knows of the others, be it that this build has no MPI or another one: they would all
 * write the same files. With $FOKKER_ALONE this process is by itself, whatever started it. */
int fk_ranks_begin(fk_error *err) FK_CHECKED;

size_t fk_rank(void);       /* which one this is, 0 .. fk_ranks()-1 */
size_t fk_ranks(void);      /* how many there are */
bool fk_ranks_writes(void); /* whether this is the one that writes, in a parallel region, too */

/* The bytes of rank `from` for all. */
void fk_ranks_broadcast(void *bytes, size_t size, size_t from);

/* End the run of all ranks, by one that the others do not know has failed. */
void fk_ranks_abort(int code) __attribute__((noreturn));

/* The ids first .. end-1 in as many parts as there are ranks: disjoint, ascending, each starting at
 * a multiple of FK_LANES from `first`; some are empty where there are few. */
typedef struct {
    uint64_t first, end;
} fk_range;
fk_range fk_ranks_part(fk_range all, size_t rank);

/* rows holds one row of row_size bytes for each id below all.end, of which each rank has filled its
 * part: fill in those of the others. */
void fk_ranks_gather(fk_range all, void *rows, size_t row_size);

/* Merge the states of all ranks into the `state` of each, in the order of the ranks. */
void fk_ranks_merge(void *state, size_t size, const void *self,
                    void (*merge)(const void *self, void *into, const void *state));

/* The status and the error of the lowest rank that failed, on all ranks. */
int fk_ranks_agree(int status, fk_error *err) FK_CHECKED;

#endif
