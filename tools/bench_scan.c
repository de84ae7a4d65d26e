/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_scan.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/table.h"
#include "tools/bench_em.h"
#include "tools/bench_race.h"
#include "tools/bench_ranks.h"

static const size_t components[] = {1, 2, 4, 8, 16, 32, 64}, dimensions[] = {1, 2, 3, 4, 8, 16};
enum {
    N_COMPONENTS = sizeof components / sizeof *components,
    N_DIMENSIONS = sizeof dimensions / sizeof *dimensions
};

typedef struct {
    bench_effort effort;
    bench_ranks *ranks;
    fk_progress *bar;
} scan;

/* Rate, limit, and what part of it is reached with its quartiles, of one setting. */
enum { FIGURES = 5 };
#define FIGURES_OF(suffix)                                                                         \
    "rate" suffix ",limit" suffix ",fraction" suffix ",low" suffix ",high" suffix

static int measure(const scan *s, const bench_em_shape *shape, int threads, double x[FIGURES],
                   fk_error *err)
{
    bench_outcome o;
    const bench_case what = bench_em_alone(shape, threads > 1);
    bench_effort effort = s->effort;
    effort.threads = threads;
    int status = bench_race(&what, &effort, s->bar, &o, err);
    x[0] = o.median.rate, x[1] = o.median.limit, x[2] = o.median.fraction;
    x[3] = o.low.fraction, x[4] = o.high.fraction;
    return status;
}

static int by_components(const scan *s, fk_csv *csv, fk_error *err)
{
    int status = FK_OK;
    for (size_t i = 0; i < N_COMPONENTS && status == FK_OK; i++) {
        double value[1 + FIGURES] = {(double)components[i]};
        status = measure(s, &(bench_em_shape){2, components[i], false}, 1, value + 1, err);
        if (status == FK_OK) fk_csv_row(csv, value, 1 + FIGURES);
    }
    return status;
}

static int by_dimension(const scan *s, fk_csv *csv, fk_error *err)
{
    int status = FK_OK;
    for (size_t i = 0; i < N_DIMENSIONS && status == FK_OK; i++) {
        double value[1 + 2 * FIGURES] = {(double)dimensions[i]};
        status = measure(s, &(bench_em_shape){dimensions[i], 8, false}, 1, value + 1, err);
        if (status == FK_OK)
            status =
                measure(s, &(bench_em_shape){dimensions[i], 8, true}, 1, value + 1 + FIGURES, err);
        if (status == FK_OK) fk_csv_row(csv, value, 1 + 2 * FIGURES);
    }
    return status;
}

static int by_threads(const scan *s, fk_csv *csv, fk_error *err)
{
    int status = FK_OK;
    for (int t = 1; t <= s->effort.threads && status == FK_OK; t++) {
        double value[1 + FIGURES] = {t};
        status = measure(s, &(bench_em_shape){2, 8, false}, t, value + 1, err);
        if (status == FK_OK) fk_csv_row(csv, value, 1 + FIGURES);
    }
    return status;
}

/* 1, 2, 4, .. and as many as there are threads: starting ranks takes long. */
static int after(int ranks, int most)
{
    return ranks < most && 2 * ranks > most ? most : 2 * ranks;
}

static int by_ranks(const scan *s, fk_csv *csv, fk_error *err)
{
    int status = FK_OK;
    const int most = s->effort.threads;
    for (int r = 1; r <= most && status == FK_OK; r = after(r, most)) {
        double value[1 + FIGURES] = {
            r}; /* the limit is that of as many threads, at the same time */
        status = measure(s, &(bench_em_shape){2, 8, false}, r, value + 1, err);
        if (status == FK_OK)
            status = bench_ranks_rate(s->ranks, r, &s->effort, s->bar, value + 1, err);
        if (status == FK_OK) fk_csv_row(csv, value, 3);
    }
    return status;
}

static int tabulate(const scan *s, const char *folder, const char *name, const char *header,
                    int (*rows)(const scan *, fk_csv *, fk_error *), fk_error *err)
{
    fk_csv *csv;
    char *path = fk_path_join(folder, name);
    int status = fk_csv_create(path, header, "particle-steps/s of Euler-Maruyama", &csv, err);
    free(path);
    if (status) return status;
    status = rows(s, csv, err);
    if (status == FK_OK) return fk_csv_commit(csv, err);
    fk_csv_abandon(csv);
    return status;
}

int bench_scan(const char *folder, const bench_effort *effort, fk_error *err)
{
    int status = fk_make_folder(folder, err);
    if (status) return status;
    bench_ranks ranks = bench_ranks_new(folder);
    const bool ranked = !*ranks.why;
    size_t settings = N_COMPONENTS + 2 * N_DIMENSIONS + (size_t)effort->threads;
    for (int r = 1; ranked && r <= effort->threads; r = after(r, effort->threads)) settings += 2;
    scan s = {*effort, &ranks, fk_progress_new("bench", settings * effort->rounds)};
    status =
        tabulate(&s, folder, "components.csv", "components," FIGURES_OF(""), by_components, err);
    if (status == FK_OK)
        status = tabulate(&s, folder, "dimensions.csv",
                          "dim," FIGURES_OF("") "," FIGURES_OF("_full"), by_dimension, err);
    if (status == FK_OK)
        status = tabulate(&s, folder, "threads.csv", "threads," FIGURES_OF(""), by_threads, err);
    if (status == FK_OK && ranked)
        status = tabulate(&s, folder, "ranks.csv", "ranks,rate,limit", by_ranks, err);
    fk_progress_free(s.bar);
    if (status == FK_OK && !ranked) {
        char *old = fk_path_join(folder, "ranks.csv"); /* of another run, which had them */
        unlink(old);
        free(old);
        fk_cli_remark("no ranks in the figure: %s", ranks.why);
    }
    char about[sizeof ranks.why + 40] = "ranked=1";
    if (!ranked) snprintf(about, sizeof about, "unranked='no ranks: %s; '", ranks.why);
    bench_ranks_free(&ranks);
    return status ? status : fk_plot("bench", folder, about, err);
}
