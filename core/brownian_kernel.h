/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside core/brownian: the tree, and the kernel that reads a step's normals off it. */
#ifndef FK_CORE_BROWNIAN_KERNEL_H
#define FK_CORE_BROWNIAN_KERNEL_H

#include "core/brownian.h"
#include "core/isa.h"

struct fk_brownian {
    fk_key key;
    size_t roots;             /* N0 */
    unsigned levels;          /* k: a root cell holds 2^k steps */
    double *root_w, *root_h;  /* (N0): standard deviations of W and H */
    fk_brownian_split *split; /* (N0 (2^k - 1)): cell j of level l at N0 (2^l - 1) + j */
    double *per_w, *per_h;    /* (steps): what makes W and H of a step standard */
    const fk_step *step;      /* (steps): a copy, for the kernels of the normals */
};

FK_DECLARE_KERNEL(void, fk_brownian_fill,
                  (const void *self, size_t step, uint64_t first, fk_block z));

#endif
