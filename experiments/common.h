/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every experiment does alike: its options, and its end. */
#ifndef FK_EXPERIMENTS_COMMON_H
#define FK_EXPERIMENTS_COMMON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/verdict.h"

typedef struct {
    const char *mixture, *schedule, *out;
    bool quick, no_plot;
    uint64_t seed;
} experiment;

/* Rows of a table of options, the same for every experiment. */
#define EXPERIMENT_OPTIONS(e)                                                                      \
    {"mixture",   "M",          "the data: a built-in name or a JSON file (default: three-1d)",    \
     FK_OPT_TEXT, &(e).mixture, false},                                                            \
        {"out",       "DIR",    "folder for data, verdicts and figures (default: out/NAME)",       \
         FK_OPT_TEXT, &(e).out, false},                                                            \
        {"quick",     NULL,       "fewer samples and steps, with margins to match",                \
         FK_OPT_FLAG, &(e).quick, false},                                                          \
        {"no-plot", NULL, "data and verdicts only", FK_OPT_FLAG, &(e).no_plot, false},             \
    {                                                                                              \
        "seed", "U", "seed of all noise (default: 1)", FK_OPT_SEED, &(e).seed, false               \
    }

/* What a spec is called in a figure: a file by its name alone. Quotes would end gnuplot's string.
 * Where the figure reads markup (`enhanced`), an underscore stays an underscore. */
static inline void figure_name(const char *spec, bool enhanced, char *text, size_t size)
{
    const char *slash = strrchr(spec, '/');
    const char *from = slash && fk_path_has_ending(spec, "json") ? slash + 1 : spec;
    size_t length = strlen(from), n = 0;
    if (fk_path_has_ending(spec, "json")) length -= strlen(".json");
    for (size_t i = 0; i < length && n + 2 < size; i++) {
        if (enhanced && strchr("_^{}@&~", from[i])) text[n++] = '\\';
        text[n++] = strchr("'\\\"", from[i]) ? ' ' : from[i];
    }
    text[n] = '\0';
}

/* Pictures have a hidden name until they are complete (plots/theme.gp): none stays behind. */
static inline int draw(const experiment *e, const char *name, const char *assignments,
                       fk_error *err)
{
    static const char *const ending[] = {"svg", "png", "gif"};
    int status = fk_plot(name, e->out, assignments, err);
    for (size_t i = 0; status && i < sizeof ending / sizeof *ending; i++) {
        char file[64];
        snprintf(file, sizeof file, ".%s.%s", name, ending[i]);
        char *path = fk_path_join(e->out, file);
        remove(path);
        free(path);
    }
    return status;
}

/* Keep the ledger, tell it, draw. `assignments`: gnuplot variables for plots/NAME.gp; `remark`:
 * what was found, a few lines, or NULL. Returns the exit code; where gnuplot is absent data and
 * verdicts are kept, and a refuted claim outranks it. */
static inline int experiment_end(const experiment *e, const char *name, const char *assignments,
                                 const char *remark, const fk_cli *cli, fk_ledger *ledger)
{
    fk_error err = {0};
    char *path = fk_path_join(e->out, "verdicts.json");
    bool holds = fk_ledger_holds(ledger);
    int status = fk_ledger_write_json(ledger, path, &err);
    if (status == FK_OK) {
        if (remark && !cli->quiet) fputs(remark, stdout);
        fk_ledger_print(ledger, stdout);
        if (!e->no_plot) status = draw(e, name, assignments, &err);
        if (status == FK_OK && !cli->quiet)
            printf("%s in %s\n", e->no_plot ? "data" : "data and figures", e->out);
    }
    free(path);
    fk_ledger_free(ledger);
    int code = fk_cli_report(&err);
    return status != FK_OK && holds ? code : (holds ? FK_OK : FK_REFUTED);
}

#endif
