/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The solutions that fokker fokker-planck compares. */
#ifndef FK_EXPERIMENTS_FOKKER_PLANCK_LAB_H
#define FK_EXPERIMENTS_FOKKER_PLANCK_LAB_H

#include "analytic/fokker_planck.h"
#include "core/verdict.h"

/* Three equations with the marginals p_t, and what comes of wrong ones. */
typedef enum {
    FORWARD,
    REVERSE,
    CONTINUITY,
    PRINTED_CURRENT,
    NO_HALF,
    PRINTED_DRIFT,
    PRINTED_DRIFT_IN_T,
    HALF_SCORE,
    FULL_SCORE
} equation;
enum { RIGHT_ONES = 3 };
extern const fk_process planck_process[];

/* Points as parts of those that resolve the narrowest component to 10^-14; steps as multiples of
 * those that are stable there. */
enum { RESOLUTIONS = 9, STEP_COUNTS = 6, PRINTED = 4 };
extern const double planck_points[RESOLUTIONS], planck_steps[STEP_COUNTS];

typedef struct {
    fk_mixture *mixture;
    fk_schedule schedule;
    bool log_time; /* the figure's time is logarithmic */
    int threads;
    size_t points;       /* that resolve */
    size_t steps;        /* for the study of points: so many that time does not show */
    fk_densities map;    /* forward, finely resolved: the figure's density and current */
    fk_densities run[3]; /* the three, with densities on the way */
    fk_densities printed[PRINTED];
    double by_points[RIGHT_ONES][RESOLUTIONS], by_steps[RIGHT_ONES][STEP_COUNTS];
    size_t points_of[RESOLUTIONS], steps_of[RIGHT_ONES][STEP_COUNTS];
} lab;

/* FK_USAGE for a mixture that is not 1-D, or too narrow to be resolved. */
int planck_lab_new(lab *, const char *mixture, const char *schedule, fk_error *) FK_CHECKED;
void planck_lab_free(lab *);
int planck_run(lab *, bool quick, fk_error *) FK_CHECKED;

/* A problem over the whole usable interval, in the direction of its process. */
fk_fokker_planck planck_problem(const lab *, equation, size_t points, size_t steps, size_t kept);
/* The error of its end; of one that grew without bounds, that where it was stopped. */
double planck_end_error(const lab *, equation, size_t points, size_t steps);

int planck_write_tables(const lab *, const char *folder, fk_error *) FK_CHECKED;
void planck_run_claims(const lab *, uint64_t seed, fk_ledger *);

#endif
