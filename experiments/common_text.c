/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_text.h"

#include <stdarg.h>
#include <stdio.h>

void fk_text_add(fk_text *t, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    const int n = vsnprintf(t->at, t->left, format, rest);
    va_end(rest);
    const size_t used = n < 0 ? 0 : (size_t)n < t->left ? (size_t)n : t->left - (t->left > 0);
    t->at += used, t->left -= used;
}
