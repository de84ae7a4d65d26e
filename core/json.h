/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON by jansson, read with errors that name file and place, written whole or not at all. */
#ifndef FK_CORE_JSON_H
#define FK_CORE_JSON_H

#include <jansson.h>

#include "core/error.h"

int fk_json_read(const char *path, json_t **json, fk_error *err) FK_CHECKED;
/* Indented by 2, reals as %.17g, keys in the order given; "-" is standard output. */
int fk_json_write(const char *path, const json_t *json, fk_error *err) FK_CHECKED;
/* A real, or null where it is not finite (JSON has no NaN). */
json_t *fk_json_real(double value);

#endif
