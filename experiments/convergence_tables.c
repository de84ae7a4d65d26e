/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/convergence_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/common.h"
#include "experiments/common_labels.h"

/* Names that a panel has room for, one below another. */
enum { ROWS = 25 };

static bool is_in(const line *l, int panel)
{
    switch (panel) {
    case FK_N_FAMILIES:
        return l->family <= FK_MULTISTEP;
    case FK_N_FAMILIES + 1:
        return l->family == FK_WEAK_ONE || l->family == FK_WEAK_TWO;
    case FK_N_FAMILIES + 2:
        return l->family == FK_STRONG;
    default:
        return l->family == (fk_family)panel;
    }
}

/* The last level that is drawn; levels where none is. */
static size_t last_of(const line *l)
{
    size_t last = l->series.levels;
    for (size_t i = 0; i < l->series.levels; i++)
        if (convergence_is_clear(&l->series, i)) last = i;
    return last;
}

static bool is_drawn(const line *l)
{
    return l->ran && last_of(l) < l->series.levels;
}

/* The decades between which a panel's errors lie. */
static void decades(const convergence *c, int panel, double *lo, double *hi)
{
    *lo = INFINITY, *hi = -INFINITY;
    for (size_t k = 0; k < c->n; k++) {
        const line *l = &c->line[k];
        for (size_t i = 0; i < l->series.levels && l->ran && is_in(l, panel); i++) {
            if (!convergence_is_clear(&l->series, i)) continue;
            *lo = fmin(*lo, floor(log10(l->series.error[0][i])));
            *hi = fmax(*hi, ceil(log10(l->series.error[0][i])));
        }
    }
    if (!(*lo < *hi)) *lo = -16, *hi = 0;
    *hi = fmin(*hi, 0); /* worse than a probability of 1 is a run that diverged */
}

typedef struct {
    size_t line;
    double y; /* log10 of the error at the line's end */
} tag;

/* From below; of twins the later one stands below. */
static int by_height(const void *a, const void *b)
{
    const tag *p = a, *q = b;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return p->line < q->line ? 1 : -1;
}

static void write_panel(const convergence *c, int panel, fk_csv *csv)
{
    tag *t = fk_alloc(c->n, sizeof *t);
    double *y = fk_alloc(c->n, sizeof *y), lo, hi;
    size_t n = 0, place[FK_N_FAMILIES] = {0};
    decades(c, panel, &lo, &hi);
    for (size_t i = 0; i < c->n; i++) {
        const line *l = &c->line[i], *shown = &c->line[l->twin];
        if (!is_drawn(l) || !is_in(l, panel)) continue;
        t[n++] = (tag){i, log10(shown->series.error[0][last_of(shown)])};
    }
    qsort(t, n, sizeof *t, by_height);
    for (size_t k = 0; k < n; k++) y[k] = t[k].y;
    const double gap = (hi - lo) / ROWS;
    fk_labels_spread(y, n, gap, lo + gap / 2, hi - gap / 2);
    for (size_t k = n; k-- > 0;) {
        const line *l = &c->line[t[k].line];
        const size_t last = last_of(l);
        const bool settled = l->order.state == FK_ORDER_SETTLED;
        fk_csv_row(csv,
                   (double[]){panel, (double)(t[k].line + 1), (double)(l->twin + 1),
                              (double)l->family, (double)place[l->family]++, l->claim, l->slope,
                              settled, l->gaussian, pow(10, y[k]), (double)l->series.steps[last],
                              (double)l->series.evaluations[last], pow(10, t[k].y)},
                   13);
    }
    free(t);
    free(y);
}

static void list_lines(const convergence *c, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "lines:");
    for (size_t i = 0; i < c->n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, " %zu %s%s", i + 1, c->line[i].name,
                                 c->line[i].family == FK_STRONG ? " (strong)" : "");
}

int convergence_write(const convergence *c, const char *folder, fk_error *err)
{
    static const char about[] =
        "family: 0 Runge-Kutta, 1 one exponential step, 2 multistep, 3 noise, weak order 1, 4 "
        "noise, weak order 2, 5 strong\nerror: the largest of 16 errors of E Phi((X - c_j)/0.2), a "
        "probability; family 5: root mean square of x - x_exact\nnoise: what of the error may be "
        "rounding or quadrature; below 5 times that it is not drawn\n";
    char comment[4000];
    size_t used = (size_t)snprintf(comment, sizeof comment, "%s", about);
    list_lines(c, comment + used, sizeof comment - used);
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "convergence.csv",
                          "family,line,order,steps,evaluations,error,noise", comment, &csv, err);
    if (status) return status;
    for (size_t i = 0; i < c->n; i++) {
        const line *l = &c->line[i];
        for (size_t k = 0; l->ran && k < l->series.levels; k++)
            fk_csv_row(csv,
                       (double[]){l->family, (double)(i + 1), l->claim, (double)l->series.steps[k],
                                  (double)l->series.evaluations[k], l->series.error[0][k],
                                  l->series.noise[0][k]},
                       7);
    }
    status = fk_csv_commit(csv, err);
    if (status) return status;
    status = fk_experiment_csv(folder, "names.csv",
                               "panel,line,twin,family,place,order,slope,settled,gaussian,y,steps,"
                               "evaluations,error",
                               "twin: the line with the same errors; slope: of the two-term fit, "
                               "or where it has not settled the last local one; y: where the name "
                               "stands; steps to error: the line's end",
                               &csv, err);
    if (status) return status;
    for (int panel = 0; panel < N_PANELS; panel++) write_panel(c, panel, csv);
    return fk_csv_commit(csv, err);
}

void convergence_assign(const convergence *c, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "names='");
    for (size_t i = 0; i < c->n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s ", c->line[i].name);
    char range[2][200] = {"", ""};
    size_t at[2] = {0, 0};
    for (int panel = 0; panel < N_PANELS; panel++) {
        double end[2];
        decades(c, panel, &end[0], &end[1]);
        for (int k = 0; k < 2; k++)
            at[k] += (size_t)snprintf(range[k] + at[k], sizeof range[k] - at[k], "%g ", end[k]);
    }
    if (used < size)
        snprintf(text + used, size - used, "'; lowest='%s'; highest='%s'", range[0], range[1]);
}
