/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

int fk_fail(fk_error *err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err) {
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, args);
    }
    va_end(args);
    return code;
}
