/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/observe.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/observe_kernel.h"
#include "core/sum.h"

fk_snapshots *fk_snapshots_new(size_t n_times, size_t n, size_t dim)
{
    fk_snapshots *snap = fk_alloc(1, sizeof *snap);
    *snap = (fk_snapshots){fk_alloc(n_times * n * dim, sizeof(double)), n_times, n, dim};
    return snap;
}

void fk_snapshots_free(fk_snapshots *snap)
{
    if (!snap) return;
    free(snap->x);
    free(snap);
}

/* Blocks are disjoint, so that each thread stores straight into the whole. */
static void snapshots_see(void *self, void *state, size_t j, uint64_t first, size_t count,
                          fk_block x)
{
    (void)state;
    const fk_snapshots *snap = self;
    assert(j < snap->n_times && first + count <= snap->n && x.dim == snap->dim);
    double *to = snap->x + (j * snap->n + first) * snap->dim;
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < x.dim; i++) to[p * x.dim + i] = x.x[i * x.ld + p];
}

fk_observer fk_observe_snapshots(fk_snapshots *snap)
{
    return (fk_observer){.self = snap,
                         .see = snapshots_see,
                         .rows = snap->x,
                         .sets = snap->n_times,
                         .row_size = snap->dim * sizeof *snap->x};
}

/* The sums of one coordinate at one time: of x, and of x^2. The latest terms are in one cache line,
 * as integers, and go into the exact sums when they are many. */
typedef struct {
    _Alignas(FK_ALIGN) int64_t late[2][FK_SPLITS];
    uint64_t n_late, n; /* terms of each, particles */
    fk_sum all[2];
} sums;

struct fk_moments {
    size_t n_times, dim;
    size_t (*lane_sums)(const double *, size_t, double *, double *, int64_t (*)[FK_SPLITS], bool *);
    sums sum[]; /* (n_times, dim): of merged states, nothing late */
};

fk_moments *fk_moments_new(size_t n_times, size_t dim)
{
    fk_moments *mom = fk_alloc(1, sizeof *mom + n_times * dim * sizeof(sums));
    mom->n_times = n_times;
    mom->dim = dim;
    mom->lane_sums = FK_CHOOSE_KERNEL(fk_lane_sums);
    return mom;
}

void fk_moments_free(fk_moments *mom)
{
    free(mom);
}

static void settle(sums *sum)
{
    for (size_t k = 0; k < 2; k++) {
        fk_sum_add_split(&sum->all[k], sum->late[k]);
        memset(sum->late[k], 0, sizeof sum->late[k]);
    }
    sum->n_late = 0;
}

/* Sixteen lanes are added in plain doubles, always in the same tree, and the result exactly.
 * Blocks start at multiples of FK_LANES, so that the same sixteen particles meet whatever the
 * block's size; lanes beyond the ensemble's last particle count as 0. */
static void add_row(const fk_moments *mom, sums *sum, const double *x, size_t count)
{
    enum { MOST = FK_MOST_GROUPS * FK_LANES };
    sum->n += count;
    for (size_t some; count > 0; x += some, count -= some) {
        double term[2][FK_MOST_GROUPS];
        int64_t part[2][FK_SPLITS];
        bool whole;
        some = count < MOST ? count : MOST;
        const size_t groups = mom->lane_sums(x, some, term[0], term[1], part, &whole);
        if (sum->n_late + groups > FK_MOST_SPLIT) settle(sum);
        sum->n_late += groups;
        for (size_t k = 0; k < 2; k++) {
            if (!whole) fk_sum_add_all(&sum->all[k], term[k], groups);
            for (size_t i = 0; whole && i < FK_SPLITS; i++) sum->late[k][i] += part[k][i];
        }
    }
}

static void moments_see(void *self, void *state, size_t j, uint64_t first, size_t count, fk_block x)
{
    const fk_moments *mom = self;
    assert(j < mom->n_times && x.dim == mom->dim && first % FK_LANES == 0);
    (void)first;
    sums *mine = (sums *)state + j * mom->dim;
    for (size_t i = 0; i < x.dim; i++) add_row(mom, mine + i, x.x + i * x.ld, count);
}

static void moments_merge(const void *self, void *into, const void *state)
{
    const fk_moments *mom = self;
    sums *all = into;
    const sums *some = state;
    for (size_t k = 0; k < mom->n_times * mom->dim; k++) {
        for (size_t i = 0; i < 2; i++) {
            fk_sum_merge(&all[k].all[i], &some[k].all[i]);
            fk_sum_add_split(&all[k].all[i], some[k].late[i]);
        }
        all[k].n += some[k].n;
    }
}

fk_observer fk_observe_moments(fk_moments *mom)
{
    return (fk_observer){.self = mom,
                         .see = moments_see,
                         .state_size = mom->n_times * mom->dim * sizeof(sums),
                         .total = mom->sum,
                         .merge = moments_merge};
}

static const sums *moments_of(const fk_moments *mom, size_t j, size_t i)
{
    assert(j < mom->n_times && i < mom->dim);
    return mom->sum + j * mom->dim + i;
}

double fk_moments_mean(const fk_moments *mom, size_t j, size_t i)
{
    const sums *sum = moments_of(mom, j, i);
    return fk_sum_value(&sum->all[0]) / (double)sum->n;
}

/* The squares are rounded: the relative error is about 2^-52 (1 + mean^2/variance). */
double fk_moments_variance(const fk_moments *mom, size_t j, size_t i)
{
    const sums *sum = moments_of(mom, j, i);
    double n = (double)sum->n, total = fk_sum_value(&sum->all[0]);
    return (fk_sum_value(&sum->all[1]) - total / n * total) / (n - 1);
}

struct fk_histogram {
    size_t n_times, bins, axis;
    fk_bins *at;      /* (n_times) */
    uint64_t *counts; /* (n_times, bins + 2), and one more: scratch */
    void (*count)(const fk_bins *, const double *, size_t, uint64_t *, uint64_t *);
};

fk_histogram *fk_histogram_new(size_t n_times, size_t bins, size_t axis, const double *lo,
                               const double *hi)
{
    assert(bins > 0 && bins < INT32_MAX);
    fk_histogram *h = fk_alloc(1, sizeof *h);
    *h = (fk_histogram){n_times,
                        bins,
                        axis,
                        fk_alloc(n_times, sizeof *h->at),
                        fk_alloc((n_times + 1) * (bins + 2), sizeof(uint64_t)),
                        FK_CHOOSE_KERNEL(fk_count_bins)};
    for (size_t j = 0; j < n_times; j++) {
        const double width = (hi[j] - lo[j]) / (double)bins;
        assert(isfinite(width) && isfinite(1 / width) && lo[j] + width > lo[j] &&
               hi[j] - width < hi[j]);
        h->at[j] = (fk_bins){lo[j], width, (int32_t)bins};
    }
    return h;
}

void fk_histogram_free(fk_histogram *h)
{
    if (!h) return;
    free(h->at);
    free(h->counts);
    free(h);
}

static void histogram_see(void *self, void *state, size_t j, uint64_t first, size_t count,
                          fk_block x)
{
    (void)first;
    const fk_histogram *h = self;
    assert(j < h->n_times && h->axis < x.dim);
    uint64_t *mine = (uint64_t *)state + j * (h->bins + 2);
    uint64_t *other = (uint64_t *)state + h->n_times * (h->bins + 2);
    h->count(&h->at[j], x.x + h->axis * x.ld, count, mine, other);
}

static void histogram_merge(const void *self, void *into, const void *state)
{
    const fk_histogram *h = self;
    uint64_t *all = into;
    const uint64_t *some = state;
    for (size_t k = 0; k < h->n_times * (h->bins + 2); k++) all[k] += some[k];
}

fk_observer fk_observe_histogram(fk_histogram *h)
{
    return (fk_observer){.self = h,
                         .see = histogram_see,
                         .state_size = (h->n_times + 1) * (h->bins + 2) * sizeof(uint64_t),
                         .total = h->counts,
                         .merge = histogram_merge};
}

const uint64_t *fk_histogram_counts(const fk_histogram *h, size_t j)
{
    assert(j < h->n_times);
    return h->counts + j * (h->bins + 2);
}

double fk_histogram_edge(const fk_histogram *h, size_t j, size_t b)
{
    assert(j < h->n_times && b <= h->bins);
    return fk_bin_edge(&h->at[j], b);
}

double fk_histogram_quantile(const fk_histogram *h, size_t j, double p)
{
    assert(p >= 0 && p <= 1);
    const uint64_t *counts = fk_histogram_counts(h, j);
    uint64_t all = 0;
    for (size_t b = 0; b < h->bins + 2; b++) all += counts[b];
    double wanted = p * (double)all, below = (double)counts[0];
    if (all == 0) return NAN;
    if (wanted < below) return h->at[j].lo;
    for (size_t b = 0; b < h->bins; b++) {
        double here = (double)counts[1 + b];
        if (here > 0 && wanted <= below + here)
            return fk_bin_edge(&h->at[j], b) + h->at[j].width * ((wanted - below) / here);
        below += here;
    }
    return fk_bin_edge(&h->at[j], h->bins);
}
