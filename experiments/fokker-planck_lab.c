/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/fokker-planck_lab.h"

#include <math.h>
#include <omp.h>

#include "core/cli.h"

const fk_process planck_process[] = {
    [FORWARD] = {0, 1, 1, 0},
    [REVERSE] = {1, 1, -1, 0},
    [CONTINUITY] = {0.5, 0, -1, 0},
    [PRINTED_CURRENT] = {0, -1, 1, 0},
    [NO_HALF] = {0, 2, 1, 0},
    [PRINTED_DRIFT] = {1, 1, -1, -2},
    [PRINTED_DRIFT_IN_T] = {-1, 1, -1, 0},
    [HALF_SCORE] = {0.5, 1, -1, 0},
    [FULL_SCORE] = {1, 0, -1, 0},
};
const double planck_points[RESOLUTIONS] = {0.125, 0.1875, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2};
const double planck_steps[STEP_COUNTS] = {1, 1.5, 2, 3, 4, 6};

enum {
    MOST_POINTS = 1024,
    TIME_FRAMES = 400,
    PRINTED_FRAMES = 400,
    LEAST_STEPS = 3000,
    LEAST_POINTS = 256
};
/* Waves up to k leave out exp(-(k sd)^2/2) of a Gaussian: 1e-14 at k sd = 8. */
static const double RESOLVED = 8, REACH = 9; /* the box, in units of the scale */

fk_fokker_planck planck_problem(const lab *l, equation of, size_t points, size_t steps, size_t kept)
{
    bool up = planck_process[of].direction > 0;
    return (fk_fokker_planck){.mixture = l->mixture,
                              .schedule = &l->schedule,
                              .process = planck_process[of],
                              .t_from = up ? l->schedule.t_min : l->schedule.t_max,
                              .t_to = up ? l->schedule.t_max : l->schedule.t_min,
                              .points = points,
                              .steps = steps,
                              .kept = kept};
}

double planck_end_error(const lab *l, equation of, size_t points, size_t steps)
{
    fk_fokker_planck problem = planck_problem(l, of, points, steps, 2);
    fk_densities d;
    fk_error err;
    if (fk_fokker_planck_solve(&problem, &d, &err) != FK_OK) return NAN;
    double error = fk_densities_error(&d, d.kept - 1, l->mixture, &l->schedule);
    fk_densities_free(&d);
    return error;
}

static size_t even(double n)
{
    return 2 * (size_t)ceil(n / 2);
}

/* Points that hold the narrowest component of the data, where it is narrowest. */
static int choose_points(lab *l, const char *spec, fk_error *err)
{
    const fk_mixture *m = l->mixture;
    fk_coeffs c = fk_schedule_at(&l->schedule, l->schedule.t_min);
    double narrow = INFINITY, second = 0;
    for (size_t k = 0; k < m->k; k++) {
        second += m->weight[k] * (m->mean[k] * m->mean[k] + m->var[k]);
        narrow = fmin(narrow, sqrt(c.s * c.s * m->var[k] + c.sigma * c.sigma));
    }
    narrow /= sqrt(c.s * c.s * second + c.sigma * c.sigma);
    double n = 2 * REACH * RESOLVED / (FK_PI * narrow);
    if (n > MOST_POINTS)
        return fk_fail(err, FK_USAGE,
                       "--mixture %s: a component %.2g of the whole law's width needs %.0f points, "
                       "and %d are what this experiment affords; take wider components",
                       spec, narrow, n, MOST_POINTS);
    l->points = 16 * (size_t)fmax(round(n / 16), 4); /* its eighths are even */
    return FK_OK;
}

int planck_lab_new(lab *l, const char *mixture, const char *schedule, fk_error *err)
{
    int status = fk_mixture_read(mixture, &l->mixture, err);
    if (!status && l->mixture->dim != 1)
        status =
            fk_fail(err, FK_USAGE, "--mixture '%s' has dim %zu: the equation is solved in dim 1",
                    mixture, l->mixture->dim);
    if (!status) status = fk_schedule_parse(schedule, &l->schedule, err);
    if (!status) status = choose_points(l, mixture, err);
    l->log_time = !status && l->schedule.t_max > 2;
    return status;
}

void planck_lab_free(lab *l)
{
    fk_densities_free(&l->map);
    for (int i = 0; i < RIGHT_ONES; i++) fk_densities_free(&l->run[i]);
    for (int i = 0; i < PRINTED; i++) fk_densities_free(&l->printed[i]);
    fk_mixture_free(l->mixture);
}

/* All the errors against points and steps, a task each. */
static void studies(lab *l, bool quick)
{
    size_t stable[RIGHT_ONES];
    for (int i = 0; i < RIGHT_ONES; i++) {
        fk_fokker_planck p = planck_problem(l, (equation)i, l->points, 0, 2);
        stable[i] = fk_fokker_planck_steps(&p);
    }
    l->steps = quick ? 6000 : 12000;
    if (l->steps < 4 * stable[CONTINUITY]) l->steps = 4 * stable[CONTINUITY];
    enum { TASKS = RIGHT_ONES * (RESOLUTIONS + STEP_COUNTS) };
    fk_progress *bar = fk_progress_new("errors", TASKS);
    int threads = l->threads > 0 ? l->threads : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int task = TASKS - 1; task >= 0; task--) { /* the dear ones first */
        int j = task / RIGHT_ONES, i = task % RIGHT_ONES;
        if (j < STEP_COUNTS) {
            l->steps_of[i][j] = (size_t)((double)stable[i] * planck_steps[j]);
            l->by_steps[i][j] = planck_end_error(l, (equation)i, l->points, l->steps_of[i][j]);
        } else {
            j -= STEP_COUNTS;
            size_t points = even((double)l->points * planck_points[j]);
            l->points_of[j] = points;
            l->by_points[i][j] = planck_end_error(l, (equation)i, points, l->steps);
        }
        fk_progress_add(bar, 1);
    }
    fk_progress_free(bar);
}

int planck_run(lab *l, bool quick, fk_error *err)
{
    fk_fokker_planck map = planck_problem(
        l, FORWARD, 2 * (l->points < LEAST_POINTS ? LEAST_POINTS : l->points), 0, TIME_FRAMES + 1);
    int status = fk_fokker_planck_solve(&map, &l->map, err);
    for (int i = 0; i < RIGHT_ONES && !status; i++) {
        fk_fokker_planck p = planck_problem(l, (equation)i, l->points, 0, TIME_FRAMES + 1);
        p.steps = 2 * fk_fokker_planck_steps(&p);
        if (p.steps < LEAST_STEPS) p.steps = LEAST_STEPS;
        status = fk_fokker_planck_solve(&p, &l->run[i], err);
    }
    for (int i = 0; i < PRINTED && !status; i++) {
        fk_fokker_planck p = planck_problem(l, PRINTED_CURRENT, l->points >> i, 20 * PRINTED_FRAMES,
                                            20 * PRINTED_FRAMES + 1);
        status = fk_fokker_planck_solve(&p, &l->printed[i], err);
    }
    if (!status) studies(l, quick);
    return status;
}
