/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/common.h"

size_t fk_experiment_samples(const fk_mixture *mixture, size_t n)
{
    size_t fewer = n * 64 / mixture->k;
    return fewer >= n ? n : (fewer < n / 4 ? n / 4 : fewer);
}

int fk_experiment_check_size(size_t n, size_t steps, double per_root, double error, double shown,
                             fk_error *err)
{
    double bias = error / (double)steps;
    if (bias > shown / 2)
        return fk_fail(err, FK_USAGE,
                       "--steps %zu is too few: the schemes' own error may be %.2g in probability, "
                       "and wrong variants differ by %.2g; take --steps %.0f or more",
                       steps, bias, shown, ceil(2 * error / shown));
    double margin = per_root / sqrt((double)n) + bias, root = per_root / (shown - bias);
    if (margin > shown)
        return fk_fail(err, FK_USAGE,
                       "--n %zu is too few: probabilities would be checked to %.2g, and wrong "
                       "variants differ by %.2g; take --n %.0f or more",
                       n, margin, shown, ceil(root * root));
    return FK_OK;
}

void fk_experiment_refuse_score(const fk_experiment *e, const char *name)
{
    fk_error err;
    if (!e->score) return;
    fk_fail(&err, FK_USAGE,
            "--score %s: %s is about the exact score, and so are its claims; score-net and budget "
            "judge a network",
            e->score, name);
    exit(fk_cli_report(&err));
}

int fk_experiment_csv(const char *folder, const char *name, const char *header, const char *comment,
                      fk_csv **csv, fk_error *err)
{
    char *path = fk_path_join(folder, name);
    int status = fk_csv_create(path, header, comment, csv, err);
    free(path);
    return status;
}

void fk_figure_name(const char *spec, bool enhanced, char *text, size_t size)
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

static const char *const ending[] = {"svg", "png", "gif"};
enum { N_ENDINGS = sizeof ending / sizeof *ending };

static void print_places(const fk_experiment *e, const char *name)
{
    const char *between = "figure: ";
    for (size_t i = 0; i < N_ENDINGS && !e->no_plot; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s.%s", name, ending[i]);
        char *path = fk_path_join(e->out, file);
        if (access(path, F_OK) == 0) printf("%s%s", between, path), between = ", ";
        free(path);
    }
    printf("%sdata and verdicts: %s\n", e->no_plot ? "" : "\n", e->out);
}

int fk_experiment_end(const fk_experiment *e, const char *name, const char *assignments,
                      const char *remark, const fk_cli *cli, fk_ledger *ledger)
{
    fk_error err = {0};
    char *path = fk_path_join(e->out, "verdicts.json");
    bool holds = fk_ledger_holds(ledger);
    int status = fk_ledger_write_json(ledger, path, &err);
    if (status == FK_OK) {
        if (remark && !cli->quiet) printf("%s\n", remark);
        fk_ledger_print(ledger, stdout);
        if (!cli->quiet) {
            fputs("\nA control is a wrong variant that the same check, at the same margin, must "
                  "refuse.\n",
                  stdout);
            fk_ledger_print_tally(ledger, stdout);
        }
        if (!e->no_plot) status = fk_plot(name, e->out, assignments, &err);
        if (status == FK_OK && !cli->quiet) print_places(e, name);
    }
    free(path);
    fk_ledger_free(ledger);
    int code = fk_cli_report(&err);
    return status != FK_OK && holds ? code : (holds ? FK_OK : FK_REFUTED);
}
