/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one file that knows of MPI, compiled with FK_MPI for `make MPI=1`. All rests on broadcasts:
 * what is exchanged is small beside the runs, but for rows, of which each goes over the wire once
 * in this way, too. */
#include "core/ranks.h"

#include <assert.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the user wants this process by itself, whatever started it. */
static bool wants_alone(void)
{
    const char *text = getenv("FOKKER_ALONE");
    return text && *text;
}

#ifdef FK_MPI
#include <mpi.h>

static const char how_to_join[] = "mpirun of the MPI that this was built with, or srun --mpi=pmix,";

/* Like the rank of MPI_COMM_WORLD that it is, for the whole process. */
static struct {
    size_t rank, count;
} me = {0, 1};

static void finish(void)
{
    MPI_Finalize();
}

/* Whether a launcher started this process: OpenMPI's, MPICH's and its kin's (PMI), one that speaks
 * PMIx, Cray's; or Slurm's srun, with more than one task: it alone tells the tasks of its step,
 * where SLURM_PROCID and the job's SLURM_NTASKS are there for a batch script, too
 * (env_array_for_step of Slurm's src/common/env.c). Without one it is alone, and spares itself
 * MPI's beginning: OpenMPI would start a daemon for it, which takes longer than most commands, or
 * fails where it has no PATH.
 */
static bool launched(void)
{
    static const char *const sign[] = {
        "OMPI_COMM_WORLD_SIZE", "PMI_RANK",    "PMI_SIZE",           "PMI_FD", "PMIX_RANK",
        "ALPS_APP_PE",          "PALS_RANKID", "MV2_COMM_WORLD_RANK"};
    for (size_t i = 0; i < sizeof sign / sizeof *sign; i++)
        if (getenv(sign[i])) return true;
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    return tasks && atoi(tasks) > 1;
}

static void join(void)
{
    int got, rank, count;
    if (!launched()) return;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &got) != MPI_SUCCESS ||
        got < MPI_THREAD_FUNNELED || atexit(finish) != 0)
        abort();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    me.rank = (size_t)rank, me.count = (size_t)count;
    if (rank > 0 && !freopen("/dev/null", "w", stdout)) abort();
}

void fk_ranks_abort(int code)
{
    int begun, ended;
    MPI_Initialized(&begun), MPI_Finalized(&ended);
    if (begun && !ended && me.count > 1) MPI_Abort(MPI_COMM_WORLD, code);
    exit(code);
}

/* Not omp_in_parallel: whether a region has more than one thread may differ between the ranks. */
size_t fk_rank(void)
{
    return omp_get_level() > 0 ? 0 : me.rank;
}

size_t fk_ranks(void)
{
    return omp_get_level() > 0 ? 1 : me.count;
}

bool fk_ranks_writes(void)
{
    return me.rank == 0;
}

void fk_ranks_broadcast(void *bytes, size_t size, size_t from)
{
    enum { MOST = 1 << 30 }; /* MPI counts in int */
    for (size_t done = 0; done < size && fk_ranks() > 1; done += MOST)
        MPI_Bcast((char *)bytes + done, (int)(size - done < MOST ? size - done : MOST), MPI_BYTE,
                  (int)from, MPI_COMM_WORLD);
}

#else

static const char how_to_join[] = "make MPI=1";

static void join(void) {}

void fk_ranks_abort(int code)
{
    exit(code);
}

size_t fk_rank(void)
{
    return 0;
}

size_t fk_ranks(void)
{
    return 1;
}

bool fk_ranks_writes(void)
{
    return true;
}

void fk_ranks_broadcast(void *bytes, size_t size, size_t from)
{
    (void)bytes, (void)size, (void)from;
}

#endif

/* How many processes like this one the launcher says that it started: the innermost, should one run
 * under another. */
static int started(const char **name)
{
    static const char *const size[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
                                       "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        const char *text = getenv(*name = size[i]);
        if (text) return atoi(text);
    }
    return 1;
}

int fk_ranks_begin(fk_error *err)
{
    if (wants_alone()) return FK_OK;
    join();
    const char *name;
    const int count = started(&name);
    if (count <= 1 || fk_ranks() > 1) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "one of %d processes (%s) that know nothing of one another, and each would do "
                   "all the work: %s makes one run of them, FOKKER_ALONE=1 lets each do its own",
                   count, name, how_to_join);
}

fk_range fk_ranks_part(fk_range all, size_t rank)
{
    assert(all.first <= all.end && rank < fk_ranks());
    const uint64_t units = (all.end - all.first + FK_LANES - 1) / FK_LANES, ranks = fk_ranks();
    const uint64_t each = units / ranks, more = units % ranks; /* the first `more` have one more */
    const uint64_t from = each * rank + (rank < more ? rank : more);
    const uint64_t to = from + each + (rank < more);
    return (fk_range){from == units ? all.end : all.first + from * FK_LANES,
                      to == units ? all.end : all.first + to * FK_LANES};
}

void fk_ranks_gather(fk_range all, void *rows, size_t row_size)
{
    for (size_t r = 0; r < fk_ranks(); r++) {
        const fk_range part = fk_ranks_part(all, r);
        fk_ranks_broadcast((char *)rows + part.first * row_size, (part.end - part.first) * row_size,
                           r);
    }
}

void fk_ranks_merge(void *state, size_t size, const void *self,
                    void (*merge)(const void *self, void *into, const void *state))
{
    if (fk_ranks() == 1) return;
    void *all = fk_alloc(1, size), *one = fk_alloc(1, size);
    for (size_t r = 0; r < fk_ranks(); r++) {
        if (r == fk_rank()) memcpy(one, state, size);
        fk_ranks_broadcast(one, size, r);
        merge(self, all, one);
    }
    memcpy(state, all, size);
    free(one);
    free(all);
}

int fk_ranks_agree(int status, fk_error *err)
{
    for (size_t r = 0; r < fk_ranks(); r++) {
        int theirs = status;
        fk_ranks_broadcast(&theirs, sizeof theirs, r);
        if (theirs == FK_OK) continue;
        fk_error why = {.code = theirs};
        if (r == fk_rank() && err) why = *err;
        fk_ranks_broadcast(&why, sizeof why, r);
        if (err) *err = why;
        return theirs;
    }
    return FK_OK;
}
