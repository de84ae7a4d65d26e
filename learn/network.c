/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learn/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

fk_tape fk_tape_new(const fk_shape *s, size_t n, size_t tangents)
{
    assert(n % FK_LANES == 0 && tangents <= s->width[0]);
    const size_t widest = fk_shape_widest(s), columns = (1 + tangents) * n;
    size_t rows = 0;
    for (size_t l = 0; l <= s->n_layers; l++) rows += s->width[l];
    rows += rows + 2 * widest; /* more than the slopes need, by the inputs */
    fk_tape tape = {.n = n, .tangents = tangents, .columns = columns};
    fk_real *at = fk_alloc(rows * columns, sizeof *at);
    for (size_t l = 0; l <= s->n_layers; l++) tape.h[l] = at, at += s->width[l] * columns;
    for (size_t l = 0; l + 1 < s->n_layers; l++)
        tape.slope[l] = at, at += s->width[l + 1] * columns;
    for (size_t i = 0; i < 2; i++) tape.d[i] = at, at += widest * columns;
    tape.d_output = at;
    for (size_t i = 0; i < tangents; i++)
        for (size_t p = 0; p < n; p++) tape.h[0][i * columns + (1 + i) * n + p] = 1;
    return tape;
}

void fk_tape_free(fk_tape *tape)
{
    free(tape->h[0]);
    *tape = (fk_tape){0};
}

static void add_bias(size_t rows, const fk_tape *tape, const fk_real *bias, fk_real *z)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < tape->n; p++) z[r * tape->columns + p] += bias[r];
}

void fk_network_forward(const fk_shape *s, const fk_network_ops *ops, const fk_real *param,
                        fk_tape *tape)
{
    const size_t n = tape->columns;
    for (size_t l = 0; l < s->n_layers; l++) {
        const size_t in = s->width[l], out = s->width[l + 1];
        ops->gemm(false, false, out, n, in, param + s->weight[l], in, tape->h[l], n, false,
                  tape->h[l + 1], n);
        if (l + 1 < s->n_layers)
            ops->silu_forward(out, tape->n, tape->tangents, param + s->bias[l], tape->h[l + 1],
                              tape->slope[l]);
        else
            add_bias(out, tape, param + s->bias[l], tape->h[l + 1]);
    }
}

void fk_network_backward(const fk_shape *s, const fk_network_ops *ops, const fk_real *param,
                         fk_tape *tape, fk_real *gradient)
{
    const size_t n = tape->columns, last = s->n_layers - 1, outputs = s->width[last + 1];
    const fk_real *dz = tape->d_output;
    for (size_t r = 0; r < outputs; r++) {
        fk_real sum = 0;
        for (size_t p = r * n; p < r * n + tape->n; p++) sum += dz[p];
        gradient[s->bias[last] + r] += sum;
    }
    for (size_t l = last;; l--) {
        const size_t in = s->width[l], out = s->width[l + 1];
        ops->gemm(false, true, out, in, n, dz, n, tape->h[l], n, true, gradient + s->weight[l], in);
        if (l == 0) break;
        fk_real *before = tape->d[l % 2];
        ops->gemm(true, false, in, n, out, param + s->weight[l], in, dz, n, false, before, n);
        ops->silu_backward(in, tape->n, tape->tangents, tape->slope[l - 1], before,
                           gradient + s->bias[l - 1]);
        dz = before;
    }
}

double fk_network_loss(const fk_shape *s, fk_tape *tape, const fk_real *target,
                       const fk_real *weight)
{
    const size_t n = tape->n, rows = s->width[s->n_layers];
    const fk_real *output = tape->h[s->n_layers];
    double sum = 0;
    memset(tape->d_output, 0, rows * tape->columns * sizeof *tape->d_output);
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < n; p++) {
            const size_t at = r * tape->columns + p;
            const fk_real off = output[at] - target[r * n + p];
            tape->d_output[at] = 2 * weight[p] * off;
            sum += (double)(weight[p] * off * off);
        }
    return sum;
}

double fk_network_divergence(const fk_shape *s, fk_tape *tape, const fk_real *pull)
{
    const size_t n = tape->n, rows = s->width[s->n_layers];
    double sum = 0;
    assert(tape->tangents == rows);
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < n; p++) {
            const size_t at = r * tape->columns + (1 + r) * n + p;
            tape->d_output[at] = pull[p];
            sum += (double)pull[p] * (double)tape->h[s->n_layers][at];
        }
    return sum;
}
