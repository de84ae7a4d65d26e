/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and specs: "NAME" or "NAME:key=value,key=value". */
#ifndef FK_CORE_NAMES_H
#define FK_CORE_NAMES_H

#include "core/base.h"
#include "core/error.h"

enum { FK_MAX_PARAMS = 8 };

/* A parameter that a spec may set. A table of them ends with key NULL. choices: NULL for a number
 * (inf allowed), else "bh1|bh2": the value is the index of the word. */
typedef struct {
    const char *key;
    double value; /* the default */
    const char *choices;
} fk_param;

/* A row of a list that people choose from: `fokker list` prints it, errors suggest from it. */
typedef struct {
    const char *name, *says, *source;
    const fk_param *param; /* NULL: none */
} fk_row;

/* The index of the row named by the spec (its part before ':'); -1 and one line that lists the near
 * names, or all of them, where there is none. `what` is the kind: "schedule". */
long fk_row_find(const char *spec, const char *what, const fk_row *row, size_t n, fk_error *err);

/* The parameters of a spec: value[i] belongs to param[i]. Unknown key, not a number: FK_USAGE. */
int fk_spec_params(const char *spec, const char *what, const fk_param *param, double *value,
                   fk_error *err) FK_CHECKED;

/* Names within a small edit distance of `name`, as "a, b or c"; one that differs in case alone
 * stands for all near ones; when none is near all of them, if they are few, else the first two
 * dozen. */
void fk_near_names(const char *name, const char *const *known, size_t n, char *text, size_t size);

#endif
