/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fokker schedule: all coefficients of a schedule, at any time of its domain. Where one is infinite
 * (g^2 at the end of vp-cosine, say), it is printed so. */
#include <stdlib.h>

#include "core/cli.h"
#include "core/table.h"
#include "schedules/schedule.h"

static int write_rows(const fk_schedule *schedule, const fk_reals *t, const char *path,
                      fk_error *err)
{
    for (size_t i = 0; i < t->n; i++) {
        int status = fk_schedule_check_domain(schedule, "--t", t->x[i], err);
        if (status) return status;
    }
    fk_csv *csv;
    int status = fk_csv_create(path, "t,s,sigma,f,g2,lambda", NULL, &csv, err);
    if (status) return status;
    for (size_t i = 0; i < t->n; i++) {
        fk_coeffs c = fk_schedule_at(schedule, t->x[i]);
        fk_csv_row(csv, (double[]){t->x[i], c.s, c.sigma, c.f, c.g2, c.lambda}, 6);
    }
    return fk_csv_commit(csv, err);
}

int main(int argc, char **argv)
{
    const char *spec = "vp-linear", *out = "-";
    fk_reals t = {NULL, 0};
    const fk_option option[] = {
        {"schedule", "S", "the schedule, NAME[:key=value,...] (default: vp-linear)", FK_OPT_TEXT,
         &spec, false},
        {"t", "T,...", "times of its domain, separated by commas", FK_OPT_REALS, &t, true},
        {"out", "F", "write here (default: standard output)", FK_OPT_TEXT, &out, false},
        {0},
    };
    const fk_command command = {
        .name = "schedule",
        .says = "Print s, sigma, f, g^2 and lambda = log(s/sigma) of a noise schedule as CSV.",
        .example = "fokker schedule --schedule vp-cosine --t 0,0.5,1",
        .option = option};
    fk_cli_parse(&command, argc, argv);

    fk_error err = {0};
    fk_schedule schedule;
    int status = fk_schedule_parse(spec, &schedule, &err);
    if (status == FK_OK) status = write_rows(&schedule, &t, out, &err);
    free(t.x);
    return status ? fk_cli_report(&err) : FK_OK;
}
