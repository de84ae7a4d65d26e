/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/mixture_draw.h"
#include "core/noise.h"

enum { CHUNK = 16, MOST = 64 /* particles at a time */ };

/* As fk_mixture_pick, which for one particle would look at all components for FK_LANES of them. */
static size_t pick(const fk_mixture *m, double u)
{
    double below = 0;
    for (size_t k = 0; k + 1 < m->k; k++) {
        below += m->weight[k];
        if (u < below) return k;
    }
    return m->k - 1;
}

/* Counters: step 0 chooses the component by a uniform, step 1 + j/16 gives the normals of
 * coordinates j .. j+15 along the component's axes. Normals come in whole blocks of FK_LANES
 * particles. */
static void draw(const fk_mixture *m, fk_key key, uint64_t first, fk_block x)
{
    _Alignas(FK_ALIGN) double u[MOST], z[CHUNK * MOST];
    _Alignas(FK_ALIGN) uint64_t k[MOST];
    const size_t dim = m->dim, n = fk_pad(x.n);
    if (x.n == 1)
        *k = pick(m, fk_random_uniform(key, first, 0, 0));
    else {
        fk_random_uniforms(key, first, 0, 0, u, n);
        FK_CHOOSE_KERNEL(fk_mixture_pick)(m, u, k, n);
    }
    FK_CHOOSE_KERNEL(fk_mixture_centre)(m, k, x);
    for (size_t j = 0; j < dim; j += CHUNK) {
        const size_t count = dim - j < CHUNK ? dim - j : CHUNK;
        fk_random_normals(key, first, 1 + j / CHUNK, (fk_block){z, n, count, MOST});
        for (size_t a = 0; a < count; a++)
            FK_CHOOSE_KERNEL(fk_mixture_add_axis)(m, j + a, k, z + a * MOST, x);
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
