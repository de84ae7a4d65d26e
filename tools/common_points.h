/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What commands about given points on a schedule share: mixture, schedule, points and two times. */
#ifndef FK_TOOLS_COMMON_POINTS_H
#define FK_TOOLS_COMMON_POINTS_H

#include "analytic/mixture.h"
#include "core/table.h"
#include "schedules/schedule.h"

typedef struct {
    /* as given; NaN where not */
    const char *mixture_spec, *schedule_spec, *file;
    double t_start, t_end;
    /* made of it */
    fk_mixture *mixture;
    fk_schedule schedule;
    fk_table points; /* (n, dim) */
} given;

/* vp-linear over its usable interval, from noise to data. */
given given_default(void);
/* Both of what follows: mixture and points; the schedule, and of what was not given t_max, t_min.
 */
int given_read(given *, fk_error *) FK_CHECKED;
int given_read_data(given *, fk_error *) FK_CHECKED;
int given_read_schedule(given *, fk_error *) FK_CHECKED;
void given_free(given *);

#endif
