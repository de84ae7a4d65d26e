/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker bench: processes under mpirun. bench is one process, so it starts them: the sampler
 * of `make MPI=1`, build/MODE-mpi/fokker-sample, on ring-8, whose eight isotropic components in the
 * plane cost what those of em-d2k8 do. */
#ifndef FK_TOOLS_BENCH_RANKS_H
#define FK_TOOLS_BENCH_RANKS_H

#include "tools/bench.h"

typedef struct {
    char *sampler;   /* of the MPI build */
    char *file;      /* what it writes; removed by bench_ranks_free, or by a signal */
    char *record;    /* beside it, likewise */
    int slot[2];     /* of both (core/interrupt.h) */
    char why[160];   /* why there are no ranks to be measured here; empty: there are */
    double per_rank; /* particles/s, the latest figure, from which the next amount is taken */
} bench_ranks;

/* Files that are needed in between lie in `folder`. */
bench_ranks bench_ranks_new(const char *folder);
void bench_ranks_free(bench_ranks *);

/* Particle-steps a second of so many ranks of one thread each, by the time of day. Starting them
 * takes longer than a turn: it is in the time of a small ensemble as in that of a large one, and
 * the rate is that of the difference; the median over the rounds. */
int bench_ranks_rate(bench_ranks *, int ranks, const bench_effort *, fk_progress *, double *rate,
                     fk_error *) FK_CHECKED;

#endif
