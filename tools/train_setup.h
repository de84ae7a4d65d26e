/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside fokker train: what was asked for, and what is made of it before the first step. */
#ifndef FK_TOOLS_TRAIN_SETUP_H
#define FK_TOOLS_TRAIN_SETUP_H

#include "analytic/score_error.h"
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
    const char *from;  /* the checkpoint to go on from: at first, and if interrupted; or NULL */
    json_t *kept;      /* its metadata */
    char *definition;  /* of the mixture, as JSON */
    json_t *curve;     /* rows [step, loss, excess] */
    double floor;      /* of the loss */
    fk_excess excess;  /* of the last row */
    size_t first;      /* steps done when this run began, at */
    double started;    /* fk_seconds() */
    char *interrupted; /* what to say then */
} train_run;

/* The options checked against one another; mixture and configs from them, or from the checkpoint of
 * --resume; the names of the files, which can be written. Where --checkpoint is there already, it
 * is of this very training, and is what to go on from. */
int train_prepare(train_run *, fk_error *err) FK_CHECKED;

/* The command that began the training. */
const char *train_command(const train_run *);
/* Keep the state, where there is a checkpoint. */
int train_keep(train_run *, fk_error *err) FK_CHECKED;
/* From here on an interruption tells how to go on: from `from`. */
void train_on_interrupt(train_run *);
/* Weights, curve and record. `zero`: the excess of a network whose output is 0; above `limit` it
 * would have diverged. */
int train_write(const train_run *, double zero, double limit, fk_error *err) FK_CHECKED;

#endif
