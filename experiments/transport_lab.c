/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/transport_lab.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/draws.h"
#include "analytic/exact.h"
#include "claims/assignment.h"
#include "claims/setting.h"
#include "ode/adaptive.h"
#include "ode/schemes.h"

/* Fine enough for pictures and for six digits; the claims B8 to B10 go to 1e-12. */
#define TOLERANCE 1e-9

static fk_marginal *marginal_at(const transport *q, const fk_mixture *m, double t)
{
    const fk_coeffs c = fk_schedule_at(&q->schedule, t);
    return fk_marginal_new(m, c.s, c.sigma);
}

/* The starts of `at` (n), in parallel, to `to`. FK_USAGE where the solver gives up. */
static int follow(const transport *q, const fk_mixture *m, double to, double factor, image *at,
                  size_t n, fk_error *err)
{
    const fk_jacobian_of of = {m, &q->schedule, q->from, to, TOLERANCE, factor};
    fk_marginal *p = marginal_at(q, m, q->from), *data = marginal_at(q, m, to);
    size_t failed = 0;
    const int threads = q->threads > 0 ? q->threads : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : failed)
    for (size_t i = 0; i < n; i++) {
        double jacobian[4];
        failed += !fk_flow_jacobian(&of, at[i].x, at[i].y, jacobian);
        at[i].determinant = fk_determinant(m->dim, jacobian);
        at[i].asymmetry = fk_asymmetry(m->dim, jacobian);
        at[i].ratio = exp(fk_marginal_at(p, at[i].x, NULL) - fk_marginal_at(data, at[i].y, NULL));
    }
    fk_marginal_free(p);
    fk_marginal_free(data);
    return failed ? fk_fail(err, FK_USAGE, "--mixture '%s': %zu of %zu paths could not be solved",
                            m->name, failed, n)
                  : FK_OK;
}

/* ---- on the line -------------------------------------------------------------------------------
 */

/* Minima of p_to between its modes: where the score goes up through 0, looked for in 4000 cells. */
static void find_valleys(transport *q, const fk_coeffs *near, const fk_coeffs *far)
{
    enum { CELLS = 4000 };
    fk_marginal *data = fk_marginal_new(q->line, near->s, near->sigma);
    const double lo = fk_marginal_quantile(data, 1e-4, false),
                 hi = fk_marginal_quantile(data, 1e-4, true);
    double before = -1;
    q->n_valleys = 0;
    for (size_t i = 0; i <= CELLS && q->n_valleys < MAX_VALLEYS; i++) {
        double x = lo + (hi - lo) * (double)i / CELLS, score;
        fk_marginal_at(data, &x, &(fk_point){.score = &score});
        if (i && before < 0 && score >= 0) q->valley[q->n_valleys++] = x - (hi - lo) / CELLS / 2;
        before = score;
    }
    fk_flow(q->line, near, far, q->n_valleys, q->valley, q->threshold, NULL);
    fk_marginal_free(data);
}

static int by_start(const void *a, const void *b)
{
    const image *p = a, *q = b;
    return (p->x[0] > q->x[0]) - (p->x[0] < q->x[0]);
}

/* Half of the starts are spread evenly, half so that their images are: between modes the map is
 * steep. */
int transport_line(transport *q, size_t n, fk_error *err)
{
    const fk_coeffs far = fk_schedule_at(&q->schedule, q->from),
                    near = fk_schedule_at(&q->schedule, q->to);
    fk_marginal *g = marginal_at(q, q->line, q->from);
    const double lo = fk_marginal_quantile(g, 1e-3, false),
                 hi = fk_marginal_quantile(g, 1e-3, true);
    fk_marginal_free(g);
    double ends[2];
    fk_flow(q->line, &far, &near, 2, (double[]){lo, hi}, ends, NULL);
    q->n_line = n;
    q->on_line = fk_alloc(n, sizeof *q->on_line);
    for (size_t i = 0; i < n; i++) {
        image *at = &q->on_line[i];
        const double u = (double)(i / 2) / (double)((n - 1) / 2),
                     even = ends[0] * (1 - u) + ends[1] * u;
        at->x[0] = lo * (1 - u) + hi * u;
        if (i % 2) fk_flow(q->line, &near, &far, 1, &even, at->x, NULL);
        fk_flow(q->line, &far, &near, 1, at->x, &at->exact, &at->slope);
    }
    qsort(q->on_line, n, sizeof *q->on_line, by_start);
    find_valleys(q, &near, &far);
    return follow(q, q->line, q->to, 1, q->on_line, n, err);
}

double transport_gap(const transport *q, double factor)
{
    enum { STARTS = 40 };
    image at[STARTS];
    double worst = 0;
    fk_error err;
    for (size_t i = 0; i < STARTS; i++) at[i] = q->on_line[i * (q->n_line - 1) / (STARTS - 1)];
    if (follow(q, q->line, q->to, factor, at, STARTS, &err) != FK_OK) return NAN;
    for (size_t i = 0; i < STARTS; i++)
        fk_worst(&worst, fabs(at[i].y[0] - at[i].exact) / fmax(1, at[i].slope));
    return worst;
}

/* ---- in the plane ------------------------------------------------------------------------------
 */

int transport_plane(transport *q, size_t side, size_t times, fk_error *err)
{
    const fk_coeffs far = fk_schedule_at(&q->schedule, q->from);
    q->side = side;
    q->reach = 2.6 * hypot(far.s, far.sigma);
    q->grid = fk_alloc(side * side, sizeof *q->grid);
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < side; j++) {
            double *x = q->grid[i * side + j].x;
            x[0] = q->reach * (2 * (double)i / (double)(side - 1) - 1);
            x[1] = q->reach * (2 * (double)j / (double)(side - 1) - 1);
        }
    int status = follow(q, q->plane, q->to, 1, q->grid, side * side, err);

    const double noisy = far.lambda, clean = fk_schedule_at(&q->schedule, q->to).lambda;
    q->n_times = times;
    q->path = fk_alloc(PATHS * times, sizeof *q->path);
    q->noise = fk_alloc(times, sizeof *q->noise);
    image column[PATHS];
    for (size_t j = 0; j < times && !status; j++) {
        const double lambda = noisy + (clean - noisy) * (double)(j + 1) / (double)times;
        const double t = j + 1 < times ? q->schedule.time_of(&q->schedule, lambda) : q->to;
        q->noise[j] = exp(-lambda);
        for (size_t k = 0; k < PATHS; k++) { /* on a circle of one standard deviation */
            const double angle = 2 * FK_PI * (double)k / PATHS, radius = q->reach / 2.6;
            column[k] = (image){.x = {radius * cos(angle), radius * sin(angle)}};
        }
        status = follow(q, q->plane, t, 1, column, PATHS, err);
        for (size_t k = 0; k < PATHS; k++) q->path[k * times + j] = column[k];
    }
    return status;
}

double transport_odd(const transport *q)
{
    double worst = 0;
    for (size_t i = 0; i < q->side * q->side; i++) fk_worst(&worst, q->grid[i].asymmetry);
    return worst;
}

/* Draws of p_from and where the flow takes them. */
static int draw(const transport *q, const fk_mixture *m, size_t n, double *x, double *y,
                fk_error *err)
{
    const size_t dim = m->dim, size = n * dim, padded = fk_pad(n);
    const fk_coeffs far = fk_schedule_at(&q->schedule, q->from);
    const fk_marginal_start start = {m, far.s, far.sigma, q->seed};
    const fk_source source = fk_source_marginal(&start);
    double *block = fk_alloc(padded * dim, sizeof *block), *path = fk_alloc(2 * size, sizeof *path);
    source.fill(source.self, 0, (fk_block){block, padded, dim, padded});
    for (size_t p = 0; p < n; p++)
        for (size_t i = 0; i < dim; i++) path[p * dim + i] = block[i * padded + p];
    const double t[2] = {q->from, q->to};
    const fk_field field = fk_mixture_field(m);
    fk_adaptive_options options = {.rtol = TOLERANCE, .atol = TOLERANCE, .threads = q->threads};
    int status = fk_adaptive_solve(&fk_rk8pd, &q->schedule, &field, t, 2, n, path, &options, err);
    memcpy(x, path, size * sizeof *x);
    memcpy(y, path + size, size * sizeof *y);
    free(path);
    free(block);
    return status;
}

int transport_pairs(transport *q, size_t n, fk_error *err)
{
    q->n_pairs = n;
    q->start = fk_alloc(2 * n, sizeof *q->start);
    q->end = fk_alloc(2 * n, sizeof *q->end);
    q->start_1 = fk_alloc(n, sizeof *q->start_1);
    q->end_1 = fk_alloc(n, sizeof *q->end_1);
    q->best = fk_alloc(n, sizeof *q->best);
    int status = draw(q, q->line, n, q->start_1, q->end_1, err);
    if (!status) status = draw(q, q->plane, n, q->start, q->end, err);
    if (status) return status;
    q->excess_1 = fk_transport_excess(n, 1, q->start_1, q->end_1, 2, NULL);
    q->excess = fk_transport_excess(n, 2, q->start, q->end, 2, q->best);
    for (size_t i = 0; i < n; i++) {
        const double a = q->start[2 * i] - q->end[2 * i],
                     b = q->start[2 * i + 1] - q->end[2 * i + 1];
        q->cost += (a * a + b * b) / (double)n;
        q->moved += q->best[i] != i;
    }
    return FK_OK;
}

void transport_free(transport *q)
{
    free(q->on_line);
    free(q->grid);
    free(q->path);
    free(q->noise);
    free(q->start);
    free(q->end);
    free(q->start_1);
    free(q->end_1);
    free(q->best);
}
