/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instruction sets. A file named *_kernel.c is compiled once per instruction set, with FK_ISA
 * defined as portable, avx2 or avx512; it exports its functions through FK_KERNEL(name), and a
 * dispatcher beside it picks one by fk_isa(). All give the same bits: they come from one source,
 * with fused operations written out. */
#ifndef FK_CORE_ISA_H
#define FK_CORE_ISA_H

#include "core/error.h"

typedef enum { FK_ISA_PORTABLE, FK_ISA_AVX2, FK_ISA_AVX512, FK_N_ISA } fk_isa_id;

/* The best that this machine runs, or what the environment variable FOKKER_ISA names (portable,
 * avx2, avx512), which is for tests and benchmarks; one that this machine lacks is ignored. */
fk_isa_id fk_isa(void);
/* FK_USAGE where the variable names none of them. */
int fk_isa_check(fk_error *err) FK_CHECKED;
const char *fk_isa_name(fk_isa_id);

#define FK_KERNEL_PASTE(name, isa)  name##_##isa
#define FK_KERNEL_EXPAND(name, isa) FK_KERNEL_PASTE(name, isa)
#define FK_KERNEL(name)             FK_KERNEL_EXPAND(name, FK_ISA)

/* Declare a kernel's variants, e.g. FK_DECLARE_KERNEL(void, fk_normals, (fk_key, fk_block)); */
#if defined(__x86_64__)
#define FK_DECLARE_KERNEL(type, name, args)                                                        \
    type name##_portable args;                                                                     \
    type name##_avx2 args;                                                                         \
    type name##_avx512 args
#define FK_CHOOSE_KERNEL(name)                                                                     \
    (fk_isa() == FK_ISA_AVX512 ? name##_avx512                                                     \
                               : (fk_isa() == FK_ISA_AVX2 ? name##_avx2 : name##_portable))
#else
#define FK_DECLARE_KERNEL(type, name, args) type name##_portable args
#define FK_CHOOSE_KERNEL(name)              (name##_portable)
#endif

#endif
