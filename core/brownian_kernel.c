/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step's (W, H): from its root cell down to the leaf, FK_LANES particles at a time. Counters:
 * root cell r has number r, and the split of cell j of level l number N0 2^l + j, so that they do
 * not depend on how deep a run goes; the draw is the coordinate. */
#include "core/brownian_kernel.h"
#include "core/normal_pair.h"

static inline void lane_pairs(fk_key key, uint64_t first, uint64_t cell, uint64_t i, double *a,
                              double *b)
{
    enum { N = FK_LANES / FK_VECTOR };
    fk_vector c[N], s[N];
    fk_normal_pairs(N, key, first, cell << 32 | i, c, s);
    memcpy(a, c, sizeof c), memcpy(b, s, sizeof s);
}

/* W and H of leaf n, coordinate i. */
static void leaf(const fk_brownian *tree, size_t n, uint64_t first, uint64_t i, double *w,
                 double *h)
{
    const size_t root = n >> tree->levels;
    double x1[FK_LANES], x2[FK_LANES];
    lane_pairs(tree->key, first, root, i, w, h);
    for (int l = 0; l < FK_LANES; l++) w[l] *= tree->root_w[root], h[l] *= tree->root_h[root];
    for (unsigned level = 0; level < tree->levels; level++) {
        const size_t j = n >> (tree->levels - level), base = tree->roots << level;
        const bool second = n >> (tree->levels - level - 1) & 1;
        const fk_brownian_split c = tree->split[base - tree->roots + j];
        lane_pairs(tree->key, first, base + j, i, x1, x2);
        for (int l = 0; l < FK_LANES; l++) {
            double w1 = c.w1_w * w[l] + c.w1_h * h[l] + c.w1_x * x1[l];
            double h1 = c.h1_h * h[l] + c.h1_x1 * x1[l] + c.h1_x2 * x2[l];
            double h2 = c.h2_h * h[l] + c.h2_x1 * x1[l] + c.h2_x2 * x2[l];
            w[l] = second ? w[l] - w1 : w1;
            h[l] = second ? h2 : h1;
        }
    }
}

void FK_KERNEL(fk_brownian_fill)(const void *self, size_t step, uint64_t first, fk_block z)
{
    const fk_brownian *tree = self;
    const fk_step *now = &tree->step[step];
    const size_t dim = z.dim / now->normals;
    for (size_t i = 0; i < dim; i++)
        for (size_t p = 0; p < z.n; p += FK_LANES) {
            double w[FK_LANES], h[FK_LANES];
            leaf(tree, step, first + p, i, w, h);
            for (size_t m = 0; m < now->normals; m++) {
                const bool area = now->kernel[m] == FK_H;
                const double per = area ? tree->per_h[step] : tree->per_w[step];
                double *row = z.x + (m * dim + i) * z.ld + p;
                for (int l = 0; l < FK_LANES; l++) row[l] = per * (area ? h[l] : w[l]);
            }
        }
}
