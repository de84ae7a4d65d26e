/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool fk_read_real(const char *text, double *x)
{
    if (*text == '\0' || isspace((unsigned char)*text)) return false;
    char *end;
    double value = strtod(text, &end); /* out of range: rounds to 0 or inf, which callers judge */
    if (*end != '\0' || isnan(value)) return false;
    *x = value;
    return true;
}

bool fk_read_whole(const char *text, uint64_t *i)
{
    if (!isdigit((unsigned char)*text)) return false;
    if (text[strspn(text, "0123456789")] == '\0') {
        errno = 0;
        unsigned long long value = strtoull(text, NULL, 10);
        if (errno || value > INT64_MAX) return false; /* what JSON files can hold */
        *i = value;
        return true;
    }
    double x;
    if (!fk_read_real(text, &x) || x > 0x1p53 || x != floor(x)) return false;
    *i = (uint64_t)x;
    return true;
}
