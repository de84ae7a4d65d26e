/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/metadata.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of a training, under the names of `fokker train`'s options where there are such. */
#define TRAINING_REALS(REAL)                                                                       \
    REAL("rate", rate)                                                                             \
    REAL("rate_floor", floor)                                                                      \
    REAL("beta1", beta1)                                                                           \
    REAL("beta2", beta2)                                                                           \
    REAL("epsilon", epsilon)                                                                       \
    REAL("decay", decay)                                                                           \
    REAL("average", average)                                                                       \
    REAL("gamma", gamma)
#define TRAINING_COUNTS(COUNT) COUNT("steps", steps) COUNT("batch", batch) COUNT("warmup", warmup)

static void set_text(json_t *meta, const char *key, const char *text)
{
    json_object_set_new(meta, key, json_string(text));
}

static void set_real(json_t *meta, const char *key, double value)
{
    json_object_set_new(meta, key, json_real(value));
}

static void set_count(json_t *meta, const char *key, uint64_t value)
{
    json_object_set_new(meta, key, json_integer((json_int_t)value));
}

static void add_model(json_t *meta, const fk_model_config *c)
{
    char hidden[24 * FK_MAX_HIDDEN] = "";
    for (size_t l = 0, at = 0; l < c->n_hidden; l++)
        at +=
            (size_t)snprintf(hidden + at, sizeof hidden - at, "%s%zu", l ? "," : "", c->hidden[l]);
    set_count(meta, "dim", c->dim);
    set_count(meta, "frequencies", c->frequencies);
    set_text(meta, "hidden", hidden);
    set_text(meta, "activation", "silu");
    set_text(meta, "output", fk_net_output_name(c->output));
    set_text(meta, "schedule", c->schedule);
    set_text(meta, "time", fk_net_time_name(c->time));
    set_real(meta, "time_from", c->range[0]);
    set_real(meta, "time_to", c->range[1]);
    set_real(meta, "data_rms", c->data_rms);
}

static void add_training(json_t *meta, const fk_train_config *c)
{
#define REAL(key, member)  set_real(meta, key, c->member);
#define COUNT(key, member) set_count(meta, key, c->member);
    TRAINING_REALS(REAL)
    TRAINING_COUNTS(COUNT)
#undef REAL
#undef COUNT
    set_text(meta, "objective", fk_net_objective_name(c->objective));
    set_text(meta, "weight", fk_net_weight_name(c->weight));
    set_text(meta, "even_in", c->even_in_lambda ? "lambda" : "t");
    set_text(meta, "optimiser", c->l2 ? "adam" : "adamw");
    set_count(meta, "seed", c->seed);
}

json_t *fk_metadata_of_training(const fk_model_config *model, const fk_train_config *train)
{
    json_t *meta = json_object();
    add_model(meta, model);
    add_training(meta, train);
    return meta;
}

json_t *fk_metadata_of_model(const char *format, const fk_model_config *c, const json_t *more)
{
    json_t *meta = json_object();
    if (more) json_object_update(meta, (json_t *)more);
    set_text(meta, "format", format);
    add_model(meta, c);
    return meta;
}

void fk_metadata_add_training(json_t *meta, const fk_train_config *c, size_t step)
{
    add_training(meta, c);
    set_count(meta, "step", step);
}

/* What a file says; the first thing that is wrong stays in code and *err. */
typedef struct {
    const char *path;
    const json_t *meta;
    fk_error *err;
    int code;
} reader;

static void fail(reader *r, const char *key, const char *want)
{
    if (!r->code)
        r->code = fk_fail(r->err, FK_USAGE, "%s: metadata \"%s\": %s", r->path, key, want);
}

static const char *text_of(reader *r, const char *key)
{
    const char *text = json_string_value(json_object_get(r->meta, key));
    if (!text) fail(r, key, "there is no such text; is this a file of fokker train?");
    return text ? text : "";
}

static double real_of(reader *r, const char *key)
{
    const char *text = text_of(r, key);
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value)) fail(r, key, "it is no number");
    return value;
}

static uint64_t count_of(reader *r, const char *key, uint64_t least, uint64_t most)
{
    const char *text = text_of(r, key);
    char *end;
    errno = 0;
    const uint64_t value = strtoull(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || value < least || value > most) {
        fail(r, key, "it is no whole number in its range");
        return least;
    }
    return value;
}

static void hidden_of(reader *r, fk_model_config *c)
{
    const char *at = text_of(r, "hidden");
    for (c->n_hidden = 0; c->n_hidden < FK_MAX_HIDDEN && *at >= '0' && *at <= '9';) {
        char *end;
        const unsigned long width = strtoul(at, &end, 10);
        if (width < 1 || width > FK_MAX_WIDTH) break;
        c->hidden[c->n_hidden++] = width;
        if (*end == '\0') return;
        at = *end == ',' ? end + 1 : end;
    }
    fail(r, "hidden", "it is no list of 1 to 4 widths, 1 to 4096 each");
}

/* The index of a word; names NULL behind the last. */
static size_t word_of(reader *r, const char *key, const char *const *name)
{
    const char *word = text_of(r, key);
    for (size_t i = 0; name[i]; i++)
        if (strcmp(word, name[i]) == 0) return i;
    fail(r, key, "an unknown word");
    return 0;
}

/* The schedule fixes the range, and what it says here and now is taken: a lambda from another
 * machine's log is off by a few units in the last place, which is far below this part of the range.
 */
static void check_range(reader *r, fk_model_config *c)
{
    const double slack = 1e-9;
    fk_model_config right = *c;
    fk_error err = {0};
    if (fk_model_set_range(&right, &err)) fail(r, "schedule", err.text);
    for (size_t i = 0; i < 2 && !r->code; i++)
        if (!(fabs(c->range[i] - right.range[i]) <= slack * fabs(right.range[1] - right.range[0])))
            r->code = fk_fail(r->err, FK_USAGE,
                              "%s: metadata \"time_from\" and \"time_to\": on %s they are %.17g "
                              "and %.17g",
                              r->path, c->schedule, right.range[0], right.range[1]);
    *c = right;
}

int fk_metadata_model(const char *path, const char *format, const json_t *meta, fk_model_config *c,
                      fk_error *err)
{
    reader r = {path, meta, err, 0};
    *c = (fk_model_config){0};
    if (strcmp(text_of(&r, "format"), format) != 0) fail(&r, "format", "another kind of file");
    c->dim = count_of(&r, "dim", 1, FK_MAX_WIDTH);
    c->frequencies = count_of(&r, "frequencies", 1, FK_MAX_FREQUENCIES);
    hidden_of(&r, c);
    c->range[0] = real_of(&r, "time_from"), c->range[1] = real_of(&r, "time_to");
    c->data_rms = real_of(&r, "data_rms");
    if (!(c->data_rms > 0 && isnormal(c->data_rms * c->data_rms)))
        fail(&r, "data_rms", "it and its square are no positive numbers");
    const char *output = text_of(&r, "output"), *time = text_of(&r, "time");
    const char *schedule = text_of(&r, "schedule");
    if (strlen(schedule) >= FK_MAX_SPEC) fail(&r, "schedule", "it is too long");
    if (strcmp(text_of(&r, "activation"), "silu") != 0) fail(&r, "activation", "it is not silu");
    if (r.code) return r.code;
    strcpy(c->schedule, schedule);
    int code = fk_net_output_parse(path, output, &c->output, err);
    if (!code) code = fk_net_time_parse(path, time, &c->time, err);
    if (code) return code;
    check_range(&r, c);
    return r.code;
}

int fk_metadata_training(const char *path, const json_t *meta, fk_train_config *c, size_t *step,
                         fk_error *err)
{
    static const char *const even[] = {"t", "lambda", NULL}, *const adam[] = {"adamw", "adam",
                                                                              NULL};
    reader r = {path, meta, err, 0};
    *c = (fk_train_config){0};
#define REAL(key, member)  c->member = real_of(&r, key);
#define COUNT(key, member) c->member = count_of(&r, key, 0, UINT32_MAX);
    TRAINING_REALS(REAL)
    TRAINING_COUNTS(COUNT)
#undef REAL
#undef COUNT
    c->even_in_lambda = word_of(&r, "even_in", even) == 1;
    c->l2 = word_of(&r, "optimiser", adam) == 1;
    c->seed = count_of(&r, "seed", 0, INT64_MAX);
    *step = count_of(&r, "step", 0, c->steps);
    const char *weight = text_of(&r, "weight"), *objective = text_of(&r, "objective");
    int code = r.code ? r.code : fk_net_weight_parse(path, weight, &c->weight, err);
    if (!code) code = fk_net_objective_parse(path, objective, &c->objective, err);
    fk_error wrong = {0};
    if (!code && fk_train_check(c, &wrong))
        code = fk_fail(err, FK_USAGE, "%s: metadata: %s", path, wrong.text);
    return code;
}
