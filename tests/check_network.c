/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network's gradients, in double against differences and in float against double; its score
 * field against the formulas. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/silu_kernel.h"
#include "tests/network_batch.h"
#include "tests/network_double.h"
#include "tests/suite.h"

/* The loss in eps, by its definition: sum w |p x + q F - eps|^2. */
static double eps_loss(const batch *b, const double *param)
{
    double out[DIM * COLUMNS], sum = 0;
    double_forward(&b->shape, param, COLUMNS, b->input, out);
    for (size_t at = 0; at < DIM * COLUMNS; at++) {
        const size_t p = at % COLUMNS;
        const double off = b->read[p].p * b->x[at] + b->read[p].q * out[at] - b->eps[at];
        sum += b->w[p] * off * off;
    }
    return sum;
}

/* By differences of fourth order. The loss is of size 1e2, the derivatives of 1 and more; h = 2e-3
 * leaves h^4 d5/30 = 1e-12 of them and rounding 1e2 2^-53/h = 1e-11. */
static double *differences(const batch *b)
{
    const double h = 2e-3;
    double *g = fk_alloc(b->shape.n_params, sizeof *g);
    for (size_t i = 0; i < b->shape.n_params; i++) {
        double loss[4], was = b->param[i];
        const double step[4] = {h, -h, 2 * h, -2 * h};
        for (int k = 0; k < 4; k++) b->param[i] = was + step[k], loss[k] = eps_loss(b, b->param);
        b->param[i] = was;
        g[i] = (8 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12 * h);
    }
    return g;
}

START_TEST(gradients_of_all_outputs_agree_with_differences)
{
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        double *by_differences = differences(b), g[2000];
        ck_assert_uint_le(b->shape.n_params, 2000);
        for (int wrong = RIGHT; wrong < BEND_FORGOTTEN; wrong++) {
            double worst = 0;
            const double loss = double_gradient(&b->shape, b->param, COLUMNS, b->input, b->target,
                                                b->weight, NULL, wrong, g);
            fk_assert_near(loss, eps_loss(b, b->param), 1e-12 * loss);
            for (size_t k = 0; k < 8; k++) {
                const double gap = off(&b->shape, k, g, by_differences);
                if (wrong == RIGHT)
                    ck_assert_msg(gap < 1e-7, "%s of %s: off by %g", group[k],
                                  fk_net_output_name((fk_net_output)output), gap);
                worst = fk_worse(worst, gap);
            }
            if (wrong != RIGHT) ck_assert_double_gt(worst, 1e-3);
        }
        free(by_differences);
        batch_free(b);
    }
}
END_TEST

/* Loss and gradient by the library's own float code. */
static double float_gradient(const batch *b, double *gradient)
{
    const fk_network_ops ops = fk_model_ops();
    const size_t n = b->shape.n_params;
    float *param = fk_alloc(2 * n, sizeof *param), *g = param + n;
    float target[DIM * COLUMNS], weight[COLUMNS];
    fk_tape tape = fk_tape_new(&b->shape, COLUMNS, 0);
    for (size_t i = 0; i < n; i++) param[i] = (float)b->param[i];
    for (size_t i = 0; i < INPUTS * COLUMNS; i++) tape.h[0][i] = (float)b->input[i];
    for (size_t i = 0; i < DIM * COLUMNS; i++) target[i] = (float)b->target[i];
    for (size_t i = 0; i < COLUMNS; i++) weight[i] = (float)b->weight[i];
    fk_network_forward(&b->shape, &ops, param, &tape);
    const double loss = fk_network_loss(&b->shape, &tape, target, weight);
    fk_network_backward(&b->shape, &ops, param, &tape, g);
    for (size_t i = 0; i < n; i++) gradient[i] = g[i];
    fk_tape_free(&tape);
    free(param);
    return loss;
}

START_TEST(gradients_in_float_are_within_1e_4_of_those_in_double)
{
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        double g[2000], single[2000];
        const double loss = double_gradient(&b->shape, b->param, COLUMNS, b->input, b->target,
                                            b->weight, NULL, RIGHT, g);
        fk_assert_near(float_gradient(b, single), loss, 1e-5 * loss);
        for (size_t k = 0; k < 8; k++) {
            const double gap = off(&b->shape, k, single, g);
            ck_assert_msg(gap < 1e-4, "%s of %s: off by %g", group[k],
                          fk_net_output_name((fk_net_output)output), gap);
        }
        batch_free(b);
    }
}
END_TEST

START_TEST(elementwise_kernels_give_one_set_of_bits)
{
#if defined(__x86_64__)
    enum { ROWS = 3, N = 32, TANGENTS = 2, ALL = N * (1 + TANGENTS) };
    static void (*const forward[])(size_t, size_t, size_t, const float *, float *, float *) = {
        fk_silu_forward_portable, fk_silu_forward_avx2, fk_silu_forward_avx512};
    static void (*const backward[])(size_t, size_t, size_t, const float *, float *, float *) = {
        fk_silu_backward_portable, fk_silu_backward_avx2, fk_silu_backward_avx512};
    float h[FK_N_ISA][ROWS * ALL], slope[FK_N_ISA][ROWS * ALL], d[FK_N_ISA][ROWS * ALL];
    float db[FK_N_ISA][ROWS] = {0};
    const float bias[ROWS] = {0.237F, -1.91F, 40.3F};
    for (int k = 0; k <= (int)fk_isa(); k++) {
        for (size_t i = 0; i < ROWS * ALL; i++) {
            h[k][i] = (float)(23.85 * normal(3, i)), d[k][i] = (float)normal(4, i);
        }
        forward[k](ROWS, N, TANGENTS, bias, h[k], slope[k]);
        backward[k](ROWS, N, TANGENTS, slope[k], d[k], db[k]);
        ck_assert_mem_eq(h[k], h[0], sizeof h[0]);
        ck_assert_mem_eq(slope[k], slope[0], sizeof slope[0]);
        ck_assert_mem_eq(d[k], d[0], sizeof d[0]);
        ck_assert_mem_eq(db[k], db[0], sizeof db[0]);
    }
    for (size_t i = 0; i < ROWS * ALL; i++) {
        if (i % ALL >= N) continue;
        const double u = (double)((float)(23.85 * normal(3, i)) + bias[i / ALL]);
        const double g = 1 / (1 + exp(-u)), exact = u * g;
        /* exp of 2 ulps, a sum, a quotient and a product of half an ulp each */
        if (u > -80) fk_assert_near(h[0][i], exact, 4 * 0x1p-23 * fabs(exact));
        fk_assert_near(slope[0][i], g + exact * (1 - g), 8 * 0x1p-23 * (1 + fabs(exact)));
    }
#endif
}
END_TEST

START_TEST(the_exponential_in_float_is_within_two_ulps)
{
    double worst = 0;
    for (int i = 0; i <= 200000; i++) {
        const float x = -86.9F + 173.8F * (float)i / 200000;
        const double exact = exp((double)x);
        worst = fk_worse(worst, fabs((double)fk_real_exp(x) / exact - 1));
    }
    ck_assert_double_le(worst, 2 * 0x1p-24 * 2);
    ck_assert(isnan(fk_real_exp((float)NAN)));
}
END_TEST

static fk_model *small_model(const batch *b, fk_model_config config)
{
    fk_error err = {0};
    fk_model *model;
    float param[2000];
    for (size_t i = 0; i < b->shape.n_params; i++) param[i] = (float)b->param[i];
    ck_assert_msg(fk_model_new(&config, param, &model, &err) == FK_OK, "%s", err.text);
    return model;
}

/* score(x) = -eps/sigma in double, from the parameters rounded to float. */
static void score_by_formula(const fk_model *m, double s, double sigma, const double *x,
                             double *score)
{
    double input[INPUTS * FK_LANES] = {0}, out[DIM * FK_LANES], *param;
    float feature[INPUTS];
    const fk_net_reading read = fk_model_reading(&m->config, s, sigma);
    fk_model_features(&m->config, log(s / sigma), feature, 1);
    param = fk_alloc(m->shape.n_params, sizeof *param);
    for (size_t i = 0; i < m->shape.n_params; i++) param[i] = m->param[i];
    for (size_t i = 0; i < DIM; i++) input[i * FK_LANES] = read.scale * x[i];
    for (size_t j = DIM; j < INPUTS; j++) input[j * FK_LANES] = feature[j - DIM];
    double_forward(&m->shape, param, FK_LANES, input, out);
    for (size_t i = 0; i < DIM; i++)
        score[i] = -(read.p * x[i] + read.q * out[i * FK_LANES]) / sigma;
    free(param);
}

START_TEST(the_score_field_is_the_network_read_by_its_output)
{
    const double s = 0.8231, sigma = 0.5679, h = 1e-3;
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        fk_model *m = small_model(b, b->config);
        const fk_field field = fk_model_field(m);
        void *frozen = fk_alloc(field.frozen_size, 1);
        double x[DIM * FK_LANES], score[DIM * FK_LANES];
        for (size_t i = 0; i < DIM * FK_LANES; i++) x[i] = 1.7 * normal(5, i);
        field.freeze(field.self, s, sigma, frozen);
        field.eval(field.self, frozen, (fk_block){x, FK_LANES, DIM, FK_LANES},
                   (fk_block){score, FK_LANES, DIM, FK_LANES});
        for (size_t p = 0; p < FK_LANES; p++) {
            double at[DIM] = {x[p], x[FK_LANES + p]}, want[DIM], moved[4][DIM], slope = 0;
            double exact[DIM];
            score_by_formula(m, s, sigma, at, want);
            fk_model_at(m, s, sigma, at, exact);
            for (size_t i = 0; i < DIM; i++)
                fk_assert_near(exact[i], want[i], 1e-13 * (1 + fabs(want[i])));
            for (size_t i = 0; i < DIM; i++)
                fk_assert_near(score[i * FK_LANES + p], want[i], 1e-5 * (1 + fabs(want[i])));
            for (size_t i = 0; i < DIM; i++) { /* rounding 1e-15/h and h^4, below 1e-10 */
                for (int k = 0; k < 4; k++) {
                    double there[DIM] = {at[0], at[1]};
                    there[i] += h * (k < 2 ? 1 : 2) * (k % 2 ? -1 : 1);
                    score_by_formula(m, s, sigma, there, moved[k]);
                }
                slope += (8 * (moved[0][i] - moved[1][i]) - (moved[2][i] - moved[3][i])) / (12 * h);
            }
            fk_assert_near(field.divergence(field.self, s, sigma, at), slope,
                           1e-9 * (1 + fabs(slope)));
        }
        free(frozen);
        fk_model_free(m);
        batch_free(b);
    }
}
END_TEST

/* A score scales as score(kx; ks, k sigma) = score(x; s, sigma)/k: VP's network serves VE and EDM.
 */
START_TEST(a_network_serves_every_schedule_of_its_lambda)
{
    const double s = 0.8231, sigma = 0.5679, k = 2.385;
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        fk_model *m = small_model(b, b->config);
        const double x[DIM] = {0.71, -1.3}, wide[DIM] = {k * x[0], k * x[1]};
        double score[DIM], scaled[DIM];
        score_by_formula(m, s, sigma, x, score);
        score_by_formula(m, k * s, k * sigma, wide, scaled);
        for (size_t i = 0; i < DIM; i++)
            fk_assert_near(k * scaled[i], score[i], 1e-6 * (1 + fabs(score[i])));
        fk_model_free(m);
        batch_free(b);
    }
}
END_TEST

START_TEST(scores_have_the_same_bits_in_blocks_of_every_size)
{
    enum { N = 400 };
    const size_t size[] = {16, 48, 112, 240, N};
    batch *b = batch_new(FK_OUT_V);
    fk_model *m = small_model(b, b->config);
    const fk_field field = fk_model_field(m);
    void *frozen = fk_alloc(field.frozen_size, 1);
    double *x = fk_alloc(3 * DIM * N, sizeof *x), *all = x + DIM * N, *parts = all + DIM * N;
    for (size_t i = 0; i < DIM * N; i++) x[i] = normal(6, i);
    field.freeze(field.self, 0.61, 0.79, frozen);
    field.eval(field.self, frozen, (fk_block){x, N, DIM, N}, (fk_block){all, N, DIM, N});
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        for (size_t from = 0; from < N; from += size[k]) {
            const size_t n = N - from < size[k] ? N - from : size[k];
            field.eval(field.self, frozen, (fk_block){x + from, n, DIM, N},
                       (fk_block){parts + from, n, DIM, N});
        }
        ck_assert_mem_eq(parts, all, DIM * N * sizeof *all);
    }
    free(x);
    free(frozen);
    fk_model_free(m);
    batch_free(b);
}
END_TEST

/* The features join the input in float there and the biases in double elsewhere. */
START_TEST(a_score_in_a_lane_of_its_own_time_is_the_one_frozen_there)
{
    enum { N = 7 * FK_LANES };
    batch *b = batch_new(FK_OUT_V);
    fk_model *m = small_model(b, b->config);
    const fk_field field = fk_model_field(m);
    fk_field frozen = field;
    frozen.eval_each = NULL;
    double *x = fk_alloc(4 * DIM * N, sizeof *x), *got = x + DIM * N, *want = got + DIM * N,
           *alone = want + DIM * N;
    double s[N], sigma[N], divergence[N], bend[N], other[N];
    for (size_t i = 0; i < DIM * N; i++) x[i] = normal(7, i);
    for (size_t p = 0; p < N; p++) {
        const double lambda = -3 + 6.385 * (double)p / N;
        s[p] = 1.2385 / sqrt(1 + exp(-2 * lambda)), sigma[p] = s[p] * exp(-lambda);
    }
    const fk_block in = {x, N, DIM, N};
    fk_field_eval_each(&field, s, sigma, N, in, (fk_block){got, N, DIM, N}, divergence);
    fk_field_eval_each(&frozen, s, sigma, N, in, (fk_block){want, N, DIM, N}, bend);
    for (size_t p = 0; p < N; p++) other[p] = 1.01 * sigma[p];
    fk_field_eval_each(&field, s, other, N, in, (fk_block){alone, N, DIM, N}, NULL);
    double worst = 0, control = 0;
    for (size_t p = 0; p < N; p++) {
        ck_assert(divergence[p] == bend[p]);
        for (size_t i = 0; i < DIM; i++) {
            const size_t at = i * N + p;
            worst = fk_worse(worst, fabs(got[at] - want[at]) / (1 + fabs(want[at])));
            control = fk_worse(control, fabs(alone[at] - want[at]) / (1 + fabs(want[at])));
        }
    }
    ck_assert_msg(worst < 1e-5 && control > 1e-3, "%g, control %g", worst, control);
    for (size_t from = 0; from < N; from += FK_LANES) /* the bits are those of any block */
        fk_field_eval_each(&field, s + from, sigma + from, FK_LANES,
                           (fk_block){x + from, FK_LANES, DIM, N},
                           (fk_block){alone + from, FK_LANES, DIM, N}, NULL);
    ck_assert_mem_eq(alone, got, DIM * N * sizeof *got);
    free(x);
    fk_model_free(m);
    batch_free(b);
}
END_TEST

START_TEST(a_network_of_t_reads_its_t_off_lambda)
{
    fk_error err = {0};
    batch *b = batch_new(FK_OUT_EPS);
    fk_model_config c = b->config;
    c.time = FK_TIME_T;
    ck_assert_int_eq(fk_model_set_range(&c, &err), FK_OK);
    fk_assert_near(c.range[0], 1e-3, 0);
    fk_model *m = small_model(b, c);
    const fk_coeffs at = fk_schedule_at(&m->schedule, 0.4385);
    /* the same numbers, had the network's range of t been given as one of lambda, linear there */
    fk_model_config shifted = c;
    shifted.time = FK_TIME_LAMBDA;
    shifted.range[0] = at.lambda - (0.4385 - c.range[0]);
    shifted.range[1] = at.lambda + (c.range[1] - 0.4385);
    fk_model *same = small_model(b, shifted);
    const double x[DIM] = {0.31, -0.77};
    const fk_field f = fk_model_field(m), g = fk_model_field(same);
    const double want = g.divergence(same, at.s, at.sigma, x);
    fk_assert_near(f.divergence(m, at.s, at.sigma, x), want, 1e-6 * fabs(want));
    fk_model_free(m), fk_model_free(same);
    batch_free(b);
}
END_TEST

FK_SUITE("network", gradients_of_all_outputs_agree_with_differences,
         gradients_in_float_are_within_1e_4_of_those_in_double,
         elementwise_kernels_give_one_set_of_bits, the_exponential_in_float_is_within_two_ulps,
         the_score_field_is_the_network_read_by_its_output,
         a_network_serves_every_schedule_of_its_lambda,
         scores_have_the_same_bits_in_blocks_of_every_size,
         a_score_in_a_lane_of_its_own_time_is_the_one_frozen_there,
         a_network_of_t_reads_its_t_off_lambda)
