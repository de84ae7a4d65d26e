/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/budget_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/common.h"
#include "experiments/common_labels.h"
#include "registry.h"

/* ROWS: names that a panel has room for; PLACES: of winners. */
enum { ROWS = 25, PLACES = 3, PANELS = 2 };

static size_t schemes(size_t *listing)
{
    for (*listing = 0; strcmp(fk_registry[*listing].name, "schemes") != 0;) ++*listing;
    return fk_registry[*listing].count();
}

/* A data set's name as one word. */
static void word_of(const budget *b, char *word, size_t size)
{
    fk_figure_name(b->mixture->name, false, word, size);
    for (char *p = word; *p; p++)
        if (*p == ' ') *p = '_';
}

static const spending *of_scheme(const budget *b, size_t i, size_t number)
{
    for (size_t k = 0; k < b->n; k++)
        if (b->by[i * b->n + k].number == number) return &b->by[i * b->n + k];
    return NULL;
}

/* The first scheme that has the same errors and costs everywhere: itself if no other. */
static size_t twin_of(const budget *b, size_t number)
{
    for (size_t other = 1; other < number; other++) {
        bool same = of_scheme(b, 0, other) != NULL;
        for (size_t i = 0; i < BUDGETS && same; i++) {
            const spending *x = of_scheme(b, i, number), *y = of_scheme(b, i, other);
            same = x->ran && y->ran && x->family == y->family && x->evaluations == y->evaluations &&
                   fabs(x->error.total - y->error.total) <= 1e-9 * fabs(x->error.total);
        }
        if (same) return other;
    }
    return number;
}

static int panel_of(const spending *s)
{
    return s->family > FK_MULTISTEP;
}

static void decades(const budget *b, int panel, double *lo, double *hi)
{
    *lo = 0, *hi = -INFINITY;
    for (size_t k = 0; k < BUDGETS * b->n; k++) {
        const spending *s = &b->by[k];
        if (!s->ran || panel_of(s) != panel) continue;
        *lo = fmin(*lo, floor(log10(fabs(s->error.total))));
        *hi = fmax(*hi, ceil(log10(fabs(s->error.total))));
    }
    if (!(*lo < *hi)) *lo = *hi - 1;
    if (!isfinite(*hi)) *lo = -4, *hi = 0;
}

typedef struct {
    const spending *end; /* at the largest budget that it ran with */
    size_t twin;
    double y;
} tag;

static int by_height(const void *a, const void *b)
{
    const tag *p = a, *q = b;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return p->end->number < q->end->number ? 1 : -1;
}

static void write_panel(const budget *b, int panel, fk_csv *csv)
{
    tag *t = fk_alloc(b->n, sizeof *t);
    double *y = fk_alloc(b->n, sizeof *y), lo, hi;
    size_t n = 0, place[FK_N_FAMILIES] = {0};
    decades(b, panel, &lo, &hi);
    for (size_t k = 0; k < b->n; k++) {
        const size_t number = b->by[k].number;
        const spending *end = NULL;
        for (size_t i = 0; i < BUDGETS; i++)
            if (of_scheme(b, i, number)->ran) end = of_scheme(b, i, number);
        if (!end || panel_of(end) != panel) continue;
        const size_t twin = twin_of(b, number);
        const size_t i = BUDGETS - 1;
        const double error = twin == number ? end->error.total : of_scheme(b, i, twin)->error.total;
        t[n++] = (tag){end, twin, log10(fabs(error))};
    }
    qsort(t, n, sizeof *t, by_height);
    for (size_t k = 0; k < n; k++) y[k] = t[k].y;
    const double gap = (hi - lo) / ROWS;
    fk_labels_spread(y, n, gap, lo + gap / 2, hi - gap / 2);
    for (size_t k = n; k-- > 0;)
        fk_csv_row(csv,
                   (double[]){panel, (double)t[k].end->number, (double)t[k].twin,
                              (double)t[k].end->family, (double)place[t[k].end->family]++,
                              pow(10, y[k]), (double)t[k].end->evaluations, pow(10, t[k].y)},
                   8);
    free(t);
    free(y);
}

static int write_split(const budget *b, const char *folder, const char *comment, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "budget.csv",
        "budget,rank,scheme,steps,evaluations,truncation,prior,discretisation,score,total", comment,
        &csv, err);
    if (status) return status;
    for (size_t k = 0; k < BUDGETS * b->n; k++) {
        const spending *s = &b->by[k];
        if (!s->ran) continue;
        fk_csv_row(csv,
                   (double[]){(double)budgets[k / b->n], (double)(k % b->n + 1), (double)s->number,
                              (double)s->steps, (double)s->evaluations, s->error.part[0],
                              s->error.part[1], s->error.part[2], s->error.part[3], s->error.total},
                   10);
    }
    return fk_csv_commit(csv, err);
}

int budget_write(const budget *b, size_t n, const char *folder, fk_error *err)
{
    size_t listing;
    char comment[4000], word[64];
    fk_text t = {comment, sizeof comment};
    fk_text_add(
        &t, "budget, evaluations: of the score; truncation, prior, discretisation, score, total: "
            "signed "
            "differences of the one of 16 E Phi((X - c_j)/0.2), probabilities, whose total is the "
            "largest\nschemes:");
    for (size_t i = 0; i < schemes(&listing); i++)
        fk_text_add(&t, " %zu %s", i + 1, fk_registry_scheme(i)->row.name);
    fk_text_add(&t, "\nmixtures:");
    for (size_t m = 0; m < n; m++) {
        word_of(&b[m], word, sizeof word);
        fk_text_add(&t, " %zu %s", m + 1, word);
    }
    int status = write_split(b, folder, comment, err);
    fk_csv *csv;
    if (!status)
        status = fk_experiment_csv(folder, "winners.csv", "mixture,budget,rank,scheme,total",
                                   comment, &csv, err);
    if (status) return status;
    for (size_t m = 0; m < n; m++)
        for (size_t k = 0; k < BUDGETS * PLACES; k++) {
            const spending *s = &b[m].by[k / PLACES * b[m].n + k % PLACES];
            if (s->ran)
                fk_csv_row(csv,
                           (double[]){(double)(m + 1), (double)budgets[k / PLACES],
                                      (double)(k % PLACES + 1), (double)s->number, s->error.total},
                           5);
        }
    status = fk_csv_commit(csv, err);
    if (!status)
        status = fk_experiment_csv(
            folder, "names.csv", "panel,scheme,twin,family,place,y,evaluations,error",
            "y: where the name stands; evaluations, error: the line's end", &csv, err);
    if (status) return status;
    for (int panel = 0; panel < PANELS; panel++) write_panel(b, panel, csv);
    return fk_csv_commit(csv, err);
}

void budget_assign(const budget *b, size_t n, char *out, size_t size)
{
    size_t listing;
    char word[64];
    fk_text t = {out, size};
    fk_text_add(&t, "names='");
    for (size_t i = 0; i < schemes(&listing); i++)
        fk_text_add(&t, "%s ", fk_registry_scheme(i)->row.name);
    fk_text_add(&t, "'; data='");
    for (size_t m = 0; m < n; m++) {
        word_of(&b[m], word, sizeof word);
        fk_text_add(&t, "%s ", word);
    }
    fk_text_add(&t, "'; sampling=%.6g; truncation=%.6g; t_end=%g", b->sampling, b->truncation,
                b->place.t_end);
    fk_text_add(&t, "; learnt=%d", b->learnt != NULL);
    double lo[PANELS], hi[PANELS];
    for (int panel = 0; panel < PANELS; panel++) decades(b, panel, &lo[panel], &hi[panel]);
    fk_text_add(&t, "; lowest='%g %g'; highest='%g %g'", lo[0], lo[1], hi[0], hi[1]);
    fk_text_add(&t, "; absent='");
    for (size_t i = 0; i < schemes(&listing); i++) {
        bool ran = false;
        for (size_t k = 0; k < BUDGETS && !fk_registry_scheme(i)->adaptive; k++)
            ran = ran || of_scheme(b, k, i + 1)->ran;
        if (!ran) fk_text_add(&t, "%s ", fk_registry_scheme(i)->row.name);
    }
    fk_text_add(&t, "'");
}

/* The schemes that did not run: once where the reason is the same at all budgets. */
static void tell_absent(const budget *b, fk_text *t)
{
    size_t listing;
    const char *before = "no count to set, being adaptive:";
    for (size_t i = 0; i < schemes(&listing); i++)
        if (fk_registry_scheme(i)->adaptive) {
            fk_text_add(t, "%s %s", before, fk_registry_scheme(i)->row.name);
            before = "";
        }
    fk_text_add(t, "\n");
    for (size_t number = 1; number <= schemes(&listing); number++) {
        const spending *last = of_scheme(b, BUDGETS - 1, number);
        if (!last) continue;
        for (size_t i = 0; i < BUDGETS; i++) {
            const spending *s = of_scheme(b, i, number);
            if (s->ran || (!last->ran && i + 1 < BUDGETS && strcmp(s->why, last->why) == 0))
                continue;
            if (s == last)
                fk_text_add(t, "absent: %s: %s\n", s->name, s->why);
            else
                fk_text_add(t, "absent at %zu evaluations: %s: %s\n", budgets[i], s->name, s->why);
        }
    }
}

/* Where there is a network: the parts of the winners, and chains of W1. */
static void tell_network(const budget *b, fk_text *t)
{
    if (!b->learnt) return;
    fk_text_add(t, "parts of the best   %s\n", fk_causes_heading);
    for (size_t i = 0; i < BUDGETS; i++) {
        const spending *s = &b->by[i * b->n];
        if (!s->ran) continue;
        fk_text_add(t, "%4zu %-15s", budgets[i], s->name);
        fk_causes_tell(&s->error, t);
        fk_text_add(t, "\n");
    }
    fk_text_add(t, "W1 of the best whose law is a curve: the chain is no less than the distance\n");
    for (size_t i = 0; i < BUDGETS; i++) {
        const budget_chain *c = &b->chain[i];
        if (!c->of) continue;
        fk_text_add(t, "%4zu %-15s", budgets[i], c->of->name);
        fk_distances_tell(&c->w1, t);
    }
    fk_text_add(t, "\n");
}

void budget_tell(const budget *b, size_t n, char *out, size_t size)
{
    char word[64];
    fk_text t = {out, size};
    fk_text_add(&t, "error: the largest of 16 signed errors of smoothed distribution functions\n"
                    "E Phi((X - c_j)/0.2), c_j the (j - 1/2)/16 quantiles, against the data\n\n"
                    "best at evaluations:");
    for (size_t i = 0; i < BUDGETS; i++) fk_text_add(&t, "%8zu%20s", budgets[i], "");
    for (size_t m = 0; m < n; m++) {
        word_of(&b[m], word, sizeof word);
        fk_text_add(&t, "\n  %-18s", word);
        for (size_t i = 0; i < BUDGETS; i++) {
            const spending *s = &b[m].by[i * b[m].n];
            fk_text_add(&t, "%17s %-10.1e", s->ran ? s->name : "none",
                        s->ran ? s->error.total : NAN);
        }
    }
    fk_text_add(&t, "\n  %-18s%17s at %zu samples %.1e, at 10^6 %.1e; truncation alone %.1e\n\n",
                "for comparison", "Monte Carlo", (size_t)10000, b->sampling / 1e2,
                b->sampling / 1e3, b->truncation);
    tell_network(b, &t);
    tell_absent(b, &t);
}
