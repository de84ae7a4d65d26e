/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CSV writer of core/table.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli.h"
#include "core/table.h"

struct fk_csv {
    fk_file *file;
    FILE *out;
};

/* The head: what made this file, as comments. */
static void write_head(FILE *out, const char *comment)
{
    if (*fk_cli_text()) fprintf(out, "# command: %s\n", fk_cli_text());
    fputs("# version: fokker " FK_VERSION "\n", out);
    if (fk_cli_seed()) fprintf(out, "# seed: %" PRIu64 "\n", *fk_cli_seed());
    while (comment && *comment) { /* each of its lines becomes one */
        int length = (int)strcspn(comment, "\n");
        fprintf(out, "# %.*s\n", length, comment);
        comment += length + (comment[length] == '\n');
    }
}

int fk_csv_create(const char *path, const char *header, const char *comment, fk_csv **csv,
                  fk_error *err)
{
    *csv = NULL;
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    *csv = fk_alloc(1, sizeof **csv);
    **csv = (fk_csv){.file = file, .out = fk_file_stream(file)};
    write_head((*csv)->out, comment);
    fprintf((*csv)->out, "%s\n", header);
    return FK_OK;
}

void fk_csv_row(fk_csv *csv, const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i) fputc(',', csv->out);
        if (!isnan(value[i])) fprintf(csv->out, "%.17g", value[i]);
    }
    fputc('\n', csv->out);
}

void fk_csv_block(fk_csv *csv)
{
    fputc('\n', csv->out);
}

int fk_csv_commit(fk_csv *csv, fk_error *err)
{
    fk_file *file = csv->file;
    free(csv);
    return fk_file_commit(file, err);
}

void fk_csv_abandon(fk_csv *csv)
{
    if (!csv) return;
    fk_file_abandon(csv->file);
    free(csv);
}
