/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/resumable.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/ranks.h"

/* A part takes a tenth of a second, or so long that its beginning costs a twentieth; the first has
 * FIRST particles. */
enum { FIRST = 4096, MOST_GROWTH = 16 };
static const double part_seconds = 0.1, part_per_beginning = 20;
/* Between two files. */
static const double pause_seconds = 0.5, pause_per_cost = 20;

static const char *const mark = "fokker run, unfinished\n";

/* Bytes that a file holds: the observers' totals, and their rows of the particles that are done. */
typedef struct {
    unsigned char *at;
    size_t size;
} piece;

static piece *pieces_of(const fk_run *run, uint64_t done, size_t *n)
{
    size_t most = 0;
    for (size_t o = 0; o < run->n_observers; o++) most += 1 + run->observer[o].sets;
    piece *all = fk_alloc(most, sizeof *all);
    *n = 0;
    for (size_t o = 0; o < run->n_observers; o++) {
        const fk_observer *ob = &run->observer[o];
        if (ob->merge) all[(*n)++] = (piece){ob->total, ob->state_size};
        for (size_t k = 0; k < ob->sets; k++)
            all[(*n)++] =
                (piece){(unsigned char *)ob->rows + k * run->n * ob->row_size, done * ob->row_size};
    }
    return all;
}

/* What a build makes of a run: a hash over the first FK_LANES particles, one block, wherever they
 * are observed, and over what the run's observers make of them. That goes into states of their own;
 * merging takes out of these what depends on the instruction set. */
typedef struct {
    const fk_run *run;
    unsigned char **state; /* (n_observers) */
    uint64_t hash;
} sample;

static void sample_see(void *self, void *state, size_t j, uint64_t first, size_t count, fk_block x)
{
    (void)state;
    sample *s = self;
    for (size_t i = 0; i < x.dim; i++)
        s->hash = fk_hash(s->hash, x.x + i * x.ld, count * sizeof *x.x);
    for (size_t o = 0; o < s->run->n_observers; o++) {
        const fk_observer *ob = &s->run->observer[o];
        ob->see(ob->self, s->state[o], j, first, count, x);
    }
}

/* Rank 0 has the block. */
static int take_sample(const fk_run *run, uint64_t *hash, fk_error *err)
{
    sample s = {run, fk_alloc(run->n_observers, sizeof *s.state), FK_HASH};
    const fk_observer see = {.self = &s, .see = sample_see};
    fk_run few = *run;
    few.count = run->n < FK_LANES ? run->n : FK_LANES;
    few.observer = &see, few.n_observers = 1;
    few.progress = NULL;
    for (size_t o = 0; o < run->n_observers; o++)
        s.state[o] = fk_alloc(1, run->observer[o].state_size);
    const int status = fk_integrate(&few, err);
    for (size_t o = 0; o < run->n_observers; o++) {
        const fk_observer *ob = &run->observer[o];
        if (ob->merge) {
            unsigned char *merged = fk_alloc(1, ob->state_size);
            ob->merge(ob->self, merged, s.state[o]);
            s.hash = fk_hash(s.hash, merged, ob->state_size);
            free(merged);
        }
        free(s.state[o]);
    }
    free(s.state);
    *hash = s.hash;
    fk_ranks_broadcast(hash, sizeof *hash, 0);
    return status;
}

static uint64_t hash_of(const piece *all, size_t n)
{
    uint64_t hash = FK_HASH;
    for (size_t i = 0; i < n; i++) hash = fk_hash(hash, all[i].at, all[i].size);
    return hash;
}

static int keep(const fk_run *run, const char *path, const char *what, uint64_t sampled,
                uint64_t done, fk_error *err)
{
    fk_file *file;
    int status = fk_file_rewrite(path, &file, err);
    if (status) return status;
    size_t n;
    piece *all = pieces_of(run, done, &n);
    FILE *out = fk_file_stream(file);
    fprintf(out, "%s%s\n%016" PRIx64 " %" PRIu64 " %016" PRIx64 "\n", mark, what, sampled, done,
            hash_of(all, n));
    for (size_t i = 0; i < n; i++) fwrite(all[i].at, 1, all[i].size, out);
    free(all);
    return fk_file_commit(file, err);
}

static int read_pieces(const fk_run *run, const char *path, FILE *in, uint64_t done, uint64_t hash,
                       fk_error *err)
{
    const bool possible = done == run->n || (done < run->n && done % FK_LANES == 0);
    size_t n = 0;
    piece *all = possible ? pieces_of(run, done, &n) : NULL;
    bool whole = possible;
    for (size_t i = 0; i < n && whole; i++)
        whole = fread(all[i].at, 1, all[i].size, in) == all[i].size;
    whole = whole && fgetc(in) == EOF && hash_of(all, n) == hash;
    free(all);
    return whole ? FK_OK : fk_fail(err, FK_USAGE, "%s: damaged: remove it to start anew", path);
}

static int read_open(const fk_run *run, const char *path, const char *what, uint64_t sampled,
                     FILE *in, uint64_t *done, fk_error *err)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t theirs, hash;
    int status = FK_OK;
    if (getline(&line, &room, in) < 0 || strcmp(line, mark) != 0)
        status = fk_fail(err, FK_USAGE, "%s is no run to go on with: give it another name", path);
    else if (getline(&line, &room, in) < 0 || strncmp(line, what, strlen(what)) != 0 ||
             strcmp(line + strlen(what), "\n") != 0)
        status =
            fk_fail(err, FK_USAGE,
                    "%s is of another run: remove it to start anew, or take another name", path);
    else if (getline(&line, &room, in) < 0 ||
             sscanf(line, "%" SCNx64 " %" SCNu64 " %" SCNx64, &theirs, done, &hash) != 3)
        status = fk_fail(err, FK_USAGE, "%s: damaged: remove it to start anew", path);
    else if (theirs != sampled)
        status = fk_fail(err, FK_USAGE,
                         "%s: begun by a fokker that computes other numbers: remove it to start "
                         "anew, or go on with that one",
                         path);
    else
        status = read_pieces(run, path, in, *done, hash, err);
    free(line);
    return status;
}

/* Where the file says that the run has come; 0 where there is none, which is for rank 0 to see. */
static int go_on(const fk_run *run, const char *path, const char *what, uint64_t sampled,
                 uint64_t *done, fk_error *err)
{
    *done = 0;
    bool there = access(path, F_OK) == 0;
    fk_ranks_broadcast(&there, sizeof there, 0);
    if (!there) return FK_OK;
    FILE *in;
    size_t size;
    int status = fk_file_open(path, &in, &size, err);
    if (!status) {
        status = read_open(run, path, what, sampled, in, done, err);
        fclose(in);
    }
    return fk_ranks_agree(status, err);
}

int fk_resumable_run(const fk_run *run, const char *path, const char *what, fk_error *err)
{
    if (!path) return fk_integrate(run, err);
    assert(run->first == 0 && run->count == 0 && !strchr(what, '\n'));
    uint64_t sampled, done;
    const double began = fk_seconds();
    int status = take_sample(run, &sampled, err);
    const double beginning = fk_seconds() - began; /* of a part: freezing the field, above all */
    if (!status) status = go_on(run, path, what, sampled, &done, err);
    fk_file *probe; /* whether it can be written: asked before the run */
    if (!status) status = fk_file_rewrite(path, &probe, err);
    if (status) return status;
    fk_file_abandon(probe);

    fk_progress *bar = run->progress ? fk_progress_new(run->progress, run->n - done) : NULL;
    fk_run part = *run;
    part.progress = NULL;
    double kept = began, cost = 0;
    struct {
        size_t count;
        bool keep;
    } next = {FIRST, false}; /* rank 0 decides */
    while (done < run->n && status == FK_OK) {
        const double begin = fk_seconds();
        part.first = done;
        part.count = next.count < run->n - done ? next.count : run->n - done;
        status = fk_integrate(&part, err);
        if (status) break;
        done += part.count;
        fk_progress_add(bar, part.count);

        const double now = fk_seconds();
        const double aim = fmax(part_seconds, part_per_beginning * beginning);
        const double change = aim / (fmax(now - begin - beginning, 0) + 1e-9);
        const double count = (double)next.count * fmin(fmax(change, 0.5), MOST_GROWTH);
        next.count = fk_pad((size_t)count);
        next.keep = now - kept >= fmax(pause_seconds, pause_per_cost * cost);
        fk_ranks_broadcast(&next, sizeof next, 0);
        if (!next.keep) continue;
        status = keep(run, path, what, sampled, done, err);
        kept = fk_seconds(), cost = kept - now;
    }
    fk_progress_free(bar);
    return status;
}

void fk_resumable_end(const char *path)
{
    if (path && fk_ranks_writes()) unlink(path);
}
