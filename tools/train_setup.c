/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/train_setup.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analytic/mixture_json.h"
#include "core/file.h"
#include "learn/metadata.h"

/* Whether an option was given that makes the training. */
static bool is_made(const train_run *r)
{
    static const char *const other[] = {"seed", "out", "checkpoint", "resume"};
    for (size_t i = 0; r->option[i].name; i++) {
        bool makes = r->cli.given >> i & 1;
        for (size_t k = 0; k < sizeof other / sizeof *other; k++)
            makes = makes && strcmp(r->option[i].name, other[k]) != 0;
        if (makes) return true;
    }
    return false;
}

static bool is_given(const train_run *r, const char *name)
{
    size_t i = 0;
    while (strcmp(r->option[i].name, name) != 0) i++;
    return r->cli.given >> i & 1;
}

static int check_options(const train_run *r, fk_error *err)
{
    if (r->resume && is_made(r))
        return fk_fail(err, FK_USAGE,
                       "--resume: %s holds all that makes the training; beside it give --out, "
                       "--checkpoint and --threads alone",
                       r->resume);
    if (!r->resume && !r->mixture_spec)
        return fk_fail(err, FK_USAGE, "give --mixture M, or --resume F");
    if (r->out && !fk_path_has_ending(r->out, "safetensors"))
        return fk_fail(err, FK_USAGE, "--out %s: the file must end in .safetensors", r->out);
    return FK_OK;
}

/* Of data that are a point at 0, as far as squares can tell: any size will do. */
static double size_of(const fk_mixture *m)
{
    const double size = fk_mixture_size(m);
    return size * size >= DBL_MIN ? size : 1;
}

static int set_hidden(train_run *r, fk_error *err)
{
    if (r->hidden.n == 0) return FK_OK;
    bool fits = r->hidden.n <= FK_MAX_HIDDEN;
    for (size_t l = 0; fits && l < r->hidden.n; l++) {
        fits = r->hidden.i[l] >= 1 && r->hidden.i[l] <= FK_MAX_WIDTH;
        r->model.hidden[l] = r->hidden.i[l];
    }
    r->model.n_hidden = r->hidden.n;
    return fits ? FK_OK
                : fk_fail(err, FK_USAGE, "--hidden: take 1 to %d widths, 1 to %d each",
                          (int)FK_MAX_HIDDEN, (int)FK_MAX_WIDTH);
}

static int set_words(train_run *r, fk_error *err)
{
    fk_schedule schedule;
    int code = fk_net_output_parse("--output", r->output, &r->model.output, err);
    if (!code) code = fk_net_time_parse("--time", r->time, &r->model.time, err);
    if (!code)
        code = fk_net_objective_parse("--objective", r->objective, &r->config.objective, err);
    if (!code) code = fk_net_weight_parse("--weight", r->weight, &r->config.weight, err);
    if (!code) code = fk_schedule_parse(r->model.schedule, &schedule, err);
    if (code) return code;
    r->config.even_in_lambda = r->even_in ? strcmp(r->even_in, "lambda") == 0 : schedule.exploding;
    r->config.l2 = strcmp(r->optimiser, "adam") == 0;
    if (r->even_in && !r->config.even_in_lambda && strcmp(r->even_in, "t") != 0)
        return fk_fail(err, FK_USAGE, "--even-in %s: it is t or lambda", r->even_in);
    if (!r->config.l2 && strcmp(r->optimiser, "adamw") != 0)
        return fk_fail(err, FK_USAGE, "--optimiser %s: it is adam or adamw", r->optimiser);
    if (is_given(r, "gamma") && r->config.weight != FK_WEIGHT_MIN_SNR)
        return fk_fail(err, FK_USAGE, "--gamma is of --weight min-snr, and this is %s", r->weight);
    return fk_model_set_range(&r->model, err);
}

/* Canonical: two mixtures are the same where this is. */
static char *define(const fk_mixture *m)
{
    json_t *json = fk_mixture_json(m);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(json);
    return text;
}

static int begin(train_run *r, fk_error *err)
{
    int code = fk_mixture_read(r->mixture_spec, &r->mixture, err);
    if (!code)
        code = fk_model_defaults(r->schedule_spec, r->mixture->dim, size_of(r->mixture), &r->model,
                                 err);
    if (!code) code = set_hidden(r, err);
    if (!code) code = set_words(r, err);
    if (!code) code = fk_train_check(&r->config, err);
    if (code) return code;
    r->definition = define(r->mixture);
    r->curve = json_array();
    return FK_OK;
}

static const char *kept_text(const train_run *r, const char *key)
{
    return json_string_value(json_object_get(r->kept, key));
}

/* The mixture that a checkpoint names is still the one that it was defined as. */
static int check_data(train_run *r, fk_error *err)
{
    const char *definition = kept_text(r, "mixture_definition");
    int code = fk_mixture_read(r->mixture_spec, &r->mixture, err);
    if (code) return code;
    r->definition = define(r->mixture);
    if (!definition || strcmp(definition, r->definition) != 0)
        return fk_fail(err, FK_USAGE,
                       "--resume %s: %s is no longer the mixture that this training began with: "
                       "bring back that one (metadata \"mixture_definition\"), or train anew",
                       r->resume, r->mixture_spec);
    if (r->mixture->dim != r->model.dim)
        return fk_fail(err, FK_USAGE, "%s: the network has dimension %zu, %s has %zu", r->resume,
                       r->model.dim, r->mixture_spec, r->mixture->dim);
    return FK_OK;
}

/* Rows [step, loss, excess]; a number in JSON is finite. */
static bool is_curve(const json_t *curve)
{
    size_t i, k;
    json_t *row, *number;
    bool right = json_is_array(curve);
    json_array_foreach(curve, i, row)
    {
        right = right && json_array_size(row) == 3;
        json_array_foreach(row, k, number) right = right && json_is_number(number);
    }
    return right;
}

/* What the checkpoint `from` tells beside model and training. */
static int read_kept(train_run *r, fk_model_config *model, fk_train_config *train, fk_error *err)
{
    int code = fk_checkpoint_read(r->from, model, train, &r->kept, err);
    if (code) return code;
    const char *curve = kept_text(r, "curve"), *out = kept_text(r, "out");
    json_decref(r->curve), r->curve = json_loads(curve ? curve : "", 0, NULL);
    if (!is_curve(r->curve))
        return fk_fail(err, FK_USAGE,
                       "%s: metadata \"curve\": it is no list of [step, loss, excess]", r->from);
    if (!out || !fk_path_has_ending(out, "safetensors"))
        return fk_fail(err, FK_USAGE, "%s: metadata \"out\": it is no name of weights", r->from);
    if (!r->out) r->out = out;
    return FK_OK;
}

static int resume(train_run *r, fk_error *err)
{
    const uint64_t seed = r->config.seed;
    r->from = r->resume;
    if (!r->checkpoint) r->checkpoint = r->resume;
    int code = read_kept(r, &r->model, &r->config, err);
    if (code) return code;
    const char *mixture = kept_text(r, "mixture");
    r->mixture_spec = mixture ? mixture : "";
    if (is_given(r, "seed") && seed != r->config.seed)
        return fk_fail(err, FK_USAGE, "--seed: the training of %s has another one", r->resume);
    if (!fk_file_same(r->checkpoint, r->resume) && access(r->checkpoint, F_OK) == 0)
        return fk_fail(err, FK_USAGE,
                       "--checkpoint %s is there already: remove it, or take another name",
                       r->checkpoint);
    return check_data(r, err);
}

/* The key of the first value that is another, NULL where all are the same. */
static const char *difference(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key,
                        value) if (!json_equal(value, json_object_get(b, key))) return key;
    return NULL;
}

/* A schedule may be written in several ways: a training keeps to its own. */
static void take_spec(fk_model_config *c, const fk_model_config *kept)
{
    fk_schedule a, b;
    fk_error none;
    if (fk_schedule_parse(c->schedule, &a, &none) || fk_schedule_parse(kept->schedule, &b, &none))
        return;
    if (fk_schedule_same(&a, &b)) strcpy(c->schedule, kept->schedule);
}

/* --checkpoint is there: it is of the training that the options tell. */
static int go_on(train_run *r, fk_error *err)
{
    fk_model_config model;
    fk_train_config train;
    fk_error own;
    r->from = r->checkpoint;
    int code = read_kept(r, &model, &train, &own);
    if (code) return fk_fail(err, code, "--checkpoint %s", own.text); /* begins with the file */
    const char *data = kept_text(r, "mixture_definition");
    take_spec(&r->model, &model);
    json_t *here = fk_metadata_of_training(&r->model, &r->config);
    json_t *there = fk_metadata_of_training(&model, &train);
    const char *other =
        data && strcmp(data, r->definition) == 0 ? difference(here, there) : "mixture";
    if (other)
        code = fk_fail(err, FK_USAGE,
                       "--checkpoint %s is of another training (its \"%s\" differs): go on with "
                       "that by --resume, remove it to start anew, or take another name",
                       r->checkpoint, other);
    json_decref(here), json_decref(there);
    return code;
}

/* The name of a mixture for a file: "three-1d", "dir/own.json" -> "own". */
static char *plain_name(const char *spec)
{
    const char *base = strrchr(spec, '/');
    char *name = fk_strdup(base ? base + 1 : spec), *dot = strrchr(name, '.');
    if (dot && dot > name) *dot = '\0';
    return name;
}

/* A checkpoint is a file of its own: what the run reads or writes else would be lost to it. */
static int check_checkpoint(const train_run *r, fk_error *err)
{
    const char *const other[] = {r->mixture_spec, r->weights_file, r->curve_file, r->record_file};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (fk_file_same(r->checkpoint, other[i]))
            return fk_fail(err, FK_USAGE, "--checkpoint: this run %s %s: name another file",
                           i == 0 ? "reads" : "writes", other[i]);
    return fk_file_probe(r->checkpoint, err);
}

static int set_files(train_run *r, fk_error *err)
{
    char *name = plain_name(r->mixture_spec);
    const size_t room = strlen(name) + 40 + (r->out ? strlen(r->out) : 0);
    char *stem = fk_alloc(room, 1);
    if (r->out)
        snprintf(stem, room, "%.*s", (int)(strlen(r->out) - strlen(".safetensors")), r->out);
    else
        snprintf(stem, room, "out/train/%s", name);
    free(name);
    char **const file[] = {&r->weights_file, &r->curve_file, &r->record_file};
    const char *const ending[] = {"safetensors", "csv", "json"};
    int code = r->out ? FK_OK : fk_make_folder("out/train", err);
    for (size_t i = 0; i < 3; i++) {
        *file[i] = fk_alloc(room + 16, 1);
        snprintf(*file[i], room + 16, "%s.%s", stem, ending[i]);
        const char *const in[] = {r->mixture_spec, r->from};
        for (size_t k = 0; k < 2 && !code; k++)
            if (in[k] && fk_file_same(in[k], *file[i]))
                code = fk_fail(err, FK_USAGE, "--out: this run reads %s and would write it", in[k]);
        if (!code) code = fk_file_probe(*file[i], err);
    }
    free(stem);
    return code;
}

/* Weights are written over weights, and not over the checkpoint of a training. */
static int check_weights(const train_run *r, fk_error *err)
{
    if (!fk_checkpoint_claimed(r->weights_file)) return FK_OK;
    return fk_fail(err, FK_USAGE, "--out %s is the checkpoint of a training: name another file",
                   r->weights_file);
}

int train_prepare(train_run *r, fk_error *err)
{
    int code = check_options(r, err);
    if (!code) code = r->resume ? resume(r, err) : begin(r, err);
    const bool there = !r->resume && r->checkpoint && access(r->checkpoint, F_OK) == 0;
    if (!code && there) code = go_on(r, err);
    if (!code) code = set_files(r, err);
    if (!code && r->checkpoint) code = check_checkpoint(r, err);
    if (!code) code = check_weights(r, err);
    if (!code) train_on_interrupt(r);
    return code;
}
