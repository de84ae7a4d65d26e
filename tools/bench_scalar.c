/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench_scalar.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

/* Inverse and log determinant of S = s^2 C + sigma^2 I. */
static double invert(size_t dim, const double *cov, const fk_coeffs *at, double *out)
{
    gsl_matrix_view m = gsl_matrix_view_array(out, dim, dim);
    double log_det = 0;
    for (size_t i = 0; i < dim * dim; i++)
        out[i] = at->s * at->s * cov[i] + (i % (dim + 1) == 0 ? at->sigma * at->sigma : 0);
    gsl_linalg_cholesky_decomp1(&m.matrix);
    for (size_t i = 0; i < dim; i++) log_det += 2 * log(out[i * dim + i]);
    gsl_linalg_cholesky_invert(&m.matrix);
    return log_det;
}

scalar_mixture bench_scalar_freeze(const fk_mixture *of, size_t n, const fk_coeffs *at)
{
    const size_t dim = of->dim, k = of->k;
    scalar_mixture f = {.dim = dim, .k = k, .n_times = n, .full = of->kind == FK_FULL};
    const size_t width = f.full ? dim * dim : 1;
    f.log_norm = fk_alloc(n * k, sizeof(double));
    f.mean = fk_alloc(n * k * dim, sizeof(double));
    f.precision = fk_alloc(n * k * width, sizeof(double));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < k; c++) {
            const size_t row = i * k + c;
            double log_det, cov[BENCH_MAX_DIM * BENCH_MAX_DIM];
            for (size_t j = 0; j < dim; j++)
                f.mean[row * dim + j] = at[i].s * of->mean[c * dim + j];
            if (f.full) {
                fk_mixture_covariance(of, c, cov);
                log_det = invert(dim, cov, &at[i], f.precision + row * width);
            } else {
                const double var = at[i].s * at[i].s * of->var[c * dim] + at[i].sigma * at[i].sigma;
                f.precision[row] = 1 / var;
                log_det = (double)dim * log(var);
            }
            f.log_norm[row] = log(of->weight[c]) - 0.5 * log_det;
        }
    return f;
}

void bench_scalar_thaw(scalar_mixture *f)
{
    free(f->log_norm), free(f->mean), free(f->precision);
}

scalar_plan bench_scalar_plan(const fk_mixture *mixture, const fk_plan *plan)
{
    const size_t n = plan->n_steps;
    fk_coeffs *at = fk_alloc(n, sizeof *at);
    double *step = fk_alloc(3 * n, sizeof *step);
    for (size_t i = 0; i < n; i++) {
        const fk_combination *result = &plan->step[i].result;
        const fk_stage *stage = &plan->step[i].stage[0];
        at[i] = (fk_coeffs){.s = stage->s, .sigma = stage->sigma};
        step[3 * i] = result->a + result->b[0] * stage->p;
        step[3 * i + 1] = result->b[0] * stage->q;
        step[3 * i + 2] = result->c[0];
    }
    const scalar_plan made = {bench_scalar_freeze(mixture, n, at), step};
    free(at);
    return made;
}

scalar_plan bench_scalar_still(const scalar_plan *plan, size_t i, double *step)
{
    scalar_plan one = {plan->at, step};
    const size_t rows = i * one.at.k, dim = one.at.dim;
    one.at.n_times = 1;
    one.at.log_norm += rows, one.at.mean += rows * dim;
    one.at.precision += rows * (one.at.full ? dim * dim : 1);
    step[0] = plan->step[3 * i], step[1] = plan->step[3 * i + 1], step[2] = 0;
    return one;
}

void bench_scalar_free(scalar_plan *plan)
{
    bench_scalar_thaw(&plan->at);
    free(plan->step);
}
