/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "analytic/mixture.h"
#include "core/noise.h"

static size_t pick(const fk_mixture *m, double u)
{
    double below = 0;
    for (size_t k = 0; k + 1 < m->k; k++) {
        below += m->weight[k];
        if (u < below) return k;
    }
    return m->k - 1;
}

/* Counters: step 0 chooses the component, step 1 + j/16 gives the normals of coordinates j .. j+15
 * along the component's axes. Normals come in blocks of FK_LANES particles, of which one is used.
 */
void fk_mixture_draw(const fk_mixture *m, uint64_t seed, uint64_t stream, uint64_t i, double *x)
{
    enum { CHUNK = 16 };
    _Alignas(FK_ALIGN) double z[CHUNK * FK_LANES];
    size_t n = m->dim;
    const fk_key key = {seed, stream};
    size_t k = pick(m, fk_random_uniform(key, i, 0, 0));
    memcpy(x, m->mean + k * n, n * sizeof *x);
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        fk_random_normals(key, i, 1 + first / CHUNK, (fk_block){z, FK_LANES, count, FK_LANES});
        for (size_t j = 0; j < count; j++) {
            double y = sqrt(m->var[k * n + first + j]) * z[j * FK_LANES];
            if (m->kind != FK_FULL) {
                x[first + j] += y;
                continue;
            }
            const double *axis = m->axes + (k * n + first + j) * n;
            for (size_t a = 0; a < n; a++) x[a] += y * axis[a];
        }
    }
}
