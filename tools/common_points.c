/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/common_points.h"

#include <math.h>

given given_default(void)
{
    return (given){.schedule_spec = "vp-linear", .t_start = NAN, .t_end = NAN};
}

int given_read_schedule(given *g, fk_error *err)
{
    int status = fk_schedule_parse(g->schedule_spec, &g->schedule, err);
    if (status) return status;
    if (isnan(g->t_start)) g->t_start = g->schedule.t_max;
    if (isnan(g->t_end)) g->t_end = g->schedule.t_min;
    return FK_OK;
}

int given_read_data(given *g, fk_error *err)
{
    int status = fk_mixture_read(g->mixture_spec, &g->mixture, err);
    return status ? status : fk_points_read(g->file, g->mixture->dim, &g->points, err);
}

int given_read(given *g, fk_error *err)
{
    int status = given_read_schedule(g, err);
    return status ? status : given_read_data(g, err);
}

void given_free(given *g)
{
    fk_table_free(&g->points);
    fk_mixture_free(g->mixture);
}
