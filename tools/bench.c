/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker bench: speed, each case beside its baseline and beside the machine's own limit, in the
 * same process and in turns, since a core's rate changes from second to second: only ratios taken
 * side by side mean something. One thread. What is printed are medians over the rounds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/isa.h"
#include "core/json.h"
#include "core/observe.h"
#include "core/ranks.h"
#include "core/stats.h"
#include "tools/bench_em.h"

static const em_case cases[] = {
    {"em-d1k3", 1, 3, false},     {"em-d2k8", 2, 8, false},        {"em-d2k64", 2, 64, false},
    {"em-d16k16", 16, 16, false}, {"em-d16k16full", 16, 16, true},
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* Seconds that one turn of one contestant takes, about. */
#define TURN 0.1

typedef struct {
    double rate, limit, fraction, scalar; /* medians; scalar: our rate over the baseline's */
} outcome;

static double median(double *x, size_t n)
{
    fk_sort(x, n);
    return fk_quantile_sorted(x, n, 0.5);
}

/* Both must have computed the same thing before it means something who was faster: mean squares of
 * all coordinates, which have the same expectation. The standard error of the difference is below
 * 1.5 m2 sqrt(2/n) for a law of kurtosis below 3; six of them. */
static int compare(const em_subject *s, size_t n, double *x, fk_error *err)
{
    size_t dim = s->what.dim;
    fk_snapshots *end = fk_snapshots_new(1, n, dim);
    const fk_observer observer = fk_observe_snapshots(end);
    if (bench_em_run(s, n, &observer, err) < 0) {
        fk_snapshots_free(end);
        return err->code;
    }
    bench_em_run_scalar(s, n, x);
    double ours = 0, theirs = 0;
    for (size_t i = 0; i < n * dim; i++) ours += end->x[i] * end->x[i], theirs += x[i] * x[i];
    fk_snapshots_free(end);
    double gap = fabs(ours - theirs) / theirs;
    if (gap <= 6 * 1.5 * sqrt(2 / (double)n)) return FK_OK;
    return fk_fail(err, FK_REFUTED, "%s: the mean square at the end is off the baseline's by %.3g",
                   s->what.name, gap);
}

static int race(const em_case *what, size_t rounds, fk_progress *bar, outcome *out, fk_error *err)
{
    enum { PILOT = 4096 };
    em_subject s;
    int status = bench_em_open(what, &s, err);
    if (status) return status;
    double *x = fk_alloc(PILOT * what->dim, sizeof *x), steps = (double)s.plan.n_steps;
    double *column[4];
    for (int i = 0; i < 4; i++) column[i] = fk_alloc(rounds, sizeof(double));
    status = compare(&s, PILOT, x, err);
    double pilot = status ? -1 : bench_em_run(&s, PILOT, NULL, err);
    size_t n = (size_t)(PILOT * fmax(4, TURN / pilot)); /* enough that freezing does not count */
    pilot = bench_em_run_scalar(&s, PILOT / 16, x);
    size_t n_scalar = (size_t)fmin(PILOT, PILOT / 16 * fmax(1, TURN / pilot));
    for (size_t r = 0; r < rounds && status == FK_OK; r++) {
        fk_rates rates = fk_measure_rates(TURN);
        double ours = bench_em_run(&s, n, NULL, err), theirs = bench_em_run_scalar(&s, n_scalar, x);
        if (ours < 0) status = err->code;
        double rate = (double)n * steps / ours, limit = bench_em_limit(what, &rates);
        column[0][r] = rate, column[1][r] = limit, column[2][r] = rate / limit;
        column[3][r] = rate / ((double)n_scalar * steps / theirs);
        fk_progress_add(bar, 1);
    }
    if (status == FK_OK)
        *out = (outcome){median(column[0], rounds), median(column[1], rounds),
                         median(column[2], rounds), median(column[3], rounds)};
    for (int i = 0; i < 4; i++) free(column[i]);
    free(x);
    bench_em_close(&s);
    return status;
}

static json_t *as_json(const em_case *what, const outcome *o)
{
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:{s:o}}", "case", what->name, "threads", 1,
                     "unit", "particle-steps/s", "rate", fk_json_real(o->rate), "limit",
                     fk_json_real(o->limit), "fraction", fk_json_real(o->fraction), "ratios",
                     "scalar", fk_json_real(o->scalar));
}

/* A name means the case of that name, else all that begin with it. */
static int choose(const char *word, bool *wanted, fk_error *err)
{
    const char *known[N_CASES];
    bool found = false;
    for (size_t i = 0; i < N_CASES; i++) {
        known[i] = cases[i].name;
        if (strcmp(word, known[i]) == 0) return wanted[i] = true, FK_OK;
    }
    for (size_t i = 0; i < N_CASES; i++)
        if (strncmp(word, known[i], strlen(word)) == 0) wanted[i] = found = true;
    if (found) return FK_OK;
    char near[300];
    fk_near_names(word, known, N_CASES, near, sizeof near);
    return fk_fail(err, FK_USAGE, "no case '%.60s'; try %s, or em for all of them", word, near);
}

static int run(const bool *wanted, size_t rounds, const char *json, fk_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < N_CASES; i++) n += wanted[i];
    bool table = !json || strcmp(json, "-") != 0;
    json_t *all = json_array();
    int status = FK_OK;
    if (table)
        printf("one thread, %s; medians of %zu rounds; rates in million particle-steps a second\n"
               "%-16s %9s %9s %9s %12s\n",
               fk_isa_name(fk_isa()), rounds, "case", "rate", "limit", "fraction", "over scalar");
    fk_progress *bar = fk_progress_new("bench", n * rounds);
    for (size_t i = 0; i < N_CASES && status == FK_OK; i++) {
        outcome o = {0};
        if (!wanted[i]) continue;
        status = race(&cases[i], rounds, bar, &o, err);
        if (status) break;
        json_array_append_new(all, as_json(&cases[i], &o));
        if (!table) continue;
        printf("%-16s %9.2f %9.2f %9.2f %11.1fx\n", cases[i].name, o.rate / 1e6, o.limit / 1e6,
               o.fraction, o.scalar);
        fflush(stdout);
    }
    fk_progress_free(bar);
    if (status == FK_OK && json) status = fk_json_write(json, all, err);
    json_decref(all);
    return status;
}

int main(int argc, char **argv)
{
    const char *json = NULL;
    size_t rounds = 7;
    const fk_option option[] = {
        {"json", "F", "write the results here as JSON", FK_OPT_TEXT, &json, false},
        {"rounds", "N", "turns of each contestant, at least 5 (default: 7)", FK_OPT_COUNT, &rounds,
         false},
        {0},
    };
    const fk_command command = {
        .name = "bench",
        .says = "Measure speed: each case in turns with a straightforward scalar program (libm, "
                "GSL's ziggurat) and with the machine's own rates, of which the limit is made.",
        .example = "fokker bench em-d2k8",
        .args = "[NAME ...]",
        .option = option};
    fk_cli cli = fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    bool wanted[N_CASES] = {false};
    int status = FK_OK;
    if (fk_ranks() > 1)
        status =
            fk_fail(&err, FK_USAGE, "what is measured is one process: start it without mpirun");
    else if (rounds < 5)
        status = fk_fail(&err, FK_USAGE, "--rounds is %zu: a median needs at least 5", rounds);
    for (size_t i = 0; i < cli.n_args && status == FK_OK; i++)
        status = choose(cli.arg[i], wanted, &err);
    for (size_t i = 0; i < N_CASES && cli.n_args == 0; i++) wanted[i] = true;
    if (status == FK_OK && json) status = fk_file_probe(json, &err);
    if (status == FK_OK) status = run(wanted, rounds, json, &err);
    return status ? fk_cli_report(&err) : FK_OK;
}
