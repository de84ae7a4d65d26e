/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress bar (core/cli.h). Threads add to one atomic count; whoever gets the lock draws. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/cli.h"

enum { WIDTH = 30 };
static const double redraw_after = 0.1; /* seconds: smooth to the eye, nothing to the run */

struct fk_progress {
    char *label;
    size_t total;
    atomic_size_t done;
    atomic_flag drawing;
    double started, drawn;
};

fk_progress *fk_progress_new(const char *label, size_t total)
{
    if (fk_cli_quiet() || total == 0 || !isatty(STDERR_FILENO)) return NULL;
    fk_progress *p = fk_alloc(1, sizeof *p);
    p->label = fk_strdup(label);
    p->total = total;
    atomic_init(&p->done, 0);
    atomic_flag_clear(&p->drawing);
    p->started = p->drawn = fk_seconds();
    return p;
}

static void draw(fk_progress *p, size_t done, double t)
{
    double part = (double)done / (double)p->total;
    int full = (int)(part * WIDTH);
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++) bar[i] = i < full ? '=' : ' ';
    bar[WIDTH] = '\0';
    double left = (t - p->started) * (1 - part) / (part > 0 ? part : 1);
    fprintf(stderr, "\r%s [%s] %3.0f %%  %.0f s left \033[K", p->label, bar, 100 * part, left);
    fflush(stderr);
    p->drawn = t;
}

void fk_progress_wipe(fk_progress *p)
{
    if (p && p->drawn > p->started) fputs("\r\033[K", stderr);
}

void fk_progress_add(fk_progress *p, size_t done)
{
    if (!p) return;
    size_t total = atomic_fetch_add(&p->done, done) + done;
    if (atomic_flag_test_and_set(&p->drawing)) return;
    double t = fk_seconds();
    if (total < p->total && t - p->drawn >= redraw_after) draw(p, total, t);
    if (total >= p->total) fk_progress_wipe(p);
    atomic_flag_clear(&p->drawing);
}

void fk_progress_free(fk_progress *p)
{
    if (!p) return;
    fk_progress_wipe(p);
    free(p->label);
    free(p);
}
