/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training: what the network is asked for, the optimiser, bits, and files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn/batch.h"
#include "learn/streams.h"
#include "learn/weights.h"
#include "tests/suite.h"

static const double mean = 0.7385, std = 0.3172; /* the data: N(mean, std^2) in every coordinate */

static void draw(const void *self, uint64_t i, double *x)
{
    const size_t dim = *(const size_t *)self;
    double z[FK_LANES];
    for (size_t j = 0; j < dim; j++) {
        fk_random_normals((fk_key){7, FK_STREAM_DATA}, i * dim + j, 0,
                          (fk_block){z, FK_LANES, 1, FK_LANES});
        x[j] = mean + std * z[0];
    }
}

static const size_t dim1 = 1, dim2 = 2;

static fk_model_config small(size_t dim, fk_net_output output)
{
    fk_model_config c;
    fk_error err = {0};
    ck_assert_int_eq(fk_model_defaults("vp-linear", dim, 0.8, &c, &err), FK_OK);
    c.n_hidden = 2, c.hidden[0] = 32, c.hidden[1] = 24, c.output = output;
    return c;
}

static fk_trainer *trainer(const size_t *dim, fk_train_config config, int threads)
{
    const fk_model_config model = small(*dim, FK_OUT_EPS);
    fk_trainer *t;
    fk_error err = {0};
    ck_assert_msg(fk_trainer_new(&model, &config, (fk_data){dim, draw}, threads, &t, &err) == FK_OK,
                  "%s", err.text);
    return t;
}

static bool same_bits(const fk_trainer *a, const fk_trainer *b)
{
    return memcmp(a->state.param, b->state.param, 4 * fk_pad(a->shape.n_params) * sizeof(float)) ==
           0;
}

/* The target is the papers' own quantity, and w the papers' own weight, in single precision. */
START_TEST(each_output_is_asked_for_what_its_paper_says)
{
    enum { N = 32 };
    fk_schedule vp;
    fk_error err = {0};
    ck_assert_int_eq(fk_schedule_parse("vp-linear", &vp, &err), FK_OK);
    fk_train_config config = fk_train_defaults();
    config.batch = 27;
    float input[(2 + 16) * N], target[2 * N], weight[N], pull[N];
    double normals[2 * N], x0[2];
    fk_batch b = {N, N, input, target, weight, pull, 0, normals, x0};
    for (int output = 0; output < FK_N_OUTPUTS; output++)
        for (int w = 0; w < FK_N_WEIGHTS; w++) {
            const fk_model_config m = small(2, (fk_net_output)output);
            config.weight = (fk_net_weight)w;
            fk_batch_fill(&m, &config, &vp, &(fk_data){&dim2, draw}, 3, 0, &b);
            const double shift = fk_random_uniform((fk_key){1, FK_STREAM_TIMES}, 0, 3, 0);
            for (size_t p = 0; p < N; p++) {
                if (p >= 27) {
                    ck_assert(weight[p] == 0);
                    continue;
                }
                const double t = 1e-3 + ((double)p + shift) / 27 * (1 - 1e-3);
                const fk_coeffs c = fk_schedule_at(&vp, t);
                const double v = c.sigma * c.sigma, snr = c.s * c.s / v, sd = 0.8;
                const double level = c.sigma / c.s, wide = level * level + sd * sd;
                double data[2];
                draw(&dim2, 3 * 27 + p, data);
                for (size_t j = 0; j < 2; j++) {
                    const double e = normals[j * N + p], x = c.s * data[j] + c.sigma * e;
                    const double want[] = {e, data[j], c.s * e - c.sigma * data[j], -e / c.sigma,
                                           (data[j] - sd * sd / wide * x / c.s) /
                                               (level * sd / sqrt(wide))};
                    fk_assert_near(target[j * N + p], want[output],
                                   2e-6 * (1 + fabs(want[output])));
                    fk_assert_near(input[j * N + p], x / sqrt(c.s * c.s * sd * sd + v), 1e-6 * 4);
                }
                /* d eps/dF, squared */
                const double q2[] = {1, snr, c.s * c.s, v, sd * sd / wide};
                const double on_eps[] = {1 / q2[output], 1, fmin(snr, 5) / snr, c.g2 / v};
                const double want = on_eps[w] * q2[output] / 27;
                fk_assert_near(weight[p], want, 1e-6 * want);
            }
        }
}
END_TEST

/* Against Adam as its papers print it, in double; without the correction of the bias it is seen. */
START_TEST(the_optimiser_is_adam_and_adamw_as_printed)
{
    enum { N = FK_LANES, STEPS = 7 };
    for (int l2 = 0; l2 <= 1; l2++)
        for (int wrong = 0; wrong <= 1; wrong++) {
            const double b1 = 0.871, b2 = 0.983, rate = 0.0137, decay = 0.21, keep = 0.71;
            float p[N], m[N] = {0}, v[N] = {0}, e[N], g[2 * N];
            double P[N], M[N] = {0}, V[N] = {0}, E[N], worst = 0;
            for (int i = 0; i < N; i++) E[i] = P[i] = p[i] = e[i] = (float)cos(1.7 * i);
            for (int k = 1; k <= STEPS; k++) {
                const double c1 = 1 / (1 - pow(b1, k)), c2 = 1 / (1 - pow(b2, k));
                const fk_adam_step step = {(float)rate,
                                           (float)b1,
                                           (float)b2,
                                           wrong ? 1 : (float)c1,
                                           wrong ? 1 : (float)c2,
                                           1e-8F,
                                           l2 ? 0 : (float)decay,
                                           l2 ? (float)decay : 0,
                                           (float)keep};
                for (int i = 0; i < 2 * N; i++) g[i] = (float)sin(0.37 * i + k);
                FK_CHOOSE_KERNEL(fk_adam)(&step, 0, N, g, N, 2, (fk_adam_state){p, m, v, e});
                for (int i = 0; i < N; i++) {
                    const double d = (double)g[i] + g[N + i] + (l2 ? decay * P[i] : 0);
                    M[i] = b1 * M[i] + (1 - b1) * d, V[i] = b2 * V[i] + (1 - b2) * d * d;
                    P[i] -= rate * (c1 * M[i] / (sqrt(c2 * V[i]) + 1e-8) + (l2 ? 0 : decay * P[i]));
                    E[i] = keep * E[i] + (1 - keep) * P[i];
                }
            }
            for (int i = 0; i < N; i++)
                worst = fk_worse(worst, fk_worse(fabs(p[i] - P[i]), fabs(e[i] - E[i])));
            if (wrong)
                ck_assert_double_gt(worst, 1e-3);
            else /* seven steps of a few roundings of 2^-24 */
                ck_assert_double_le(worst, STEPS * 8 * 0x1p-24);
        }
}
END_TEST

START_TEST(adam_gives_one_set_of_bits_on_all_instruction_sets)
{
#if defined(__x86_64__)
    enum { N = 48 };
    static void (*const adam[])(const fk_adam_step *, size_t, size_t, const float *, size_t, size_t,
                                fk_adam_state) = {fk_adam_portable, fk_adam_avx2, fk_adam_avx512};
    const fk_adam_step step = {0.0137F, 0.9F, 0.99F, 3.1F, 7.7F, 1e-8F, 0.13F, 0.07F, 0.83F};
    float x[FK_N_ISA][4 * N], g[3 * N];
    for (int i = 0; i < 3 * N; i++) g[i] = (float)sin(2.385 * i);
    for (int k = 0; k <= (int)fk_isa(); k++) {
        for (int i = 0; i < 4 * N; i++) x[k][i] = (float)fabs(cos(0.77 * i));
        const fk_adam_state state = {x[k], x[k] + N, x[k] + 2 * N, x[k] + 3 * N};
        adam[k](&step, 0, N, g, N, 3, state);
        ck_assert_mem_eq(x[k], x[0], sizeof x[0]);
    }
#endif
}
END_TEST

static fk_train_config brief(size_t steps)
{
    fk_train_config c = fk_train_defaults();
    c.steps = steps, c.batch = 300, c.warmup = 10, c.decay = 1e-4, c.seed = 2385;
    return c;
}

START_TEST(training_gives_the_same_bits_on_any_number_of_threads)
{
    fk_trainer *a = trainer(&dim2, brief(12), 1), *b = trainer(&dim2, brief(12), 3);
    fk_train_config other = brief(12);
    other.seed++;
    fk_trainer *c = trainer(&dim2, other, 1);
    for (int i = 0; i < 12; i++) {
        const double loss = fk_trainer_step(a);
        ck_assert(loss == fk_trainer_step(b));
        ck_assert(loss != fk_trainer_step(c));
    }
    ck_assert(same_bits(a, b));
    ck_assert(!same_bits(a, c));
    fk_trainer_free(a), fk_trainer_free(b), fk_trainer_free(c);
}
END_TEST

/* E_p |eps_net - eps*|^2 at a noise level, eps* = sigma (x - s mean)/(s^2 std^2 + sigma^2) of this
 * data, by the trapezoidal rule over nine standard deviations. */
static double excess(const fk_model *model, const fk_coeffs *at)
{
    enum { N = 512 };
    const fk_field field = fk_model_field(model);
    const double v = at->s * at->s * std * std + at->sigma * at->sigma;
    double x[N], score[N], sum = 0, mass = 0;
    void *frozen = fk_alloc(field.frozen_size, 1);
    for (size_t i = 0; i < N; i++)
        x[i] = at->s * mean + sqrt(v) * 9 * (2 * ((double)i + 0.5) / N - 1);
    field.freeze(field.self, at->s, at->sigma, frozen);
    field.eval(field.self, frozen, (fk_block){x, N, 1, N}, (fk_block){score, N, 1, N});
    for (size_t i = 0; i < N; i++) {
        const double away = x[i] - at->s * mean, p = exp(-away * away / (2 * v));
        const double off = at->sigma * (score[i] + away / v);
        sum += p * off * off, mass += p;
    }
    free(frozen);
    return sum / mass;
}

static double mean_excess(const fk_trainer *t, fk_net_output read_as)
{
    fk_error err = {0};
    fk_model *model;
    fk_model_config config = t->model;
    config.output = read_as;
    double sum = 0;
    ck_assert_int_eq(fk_model_new(&config, t->state.ema, &model, &err), FK_OK);
    for (int i = 0; i < 20; i++) {
        const fk_coeffs at = fk_schedule_at(&t->schedule, 0.05 + 0.95 * (i + 0.5) / 20);
        sum += excess(model, &at) / 20;
    }
    fk_model_free(model);
    return sum;
}

/* An untrained network's excess is E eps*^2, of size 1. */
START_TEST(training_by_either_objective_lowers_the_excess_over_the_floor)
{
    fk_train_config c = brief(600);
    c.batch = 256, c.average = 0.98;
    for (int objective = 0; objective < FK_N_OBJECTIVES; objective++) {
        c.objective = (fk_net_objective)objective;
        fk_trainer *t = trainer(&dim1, c, 1);
        const double before = mean_excess(t, FK_OUT_EPS);
        while (t->step < c.steps) fk_trainer_step(t);
        ck_assert_double_gt(before, 0.3);
        ck_assert_double_lt(mean_excess(t, FK_OUT_EPS), 0.01);
        ck_assert(!(mean_excess(t, FK_OUT_X0) < 0.1)); /* an eps-network read as x0 */
        fk_trainer_free(t);
    }
}
END_TEST

static char folder[] = "/tmp/fokker-check-train-XXXXXX";

static const char *file(const char *name)
{
    static char path[64]; /* of one test at a time */
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Data that another build draws. */
static void draw_otherwise(const void *self, uint64_t i, double *x)
{
    draw(self, i, x);
    if (i == 1) x[1] *= 1 + 1e-5;
}

START_TEST(a_training_resumed_ends_with_the_same_bits)
{
    fk_error err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    fk_train_config c = brief(20), read;
    c.objective = FK_OBJECTIVE_ISM, c.weight = FK_WEIGHT_MIN_SNR, c.l2 = true,
    c.even_in_lambda = true, c.seed = UINT64_MAX >> 1;
    fk_trainer *through = trainer(&dim2, c, 1), *first = trainer(&dim2, c, 2), *second;
    while (through->step < 20) fk_trainer_step(through);
    while (first->step < 13) fk_trainer_step(first);
    json_t *more = json_pack("{s:s}", "mixture", "ring-8"), *back;
    ck_assert_int_eq(fk_checkpoint_write(file("c"), first, more, &err), FK_OK);
    fk_model_config model;
    ck_assert_msg(fk_checkpoint_read(file("c"), &model, &read, &back, &err) == FK_OK, "%s",
                  err.text);
    ck_assert_str_eq(json_string_value(json_object_get(back, "mixture")), "ring-8");
    ck_assert_int_eq(fk_trainer_new(&model, &read, (fk_data){&dim2, draw}, 1, &second, &err),
                     FK_OK);
    fk_trainer *other;
    ck_assert_int_eq(
        fk_trainer_new(&model, &read, (fk_data){&dim2, draw_otherwise}, 1, &other, &err), FK_OK);
    ck_assert_int_eq(fk_checkpoint_restore(file("c"), other, &err), FK_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "computes other numbers"));
    fk_trainer_free(other);
    ck_assert_int_eq(fk_checkpoint_restore(file("c"), second, &err), FK_OK);
    ck_assert_uint_eq(first->first, second->first);
    ck_assert_uint_eq(second->step, 13);
    ck_assert(same_bits(first, second));
    while (second->step < 20) fk_trainer_step(second);
    ck_assert(same_bits(through, second));
    json_decref(more), json_decref(back);
    fk_trainer_free(through), fk_trainer_free(first), fk_trainer_free(second);
    unlink(file("c")), rmdir(folder);
}
END_TEST

START_TEST(weights_come_back_as_they_went)
{
    fk_error err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int output = 0; output < FK_N_OUTPUTS; output++) {
        fk_model_config c = small(2, (fk_net_output)output);
        c.time = output % 2 ? FK_TIME_T : FK_TIME_LAMBDA, c.data_rms = 0.1 + 0.2;
        ck_assert_int_eq(fk_model_set_range(&c, &err), FK_OK);
        const size_t n = fk_model_shape(&c).n_params;
        float *param = fk_alloc(n, sizeof *param);
        fk_model *model;
        fk_model_initialise(&c, 5, param);
        ck_assert_int_eq(fk_weights_write(file("w"), &c, param, NULL, &err), FK_OK);
        ck_assert_msg(fk_weights_read(file("w"), &model, &err) == FK_OK, "%s", err.text);
        ck_assert_mem_eq(model->param, param, n * sizeof *param);
        ck_assert_mem_eq(&model->config.range, &c.range, sizeof c.range);
        ck_assert(model->config.data_rms == c.data_rms && model->config.output == c.output &&
                  model->config.time == c.time && model->config.n_hidden == 2);
        ck_assert_str_eq(model->config.schedule, c.schedule);
        fk_model_free(model);
        free(param);
    }
    unlink(file("w")), rmdir(folder);
}
END_TEST

/* Every file cut short, and every one with a byte of its header changed, is refused in one line or
 * read as what it now says; never more. */
START_TEST(broken_weights_are_refused)
{
    fk_error err = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    fk_model_config c = small(2, FK_OUT_EPS);
    float *param = fk_alloc(fk_model_shape(&c).n_params, sizeof *param);
    fk_model *model;
    param[5] = (float)NAN;
    ck_assert_int_eq(fk_weights_write(file("w"), &c, param, NULL, &err), FK_OK);
    ck_assert_int_eq(fk_weights_read(file("w"), &model, &err), FK_USAGE);
    ck_assert_ptr_nonnull(
        strstr(err.text, "/w: tensor layers.0.weight: it has a number that is not finite"));
    param[5] = 0;
    ck_assert_int_eq(fk_weights_write(file("w"), &c, param, NULL, &err), FK_OK);
    static char bytes[1 << 15];
    FILE *in = fopen(file("w"), "rb");
    const size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    ck_assert_uint_lt(n, sizeof bytes);
    for (size_t i = 0; i < 900; i++) {
        const bool cut = i % 3 == 0;
        const size_t at = i * (cut ? n : 1500) / 900;
        const char was = bytes[at];
        if (!cut) bytes[at] = (char)(was ^ (1 << i % 7));
        FILE *out = fopen(file("w"), "wb");
        fwrite(bytes, 1, cut ? at : n, out);
        fclose(out);
        bytes[at] = was;
        err.text[0] = '\0';
        const int code = fk_weights_read(file("w"), &model, &err);
        if (cut) ck_assert_int_eq(code, FK_USAGE);
        if (code) {
            ck_assert_ptr_null(model);
            ck_assert_int_eq(strncmp(err.text, file("w"), strlen(file("w"))), 0);
            ck_assert(err.text[0] && !strchr(err.text, '\n'));
        }
        fk_model_free(model);
    }
    unlink(file("w"));
    ck_assert_int_eq(fk_weights_read(file("w"), &model, &err), FK_FILE);
    free(param);
    rmdir(folder);
}
END_TEST

FK_SUITE("train", each_output_is_asked_for_what_its_paper_says,
         the_optimiser_is_adam_and_adamw_as_printed,
         adam_gives_one_set_of_bits_on_all_instruction_sets,
         training_gives_the_same_bits_on_any_number_of_threads,
         training_by_either_objective_lowers_the_excess_over_the_floor,
         a_training_resumed_ends_with_the_same_bits, weights_come_back_as_they_went,
         broken_weights_are_refused)
