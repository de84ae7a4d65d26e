/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fokker sample writes in place of samples: a histogram of each coordinate, and in the record
 * the moments. Memory does not grow with the number of samples. */
#include <math.h>
#include <stdlib.h>

#include "tools/sample_run.h"

/* The range of a histogram unless given, in standard deviations of the exact marginal at the end:
 * what lies beyond is of interest only to who asks for it, and is counted all the same. */
enum { REACH = 6 };

/* REACH standard deviations about the mean of coordinate i, as the run should end. */
static void choose_range(const sample_run *r, size_t i, double *lo, double *hi)
{
    const fk_mixture *m = r->s.mixture;
    const bool data = setup_denoises(&r->s);
    const double s = data ? 1 : r->s.to.s, sigma = data ? 0 : r->s.to.sigma;
    double mean = 0, var = 0, *cov = fk_alloc(m->dim * m->dim, sizeof *cov);
    for (size_t k = 0; k < m->k; k++) mean += m->weight[k] * m->mean[k * m->dim + i];
    for (size_t k = 0; k < m->k; k++) {
        const double off = m->mean[k * m->dim + i] - mean;
        fk_mixture_covariance(m, k, cov);
        var += m->weight[k] * (cov[i * m->dim + i] + off * off);
    }
    free(cov);
    const double sd = sqrt(s * s * var + sigma * sigma);
    *lo = s * mean - REACH * (sd > 0 ? sd : 1);
    *hi = s * mean + REACH * (sd > 0 ? sd : 1);
}

/* Each bin is wider than the rounding of its ends. */
static int check_bins(double lo, double hi, size_t bins, fk_error *err)
{
    const double width = (hi - lo) / (double)bins;
    if (isfinite(hi - lo) && isfinite(1 / width) && lo + width > lo && hi - width < hi)
        return FK_OK;
    return fk_fail(
        err, FK_USAGE,
        "--histogram %zu: from %.17g to %.17g there are not so many numbers apart, or too "
        "far; give another --range LO,HI",
        bins, lo, hi);
}

int sample_statistics_new(sample_run *r, fk_error *err)
{
    const size_t dim = r->s.mixture->dim;
    r->moments = fk_moments_new(1, dim);
    r->histogram = fk_alloc(dim, sizeof(fk_histogram *));
    r->lo = fk_alloc(2 * dim, sizeof *r->lo), r->hi = r->lo + dim;
    for (size_t i = 0; i < dim; i++) {
        choose_range(r, i, &r->lo[i], &r->hi[i]);
        if (r->range.n == 2) r->lo[i] = r->range.x[0], r->hi[i] = r->range.x[1];
        int code = check_bins(r->lo[i], r->hi[i], r->bins, err);
        if (code) return code;
        r->histogram[i] = fk_histogram_new(1, r->bins, i, &r->lo[i], &r->hi[i]);
    }
    return FK_OK;
}

static int write_counts(const sample_run *r, fk_error *err)
{
    fk_csv *csv;
    int code = fk_csv_create(r->out, "axis,from,to,count", NULL, &csv, err);
    if (code) return code;
    for (size_t i = 0; i < r->s.mixture->dim; i++) {
        const fk_histogram *h = r->histogram[i];
        const uint64_t *counts = fk_histogram_counts(h, 0);
        for (size_t b = 0; b < r->bins + 2; b++) {
            const double from = b == 0 ? -INFINITY : fk_histogram_edge(h, 0, b - 1);
            const double to = b == r->bins + 1 ? INFINITY : fk_histogram_edge(h, 0, b);
            fk_csv_row(csv, (double[]){(double)i, from, to, (double)counts[b]}, 4);
        }
    }
    return fk_csv_commit(csv, err);
}

int sample_statistics_write(const sample_run *r, json_t *record, fk_error *err)
{
    json_t *moments = json_array();
    for (size_t i = 0; i < r->s.mixture->dim; i++)
        json_array_append_new(moments,
                              json_pack("{s:I, s:o, s:o}", "axis", (json_int_t)i, "mean",
                                        fk_json_real(fk_moments_mean(r->moments, 0, i)), "var",
                                        fk_json_real(fk_moments_variance(r->moments, 0, i))));
    json_object_set_new(record, "moments", moments);
    int code = write_counts(r, err);
    return code ? code : fk_json_write(r->record_file, record, err);
}

void sample_statistics_free(sample_run *r)
{
    for (size_t i = 0; r->histogram && i < r->s.mixture->dim; i++)
        fk_histogram_free(r->histogram[i]);
    free(r->histogram), free(r->lo);
    fk_moments_free(r->moments);
}
