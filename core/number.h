/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as people type them, read strictly: the whole text must be the number, with nothing
 * before or after it. Each returns whether it was one, and leaves the value alone where not. */
#ifndef FK_CORE_NUMBER_H
#define FK_CORE_NUMBER_H

#include "core/base.h"

bool fk_read_real(const char *text, double *x);    /* inf allowed, NaN not */
bool fk_read_whole(const char *text, uint64_t *i); /* 0 .. 2^63 - 1; "1e6" is whole too */

#endif
