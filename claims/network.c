/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytic/score_error.h"
#include "claims/setting.h"
#include "core/noise.h"
#include "learn/train.h"

/* Enough to learn two modes to a few thousandths of the loss, and some seconds on one slow core. */
enum { STEPS = 2000, BATCH = 256, WARMUP = 100, FREQUENCIES = 4, HIDDEN = 32, APART = 50 };

struct fk_networks {
    uint64_t seed;
    int threads;
    fk_mixture *data;
    fk_schedule schedule;
    fk_model_config config[FK_N_LEARNT];
    fk_model *model[FK_N_LEARNT]; /* NULL: not yet trained */
    fk_model *iterate[FK_NETWORK_ITERATES];
};

/* The settings are this file's own: an error is a bug. */
static void must(int status, const fk_error *err)
{
    if (status == FK_OK) return;
    fprintf(stderr, "fokker: a network for claims: %s\n", err->text);
    abort();
}

fk_networks *fk_networks_new(uint64_t seed, int threads)
{
    fk_networks *n = fk_alloc(1, sizeof *n);
    *n = (fk_networks){.seed = seed,
                       .threads = threads,
                       .data = fk_setting_mixture("bimodal-1d"),
                       .schedule = fk_setting_schedule("vp-linear")};
    double mean, var;
    fk_error err;
    fk_mixture_moments(n->data, &mean, &var);
    for (int i = 0; i < FK_N_LEARNT; i++) {
        fk_model_config *c = &n->config[i];
        must(fk_model_defaults("vp-linear", 1, sqrt(var), c, &err), &err);
        c->frequencies = FREQUENCIES, c->n_hidden = 2;
        c->hidden[0] = c->hidden[1] = HIDDEN;
        c->output = i == FK_LEARNT_V ? FK_OUT_V : FK_OUT_EPS;
    }
    return n;
}

void fk_networks_free(fk_networks *n)
{
    if (!n) return;
    for (int i = 0; i < FK_N_LEARNT; i++) fk_model_free(n->model[i]);
    for (int j = 0; j < FK_NETWORK_ITERATES; j++) fk_model_free(n->iterate[j]);
    fk_mixture_free(n->data);
    free(n);
}

const fk_mixture *fk_networks_data(const fk_networks *n)
{
    return n->data;
}

const fk_schedule *fk_networks_schedule(const fk_networks *n)
{
    return &n->schedule;
}

static void draw(const void *self, uint64_t i, double *x)
{
    const fk_networks *n = self;
    fk_mixture_draw(n->data, n->seed, FK_STREAM_DATA, i, x);
}

static fk_model *model_of(const fk_model_config *config, const float *param)
{
    fk_model *model;
    fk_error err;
    must(fk_model_new(config, param, &model, &err), &err);
    return model;
}

static fk_trainer *trainer(fk_networks *n, fk_learnt which, double floor)
{
    fk_train_config config = fk_train_defaults();
    config.steps = STEPS, config.batch = BATCH, config.warmup = WARMUP;
    config.rate = 2e-2;
    config.floor = floor;
    config.seed = n->seed;
    fk_trainer *t;
    fk_error err;
    must(fk_trainer_new(&n->config[which], &config, (fk_data){n, draw}, n->threads, &t, &err),
         &err);
    return t;
}

const fk_model *fk_networks_get(fk_networks *n, fk_learnt which)
{
    if (n->model[which]) return n->model[which];
    fk_trainer *t = trainer(n, which, fk_train_defaults().floor);
    while (t->step < STEPS) fk_trainer_step(t);
    n->model[which] = model_of(&t->model, t->state.ema);
    fk_trainer_free(t);
    return n->model[which];
}

const fk_model *fk_networks_iterate(fk_networks *n, size_t j)
{
    if (n->iterate[j]) return n->iterate[j];
    fk_trainer *t = trainer(n, FK_LEARNT_EPS, 1);
    for (size_t i = 0; i < FK_NETWORK_ITERATES; i++) {
        while (t->step < STEPS - (FK_NETWORK_ITERATES - 1 - i) * APART) fk_trainer_step(t);
        n->iterate[i] = model_of(&t->model, t->state.param);
    }
    fk_trainer_free(t);
    return n->iterate[j];
}

fk_model *fk_networks_untrained(const fk_networks *n, fk_learnt which)
{
    const fk_shape shape = fk_model_shape(&n->config[which]);
    float *param = fk_alloc(shape.n_params, sizeof *param);
    fk_model_initialise(&n->config[which], n->seed, param);
    fk_model *model = model_of(&n->config[which], param);
    free(param);
    return model;
}

fk_model *fk_network_read_as(const fk_model *model, fk_net_output output)
{
    fk_model_config config = model->config;
    config.output = output;
    return model_of(&config, model->param);
}

/* --- the field --- */

typedef struct {
    double s, sigma;
} level;

static void freeze(const void *self, double s, double sigma, void *frozen)
{
    (void)self;
    *(level *)frozen = (level){s, sigma};
}

static void eval(const void *self, const void *frozen, fk_block x, fk_block score)
{
    const level *at = frozen;
    for (size_t p = 0; p < x.n; p++)
        fk_model_at(self, at->s, at->sigma, &x.x[p], &score.x[p]); /* one coordinate */
}

fk_field fk_network_field(const fk_model *model)
{
    return (fk_field){
        .self = model, .dim = 1, .frozen_size = sizeof(level), .freeze = freeze, .eval = eval};
}

/* --- losses --- */

double fk_network_part_of_line(const fk_networks *n, const fk_model *model)
{
    enum { TIMES = 32 };
    const fk_field field = fk_network_field(model);
    double t[TIMES], weight[TIMES], mean, var, net = 0, line = 0;
    fk_score_error e[TIMES];
    fk_mixture_moments(n->data, &mean, &var);
    fk_times_mean(&n->schedule, false, TIMES, t, weight);
    fk_score_error_along(n->data, &n->schedule, &field, &(fk_score_rule){0}, TIMES, t, n->threads,
                         e);
    for (size_t i = 0; i < TIMES; i++) {
        const fk_coeffs at = fk_schedule_at(&n->schedule, t[i]);
        const double noise = at.sigma * at.sigma, all = at.s * at.s * var + noise;
        net += weight[i] * e[i].excess;
        line += weight[i] * (1 - noise / all - e[i].floor); /* Cov(eps, x) = sigma */
    }
    return net / line;
}

fk_coeffs fk_network_level(const fk_networks *n, size_t j)
{
    const double lambda = 1.785 - 0.885 * (double)j;
    return fk_schedule_at(&n->schedule, n->schedule.time_of(&n->schedule, lambda));
}

/* p_0(x_0) p(x|x_0) dx_0 at the nodes of a rule, straight from the definitions. */
static void weigh(const fk_mixture *m, double s, double sigma, double x, const fk_rule *rule,
                  double *weight)
{
    for (size_t q = 0; q < rule->n; q++) {
        const double x0 = rule->x[q], eps = (x - s * x0) / sigma;
        double density = 0;
        for (size_t k = 0; k < m->k; k++) {
            const double d = x0 - m->mean[k];
            density += m->weight[k] * exp(-d * d / (2 * m->var[k])) / sqrt(2 * FK_PI * m->var[k]);
        }
        weight[q] = rule->w[q] * density * exp(-eps * eps / 2) / (sqrt(2 * FK_PI) * sigma);
    }
}

/* Nodes for x_0 given x: nine standard deviations of data and of noise, panels of two of the
 * narrower: 20 nodes leave 1e-18. */
static fk_rule rule_given(const fk_mixture *m, double s, double sigma, double x)
{
    double lo = INFINITY, hi = -INFINITY, narrow = sigma / s;
    for (size_t k = 0; k < m->k; k++) {
        const double sd = sqrt(m->var[k]);
        lo = fmin(lo, m->mean[k] - 9 * sd), hi = fmax(hi, m->mean[k] + 9 * sd);
        narrow = fmin(narrow, sd);
    }
    lo = fmax(lo, (x - 9 * sigma) / s), hi = fmin(hi, (x + 9 * sigma) / s);
    if (!(lo < hi)) return (fk_rule){NULL, NULL, 0}; /* as good as impossible */
    return fk_rule_new(lo, hi, (size_t)ceil((hi - lo) / (2 * narrow)));
}

double fk_network_output(const fk_model *bare, const fk_coeffs *at, double x)
{
    double score;
    fk_model_at(bare, at->s, at->sigma, &x, &score);
    return hypot(at->s, at->sigma) * score;
}

fk_network_losses fk_network_losses_at(const fk_model *model, const fk_mixture *m,
                                       const fk_coeffs *at)
{
    const double s = at->s, sigma = at->sigma, r = hypot(s, sigma);
    const bool for_v = model->config.output == FK_OUT_V;
    fk_model *bare = fk_network_read_as(model, FK_OUT_SCORE);
    fk_network_losses sum = {0};
    fk_marginal *p = fk_marginal_new(m, s, sigma);
    fk_rule outer = fk_rule_over(p);
    for (size_t i = 0; i < outer.n; i++) {
        const double x = outer.x[i];
        double score;
        const double slope = fk_model_at(model, s, sigma, &x, &score), eps_net = -sigma * score;
        const double output = fk_network_output(bare, at, x);
        fk_rule inner = rule_given(m, s, sigma, x);
        double *weight = fk_alloc(inner.n + 1, sizeof *weight);
        weigh(m, s, sigma, x, &inner, weight);
        for (size_t q = 0; q < inner.n; q++) {
            const double x0 = inner.x[q], eps = (x - s * x0) / sigma;
            const double goal = for_v ? (s * eps - sigma * x0) / r : eps;
            const double w = outer.w[i] * weight[q];
            sum.noise += w * (eps - eps_net) * (eps - eps_net);
            sum.own += w * (goal - output) * (goal - output);
            sum.square += w * score * score;
            sum.slope += w * slope;
        }
        free(weight);
        fk_rule_free(&inner);
    }
    fk_rule_free(&outer);
    fk_marginal_free(p);
    fk_model_free(bare);
    return sum;
}
