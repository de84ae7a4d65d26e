/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats behind core/table.h, one source file each. Internal to core/. `finite`: a value
 * that is not finite is FK_USAGE with its place. */
#ifndef FK_CORE_TABLE_FORMAT_H
#define FK_CORE_TABLE_FORMAT_H

#include "core/table.h"

int fk_csv_read(const char *path, bool finite, fk_table *table, fk_error *err) FK_CHECKED;
int fk_npy_read(const char *path, bool finite, fk_table *table, fk_error *err) FK_CHECKED;

#endif
