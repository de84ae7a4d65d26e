/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fokker train leaves: checkpoints under way, and at the end weights, curve and record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/table.h"
#include "learn/metadata.h"
#include "tools/train_setup.h"

const char *train_command(const train_run *r)
{
    const char *begun = json_string_value(json_object_get(r->kept, "command"));
    return begun ? begun : fk_cli_text();
}

static json_t *metadata(const train_run *r)
{
    return json_pack("{s:s, s:s}", "mixture", r->mixture_spec, "mixture_definition", r->definition);
}

void train_on_interrupt(train_run *r)
{
    if (!r->from) {
        fk_interrupt_say(r->checkpoint
                             ? "fokker train: interrupted before its first checkpoint\n"
                             : "fokker train: interrupted; without --checkpoint FILE nothing is "
                               "kept to go on from\n");
        return;
    }
    char *file = fk_shell_word(r->from), *before = r->interrupted;
    const size_t room = strlen(file) + 80;
    r->interrupted = fk_alloc(room, 1);
    snprintf(r->interrupted, room,
             "fokker train: interrupted; to go on: fokker train --resume %s\n", file);
    free(file);
    fk_interrupt_say(r->interrupted);
    free(before);
}

int train_keep(train_run *r, fk_error *err)
{
    if (!r->checkpoint) return FK_OK;
    json_t *more = metadata(r);
    char *curve = json_dumps(r->curve, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_object_set_new(more, "command", json_string(train_command(r)));
    json_object_set_new(more, "out", json_string(r->weights_file));
    json_object_set_new(more, "curve", json_string(curve));
    int code = fk_checkpoint_write(r->checkpoint, r->trainer, more, err);
    free(curve), json_decref(more);
    if (code || r->from == r->checkpoint) return code;
    r->from = r->checkpoint;
    train_on_interrupt(r);
    return FK_OK;
}

static int write_curve(const train_run *r, fk_error *err)
{
    fk_csv *csv;
    int code = fk_csv_create(r->curve_file, "step,loss,floor,excess",
                             "loss: mean of the batches since the row before; floor: of the loss; "
                             "excess: of eps, mean over t, of the average of the weights; by fewer "
                             "nodes above the last row",
                             &csv, err);
    if (code) return code;
    size_t i;
    json_t *row;
    json_array_foreach(r->curve, i, row)
    {
        double value[3];
        for (size_t k = 0; k < 3; k++) value[k] = json_number_value(json_array_get(row, k));
        fk_csv_row(csv, (double[]){value[0], value[1], r->floor, value[2]}, 4);
    }
    return fk_csv_commit(csv, err);
}

static int write_record(const train_run *r, double zero, double limit, fk_error *err)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o}", "version", FK_VERSION, "command", train_command(r),
                  "mixture", r->mixture_spec, "mixture_definition", fk_mixture_json(r->mixture));
    json_t *training = fk_metadata_of_training(&r->model, &r->config);
    json_t *found = json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "parameters",
        (json_int_t)r->trainer->shape.n_params, "loss_floor", fk_json_real(r->floor), "excess_mean",
        fk_json_real(r->excess.mean), "excess_max", fk_json_real(r->excess.max), "t_of_excess_max",
        fk_json_real(r->excess.t_of_max), "excess_by", r->excess.drawn ? "draws" : "quadrature",
        "excess_of_zero", fk_json_real(zero), "diverged_above", fk_json_real(limit));
    json_object_update(json, training), json_object_update(json, found);
    int code = fk_json_write(r->record_file, json, err);
    json_decref(json), json_decref(training), json_decref(found);
    return code;
}

int train_write(const train_run *r, double zero, double limit, fk_error *err)
{
    json_t *more = metadata(r);
    int code = fk_weights_write_trained(r->weights_file, r->trainer, more, err);
    json_decref(more);
    if (!code) code = write_curve(r, err);
    return code ? code : write_record(r, zero, limit, err);
}
