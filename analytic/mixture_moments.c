/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean and covariance of a mixture, and samples of it. */
#include <math.h>
#include <string.h>

#include "analytic/mixture.h"
#include "core/noise.h"

void fk_mixture_covariance(const fk_mixture *m, size_t k, double *cov)
{
    size_t n = m->dim;
    const double *var = m->var + k * n;
    memset(cov, 0, n * n * sizeof *cov);
    if (m->kind != FK_FULL) {
        for (size_t i = 0; i < n; i++) cov[i * n + i] = var[i];
        return;
    }
    for (size_t j = 0; j < n; j++) {
        const double *axis = m->axes + (k * n + j) * n;
        for (size_t i = 0; i < n * n; i++) cov[i] += var[j] * axis[i / n] * axis[i % n];
    }
}

void fk_mixture_moments(const fk_mixture *m, double *mean, double *cov)
{
    size_t n = m->dim;
    memset(mean, 0, n * sizeof *mean);
    memset(cov, 0, n * n * sizeof *cov);
    for (size_t k = 0; k < m->k; k++)
        for (size_t i = 0; i < n; i++) mean[i] += m->weight[k] * m->mean[k * n + i];
    for (size_t k = 0; k < m->k; k++) {
        const double *centre = m->mean + k * n, *var = m->var + k * n;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double inner = m->kind != FK_FULL && i == j ? var[i] : 0;
                for (size_t a = 0; a < n && m->kind == FK_FULL; a++)
                    inner += var[a] * m->axes[(k * n + a) * n + i] * m->axes[(k * n + a) * n + j];
                double between = (centre[i] - mean[i]) * (centre[j] - mean[j]);
                cov[i * n + j] += m->weight[k] * (inner + between);
            }
    }
}

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
