/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_race.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"
#include "tools/bench_peer.h"

enum { N_FIGURES = sizeof(bench_figures) / sizeof(double) };

double bench_seconds(int threads)
{
    return threads == 1 ? fk_thread_seconds() : fk_seconds();
}

/* --- a contestant's functions, or the script's --- */

static const char *why_missing(const bench_case *what, const bench_contestant *who, void *subject)
{
    if (who->missing) return who->missing(subject);
    return who->run ? NULL : bench_peer_missing(what->peer(subject), who->name);
}

static int run(const bench_case *what, const bench_contestant *who, void *subject, size_t amount,
               double *seconds, fk_error *err)
{
    return who->run ? who->run(subject, amount, seconds, err)
                    : bench_peer_run(what->peer(subject), who->name, amount, seconds, err);
}

static int answer(const bench_case *what, const bench_contestant *who, void *subject,
                  bench_answer *out, fk_error *err)
{
    return who->run ? who->answer(subject, out, err)
                    : bench_peer_answer(what->peer(subject), who->name, out, err);
}

/* Everybody against the lab; NaN is never equal. */
static int compare(const bench_case *what, void *subject, const bench_outcome *o, fk_error *err)
{
    bench_answer ours[BENCH_ANSWERS];
    for (size_t c = 0; c < what->n_contestants; c++) {
        bench_answer theirs[BENCH_ANSWERS] = {{0, 0}};
        if (*o->missing[c]) continue;
        int status = answer(what, &what->contestant[c], subject, theirs, err);
        if (status) return status;
        if (c == 0) memcpy(ours, theirs, sizeof ours);
        for (size_t i = 0; i < BENCH_ANSWERS; i++) {
            const double bound = ours[i].error + theirs[i].error;
            if (!(fabs(ours[i].value - theirs[i].value) <= bound))
                return fk_fail(err, FK_REFUTED,
                               "%s: %s computes %.15g, %s %.15g: more than %.2g apart", what->name,
                               what->contestant[0].name, ours[i].value, what->contestant[c].name,
                               theirs[i].value, bound);
        }
    }
    return FK_OK;
}

/* How much work fills a turn. */
static int calibrate(const bench_case *what, const bench_contestant *who, void *subject,
                     double turn, size_t *amount, fk_error *err)
{
    double seconds;
    for (*amount = who->least;; *amount *= 2) {
        int status = run(what, who, subject, *amount, &seconds, err);
        if (status) return status;
        if (seconds > turn / 4) break;
    }
    if (seconds < turn) *amount = (size_t)((double)*amount * (turn / seconds));
    return FK_OK;
}

static int one_round(const bench_case *what, void *subject, int threads, double turn,
                     const size_t *amount, bench_figures *f, fk_error *err)
{
    f->core = fk_measure_rates(turn, threads);
    for (size_t c = 0; c < what->n_contestants; c++) {
        double seconds;
        f->ratio[c] = NAN;
        if (amount[c] == 0) continue;
        int status = run(what, &what->contestant[c], subject, amount[c], &seconds, err);
        if (status) return status;
        double rate = what->per * (double)amount[c] / seconds;
        if (c == 0) f->rate = rate;
        f->ratio[c] = f->rate / rate;
    }
    f->limit = what->limit ? what->limit(subject, &f->core) : NAN;
    f->fraction = f->rate / f->limit;
    return FK_OK;
}

static bench_figures quantiles(const bench_figures *round, size_t rounds, double q)
{
    bench_figures result;
    double *x = fk_alloc(rounds, sizeof *x);
    for (size_t i = 0; i < N_FIGURES; i++) {
        for (size_t r = 0; r < rounds; r++) x[r] = ((const double *)&round[r])[i];
        bool none = isnan(x[0]);
        if (!none) fk_sort(x, rounds);
        ((double *)&result)[i] = none ? NAN : fk_quantile_sorted(x, rounds, q);
    }
    free(x);
    return result;
}

int bench_race(const bench_case *what, const bench_effort *effort, fk_progress *bar,
               bench_outcome *o, fk_error *err)
{
    void *subject;
    size_t amount[BENCH_MAX_CONTESTANTS] = {0};
    assert(what->n_contestants <= BENCH_MAX_CONTESTANTS);
    *o = (bench_outcome){.missing = {""}};
    const size_t rounds = effort->rounds;
    const int threads = what->threaded ? effort->threads : 1;
    int status = what->open(what, threads, &subject, err);
    if (status) return status;
    for (size_t c = 0; c < what->n_contestants; c++) {
        const bench_contestant *who = &what->contestant[c];
        const char *why = why_missing(what, who, subject);
        snprintf(o->missing[c], sizeof o->missing[c], "%s", why ? why : "");
    }
    status = compare(what, subject, o, err);
    for (size_t c = 0; c < what->n_contestants && status == FK_OK; c++)
        if (!*o->missing[c])
            status = calibrate(what, &what->contestant[c], subject, effort->turn, &amount[c], err);

    bench_figures *round = fk_alloc(rounds, sizeof *round);
    for (size_t r = 0; r < rounds && status == FK_OK; r++) {
        status = one_round(what, subject, threads, effort->turn, amount, &round[r], err);
        fk_progress_add(bar, 1);
    }
    if (status == FK_OK) {
        o->median = quantiles(round, rounds, 0.5);
        o->low = quantiles(round, rounds, 0.25), o->high = quantiles(round, rounds, 0.75);
    }
    free(round);
    what->close(subject);
    return status;
}
