/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cyclic Jacobi rotations. Why not GSL's: gsl_eigen_symmv reduces to tridiagonal form and loses the
 * small eigenvalues of graded matrices ([[1e4, 1e-3], [1e-3, 1e-4]]); Jacobi with the stopping rule
 * |a_pq| <= tol sqrt(a_pp a_qq) keeps them (Demmel and Veselic, SIAM J. Matrix Anal. 13, 1992).
 * And double axes would not do: where the noise outweighs the covariance, the components differ
 * by far less than the rounding of |axes (x - M)|^2, and only axes good beyond double keep the
 * difference. */
#include "analytic/eigen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"

enum { MAX_SWEEPS = 40 }; /* about ten are needed; a singular matrix may never meet the rule */
static const double TOL = 0x1p-104;

typedef struct {
    fk_dd c, s;
} rotation;

static rotation rotation_for(fk_dd app, fk_dd aqq, fk_dd apq, fk_dd *t)
{
    const fk_dd one = {1, 0};
    fk_dd theta = fk_dd_divide(fk_dd_subtract(aqq, app), (fk_dd){2 * apq.hi, 2 * apq.lo});
    if (fabs(theta.hi) > 1e100) { /* theta^2 would overflow; t = 1/(2 theta) to all bits */
        *t = fk_dd_divide((fk_dd){0.5, 0}, theta);
    } else {
        fk_dd root = fk_dd_sqrt(fk_dd_add(fk_dd_multiply(theta, theta), one));
        fk_dd magnitude = theta.hi < 0 ? fk_dd_negate(theta) : theta;
        *t = fk_dd_divide(one, fk_dd_add(magnitude, root));
        if (theta.hi < 0) *t = fk_dd_negate(*t);
    }
    fk_dd c = fk_dd_divide(one, fk_dd_sqrt(fk_dd_add(fk_dd_multiply(*t, *t), one)));
    return (rotation){c, fk_dd_multiply(*t, c)};
}

/* (a, b) <- (c a - s b, s a + c b) */
static void rotate(rotation r, fk_dd *a, fk_dd *b)
{
    fk_dd x = *a, y = *b;
    *a = fk_dd_subtract(fk_dd_multiply(r.c, x), fk_dd_multiply(r.s, y));
    *b = fk_dd_add(fk_dd_multiply(r.s, x), fk_dd_multiply(r.c, y));
}

static bool is_negligible(fk_dd apq, fk_dd app, fk_dd aqq)
{
    return fabs(apq.hi) <= TOL * sqrt(fabs(app.hi)) * sqrt(fabs(aqq.hi));
}

static void annihilate(size_t n, fk_dd *a, fk_dd *axes, size_t p, size_t q)
{
    fk_dd t, apq = a[p * n + q];
    rotation r = rotation_for(a[p * n + p], a[q * n + q], apq, &t);
    fk_dd shift = fk_dd_multiply(t, apq);
    a[p * n + p] = fk_dd_subtract(a[p * n + p], shift);
    a[q * n + q] = fk_dd_add(a[q * n + q], shift);
    a[p * n + q] = a[q * n + p] = (fk_dd){0, 0};
    for (size_t i = 0; i < n; i++) {
        if (i != p && i != q) {
            rotate(r, &a[i * n + p], &a[i * n + q]);
            a[p * n + i] = a[i * n + p];
            a[q * n + i] = a[i * n + q];
        }
        rotate(r, &axes[p * n + i], &axes[q * n + i]);
    }
}

void fk_eigen(size_t n, const double *c, fk_dd *value, fk_dd *axes)
{
    fk_dd *a = fk_alloc(n * n, sizeof *a);
    memset(axes, 0, n * n * sizeof *axes);
    for (size_t i = 0; i < n; i++) {
        axes[i * n + i].hi = 1;
        for (size_t j = 0; j < n; j++) a[i * n + j].hi = c[i * n + j];
    }
    bool done = false;
    for (int sweep = 0; sweep < MAX_SWEEPS && !done; sweep++) {
        done = true;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (!is_negligible(a[p * n + q], a[p * n + p], a[q * n + q])) {
                    annihilate(n, a, axes, p, q);
                    done = false;
                }
    }
    for (size_t i = 0; i < n; i++) value[i] = a[i * n + i];
    free(a);
}
