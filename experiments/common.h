/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every experiment does alike: its options, its tables, and its end. */
#ifndef FK_EXPERIMENTS_COMMON_H
#define FK_EXPERIMENTS_COMMON_H

#include "analytic/mixture.h"
#include "core/cli.h"
#include "core/table.h"
#include "core/verdict.h"

/* The options that every experiment has. An experiment sets its defaults before it parses; the
 * texts are borrowed. */
typedef struct {
    const char *mixture, *schedule, *out; /* out: folder for data, verdicts and figures */
    const char *score;                    /* weights of fokker train, or NULL */
    bool quick, no_plot;
    uint64_t seed;
} fk_experiment;

/* Rows of a table of fk_option, the same for every experiment; --schedule is each one's own. */
#define FK_EXPERIMENT_OPTIONS(e)                                                                   \
    {"mixture",   "M",          "the data: a built-in name or a JSON file (default: three-1d)",    \
     FK_OPT_TEXT, &(e).mixture, false},                                                            \
        {"out",       "DIR",    "folder for data, verdicts and figures (default: out/NAME)",       \
         FK_OPT_TEXT, &(e).out, false},                                                            \
        {"score",                                                                                  \
         "W",                                                                                      \
         "weights of fokker train (budget, score-net): its score in place of the exact one, "      \
         "asked by noise level",                                                                   \
         FK_OPT_TEXT,                                                                              \
         &(e).score,                                                                               \
         false},                                                                                   \
        {"quick",     NULL,       "fewer samples and steps, with margins to match",                \
         FK_OPT_FLAG, &(e).quick, false},                                                          \
        {"no-plot", NULL, "data and verdicts only", FK_OPT_FLAG, &(e).no_plot, false},             \
    {                                                                                              \
        "seed", "U", "seed of all noise (default: 1)", FK_OPT_SEED, &(e).seed, false               \
    }

/* How many samples to take by default: `n`, or so many fewer that a mixture of hundreds of
 * components costs no more than one of 64; a quarter of n at least. */
size_t fk_experiment_samples(const fk_mixture *, size_t n);

/* A check whose margin no mistake exceeds is none. FK_USAGE where that of a probability, per_root /
 * sqrt(n) + error / steps, is above `shown`, the least that the controls show: one line that names
 * --steps, where the error alone takes half of it, or --n, and how many would do. */
int fk_experiment_check_size(size_t n, size_t steps, double per_root, double error, double shown,
                             fk_error *) FK_CHECKED;

/* For an experiment about exact scores: where --score was given say so, in one line, and exit with
 * FK_USAGE. */
void fk_experiment_refuse_score(const fk_experiment *, const char *name);

/* fk_csv_create for the file `name` of a folder. */
int fk_experiment_csv(const char *folder, const char *name, const char *header, const char *comment,
                      fk_csv **csv, fk_error *err) FK_CHECKED;

/* What a spec is called in a figure: a file by its name alone, without what would end gnuplot's
 * string. With `enhanced`, where the figure reads markup, an underscore stays an underscore. */
void fk_figure_name(const char *spec, bool enhanced, char *text, size_t size);

/* Keep the ledger as verdicts.json, tell it, draw plots/NAME.gp. `assignments`: gnuplot variables;
 * `remark`: what was found, a few lines, or NULL. Frees the ledger's entries. Returns the exit code
 * and has reported; where gnuplot is absent data and verdicts are kept, and a refuted claim
 * outranks it. */
int fk_experiment_end(const fk_experiment *, const char *name, const char *assignments,
                      const char *remark, const fk_cli *cli, fk_ledger *ledger);

#endif
