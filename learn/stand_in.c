/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/stand_in.h"

#include <string.h>

#include "core/cli.h"
#include "learn/weights.h"

int fk_stand_in_read(const char *file, const char *mixture, size_t dim, fk_model **model,
                     fk_error *err)
{
    fk_error own = {0};
    int code = fk_weights_read(file, model, &own);
    if (code) return fk_fail(err, code, "--score %s", own.text); /* which begins with the file */
    if ((*model)->config.dim == dim) return FK_OK;
    code = fk_fail(err, FK_USAGE, "--score %s: a network of dimension %zu, and %s has %zu", file,
                   (*model)->config.dim, mixture, dim);
    fk_model_free(*model), *model = NULL;
    return code;
}

int fk_stand_in_levels(const char *file, const fk_model *model, double from, double to,
                       fk_error *err)
{
    const double slack = FK_STAND_IN_SLACK;
    const fk_schedule *own = &model->schedule;
    const double top = fk_schedule_at(own, own->t_min).lambda;
    const double low = fk_schedule_at(own, own->t_max).lambda;
    if (to <= top + slack && from >= low - slack) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "--score %s: trained for lambda from %.4g to %.4g (%g more will do), and this "
                   "run goes from %.4g to %.4g: train it on this schedule, or set the run's two "
                   "times",
                   file, low, top, slack, from, to);
}

int fk_stand_in_times(const char *file, const fk_model *model, const fk_schedule *schedule,
                      double t_start, double t_end, fk_error *err)
{
    return fk_stand_in_levels(file, model, fk_schedule_at(schedule, t_start).lambda,
                              fk_schedule_at(schedule, t_end).lambda, err);
}

const char *fk_stand_in_schedule(const char *asked, const fk_model *model)
{
    return asked ? asked : model ? model->config.schedule : "vp-linear";
}

bool fk_stand_in_is_on(const char *file, const fk_model *model, const fk_schedule *schedule,
                       const char *spec)
{
    const bool same = schedule && fk_schedule_same(&model->schedule, schedule);
    if (!same)
        fk_cli_remark("--score %s: trained on %s; on %s it is asked at the same noise levels "
                      "lambda = log(s/sigma), %g at most beyond those that it was trained on",
                      file, model->config.schedule, spec, FK_STAND_IN_SLACK);
    return same;
}

bool fk_stand_in_is_of(const char *file, const fk_model *model, const char *mixture,
                       json_t *definition)
{
    const char *name = json_string_value(json_object_get(model->metadata, "mixture"));
    const char *text = json_string_value(json_object_get(model->metadata, "mixture_definition"));
    json_t *own = text ? json_loads(text, 0, NULL) : NULL;
    const bool same = own && json_equal(own, definition);
    if (!own)
        fk_cli_remark("--score %s: it does not tell which mixture it was trained on", file);
    else if (!same)
        fk_cli_remark("--score %s: trained on %s, which is another mixture than %s%s", file,
                      name ? name : "data without a name", mixture,
                      name && strcmp(name, mixture) == 0 ? " is now" : "");
    json_decref(own), json_decref(definition);
    return same;
}
