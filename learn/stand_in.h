/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network from a file (--score FILE) in place of a mixture's exact score. Where it cannot be one:
 * FK_USAGE, or FK_FILE where the file cannot be read; with the option and the file in front. */
#ifndef FK_LEARN_STAND_IN_H
#define FK_LEARN_STAND_IN_H

#include "learn/model.h"

/* FILE's network, for `mixture` of dimension dim. One that was trained on another mixture is read
 * as well. */
int fk_stand_in_read(const char *file, const char *mixture, size_t dim, fk_model **,
                     fk_error *) FK_CHECKED;

/* The spec of the schedule of a run: as asked for, else the network's own (model may be NULL), else
 * vp-linear. */
const char *fk_stand_in_schedule(const char *asked, const fk_model *);

/* A run from lambda = from, the noise end, to lambda = to. A network knows the levels that it was
 * trained on, and by its smoothness a little more: FK_STAND_IN_SLACK, e^(1/2) in the noise, a
 * twentieth of the range of vp-linear. */
#define FK_STAND_IN_SLACK 0.5
int fk_stand_in_levels(const char *file, const fk_model *, double from, double to,
                       fk_error *) FK_CHECKED;
/* The same for a run on a schedule. */
int fk_stand_in_times(const char *file, const fk_model *, const fk_schedule *, double t_start,
                      double t_end, fk_error *) FK_CHECKED;

/* Whether it was trained on this schedule (NULL: that of `spec`, a chain). If not, a remark says
 * what that means. */
bool fk_stand_in_is_on(const char *file, const fk_model *, const fk_schedule *, const char *spec);

/* Whether it was trained on this mixture: by definition (fk_mixture_json, which is taken over), not
 * by name. If not, or if the file does not tell, a remark says so (core/cli.h). */
bool fk_stand_in_is_of(const char *file, const fk_model *, const char *mixture, json_t *definition);

#endif
