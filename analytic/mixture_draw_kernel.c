/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture_draw.h"

#include <math.h>

#include "core/vmath.h"

/* Counted without a branch, which would be guessed wrong as often as not. */
void FK_KERNEL(fk_mixture_pick)(const fk_mixture *m, const double *u, uint64_t *k, size_t n)
{
    for (size_t p = 0; p < n; p += FK_LANES) {
        uint64_t count[FK_LANES] = {0};
        double below = 0;
        for (size_t c = 0; c + 1 < m->k; c++) {
            below += m->weight[c];
            FK_FOR_LANES(l) count[l] += u[p + l] >= below;
        }
        FK_FOR_LANES(l) k[p + l] = count[l];
    }
}

void FK_KERNEL(fk_mixture_centre)(const fk_mixture *m, const uint64_t *k, fk_block x)
{
    for (size_t i = 0; i < x.dim; i++)
        for (size_t p = 0; p < x.n; p++) x.x[i * x.ld + p] = m->mean[k[p] * x.dim + i];
}

void FK_KERNEL(fk_mixture_add_axis)(const fk_mixture *m, size_t a, const uint64_t *k,
                                    const double *z, fk_block x)
{
    const size_t dim = x.dim;
    if (m->kind != FK_FULL) {
        for (size_t p = 0; p < x.n; p++) x.x[a * x.ld + p] += sqrt(m->var[k[p] * dim + a]) * z[p];
        return;
    }
    for (size_t p = 0; p < x.n; p++) {
        const double y = sqrt(m->var[k[p] * dim + a]) * z[p];
        const double *axis = m->axes + (k[p] * dim + a) * dim;
        for (size_t i = 0; i < dim; i++) x.x[i * x.ld + p] += y * axis[i];
    }
}
