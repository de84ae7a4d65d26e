/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker bench: speed, each case beside its baselines and beside the machine's own limit, in turns.
 * What is printed are medians over the rounds, and how far apart these were. */
#include "tools/bench.h"

#include <assert.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/isa.h"
#include "core/json.h"
#include "core/names.h"
#include "core/ranks.h"
#include "tools/bench_em.h"
#include "tools/bench_empirical.h"
#include "tools/bench_heun.h"
#include "tools/bench_json.h"
#include "tools/bench_observers.h"
#include "tools/bench_pfode.h"
#include "tools/bench_race.h"
#include "tools/bench_scan.h"
#include "tools/bench_schemes.h"
#include "tools/bench_stat.h"
#include "tools/bench_train.h"

enum { MAX_CASES = 128, WIDTH = 31 }; /* columns of a case's name */

/* What was asked for, in the order of the sets. */
typedef struct {
    const bench_case *all[MAX_CASES];
    bool ranked[MAX_CASES], wanted[MAX_CASES];
    size_t n;
} bench_choice;

static void add(bench_choice *chosen, const bench_set *set)
{
    assert(chosen->n + set->n <= MAX_CASES);
    for (size_t i = 0; i < set->n; i++) {
        chosen->all[chosen->n] = &set->row[i];
        chosen->ranked[chosen->n++] = set->ranked;
    }
}

/* How far the rounds were apart: the widest part of its median, of the fraction and of the ratios,
 * that half of them fill. */
static double spread(const bench_case *what, const bench_outcome *o)
{
    double widest = 0;
    for (size_t c = 0; c < what->n_contestants; c++) {
        const double gap = c > 0 ? o->high.ratio[c] - o->low.ratio[c]
                                 : o->high.fraction - o->low.fraction,
                     middle = c > 0 ? o->median.ratio[c] : o->median.fraction;
        if (gap / middle > widest) widest = gap / middle; /* none is NaN */
    }
    return widest;
}

static void print_case(const bench_case *what, const bench_outcome *o)
{
    const bench_figures *m = &o->median;
    printf("%-*s %9.4g", WIDTH, what->name, m->rate);
    if (isnan(m->limit))
        printf(" %9s %8s", "-", "-");
    else
        printf(" %9.4g %8.2f", m->limit, m->fraction);
    printf(" %5.1f %% ", 100 * spread(what, o));
    for (size_t c = 1; c < what->n_contestants; c++) {
        const char *name = what->contestant[c].name;
        if (*o->missing[c])
            printf("  %s not found", name);
        else
            printf("  %.3gx %s", m->ratio[c], name);
    }
    putchar('\n');
    for (size_t c = 1; c < what->n_contestants; c++)
        if (*o->missing[c] && !fk_cli_quiet())
            fprintf(stderr, "bench: %s: %s is not found: %s\n", what->name,
                    what->contestant[c].name, o->missing[c]);
    fflush(stdout);
}

/* Those of a ranked set that have run, and their outcomes. */
typedef struct {
    const bench_case *what;
    bench_outcome o;
} bench_ranked;

static int by_fraction(const void *a, const void *b)
{
    const double x = ((const bench_ranked *)a)->o.median.fraction,
                 y = ((const bench_ranked *)b)->o.median.fraction;
    return (x > y) - (x < y);
}

static void print_ranked(bench_ranked *some, size_t n)
{
    qsort(some, n, sizeof *some, by_fraction);
    for (size_t i = 0; i < n; i++) print_case(some[i].what, &some[i].o);
}

/* A name means the case of that name, else all that begin with it. */
static int choose(const char *word, bench_choice *chosen, fk_error *err)
{
    const char *known[MAX_CASES];
    bool found = false;
    for (size_t i = 0; i < chosen->n; i++) {
        known[i] = chosen->all[i]->name;
        if (strcmp(word, known[i]) == 0) return chosen->wanted[i] = true, FK_OK;
    }
    for (size_t i = 0; i < chosen->n; i++)
        if (strncmp(word, known[i], strlen(word)) == 0) chosen->wanted[i] = found = true;
    if (found) return FK_OK;
    char near[300];
    fk_near_names(word, known, chosen->n, near, sizeof near);
    return fk_fail(err, FK_USAGE, "no case '%.60s'; try %s, or em for all that begin so", word,
                   near);
}

static int run(const bench_choice *chosen, const bench_effort *effort, const char *json,
               fk_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < chosen->n; i++) n += chosen->wanted[i];
    bool table = !json || strcmp(json, "-") != 0;
    json_t *all = json_array(), *machine = json ? bench_json_machine() : NULL;
    bench_ranked *ranked = fk_alloc(n, sizeof *ranked);
    size_t n_ranked = 0;
    int status = FK_OK;
    if (table)
        printf("%s; one thread, *-threads: %d; medians of %zu rounds; rates a second\n"
               "%-*s %9s %9s %8s %7s   %s\n",
               fk_isa_name(fk_isa()), effort->threads, effort->rounds, WIDTH, "case", "rate",
               "limit", "fraction", "spread", "as many times as fast as");
    fk_progress *bar = fk_progress_new("bench", n * effort->rounds);
    for (size_t i = 0; i < chosen->n && status == FK_OK; i++) {
        bench_outcome o;
        if (!chosen->wanted[i]) continue;
        status = bench_race(chosen->all[i], effort, bar, &o, err);
        if (status) break;
        if (json) json_array_append_new(all, bench_json(chosen->all[i], effort, &o, machine));
        if (chosen->ranked[i])
            ranked[n_ranked++] = (bench_ranked){chosen->all[i], o};
        else if (table)
            print_case(chosen->all[i], &o);
    }
    fk_progress_free(bar);
    if (table) print_ranked(ranked, n_ranked);
    free(ranked);
    if (status == FK_OK && json) status = fk_json_write(json, all, err);
    json_decref(all), json_decref(machine);
    return status;
}

int main(int argc, char **argv)
{
    const char *json = NULL, *out = NULL;
    bench_effort effort = {.rounds = 7, .turn = 0.1};
    const fk_option option[] = {
        {"json", "F", "write the results here as JSON", FK_OPT_TEXT, &json, false},
        {"out", "DIR",
         "speed against components, dimension, threads and (make MPI=1) ranks: tables, a figure",
         FK_OPT_TEXT, &out, false},
        {"rounds", "N", "turns of each contestant, at least 5 (default: 7)", FK_OPT_COUNT,
         &effort.rounds, false},
        {"turn", "S", "seconds that a turn takes (default: 0.1)", FK_OPT_REAL, &effort.turn, false},
        {0},
    };
    const fk_command command = {
        .name = "bench",
        .says =
            "Measure speed: each case in turns with its baselines and with the machine's own "
            "rates, of which the limit is made: exponentials, multiply-adds, normals and steps one "
            "after the other, so that a core which does some side by side may pass it by a few per "
            "cent. The baselines: scalar, a straightforward C program with "
            "libm and GSL compiled with -O2 for any machine, and native, the same with -O3 for "
            "this machine's instruction set; openmp, vectors by -ffast-math and libmvec; "
            "gsl-rkf45, GSL's stepper with native's right-hand side; NumPy, SciPy and PyTorch "
            "where $FOKKER_PYTHON, else python3, has them. NAME is a case or what several "
            "begin with: em (Euler-Maruyama), pfode, train, stat (distances), observers, "
            "empirical, schemes (every scheme, those that fall shortest of their limit first). "
            "Without a name all are run, unless --out is given.",
        .example = "fokker bench em-d2k8",
        .args = "[NAME ...]",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    bench_choice chosen = {.n = 0};
    bench_set schemes = bench_schemes_new();
    int status = FK_OK;
    effort.threads = cli.threads > 0 ? cli.threads : omp_get_max_threads();
    const bench_set *const sets[] = {&bench_em,   &bench_pfode,     &bench_heun,      &bench_train,
                                     &bench_stat, &bench_observers, &bench_empirical, &schemes};
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) add(&chosen, sets[s]);
    if (fk_ranks() > 1)
        status =
            fk_fail(&err, FK_USAGE, "what is measured is one process: start it without mpirun");
    else if (effort.rounds < 5)
        status =
            fk_fail(&err, FK_USAGE, "--rounds is %zu: a median needs at least 5", effort.rounds);
    else if (!(effort.turn > 0 && effort.turn <= 100))
        status = fk_fail(&err, FK_USAGE, "--turn is %g: it is above 0 and at most 100 seconds",
                         effort.turn);
    for (size_t i = 0; i < cli.n_args && status == FK_OK; i++)
        status = choose(cli.arg[i], &chosen, &err);
    bool cases = cli.n_args > 0 || json || !out;
    for (size_t i = 0; i < chosen.n && cli.n_args == 0; i++) chosen.wanted[i] = true;
    if (status == FK_OK && json) status = fk_file_probe(json, &err);
    if (status == FK_OK && cases) status = run(&chosen, &effort, json, &err);
    if (status == FK_OK && out) status = bench_scan(out, &effort, &err);
    bench_schemes_free(&schemes);
    return status ? fk_cli_report(&err) : FK_OK;
}
