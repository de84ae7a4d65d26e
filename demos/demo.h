/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the demos share: they stop at the first error, and draw columns of numbers as curves. */
#ifndef FK_DEMOS_DEMO_H
#define FK_DEMOS_DEMO_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fokker.h"

static fk_error trouble;

/* For calls that return FK_OK or leave a line in `trouble`. */
static inline void must(int status)
{
    if (status == FK_OK) return;
    fprintf(stderr, "%s\n", trouble.text);
    exit(status);
}

/* out/demos/NAME.csv; `columns` names them, the first is the abscissa. */
static inline fk_csv *table(const char *name, const char *columns)
{
    char path[200];
    fk_csv *csv;
    must(fk_make_folder("out/demos", &trouble));
    snprintf(path, sizeof path, "out/demos/%s.csv", name);
    must(fk_csv_create(path, columns, NULL, &csv, &trouble));
    return csv;
}

/* Every further column against the first, as out/demos/NAME.svg and .png. `more` are assignments of
 * plots/demo.gp, such as "xlabel='t'; logscale='xy'". */
static inline void draw(fk_csv *csv, const char *name, const char *title, const char *more)
{
    char assignments[600];
    must(fk_csv_commit(csv, &trouble));
    snprintf(assignments, sizeof assignments, "name='%s'; title='%s'; %s", name, title, more);
    must(fk_plot("demo", "out/demos", assignments, &trouble));
    printf("Figure: out/demos/%s.svg\n", name);
}

static inline fk_schedule schedule(const char *spec)
{
    fk_schedule made;
    must(fk_schedule_parse(spec, &made, &trouble));
    return made;
}

static inline fk_mixture *mixture(const char *spec)
{
    fk_mixture *made;
    must(fk_mixture_read(spec, &made, &trouble));
    return made;
}

/* The score of a mixture's marginal at a time, at one point in one dimension. */
static inline double score_at(const fk_mixture *data, const fk_coeffs *at, double x)
{
    double score;
    fk_marginal *p = fk_marginal_new(data, at->s, at->sigma);
    fk_marginal_at(p, &x, &(fk_point){.score = &score});
    fk_marginal_free(p);
    return score;
}

#endif
