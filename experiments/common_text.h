/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text that grows and stays within its room: what an experiment has to say. */
#ifndef FK_EXPERIMENTS_COMMON_TEXT_H
#define FK_EXPERIMENTS_COMMON_TEXT_H

#include "core/base.h"

/* Where it goes on, and how many bytes are left, the closing 0 among them. */
typedef struct {
    char *at;
    size_t left;
} fk_text;

void fk_text_add(fk_text *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
