/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/resumable.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli.h"
#include "core/file.h"
#include "core/ranks.h"

/* The first part, of as few particles as may be, tells what it costs to begin one: freezing the
 * field at every step, above all. From then on, with SECOND particles at first, a part takes a
 * tenth of a second, or so long that its beginning costs a twentieth. */
enum { FIRST = FK_LANES, SECOND = 4096, MOST_GROWTH = 16 };
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
        all[(*n)++] = (piece){ob->total, ob->merge ? ob->state_size : 0};
        for (size_t k = 0; k < ob->sets; k++)
            all[(*n)++] =
                (piece){(unsigned char *)ob->rows + k * run->n * ob->row_size, done * ob->row_size};
    }
    return all;
}

static uint64_t hash_of(const piece *all, size_t n)
{
    uint64_t hash = FK_HASH;
    for (size_t i = 0; i < n; i++) hash = fk_hash(hash, all[i].at, all[i].size);
    return hash;
}

static int keep(const fk_run *run, const char *path, const char *what, uint64_t done, fk_error *err)
{
    fk_file *file;
    int status = fk_file_create(path, &file, err);
    if (status) return status;
    size_t n;
    piece *all = pieces_of(run, done, &n);
    FILE *out = fk_file_stream(file);
    fprintf(out, "%s%s\n%" PRIu64 " %016" PRIx64 "\n", mark, what, done, hash_of(all, n));
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

static int read_open(const fk_run *run, const char *path, const char *what, FILE *in,
                     uint64_t *done, fk_error *err)
{
    char *line = NULL;
    size_t room = 0;
    uint64_t hash;
    int status = FK_OK;
    if (getline(&line, &room, in) < 0 || strcmp(line, mark) != 0)
        status = fk_fail(err, FK_USAGE, "%s is no run to go on with: give it another name", path);
    else if (getline(&line, &room, in) < 0 || strncmp(line, what, strlen(what)) != 0 ||
             strcmp(line + strlen(what), "\n") != 0)
        status =
            fk_fail(err, FK_USAGE,
                    "%s is of another run: remove it to start anew, or take another name", path);
    else if (getline(&line, &room, in) < 0 ||
             sscanf(line, "%" SCNu64 " %" SCNx64, done, &hash) != 2)
        status = fk_fail(err, FK_USAGE, "%s: damaged: remove it to start anew", path);
    else
        status = read_pieces(run, path, in, *done, hash, err);
    free(line);
    return status;
}

/* Where the file says that the run has come; 0 where there is none, which is for rank 0 to see. */
static int go_on(const fk_run *run, const char *path, const char *what, uint64_t *done,
                 fk_error *err)
{
    *done = 0;
    bool there = access(path, F_OK) == 0;
    fk_ranks_broadcast(&there, sizeof there, 0);
    if (!there) return FK_OK;
    FILE *in = fopen(path, "re");
    int status = FK_OK;
    if (in) {
        status = read_open(run, path, what, in, done, err);
        fclose(in);
    } else {
        status = fk_fail(err, FK_FILE, "%s: cannot read: %s", path, strerror(errno));
    }
    return fk_ranks_agree(status, err);
}

int fk_resumable_run(const fk_run *run, const char *path, const char *what, fk_error *err)
{
    if (!path) return fk_integrate(run, err);
    assert(run->first == 0 && run->count == 0 && !strchr(what, '\n'));
    uint64_t done;
    int status = go_on(run, path, what, &done, err);
    if (!status) status = fk_file_probe(path, err);
    if (status) return status;

    fk_progress *bar = run->progress ? fk_progress_new(run->progress, run->n - done) : NULL;
    fk_run part = *run;
    part.progress = NULL;
    double kept = fk_seconds(), cost = 0, beginning = -1;
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
        if (beginning < 0) {
            beginning = now - begin;
            next.count = SECOND;
        } else {
            const double aim = fmax(part_seconds, part_per_beginning * beginning);
            const double change = aim / (fmax(now - begin - beginning, 0) + 1e-9);
            const double count = (double)next.count * fmin(fmax(change, 0.5), MOST_GROWTH);
            next.count = fk_pad((size_t)count);
        }
        next.keep = now - kept >= fmax(pause_seconds, pause_per_cost * cost);
        fk_ranks_broadcast(&next, sizeof next, 0);
        if (!next.keep) continue;
        status = keep(run, path, what, done, err);
        kept = fk_seconds(), cost = kept - now;
    }
    fk_progress_free(bar);
    return status;
}

void fk_resumable_end(const char *path)
{
    if (path && fk_ranks_writes()) unlink(path);
}
