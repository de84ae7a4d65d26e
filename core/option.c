/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of options (core/cli.h). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/cli.h"
#include "core/number.h"
#include "core/ranks.h"

/* 53 bits of the system's entropy: a seed that every reader of JSON gets back exactly. */
static int random_seed(uint64_t *seed, fk_error *err)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
        return fk_fail(err, FK_MISSING, "--seed random: the system gave no random bits: %s",
                       strerror(errno));
    fk_ranks_broadcast(&bits, sizeof bits, 0);
    *seed = bits >> 11;
    return FK_OK;
}

static bool read_finite(const char *text, double *x)
{
    double value;
    if (!fk_read_real(text, &value) || !isfinite(value)) return false;
    *x = value;
    return true;
}

/* One item of a list into place i; false where it is no such number. */
static bool read_item(const fk_option *o, const char *item, size_t i)
{
    if (o->type == FK_OPT_REALS) return read_finite(item, ((fk_reals *)o->value)->x + i);
    uint64_t whole;
    if (!fk_read_whole(item, &whole) || whole > SIZE_MAX) return false;
    ((fk_indices *)o->value)->i[i] = (size_t)whole;
    return true;
}

static int set_list(const fk_option *o, const char *text, fk_error *err)
{
    size_t n = 1;
    for (const char *c = text; *c; c++) n += *c == ',';
    if (o->type == FK_OPT_REALS)
        *(fk_reals *)o->value = (fk_reals){fk_alloc(n, sizeof(double)), n};
    else
        *(fk_indices *)o->value = (fk_indices){fk_alloc(n, sizeof(size_t)), n};

    char *copy = fk_strdup(text), *item = copy;
    int status = FK_OK;
    for (size_t i = 0; i < n && status == FK_OK; i++) {
        char *comma = strchr(item, ',');
        if (comma) *comma = '\0';
        if (!read_item(o, item, i))
            status = fk_fail(
                err, FK_USAGE, "--%s takes %s separated by commas, and '%.60s' is none", o->name,
                o->type == FK_OPT_REALS ? "finite numbers" : "whole numbers from 0 up", item);
        item = comma ? comma + 1 : item;
    }
    free(copy);
    return status;
}

int fk_option_set(const fk_option *o, const char *text, fk_error *err)
{
    uint64_t whole;
    double real;
    switch (o->type) {
    case FK_OPT_FLAG:
        *(bool *)o->value = true;
        return FK_OK;
    case FK_OPT_TEXT:
        if (*text == '\0') return fk_fail(err, FK_USAGE, "--%s is empty", o->name);
        *(const char **)o->value = text;
        return FK_OK;
    case FK_OPT_COUNT:
        if (fk_read_real(text, &real) && real > 0x1p53 && !fk_read_whole(text, &whole))
            return fk_fail(err, FK_USAGE,
                           "--%s is at most 9223372036854775807, or 2^53 where it has a point or "
                           "an exponent, not '%.60s'",
                           o->name, text);
        if (!fk_read_whole(text, &whole) || whole < 1 || whole > SIZE_MAX)
            return fk_fail(err, FK_USAGE, "--%s is a whole number from 1 up, not '%.60s'", o->name,
                           text);
        *(size_t *)o->value = (size_t)whole;
        return FK_OK;
    case FK_OPT_SEED:
        if (strcmp(text, "random") == 0) return random_seed(o->value, err);
        if (!fk_read_whole(text, o->value))
            return fk_fail(err, FK_USAGE,
                           "--%s is a whole number from 0 to 9223372036854775807, or random, not "
                           "'%.60s'",
                           o->name, text);
        return FK_OK;
    case FK_OPT_REAL:
        if (!read_finite(text, o->value))
            return fk_fail(err, FK_USAGE, "--%s is a finite number, not '%.60s'", o->name, text);
        return FK_OK;
    case FK_OPT_REALS:
    case FK_OPT_INDICES:
        return set_list(o, text, err);
    }
    return FK_OK;
}
