/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/integrate.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "core/cli.h"
#include "core/combine.h"
#include "core/ranks.h"

/* What all threads share. Frozen fields are kept for the whole run, one for each (s, sigma) that
 * differs from the one before it; where that would take more than FROZEN_BYTES (a kernel-density
 * mixture of very many points), each thread freezes anew at every stage instead. */
enum {
    FROZEN_BYTES = 1 << 28,
    BLOCK_BYTES = 24 << 10,
    LARGE_BLOCK_BYTES = 512 << 10,
    BLOCK_UNIT = 6 * FK_LANES,
    MAX_BLOCK = 11 * BLOCK_UNIT
};

typedef struct {
    const fk_run *run;
    bool (*combine)(double *, size_t, const fk_term *, size_t, const fk_model_output *);
    bool (*all_finite)(const double *, size_t);
    size_t dim, stages, normals, depth; /* the most of any step */
    fk_range mine;                      /* the particles of this rank */
    size_t block, n_blocks;
    size_t frozen_stride, n_frozen;
    unsigned char *frozen; /* (n_frozen, frozen_stride), or NULL: each thread for itself */
    size_t *slot;          /* (n_steps, stages): which frozen field */
} shared;

/* What each thread owns: blocks (dim, n) without gaps, one after the other. */
typedef struct {
    const shared *sh;
    size_t n;  /* particles of the present block, padded */
    bool tame; /* all of x is finite */
    double *memory, *x, *y, *score, *z;
    double *m[FK_MAX_STAGES], *h[FK_MAX_HISTORY];
    void *frozen;
    unsigned char **seen; /* (n_observers): observer states */
} worker;

static void survey(shared *sh)
{
    const fk_run *run = sh->run;
    size_t available = run->history ? run->history_depth : 0;
    sh->dim = run->field->dim;
    sh->depth = available;
    for (size_t n = 0; n < run->n_steps; n++) {
        const fk_step *s = &run->step[n];
        assert(s->stages <= FK_MAX_STAGES && s->normals <= FK_MAX_NORMALS);
        assert(s->history <= available && s->history <= FK_MAX_HISTORY);
        if (s->stages > sh->stages) sh->stages = s->stages;
        if (s->normals > sh->normals) sh->normals = s->normals;
        if (s->history > sh->depth) sh->depth = s->history;
        for (size_t i = 0; i < s->stages; i++) available += s->stage[i].push;
    }
    assert(sh->depth <= FK_MAX_HISTORY);
}

/* A block that stays in the first-level cache, or, where a frozen field is large, in the second:
 * each block reads it anew at each step, of which a particle's share is to be a line of the cache.
 * An odd multiple of what kernels take at a time, so that rows do not all start in the same cache
 * set; small enough that every thread gets several. */
static size_t choose_block(const shared *sh, size_t threads)
{
    const size_t rows = sh->dim * (3 + sh->stages + sh->normals + sh->depth);
    const size_t particle = rows * sizeof(double), share = (size_t)(sh->mine.end - sh->mine.first);
    size_t block = BLOCK_BYTES / particle, sharers = sh->run->field->frozen_size / FK_ALIGN;
    if (sharers > LARGE_BLOCK_BYTES / particle) sharers = LARGE_BLOCK_BYTES / particle;
    if (block < sharers) block = sharers;
    if (block > share / (4 * threads)) block = share / (4 * threads);
    if (block > MAX_BLOCK) block = MAX_BLOCK;
    return (block / BLOCK_UNIT | 1) * BLOCK_UNIT;
}

static void freeze_all(shared *sh, int threads)
{
    const fk_run *run = sh->run;
    const fk_field *field = run->field;
    const fk_stage **first = fk_alloc(run->n_steps * sh->stages + 1, sizeof *first);
    sh->slot = fk_alloc(run->n_steps * sh->stages + 1, sizeof *sh->slot);
    for (size_t n = 0; n < run->n_steps; n++)
        for (size_t i = 0; i < run->step[n].stages; i++) {
            const fk_stage *now = &run->step[n].stage[i];
            const fk_stage *last = sh->n_frozen ? first[sh->n_frozen - 1] : NULL;
            if (!last || last->s != now->s || last->sigma != now->sigma)
                first[sh->n_frozen++] = now;
            sh->slot[n * sh->stages + i] = sh->n_frozen - 1;
        }
    sh->frozen_stride = (field->frozen_size + FK_ALIGN - 1) / FK_ALIGN * FK_ALIGN;
    if (sh->frozen_stride == 0 || sh->n_frozen <= FROZEN_BYTES / sh->frozen_stride) {
        sh->frozen = fk_alloc(sh->n_frozen, sh->frozen_stride);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t j = 0; j < sh->n_frozen; j++)
            field->freeze(field->self, first[j]->s, first[j]->sigma,
                          sh->frozen + j * sh->frozen_stride);
    }
    free(first);
}

static unsigned char **new_states(const fk_run *run)
{
    unsigned char **state = fk_alloc(run->n_observers, sizeof *state);
    for (size_t o = 0; o < run->n_observers; o++)
        state[o] = fk_alloc(1, run->observer[o].state_size);
    return state;
}

static void free_states(const fk_run *run, unsigned char **state)
{
    for (size_t o = 0; o < run->n_observers; o++) free(state[o]);
    free(state);
}

static worker worker_new(const shared *sh)
{
    const fk_run *run = sh->run;
    worker w = {.sh = sh};
    size_t size = sh->dim * sh->block;
    double *next = w.memory =
        fk_alloc(size * (3 + sh->stages + sh->normals + sh->depth), sizeof *next);
    w.x = next, w.y = next += size, w.score = next += size, w.z = next += size;
    next += sh->normals * size;
    for (size_t i = 0; i < sh->stages; i++, next += size) w.m[i] = next;
    for (size_t i = 0; i < sh->depth; i++, next += size) w.h[i] = next;
    if (!sh->frozen) w.frozen = fk_alloc(1, sh->frozen_stride);
    w.seen = new_states(run);
    return w;
}

static void worker_free(worker *w)
{
    free_states(w->sh->run, w->seen);
    free(w->memory), free(w->frozen);
}

static fk_block as_block(const worker *w, double *x, size_t rows)
{
    return (fk_block){.x = x, .n = w->n, .dim = rows, .ld = w->n};
}

static size_t add_term(fk_term *term, size_t n_terms, double weight, const double *x)
{
    if (weight != 0.0) term[n_terms++] = (fk_term){weight, x};
    return n_terms;
}

/* The terms of c, of the outputs before stage `stages`; `pending` is the one among them that is not
 * made yet, or none. */
static size_t gather(const worker *w, const fk_step *s, const fk_combination *c, size_t stages,
                     size_t pending, fk_term *term)
{
    size_t k = add_term(term, 0, c->a, w->x);
    for (size_t j = 0; j < stages; j++)
        k = add_term(term, k, c->b[j], j == pending ? NULL : w->m[j]);
    for (size_t l = 0; l < s->normals; l++)
        k = add_term(term, k, c->c[l], w->z + l * w->sh->dim * w->n);
    for (size_t h = 0; h < s->history; h++) k = add_term(term, k, c->d[h], w->h[h]);
    return k;
}

/* Whether M_i is wanted after the combination that follows it, which is `next`: a stage's point or,
 * for next = stages, the result. */
static bool is_kept(const fk_step *s, size_t i, size_t next)
{
    bool kept = s->stage[i].push || (next < s->stages && s->result.b[i] != 0);
    for (size_t j = next + 1; j < s->stages; j++) kept = kept || s->stage[j].y.b[i] != 0;
    return kept;
}

/* out = c, and the output of the stage before number `next` on the way, where it is still to be
 * made: one pass over the block for both. */
static void combine(worker *w, const fk_step *s, const fk_combination *c, size_t next, double *out,
                    fk_model_output *pending)
{
    fk_term term[FK_MAX_TERMS];
    const bool waits = pending->y;
    size_t n_terms = gather(w, s, c, next, waits ? next - 1 : FK_MAX_STAGES, term);
    if (waits) pending->m = is_kept(s, next - 1, next) ? w->m[next - 1] : NULL;
    w->tame = w->sh->combine(out, w->sh->dim * w->n, term, n_terms, waits ? pending : NULL);
}

/* The score at stage i's point; M_i, unless it is the score itself, is left pending. */
static void run_stage(worker *w, size_t n, size_t i, fk_model_output *pending)
{
    const shared *sh = w->sh;
    const fk_field *field = sh->run->field;
    const fk_step *s = &sh->run->step[n];
    const fk_stage *stage = &s->stage[i];
    fk_term term[FK_MAX_TERMS];
    const bool moved = gather(w, s, &stage->y, i, FK_MAX_STAGES, term) != 1 || stage->y.a != 1.0;
    double *y = moved ? w->y : w->x;
    if (moved)
        combine(w, s, &stage->y, i, y, pending);
    else if (pending->y)
        sh->combine(w->m[i - 1], sh->dim * w->n, &(fk_term){1, NULL}, 1, pending);
    pending->y = NULL;

    bool plain = stage->p == 0.0 && stage->q == 1.0; /* M is the score itself */
    double *score = plain ? w->m[i] : w->score;
    if (stage->q != 0.0) {
        const void *frozen = sh->frozen + sh->slot[n * sh->stages + i] * sh->frozen_stride;
        if (!sh->frozen) field->freeze(field->self, stage->s, stage->sigma, w->frozen);
        field->eval(field->self, sh->frozen ? frozen : w->frozen, as_block(w, y, sh->dim),
                    as_block(w, score, sh->dim));
    }
    if (!plain) *pending = (fk_model_output){.p = stage->p, .q = stage->q, .y = y, .score = score};
}

/* The outputs that enter the history change places with the oldest entries. */
static void push_history(worker *w, const fk_step *s)
{
    size_t depth = w->sh->depth;
    for (size_t i = 0; i < s->stages && depth; i++) {
        if (!s->stage[i].push) continue;
        double *oldest = w->h[depth - 1];
        for (size_t h = depth - 1; h > 0; h--) w->h[h] = w->h[h - 1];
        w->h[0] = w->m[i], w->m[i] = oldest;
    }
}

static void run_step(worker *w, size_t n, uint64_t first)
{
    const fk_run *run = w->sh->run;
    const fk_step *s = &run->step[n];
    fk_model_output pending = {0};
    if (s->normals)
        run->noise.fill(run->noise.self, n, first, as_block(w, w->z, s->normals * w->sh->dim));
    for (size_t i = 0; i < s->stages; i++) run_stage(w, n, i, &pending);
    combine(w, s, &s->result, s->stages, w->x, &pending);
    push_history(w, s);
}

static void fill_history(worker *w, uint64_t first)
{
    const fk_run *run = w->sh->run;
    size_t dim = w->sh->dim;
    for (size_t h = 0; run->history && h < run->history_depth; h++)
        for (size_t p = 0; p < w->n; p++) {
            size_t id = first + p < run->n ? first + p : run->n - 1;
            for (size_t i = 0; i < dim; i++)
                w->h[h][i * w->n + p] = run->history[(h * run->n + id) * dim + i];
        }
}

/* The first of `count` particles with a coordinate that is not finite, or `count`. Padding lanes
 * do not count: whether a run fails must not depend on the block size. */
static size_t first_wild(const worker *w, size_t count)
{
    if (w->tame) return count;
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < w->sh->dim; i++)
            if (!isfinite(w->x[i * w->n + p])) return p;
    return count;
}

static void observe(worker *w, size_t steps_done, size_t *j, uint64_t first, size_t count)
{
    const fk_run *run = w->sh->run;
    for (; *j < run->n_observe && run->observe_at[*j] == steps_done; ++*j)
        for (size_t o = 0; o < run->n_observers; o++) {
            const fk_observer *ob = &run->observer[o];
            ob->see(ob->self, w->seen[o], *j, first, count, as_block(w, w->x, w->sh->dim));
        }
}

/* A particle that fails ends the run, but not yet: those below it in the block go on, and the
 * lowest that fails is the one reported, however particles are cut into blocks. */
static int run_block(worker *w, size_t b, fk_error *err)
{
    const fk_run *run = w->sh->run;
    size_t first = w->sh->mine.first + b * w->sh->block, left = w->sh->mine.end - first, j = 0;
    size_t count = left < w->sh->block ? left : w->sh->block;
    int status = FK_OK;
    w->n = fk_pad(count);
    run->start.fill(run->start.self, first, as_block(w, w->x, w->sh->dim));
    w->tame = w->sh->all_finite(w->x, w->sh->dim * w->n);
    fill_history(w, first);
    for (size_t n = 0;; n++) {
        const size_t wild = first_wild(w, count);
        if (wild < count) {
            status = fk_fail(err, FK_USAGE,
                             "particle %zu is not finite after step %zu of %zu: check its start, "
                             "or take more steps, or a stabler scheme",
                             first + wild, n, run->n_steps);
            count = wild;
        }
        if (status == FK_OK) observe(w, n, &j, first, count);
        if (n == run->n_steps || count == 0) return status;
        run_step(w, n, first);
    }
}

/* What the threads of this rank saw, added up and then over all ranks. */
static void merge_ranks(const fk_observer *ob, void *state)
{
    if (!ob->merge) return;
    fk_ranks_merge(state, ob->state_size, ob->self, ob->merge);
    ob->merge(ob->self, ob->total, state);
}

static void gather_rows(const fk_run *run, const fk_observer *ob, fk_range all)
{
    const size_t size = run->n * ob->row_size;
    for (size_t k = 0; k < ob->sets; k++)
        fk_ranks_gather(all, (char *)ob->rows + k * size, ob->row_size);
}

int fk_integrate(const fk_run *run, fk_error *err)
{
    assert(run->n > 0 && run->first % FK_LANES == 0 && run->first < run->n &&
           run->count <= run->n - run->first);
    for (size_t n = 0; n < run->n_steps; n++) assert(!run->step[n].normals || run->noise.fill);
    for (size_t j = 0; j < run->n_observe; j++)
        assert(run->observe_at[j] <= run->n_steps &&
               (j == 0 || run->observe_at[j - 1] <= run->observe_at[j]));
    const fk_range all = {run->first, run->count ? run->first + run->count : run->n};
    int threads = run->threads > 0 ? run->threads : omp_get_max_threads();
    shared sh = {.run = run,
                 .mine = fk_ranks_part(all, fk_rank()),
                 .combine = FK_CHOOSE_KERNEL(fk_combine),
                 .all_finite = FK_CHOOSE_KERNEL(fk_all_finite)};
    const size_t n_mine = (size_t)(sh.mine.end - sh.mine.first); /* 0: more ranks than work */
    survey(&sh);
    sh.block = run->block ? fk_pad(run->block < n_mine ? run->block : n_mine)
                          : choose_block(&sh, (size_t)threads);
    if (!sh.block) sh.block = BLOCK_UNIT; /* of no particles */
    sh.n_blocks = (n_mine + sh.block - 1) / sh.block;
    if ((size_t)threads > sh.n_blocks) threads = sh.n_blocks ? (int)sh.n_blocks : 1;
    freeze_all(&sh, threads);
    fk_progress *bar = run->progress ? fk_progress_new(run->progress, n_mine) : NULL;

    /* Blocks are dealt in ascending order, so all below a failed one run to their end: the lowest
     * block that fails has the lowest particle that does. */
    size_t failed = sh.n_blocks;
    fk_error first_error = {0};
    unsigned char **seen = new_states(run);
#pragma omp parallel num_threads(threads)
    {
        worker w = worker_new(&sh);
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < sh.n_blocks; b++) {
            size_t lowest;
            fk_error e;
#pragma omp atomic read
            lowest = failed;
            if (b > lowest) continue;
            if (run_block(&w, b, &e) != FK_OK) {
#pragma omp critical(fk_integrate)
                if (b < failed) {
                    first_error = e;
#pragma omp atomic write
                    failed = b;
                }
            }
            size_t end = (b + 1) * sh.block < n_mine ? (b + 1) * sh.block : n_mine;
            fk_progress_add(bar, end - b * sh.block);
        }
#pragma omp critical(fk_integrate)
        for (size_t o = 0; o < run->n_observers; o++)
            if (run->observer[o].merge)
                run->observer[o].merge(run->observer[o].self, seen[o], w.seen[o]);
        worker_free(&w);
    }
    fk_progress_free(bar);
    free(sh.slot), free(sh.frozen);

    int status = fk_ranks_agree(first_error.code, &first_error);
    for (size_t o = 0; o < run->n_observers && status == FK_OK; o++) {
        merge_ranks(&run->observer[o], seen[o]);
        gather_rows(run, &run->observer[o], all);
    }
    free_states(run, seen);
    if (status && err) *err = first_error;
    return status;
}
