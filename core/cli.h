/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line shared by all commands, on top of argp: each command declares a table of options
 * with the variables that they fill; --help (with an example that runs as printed), --version,
 * --threads and --quiet come with it. Bad usage prints one line and exits with 2. */
#ifndef FK_CORE_CLI_H
#define FK_CORE_CLI_H

#include "core/base.h"
#include "core/error.h"

#define FK_VERSION "0.1.0"

typedef enum {
    FK_OPT_FLAG,   /* bool */
    FK_OPT_TEXT,   /* const char * */
    FK_OPT_COUNT,  /* size_t, >= 1 */
    FK_OPT_SEED,   /* uint64_t, below 2^63; "random" takes one from the system */
    FK_OPT_REAL,   /* double, finite */
    FK_OPT_REALS,  /* fk_reals: a comma-separated list */
    FK_OPT_INDICES /* fk_indices: a comma-separated list of integers >= 0 */
} fk_option_type;

typedef struct {
    double *x;
    size_t n;
} fk_reals;
typedef struct {
    size_t *i;
    size_t n;
} fk_indices;

typedef struct {
    const char *name; /* without the dashes; a table ends with NULL */
    const char *arg;  /* "T", NULL for a flag */
    const char *help;
    fk_option_type type;
    void *value;   /* filled where the option is given, left alone where not */
    bool required; /* missing: one line, exit 2 */
} fk_option;

typedef struct {
    const char *name;    /* "sample" */
    const char *says;    /* one sentence */
    const char *example; /* one line that runs as printed */
    const char *args;    /* usage of the positional arguments, "[ID ...]", or NULL: none */
    const fk_option *option;
} fk_command;

typedef struct {
    int threads; /* 0: all */
    bool quiet;
    uint64_t given; /* bit i: option i of the table was */
    size_t n_args;  /* positional */
    char **arg;
} fk_cli;

/* Fill the option's variable from `text` (NULL for a flag); FK_USAGE where it is no such value. The
 * numbers of a list are newly allocated. */
int fk_option_set(const fk_option *, const char *text, fk_error *err) FK_CHECKED;

/* Parse, or print help/version and exit 0, or print one line and exit 2. Also remembers the command
 * line for the head of the files that this process writes, installs the handlers of
 * core/interrupt.h, and guards the output. */
fk_cli fk_cli_parse(const fk_command *command, int argc, char **argv);

/* From here on the process ends with FK_FILE, and one line, where standard output could not be
 * written whole, whatever code it meant to end with; and a file that grows beyond the limit of its
 * size (`ulimit -f`) is one that cannot be written. No file that is opened later becomes standard
 * input, output or error, where the process was started without. */
void fk_cli_guard_output(void);

/* The command, e.g. "fokker sample --mixture three-1d --seed 1": options in full and in the order
 * typed, then words, then the seed as a number whether or not it was typed, as it is at the first
 * call, quoted for a shell.
 * Left out, since files must be equal for equal runs: --threads, --block, --quiet, --checkpoint and
 * --out. Empty where fk_cli_parse was not called. */
const char *fk_cli_text(void);
/* One word, quoted for a shell where it needs to be, on one line whatever it holds; newly
 * allocated. */
char *fk_shell_word(const char *);
/* The seed, NULL for a command that has none; and whether --quiet was given. */
const uint64_t *fk_cli_seed(void);
bool fk_cli_quiet(void);

/* Print "fokker NAME: message" and return the exit code; 0 and silence for FK_OK. */
int fk_cli_report(const fk_error *err);
/* Print "fokker NAME: remark" on standard error, of a run that goes on; not with --quiet. */
void fk_cli_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The folder of the running binary's siblings. What they read at run time: ../../NAME from there (a
 * source tree), else NAME among them (installed); newly allocated. And the folder of the gnuplot
 * scripts: $FOKKER_PLOTS, else the resource "plots". */
const char *fk_cli_folder(void);
char *fk_cli_resource(const char *name);
const char *fk_cli_plots(void);

/* A progress bar on standard error: silent (NULL) unless that is a terminal and --quiet is not
 * given. fk_progress_add counts `done` more of `total`, from any thread; the bar is wiped when all
 * is done; fk_progress_wipe makes room for a line of something else, below which it goes on. */
typedef struct fk_progress fk_progress;
fk_progress *fk_progress_new(const char *label, size_t total);
void fk_progress_add(fk_progress *, size_t done); /* NULL is allowed, here and below */
void fk_progress_wipe(fk_progress *);
void fk_progress_free(fk_progress *);

/* Run plots/NAME.gp through gnuplot with `folder` as data and output folder (gnuplot variable
 * `out`), and the given extra assignments, e.g. "t1=0.5; title='three-1d'". No gnuplot: FK_MISSING,
 * naming the folder where the data stay. A script that fails, and a signal, leave no half picture:
 * .NAME.svg and the like (plots/theme.gp). Of gnuplot's
 * warnings those that tell of missing data are printed, and with $FOKKER_PLOTS all. From one thread
 * at a time. */
int fk_plot(const char *name, const char *folder, const char *assignments,
            fk_error *err) FK_CHECKED;

#endif
