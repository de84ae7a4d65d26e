/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schedules/chain.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_T = 10000000 };

static const fk_param ddpm_linear_params[] = {
    {"T", 1000, NULL}, {"beta_1", 1e-4, NULL}, {"beta_T", 0.02, NULL}, {NULL, 0, NULL}};
static const fk_param cosine_params[] = {{"T", 1000, NULL}, {"clip", 0.999, NULL}, {NULL, 0, NULL}};
static const fk_param sampled_params[] = {{"T", 1000, NULL}, {NULL, 0, NULL}};

enum { DDPM_LINEAR, COSINE, FIRST_SAMPLED };
const fk_row fk_chain_rows[] = {
    {"ddpm-linear", "beta_i linear from beta_1 to beta_T", "Ho et al. 2020, section 4",
     ddpm_linear_params},
    {"cosine", "alpha_bar a squared cosine, beta_i clipped", "Nichol and Dhariwal 2021, eq. 17",
     cosine_params},
    {"vp-linear", "the schedule sampled at (i+1)/T; takes its parameters too",
     "Song et al. 2021, appendix B", sampled_params},
    {"vp-cosine", "the schedule sampled at (i+1)/T (alpha_bar = 0 at the last index)",
     "Nichol and Dhariwal 2021, eq. 17", sampled_params},
};
const size_t fk_n_chain_rows = sizeof fk_chain_rows / sizeof *fk_chain_rows;

/* log alpha_bar_i = sum_{j<=i} log(1 - beta_j), by Neumaier's compensated sum, since both ends of
 * the chain are read to full precision. */
static void accumulate(fk_chain *chain)
{
    double sum = 0, lost = 0;
    for (size_t i = 0; i < chain->T; i++) {
        double term = log1p(-chain->beta[i]), next = sum + term;
        lost += fabs(sum) >= fabs(term) ? (sum - next) + term : (term - next) + sum;
        sum = next;
        chain->log_alpha_bar[i] = sum + lost;
    }
}

static int ddpm_linear(fk_chain *chain, double first, double last, fk_error *err)
{
    if (!(first > 0 && first < 1 && last > 0 && last < 1))
        return fk_fail(err, FK_USAGE,
                       "chain 'ddpm-linear': beta_1 = %g and beta_T = %g, but both "
                       "must lie between 0 and 1",
                       first, last);
    for (size_t i = 0; i < chain->T; i++) {
        double u = chain->T > 1 ? (double)i / (double)(chain->T - 1) : 0;
        chain->beta[i] = first * (1 - u) + last * u;
    }
    accumulate(chain);
    return FK_OK;
}

/* beta_i = min(1 - cos^2 a_1 / cos^2 a_0, clip), a_0 and a_1 the angles at i/T and (i+1)/T. The
 * difference of squares is sin(a_1 - a_0) sin(a_1 + a_0); cos a is written sin(pi/2 - a), and
 * sin(a_1 + a_0) as the sine of the smaller supplement. */
static int cosine(fk_chain *chain, double clip, fk_error *err)
{
    if (!(clip > 0 && clip < 1))
        return fk_fail(err, FK_USAGE, "chain 'cosine': clip = %g, but it must lie between 0 and 1",
                       clip);
    const double c = 0.008, k = FK_PI / (2 * (1 + c)), T = (double)chain->T;
    for (size_t i = 0; i < chain->T; i++) {
        double up = (double)(2 * i + 1) / T + 2 * c, down = (double)(2 * (chain->T - i) - 1) / T;
        double cos_0 = sin(k * (double)(chain->T - i) / T);
        double beta = sin(k / T) * sin(k * fmin(up, down)) / (cos_0 * cos_0);
        chain->beta[i] = fmin(beta, clip);
    }
    accumulate(chain);
    return FK_OK;
}

/* alpha_bar_i = s((i+1)/T)^2. On a VP schedule log s^2 = -log(1 + sigma^2/s^2), which keeps its
 * relative precision where s is near 1. */
static int sampled(fk_chain *chain, const fk_schedule *record, const double *param, fk_error *err)
{
    fk_schedule schedule = *record;
    for (size_t j = 0; record->row.param && record->row.param[j].key; j++)
        schedule.param[j] = param[j];
    int status = schedule.prepare ? schedule.prepare(&schedule, err) : FK_OK;
    double previous = 0;
    for (size_t i = 0; status == FK_OK && i < chain->T; i++) {
        fk_coeffs at = fk_schedule_at(&schedule, (double)(i + 1) / (double)chain->T);
        double r = at.sigma / at.s;
        double l = at.s > at.sigma ? -log1p(r * r) : 2 * log(at.s);
        chain->log_alpha_bar[i] = l;
        chain->beta[i] = -expm1(l - previous);
        previous = l;
    }
    return status;
}

static const fk_schedule *schedule_named(const char *spec)
{
    size_t n = strcspn(spec, ":");
    for (size_t i = 0; i < fk_n_schedules; i++)
        if (strlen(fk_schedules[i].row.name) == n && !strncmp(spec, fk_schedules[i].row.name, n))
            return &fk_schedules[i];
    return NULL;
}

int fk_chain_parse(const char *spec, fk_chain *chain, fk_error *err)
{
    *chain = (fk_chain){.T = 0};
    const fk_schedule *record = schedule_named(spec);
    long row = fk_row_find(spec, "chain", fk_chain_rows, fk_n_chain_rows, err);
    if (row < 0) {
        if (!record) return FK_USAGE;
        return fk_fail(err, FK_USAGE,
                       "chain '%s': the schedule is not variance preserving, so it "
                       "has no alpha_bar; ddpm-linear, cosine, vp-linear and vp-cosine have",
                       record->row.name);
    }
    /* a sampled schedule takes T and the schedule's own parameters */
    fk_param both[FK_MAX_PARAMS + 1];
    const fk_param *param = fk_chain_rows[row].param;
    if (row >= FIRST_SAMPLED) {
        size_t n = 0;
        both[n++] = sampled_params[0];
        for (const fk_param *p = record->row.param; p && p->key; p++) both[n++] = *p;
        assert(n <= FK_MAX_PARAMS);
        both[n] = (fk_param){NULL, 0, NULL};
        param = both;
    }
    double value[FK_MAX_PARAMS] = {0};
    int status = fk_spec_params(spec, "chain", param, value, err);
    if (status != FK_OK) return status;
    if (!(value[0] >= 1 && value[0] <= MAX_T && value[0] == floor(value[0])))
        return fk_fail(err, FK_USAGE,
                       "chain '%s': T = %g, but a whole number from 1 to %d is needed",
                       fk_chain_rows[row].name, value[0], MAX_T);

    snprintf(chain->spec, sizeof chain->spec, "%s", spec);
    chain->T = (size_t)value[0];
    chain->beta = fk_alloc(chain->T, sizeof *chain->beta);
    chain->log_alpha_bar = fk_alloc(chain->T, sizeof *chain->log_alpha_bar);
    switch (row) {
    case DDPM_LINEAR:
        status = ddpm_linear(chain, value[1], value[2], err);
        break;
    case COSINE:
        status = cosine(chain, value[1], err);
        break;
    default:
        status = sampled(chain, record, value + 1, err);
    }
    if (status != FK_OK) fk_chain_free(chain);
    return status;
}

void fk_chain_free(fk_chain *chain)
{
    free(chain->beta);
    free(chain->log_alpha_bar);
    *chain = (fk_chain){.T = 0};
}

fk_coeffs fk_chain_at(const fk_chain *chain, long i)
{
    assert(i >= -1 && i < (long)chain->T);
    double l = i < 0 ? 0 : chain->log_alpha_bar[i], var = -expm1(l);
    return (fk_coeffs){.s = exp(l / 2),
                       .sigma = i < 0 ? 0 : sqrt(var),
                       .f = NAN,
                       .g2 = NAN,
                       .lambda = i < 0 ? INFINITY : l / 2 - log(var) / 2};
}

double fk_chain_posterior_variance(const fk_chain *chain, size_t i)
{
    assert(i < chain->T);
    if (i == 0) return 0;
    const double *l = chain->log_alpha_bar;
    return chain->beta[i] * (expm1(l[i - 1]) / expm1(l[i]));
}
