/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/marginals_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "core/stats.h"
#include "experiments/common.h"

enum { BINS = 60, CURVE = 401, GRID = 101, DOTS = 800, CONTOUR_DRAWS = 4000 };

static const which drawn[] = {SDE, HEUN, RK45};

static int write_distances(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "distances.csv", "t,direction,ks_sde,w1_sde,ks_heun,w1_heun,ks_rk45,w1_rk45",
        "distances to the exact law along a direction (degrees); W1 over its "
        "standard deviation",
        &csv, err);
    if (status) return status;
    for (size_t j = 0; j < TIMES; j++)
        for (size_t d = 0; d < l->directions; d++) {
            double v[8] = {marginals_time(l, j), l->mixture->dim == 1 ? 0.0 : marginals_degrees[d]};
            for (size_t i = 0; i < 3; i++)
                marginals_distances(l, &l->on, l->run[drawn[i]], j, d, &v[2 + 2 * i],
                                    &v[3 + 2 * i]);
            fk_csv_row(csv, v, 8);
        }
    return fk_csv_commit(csv, err);
}

static fk_marginal *marginal_of(const lab *l, size_t j)
{
    const fk_coeffs *c = &l->on.axis.node[l->on.node[j]];
    return fk_marginal_new(l->mixture, c->s, c->sigma);
}

/* The range of the law along an axis that holds all but 1e-3 of it. */
static void range(const fk_marginal *law, double *lo, double *hi)
{
    *lo = fk_marginal_quantile(law, 5e-4, false);
    *hi = fk_marginal_quantile(law, 5e-4, true);
}

/* ---- 1-D ---------------------------------------------------------------------------------------
 */

static int write_histograms(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "histograms.csv", "t,x,sde,heun,rk45",
                                   "densities by histograms; x is the middle of a bin", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < TIMES; j++) {
        double lo, hi, height[3][BINS] = {{0.0}};
        fk_marginal *law = marginal_of(l, j);
        range(law, &lo, &hi);
        fk_marginal_free(law);
        double width = (hi - lo) / BINS;
        for (size_t i = 0; i < 3; i++) {
            const fk_snapshots *seen = l->run[drawn[i]];
            for (size_t p = 0; p < seen->n; p++) {
                double bin = floor((seen->x[j * seen->n + p] - lo) / width);
                if (bin >= 0.0 && bin < BINS)
                    height[i][(size_t)bin] += 1.0 / (width * (double)seen->n);
            }
        }
        for (size_t b = 0; b < BINS; b++) {
            double v[] = {marginals_time(l, j), lo + ((double)b + 0.5) * width, height[0][b],
                          height[1][b], height[2][b]};
            fk_csv_row(csv, v, 5);
        }
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

static int write_curves(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "density.csv", "t,x,p", "the exact density p_t", &csv, err);
    if (status) return status;
    for (size_t j = 0; j < TIMES; j++) {
        double lo, hi;
        fk_marginal *law = marginal_of(l, j);
        range(law, &lo, &hi);
        for (size_t i = 0; i < CURVE; i++) {
            double x = lo + (hi - lo) * (double)i / (CURVE - 1);
            double p = exp(fk_marginal_at(law, &x, &(fk_point){0}));
            fk_csv_row(csv, (double[]){marginals_time(l, j), x, p}, 3);
        }
        fk_marginal_free(law);
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

/* ---- 2-D ---------------------------------------------------------------------------------------
 */

static int write_samples(const lab *l, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "samples.csv", "t,sde_0,sde_1,heun_0,heun_1,rk45_0,rk45_1",
                          "the first samples of each run", &csv, err);
    if (status) return status;
    size_t dots = l->n_adaptive < DOTS ? l->n_adaptive : DOTS;
    for (size_t j = 0; j < TIMES; j++) {
        for (size_t p = 0; p < dots; p++) {
            double v[7] = {marginals_time(l, j)};
            for (size_t i = 0; i < 3; i++) {
                const fk_snapshots *seen = l->run[drawn[i]];
                memcpy(v + 1 + 2 * i, seen->x + (j * seen->n + p) * 2, 2 * sizeof *v);
            }
            fk_csv_row(csv, v, 7);
        }
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    return fk_csv_commit(csv, err);
}

/* Densities whose superlevel sets hold one half and nine tenths of the law: quantiles of p(X), X
 * drawn from it. */
static void contour_levels(const lab *l, const fk_marginal *m, double *half, double *most)
{
    double *p = fk_alloc(CONTOUR_DRAWS, sizeof *p);
    fk_marginal_start start = {l->mixture, m->s, m->sigma, l->seed};
    fk_source source = fk_source_marginal(&start);
    size_t n = fk_pad(CONTOUR_DRAWS);
    double *x = fk_alloc(2 * n, sizeof *x);
    source.fill(source.self, 0, (fk_block){.x = x, .n = n, .dim = 2, .ld = n});
    for (size_t i = 0; i < CONTOUR_DRAWS; i++)
        p[i] = exp(fk_marginal_at(m, (double[]){x[i], x[n + i]}, &(fk_point){0}));
    fk_sort(p, CONTOUR_DRAWS);
    *half = fk_quantile_sorted(p, CONTOUR_DRAWS, 0.5);
    *most = fk_quantile_sorted(p, CONTOUR_DRAWS, 0.1);
    free(x);
    free(p);
}

/* density.csv, a grid for each time, and ranges.csv: the square that the figure shows at each time
 * and the contour levels. */
static int write_contours(const lab *l, const char *folder, fk_error *err)
{
    fk_mixture *axis[2];
    fk_csv *grid, *ranges;
    int status = marginals_project(l->mixture, (double[]){1.0, 0.0}, &axis[0], err);
    if (status) return status;
    if ((status = marginals_project(l->mixture, (double[]){0.0, 1.0}, &axis[1], err))) goto first;
    status =
        fk_experiment_csv(folder, "density.csv", "t,x0,x1,p", "the exact density p_t", &grid, err);
    if (status) goto both;
    if ((status = fk_experiment_csv(
             folder, "ranges.csv", "t,lo_0,hi_0,lo_1,hi_1,level_50,level_90",
             "at each time the square shown, and the densities whose superlevel sets "
             "hold 50 % and 90 %",
             &ranges, err))) {
        fk_csv_abandon(grid);
        goto both;
    }
    for (size_t j = 0; j < TIMES; j++) {
        fk_marginal *m = marginal_of(l, j);
        double v[7] = {marginals_time(l, j)}, middle[2], width = 0.0, row[GRID];
        for (size_t i = 0; i < 2; i++) {
            fk_marginal *law = fk_marginal_new(axis[i], m->s, m->sigma);
            double lo, hi;
            range(law, &lo, &hi);
            middle[i] = 0.5 * (lo + hi), width = fmax(width, 1.06 * (hi - lo));
            fk_marginal_free(law);
        }
        for (size_t i = 0; i < 2; i++)
            v[1 + 2 * i] = middle[i] - 0.5 * width, v[2 + 2 * i] = middle[i] + 0.5 * width;
        contour_levels(l, m, &v[5], &v[6]);
        fk_csv_row(ranges, v, 7);
        for (size_t a = 0; a < GRID; a++) {
            double x0 = v[1] + width * (double)a / (GRID - 1);
#pragma omp parallel for schedule(static)
            for (size_t b = 0; b < GRID; b++)
                row[b] = exp(fk_marginal_at(
                    m, (double[]){x0, v[3] + width * (double)b / (GRID - 1)}, &(fk_point){0}));
            for (size_t b = 0; b < GRID; b++)
                fk_csv_row(grid,
                           (double[]){v[0], x0, v[3] + width * (double)b / (GRID - 1), row[b]}, 4);
            fk_csv_block(grid);
        }
        fk_csv_block(grid);
        fk_marginal_free(m);
    }
    status = fk_csv_commit(grid, err);
    if (status)
        fk_csv_abandon(ranges);
    else
        status = fk_csv_commit(ranges, err);
both:
    fk_mixture_free(axis[1]);
first:
    fk_mixture_free(axis[0]);
    return status;
}

int marginals_write_tables(const lab *l, const char *folder, fk_error *err)
{
    static const char *const name[] = {"sde.npy", "heun.npy", "rk45.npy"};
    int status = write_distances(l, folder, err);
    for (size_t i = 0; i < 3 && !status; i++) {
        const fk_snapshots *seen = l->run[drawn[i]];
        char *path = fk_path_join(folder, name[i]);
        status = fk_npy_write(path, seen->x, 3, (size_t[]){TIMES, seen->n, seen->dim}, err);
        free(path);
    }
    if (l->mixture->dim == 1) {
        if (!status) status = write_histograms(l, folder, err);
        if (!status) status = write_curves(l, folder, err);
    } else {
        if (!status) status = write_samples(l, folder, err);
        if (!status) status = write_contours(l, folder, err);
    }
    return status;
}
