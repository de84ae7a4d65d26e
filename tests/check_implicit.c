/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Implicit score matching: what is taken for the loss, its gradient through the divergence, and
 * that it is the same loss as that of denoising. */
#include "learn/batch.h"
#include "learn/streams.h"
#include "tests/network_batch.h"
#include "tests/network_double.h"

/* Of a column: weight |F - target|^2 + pull div F. */
typedef struct {
    double target[DIM * COLUMNS], pull[COLUMNS];
} implicit;

static implicit implicit_of(const batch *b)
{
    implicit g;
    for (size_t p = 0; p < COLUMNS; p++) {
        const fk_net_reading r = b->read[p];
        g.pull[p] = -2 * b->w[p] * b->sigma[p] * r.q * r.scale;
        for (size_t i = 0; i < DIM; i++)
            g.target[i * COLUMNS + p] = -r.p / r.q * b->x[i * COLUMNS + p];
    }
    return g;
}

/* F at input + step e_i, in all columns. */
static void output_beside(batch *b, size_t i, double step, double *out)
{
    for (size_t p = 0; p < COLUMNS; p++) b->input[i * COLUMNS + p] += step;
    double_forward(&b->shape, b->param, COLUMNS, b->input, out);
    for (size_t p = 0; p < COLUMNS; p++) b->input[i * COLUMNS + p] -= step;
}

/* By its definition, the divergence by differences of fourth order: h^4 and 2^-53/h leave 1e-11. */
static double loss_by_definition(batch *b)
{
    const double h = 2e-3;
    double out[DIM * COLUMNS], near[4][DIM * COLUMNS], sum = 0;
    double_forward(&b->shape, b->param, COLUMNS, b->input, out);
    for (size_t i = 0; i < DIM; i++) {
        for (int k = 0; k < 4; k++)
            output_beside(b, i, h * (k < 2 ? 1 : 2) * (k % 2 ? -1 : 1), near[k]);
        for (size_t p = 0; p < COLUMNS; p++) {
            const fk_net_reading r = b->read[p];
            const size_t at = i * COLUMNS + p;
            const double slope =
                (8 * (near[0][at] - near[1][at]) - (near[2][at] - near[3][at])) / (12 * h);
            const double eps = r.p * b->x[at] + r.q * out[at];
            sum += b->w[p] * (eps * eps - 2 * b->sigma[p] * (r.p + r.q * r.scale * slope) + 1);
        }
    }
    return sum;
}

START_TEST(gradients_through_the_divergence_agree_with_differences)
{
    const double h = 2e-3; /* as in check_network */
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        const implicit g = implicit_of(b);
        double rest = 0, by_differences[2000], gradient[2000], worst = 0;
        for (size_t p = 0; p < COLUMNS; p++)
            rest += b->w[p] * DIM * (1 - 2 * b->sigma[p] * b->read[p].p);
        const double exact = loss_by_definition(b);
#define LOSS(wrong, gradient)                                                                      \
    double_gradient(&b->shape, b->param, COLUMNS, b->input, g.target, b->weight, g.pull, wrong,    \
                    gradient)
        fk_assert_near(LOSS(RIGHT, NULL) + rest, exact, 1e-9 * fabs(exact));
        for (size_t i = 0; i < b->shape.n_params; i++) {
            const double step[4] = {h, -h, 2 * h, -2 * h}, was = b->param[i];
            double loss[4];
            for (int k = 0; k < 4; k++) b->param[i] = was + step[k], loss[k] = LOSS(RIGHT, NULL);
            b->param[i] = was;
            by_differences[i] = (8 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12 * h);
        }
        LOSS(RIGHT, gradient);
        for (size_t k = 0; k < 8; k++) { /* the last bias is in no derivative of the output */
            const double gap = off(&b->shape, k, gradient, by_differences);
            ck_assert_msg(gap < 1e-7, "%s of %s: off by %g", group[k],
                          fk_net_output_name((fk_net_output)output), gap);
        }
        LOSS(BEND_FORGOTTEN, gradient);
        for (size_t k = 0; k < 8; k++)
            worst = fk_worse(worst, off(&b->shape, k, gradient, by_differences));
        ck_assert_double_gt(worst, 1e-3);
#undef LOSS
        batch_free(b);
    }
}
END_TEST

START_TEST(gradients_in_float_are_within_1e_4_of_those_in_double)
{
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        batch *b = batch_new((fk_net_output)output);
        const implicit g = implicit_of(b);
        const fk_network_ops ops = fk_model_ops();
        const size_t n = b->shape.n_params;
        double right[2000], single[2000];
        float param[2000], gradient[2000] = {0}, target[DIM * COLUMNS], weight[COLUMNS],
                           pull[COLUMNS];
        double_gradient(&b->shape, b->param, COLUMNS, b->input, g.target, b->weight, g.pull, RIGHT,
                        right);
        fk_tape tape = fk_tape_new(&b->shape, COLUMNS, DIM);
        for (size_t i = 0; i < n; i++) param[i] = (float)b->param[i];
        for (size_t i = 0; i < INPUTS * COLUMNS; i++)
            tape.h[0][i / COLUMNS * tape.columns + i % COLUMNS] = (float)b->input[i];
        for (size_t i = 0; i < DIM * COLUMNS; i++) target[i] = (float)g.target[i];
        for (size_t i = 0; i < COLUMNS; i++)
            weight[i] = (float)b->weight[i], pull[i] = (float)g.pull[i];
        fk_network_forward(&b->shape, &ops, param, &tape);
        fk_network_loss(&b->shape, &tape, target, weight);
        fk_network_divergence(&b->shape, &tape, pull);
        fk_network_backward(&b->shape, &ops, param, &tape, gradient);
        for (size_t i = 0; i < n; i++) single[i] = (double)gradient[i];
        for (size_t k = 0; k < 8; k++) ck_assert_double_lt(off(&b->shape, k, single, right), 1e-4);
        fk_tape_free(&tape);
        batch_free(b);
    }
}
END_TEST

static const size_t dim = DIM;

static void draw(const void *self, uint64_t i, double *x)
{
    for (size_t j = 0; j < *(const size_t *)self; j++)
        x[j] = 0.7385 + 0.3172 * normal(8, 2 * i + j);
}

/* eps from an output F, and its derivatives by x and by F, as the papers have them: VP, so that s^2
 * + sigma^2 = 1. */
static void eps_of(fk_net_output output, const fk_coeffs *c, double sd, double x, double f,
                   double *eps, double *by_x, double *by_f)
{
    const double level = c->sigma / c->s, wide = level * level + sd * sd;
    const double skip = sd * sd / wide, out = level * sd / sqrt(wide);
    const double x0 = output == FK_OUT_EDM ? skip * x / c->s + out * f : f;
    switch (output) {
    case FK_OUT_EPS:
        *eps = f, *by_x = 0, *by_f = 1;
        break;
    case FK_OUT_V:
        *eps = c->s * f + c->sigma * x, *by_x = c->sigma, *by_f = c->s;
        break;
    case FK_OUT_SCORE:
        *eps = -c->sigma * f, *by_x = 0, *by_f = -c->sigma;
        break;
    default:
        *eps = (x - c->s * x0) / c->sigma;
        *by_x = (1 - (output == FK_OUT_EDM ? skip : 0)) / c->sigma;
        *by_f = -(output == FK_OUT_EDM ? out : 1) * c->s / c->sigma;
    }
}

/* What the network is told, for one sample and an output and divergence at will, against the loss
 * as it is printed. */
START_TEST(a_batch_asks_for_hyvarinens_loss)
{
    enum { N = FK_LANES };
    fk_schedule vp;
    fk_error err = {0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &vp, &err), FK_OK);
    fk_train_config config = fk_train_defaults();
    config.batch = 1, config.objective = FK_OBJECTIVE_ISM;
    float input[(DIM + 16) * N] = {0}, target[DIM * N], weight[N], pull[N];
    double normals[DIM * N], x0[DIM];
    fk_batch b = {N, N, input, target, weight, pull, 0, normals, x0};
    for (int output = 0; output < FK_N_OUTPUTS; output++)
        for (int w = 0; w < FK_N_WEIGHTS; w++)
            for (size_t step = 0; step < 5; step++) {
                fk_model_config m;
                ck_assert_int_eq(fk_model_defaults("vp-linear", DIM, 0.8, &m, &err), FK_OK);
                m.output = (fk_net_output)output, config.weight = (fk_net_weight)w;
                fk_batch_fill(&m, &config, &vp, &(fk_data){&dim, draw}, step, 0, &b);
                const double shift = fk_random_uniform((fk_key){1, FK_STREAM_TIMES}, 0, step, 0);
                const fk_coeffs c = fk_schedule_at(&vp, 1e-3 + shift * (1 - 1e-3));
                const double scale = 1 / sqrt(c.s * c.s * 0.64 + c.sigma * c.sigma);
                const double slope[DIM] = {0.713, -1.294}, f[DIM] = {-0.385, 1.172};
                double data[DIM], want = 0, by_x, by_f = 1, size = 0;
                double told = b.rest + (double)pull[0] * (slope[0] + slope[1]);
                draw(&dim, step, data);
                for (size_t i = 0; i < DIM; i++) {
                    const double x = c.s * data[i] + c.sigma * normals[i * N];
                    double eps;
                    eps_of((fk_net_output)output, &c, 0.8, x, f[i], &eps, &by_x, &by_f);
                    const double off_target = f[i] - (double)target[i * N];
                    told += (double)weight[0] * off_target * off_target;
                    const double div = by_x + by_f * scale * slope[i];
                    want += eps * eps - 2 * c.sigma * div + 1;
                    size += eps * eps + 2 * c.sigma * (fabs(by_x) + fabs(by_f * scale * slope[i]));
                }
                const double snr = c.s * c.s / (c.sigma * c.sigma);
                const double on_eps[] = {1 / (by_f * by_f), 1, fmin(snr, 5) / snr,
                                         c.g2 / (c.sigma * c.sigma)};
                fk_assert_near(told, on_eps[w] * want, 2e-6 * on_eps[w] * (size + 2));
            }
}
END_TEST

/* Of one network and the same samples the two losses differ by chance alone, which has mean 0. The
 * control: a network whose output is a tenth larger. */
START_TEST(both_objectives_have_the_same_expectation)
{
    enum { N = 400 };
    fk_train_config c = fk_train_defaults();
    fk_error err = {0};
    fk_trainer *t[3];
    fk_model_config m;
    ck_assert_int_eq(fk_model_defaults("vp-linear", DIM, 0.8, &m, &err), FK_OK);
    m.n_hidden = 1, m.hidden[0] = 16;
    c.batch = 128, c.rate = 1e-30;
    for (int k = 0; k < 3; k++) {
        c.objective = k ? FK_OBJECTIVE_ISM : FK_OBJECTIVE_DSM;
        ck_assert_int_eq(fk_trainer_new(&m, &c, (fk_data){&dim, draw}, 1, &t[k], &err), FK_OK);
        const fk_shape *s = &t[k]->shape; /* an output of size 1, or more */
        for (size_t i = s->weight[1]; i < s->n_params; i++)
            t[k]->state.param[i] *= k == 2 ? 11.0F : 10.0F;
    }
    double sum[2] = {0}, square[2] = {0};
    for (int i = 0; i < N; i++) {
        const double loss = fk_trainer_step(t[0]);
        for (int k = 0; k < 2; k++) {
            const double gap = fk_trainer_step(t[1 + k]) - loss;
            sum[k] += gap, square[k] += gap * gap;
        }
    }
    for (int k = 0; k < 2; k++) {
        const double mean = sum[k] / N, se = sqrt((square[k] / N - mean * mean) / N);
        if (k == 0)
            ck_assert_double_le(fabs(mean), 6 * se);
        else
            ck_assert_double_gt(fabs(mean), 6 * se);
    }
    for (int k = 0; k < 3; k++) fk_trainer_free(t[k]);
}
END_TEST

FK_SUITE("implicit", gradients_through_the_divergence_agree_with_differences,
         gradients_in_float_are_within_1e_4_of_those_in_double, a_batch_asks_for_hyvarinens_loss,
         both_objectives_have_the_same_expectation)
