/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "analytic/mixture.h"
#include "core/noise.h"

enum { CHUNK = 16, MOST = 64 /* particles at a time */ };

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
 * along the component's axes. Normals come in whole blocks of FK_LANES particles. */
static void draw(const fk_mixture *m, fk_key key, uint64_t first, fk_block x)
{
    _Alignas(FK_ALIGN) double z[CHUNK * MOST];
    size_t k[MOST];
    const size_t dim = m->dim;
    for (size_t p = 0; p < x.n; p++) {
        k[p] = pick(m, fk_random_uniform(key, first + p, 0, 0));
        for (size_t i = 0; i < dim; i++) x.x[i * x.ld + p] = m->mean[k[p] * dim + i];
    }
    for (size_t j = 0; j < dim; j += CHUNK) {
        const size_t count = dim - j < CHUNK ? dim - j : CHUNK;
        fk_random_normals(key, first, 1 + j / CHUNK, (fk_block){z, fk_pad(x.n), count, MOST});
        for (size_t p = 0; p < x.n; p++)
            for (size_t a = j; a < j + count; a++) {
                const double y = sqrt(m->var[k[p] * dim + a]) * z[(a - j) * MOST + p];
                if (m->kind != FK_FULL) {
                    x.x[a * x.ld + p] += y;
                    continue;
                }
                const double *axis = m->axes + (k[p] * dim + a) * dim;
                for (size_t i = 0; i < dim; i++) x.x[i * x.ld + p] += y * axis[i];
            }
    }
}

void fk_mixture_draw(const fk_mixture *m, uint64_t seed, uint64_t stream, uint64_t i, double *x)
{
    draw(m, (fk_key){seed, stream}, i, (fk_block){x, 1, m->dim, 1});
}

void fk_mixture_draws(const fk_mixture *m, uint64_t seed, uint64_t stream, uint64_t first,
                      fk_block x)
{
    for (size_t p = 0; p < x.n; p += MOST) {
        const size_t n = x.n - p < MOST ? x.n - p : MOST;
        draw(m, (fk_key){seed, stream}, first + p, (fk_block){x.x + p, n, x.dim, x.ld});
    }
}
