/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[FK_N_ISA] = {"portable", "avx2", "avx512"};

const char *fk_isa_name(fk_isa_id isa)
{
    return names[isa];
}

static fk_isa_id best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return FK_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return FK_ISA_AVX2;
#endif
    return FK_ISA_PORTABLE;
}

fk_isa_id fk_isa(void)
{
    fk_isa_id top = best();
    const char *asked = getenv("FOKKER_ISA");
    for (int i = 0; asked && i <= (int)top; i++)
        if (strcmp(asked, names[i]) == 0) return (fk_isa_id)i;
    return top;
}

int fk_isa_check(fk_error *err)
{
    const char *asked = getenv("FOKKER_ISA");
    for (int i = 0; asked && i < FK_N_ISA; i++)
        if (strcmp(asked, names[i]) == 0) return FK_OK;
    if (!asked || !*asked) return FK_OK;
    return fk_fail(err, FK_USAGE, "FOKKER_ISA=%.40s: it is portable, avx2 or avx512, or not set",
                   asked);
}
