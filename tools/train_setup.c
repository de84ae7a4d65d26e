/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/train_setup.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/mixture_json.h"
#include "core/file.h"

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

/* The mixture that a checkpoint names is still the one that it was defined as. */
static int check_data(train_run *r, const char *definition, fk_error *err)
{
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

static int resume(train_run *r, fk_error *err)
{
    json_t *meta;
    const uint64_t seed = r->config.seed;
    int code = fk_checkpoint_read(r->resume, &r->model, &r->config, &meta, err);
    if (code) return code;
    const char *mixture = json_string_value(json_object_get(meta, "mixture"));
    const char *definition = json_string_value(json_object_get(meta, "mixture_definition"));
    const char *curve = json_string_value(json_object_get(meta, "curve"));
    const char *out = json_string_value(json_object_get(meta, "out"));
    r->mixture_spec = r->resumed_spec = fk_strdup(mixture ? mixture : "");
    r->curve = json_loads(curve ? curve : "", 0, NULL);
    if (!is_curve(r->curve))
        code = fk_fail(err, FK_USAGE,
                       "%s: metadata \"curve\": it is no list of [step, loss, excess]", r->resume);
    if (!code && (!out || !fk_path_has_ending(out, "safetensors")))
        code = fk_fail(err, FK_USAGE, "%s: metadata \"out\": it is no name of weights", r->resume);
    if (!code && !r->out) r->out = r->resumed_out = fk_strdup(out);
    if (!code && is_given(r, "seed") && seed != r->config.seed)
        code = fk_fail(err, FK_USAGE, "--seed: the training of %s has another one", r->resume);
    if (!code) code = check_data(r, definition, err);
    json_decref(meta);
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
    if (!r->checkpoint) return FK_OK;
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
        const char *const in[] = {r->mixture_spec, r->resume};
        for (size_t k = 0; k < 2 && !code; k++)
            if (in[k] && fk_file_same(in[k], *file[i]))
                code = fk_fail(err, FK_USAGE, "--out: this run reads %s and would write it", in[k]);
        if (!code) code = fk_file_probe(*file[i], err);
    }
    free(stem);
    return code ? code : check_checkpoint(r, err);
}

int train_prepare(train_run *r, fk_error *err)
{
    int code = check_options(r, err);
    if (!code) code = r->resume ? resume(r, err) : begin(r, err);
    return code ? code : set_files(r, err);
}
