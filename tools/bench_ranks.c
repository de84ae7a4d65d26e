/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_ranks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/stats.h"

enum { STEPS = 100, FEW = 1024 }; /* particles a rank of the small ensemble */

/* The exit code of a child that says nothing on its standard output, nor on its standard error if
 * `silent`; -1 where it cannot be started. */
static int run(char *const argv[], bool silent)
{
    posix_spawn_file_actions_t act;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&act);
    posix_spawn_file_actions_addopen(&act, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&act, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (silent) posix_spawn_file_actions_adddup2(&act, STDOUT_FILENO, STDERR_FILENO);
    int why = fk_interrupt_spawn(argv, &act, &child);
    posix_spawn_file_actions_destroy(&act);
    if (why || fk_interrupt_wait(child, &status) != 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *sampler(void)
{
    const char *folder = fk_cli_folder(), *ending = "-mpi";
    const size_t n = strlen(folder), m = strlen(ending);
    char *ranked = fk_alloc(n + m + 1, 1);
    snprintf(ranked, n + m + 1, "%s%s", folder,
             n >= m && strcmp(folder + n - m, ending) == 0 ? "" : ending);
    char *path = fk_path_join(ranked, "fokker-sample");
    free(ranked);
    return path;
}

bench_ranks bench_ranks_new(const char *folder)
{
    bench_ranks r = {.sampler = sampler(),
                     .file = fk_path_join(folder, ".ranks.csv"),
                     .record = fk_path_join(folder, ".ranks.json")};
    r.slot[0] = fk_interrupt_remove(r.file), r.slot[1] = fk_interrupt_remove(r.record);
    /* OpenMPI counts cores, and binds ranks to them; bench counts processors. What the user has set
     * is left alone. */
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 0);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 0);
    setenv("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe", 0);
    unsetenv("FOKKER_ALONE"); /* what is measured are ranks of one run */
    char *probe[] = {"mpirun", "-n", "1", r.sampler, "--version", NULL};
    if (access(r.sampler, X_OK) != 0) {
        snprintf(r.why, sizeof r.why, "no commands with MPI (make MPI=1)");
        return r;
    }
    const int code = run(probe, true);
    if (code < 0)
        snprintf(r.why, sizeof r.why, "mpirun is not found");
    else if (code > 0)
        snprintf(r.why, sizeof r.why, "mpirun -n 1 fokker-sample --version ends with %d", code);
    return r;
}

void bench_ranks_free(bench_ranks *r)
{
    unlink(r->file), unlink(r->record);
    fk_interrupt_keep(r->slot[0]), fk_interrupt_keep(r->slot[1]);
    free(r->sampler), free(r->file), free(r->record);
}

static int sample(const bench_ranks *r, int ranks, double n, double *seconds, fk_error *err)
{
    char count[20], particles[30], steps[20];
    snprintf(count, sizeof count, "%d", ranks);
    snprintf(particles, sizeof particles, "%.0f", n);
    snprintf(steps, sizeof steps, "%d", STEPS);
    char *const argv[] = {"mpirun",         "-n",          count,    r->sampler,
                          "--quiet",        "--mixture",   "ring-8", "--scheme",
                          "euler-maruyama", "--steps",     steps,    "--n",
                          particles,        "--threads",   "1",      "--out",
                          r->file,          "--histogram", "10",     NULL};
    const double begin = fk_seconds();
    const int code = run(argv, false);
    *seconds = fk_seconds() - begin;
    if (code == 0) return FK_OK;
    return fk_fail(err, FK_MISSING, "mpirun -n %d %s ends with %d", ranks, r->sampler, code);
}

/* The seconds that n particles take above those of the small ensemble. */
static int more(const bench_ranks *r, int ranks, double n, double *seconds, fk_error *err)
{
    double small = 0, large = 0;
    int status = sample(r, ranks, FEW * ranks, &small, err);
    if (status == FK_OK) status = sample(r, ranks, FEW * ranks + n, &large, err);
    *seconds = large - small;
    return status;
}

int bench_ranks_rate(bench_ranks *r, int ranks, const bench_effort *effort, fk_progress *bar,
                     double *rate, fk_error *err)
{
    /* Starts differ by some hundredths of a second: ten turns, and not below a quarter of one. */
    const double wanted = fmax(10 * effort->turn, 0.25);
    double n = ranks * (r->per_rank > 0 ? r->per_rank * wanted : 65536);
    int status = FK_OK;
    for (double took = 0; r->per_rank == 0; n *= took > 0 ? fmin(wanted / took, 8) : 8) {
        status = more(r, ranks, n, &took, err);
        if (status) return status;
        if (took > wanted / 3) r->per_rank = n / took / ranks;
    }
    double *took = fk_alloc(effort->rounds, sizeof *took);
    for (size_t k = 0; k < effort->rounds && status == FK_OK; k++) {
        status = more(r, ranks, n, &took[k], err);
        fk_progress_add(bar, 1);
    }
    if (status == FK_OK) {
        fk_sort(took, effort->rounds);
        const double median = fk_quantile_sorted(took, effort->rounds, 0.5);
        *rate = STEPS * n / median;
        if (!(median > 0))
            status = fk_fail(err, FK_MISSING,
                             "%d ranks took no longer for %.0f particles than for %d: the machine "
                             "is too busy, or --turn too small",
                             ranks, n, FEW * ranks);
    }
    free(took);
    return status;
}
