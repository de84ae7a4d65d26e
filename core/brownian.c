/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/brownian.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/brownian_kernel.h"

fk_brownian_split fk_brownian_split_at(double h1, double h2)
{
    const double h = h1 + h2, p = h1 / h, q = h2 / h, d = sqrt(p * p * p + q * q * q);
    /* a, b, c of the source, over h: a/h = p^(7/2) q^(1/2) / (2 d) and so on */
    const double root = sqrt(h), a = p * p * p * sqrt(p * q) / (2 * d) * root;
    const double b = q * q * q * sqrt(p * q) / (2 * d) * root;
    const double c = sqrt(3) * p * q * sqrt(p * q) / (6 * d) * root;
    return (fk_brownian_split){.w1_w = p,
                               .w1_h = 6 * p * q,
                               .w1_x = 2 * (a + b),
                               .h1_h = p * p,
                               .h1_x1 = -a / p,
                               .h1_x2 = c / p,
                               .h2_h = q * q,
                               .h2_x1 = -b / q,
                               .h2_x2 = -c / q};
}

/* What the run's normals ask for; the first name of what cannot be served, or NULL. */
static const char *survey(const fk_step *step, size_t n_steps, bool *by_clock)
{
    bool path = false, clock = false;
    for (size_t n = 0; n < n_steps; n++)
        for (size_t m = 0; m < step[n].normals; m++) {
            if (step[n].kernel[m] == FK_FRESH) return "fresh noise, which is not of the path";
            if (step[n].kernel[m] == FK_E)
                clock = true;
            else
                path = true;
        }
    *by_clock = clock;
    return clock && path ? "increments in t and in another clock at once" : NULL;
}

static int check(size_t roots, const fk_step *step, size_t n_steps, const double *clock,
                 bool *by_clock, fk_error *err)
{
    size_t levels = 0;
    while (roots << levels < n_steps) levels++;
    if (roots << levels != n_steps)
        return fk_fail(err, FK_USAGE,
                       "a Brownian tree of %zu root cells serves %zu, %zu, %zu, .. steps, not %zu",
                       roots, roots, 2 * roots, 4 * roots, n_steps);
    if (n_steps >> 31)
        return fk_fail(err, FK_USAGE, "a Brownian tree has at most 2^31 cells, not %zu", n_steps);
    const char *wrong = survey(step, n_steps, by_clock);
    if (wrong)
        return fk_fail(err, FK_USAGE,
                       "this scheme's noise cannot be read off a Brownian tree: it needs %s",
                       wrong);
    for (size_t n = 0; *by_clock && n <= n_steps; n++)
        if (!isfinite(clock[n]))
            return fk_fail(err, FK_USAGE,
                           "this scheme's noise is of the clock (s/sigma)^2, which is not finite "
                           "at node %zu: end before clean data",
                           n);
    return FK_OK;
}

int fk_brownian_new(uint64_t seed, size_t roots, const fk_step *step, size_t n_steps,
                    const double *t, const double *clock, fk_brownian **out, fk_error *err)
{
    assert(roots >= 1 && n_steps >= 1);
    bool by_clock = false;
    int status = check(roots, step, n_steps, clock, &by_clock, err);
    if (status != FK_OK) return status;
    const double *time = by_clock ? clock : t;

    fk_brownian *tree = fk_alloc(1, sizeof *tree);
    *tree = (fk_brownian){.key = {seed, FK_STREAM_BROWNIAN}, .roots = roots};
    while (roots << tree->levels < n_steps) tree->levels++;
    tree->root_w = fk_alloc(roots, sizeof(double));
    tree->root_h = fk_alloc(roots, sizeof(double));
    tree->per_w = fk_alloc(n_steps, sizeof(double));
    tree->per_h = fk_alloc(n_steps, sizeof(double));
    tree->split = fk_alloc(n_steps, sizeof *tree->split);
    fk_step *copy = fk_alloc(n_steps, sizeof *copy);
    memcpy(copy, step, n_steps * sizeof *copy);
    tree->step = copy;

    for (size_t r = 0; r < roots; r++) {
        const double *cell = time + (r << tree->levels);
        const double h = fabs(cell[(size_t)1 << tree->levels] - cell[0]);
        tree->root_w[r] = sqrt(h), tree->root_h[r] = sqrt(h / 12);
    }
    for (unsigned level = 0; level < tree->levels; level++) {
        const size_t cells = roots << level, half = n_steps / cells / 2;
        for (size_t j = 0; j < cells; j++) {
            const double *cell = time + 2 * half * j;
            tree->split[cells - roots + j] =
                fk_brownian_split_at(fabs(cell[half] - cell[0]), fabs(cell[2 * half] - cell[half]));
        }
    }
    for (size_t n = 0; n < n_steps; n++) {
        const double h = fabs(time[n + 1] - time[n]);
        assert(h > 0 && (time[n + 1] > time[n]) == (time[1] > time[0]));
        tree->per_w[n] = 1 / sqrt(h), tree->per_h[n] = 1 / sqrt(h / 12);
    }
    *out = tree;
    return FK_OK;
}

void fk_brownian_free(fk_brownian *tree)
{
    if (!tree) return;
    free(tree->root_w), free(tree->root_h), free(tree->per_w), free(tree->per_h);
    free(tree->split), free((void *)tree->step);
    free(tree);
}

fk_noise fk_noise_brownian(const fk_brownian *tree)
{
    return (fk_noise){.self = tree, .fill = FK_CHOOSE_KERNEL(fk_brownian_fill)};
}

bool fk_brownian_nests(const double *coarse, size_t n_coarse, const double *fine, size_t n_fine)
{
    size_t ratio = 1;
    while (n_coarse * ratio < n_fine) ratio *= 2;
    if (n_coarse * ratio != n_fine) return false;
    for (size_t n = 0; n <= n_coarse; n++)
        if (coarse[n] != fine[n * ratio]) return false;
    return true;
}
