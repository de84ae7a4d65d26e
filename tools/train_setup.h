/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker train: what was asked for, and what is made of it before the first step. */
#ifndef FK_TOOLS_TRAIN_SETUP_H
#define FK_TOOLS_TRAIN_SETUP_H

#include "analytic/mixture.h"
#include "core/cli.h"
#include "learn/weights.h"

typedef struct {
    const char *mixture_spec, *schedule_spec, *out, *checkpoint, *resume;
    const char *objective, *weight, *output, *time, *even_in, *optimiser;
    fk_indices hidden;
    fk_train_config config;
    fk_cli cli;
    const fk_option *option; /* the command's table */

    char *weights_file, *curve_file, *record_file;
    fk_model_config model;
    fk_mixture *mixture;
    fk_trainer *trainer;
    char *resumed_spec, *resumed_out; /* mixture and weights, where a checkpoint told them */
    char *definition;                 /* of the mixture, as JSON */
    json_t *curve;                    /* rows [step, loss, excess] */
    double floor;
    size_t first;   /* steps done when this run began, at */
    double started; /* fk_seconds() */
} train_run;

/* The options checked against one another; mixture and configs from them, or from the checkpoint of
 * --resume; the names of the files, which can be written. */
int train_prepare(train_run *, fk_error *err) FK_CHECKED;

#endif
