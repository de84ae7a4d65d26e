/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/chains.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "claims/setting.h"

const char *const fk_setting_chains[FK_N_CHAINS] = {"ddpm-linear:T=7,beta_1=0.0385,beta_T=0.7385",
                                                    "cosine:T=9", "vp-linear:T=30"};

static _Noreturn void stop(const fk_error *err)
{
    fprintf(stderr, "fokker: a claim's own setting is wrong: %s\n", err->text);
    abort();
}

fk_chain fk_setting_chain(const char *spec)
{
    fk_chain chain;
    fk_error err;
    if (fk_chain_parse(spec, &chain, &err) != FK_OK) stop(&err);
    return chain;
}

fk_chain_run fk_chain_run_new(const char *spec, size_t steps, const fk_scheme *scheme)
{
    fk_chain_run run = {.chain = fk_setting_chain(spec)};
    fk_error err;
    if (fk_axis_on_chain(&run.chain, "trailing", steps ? steps : run.chain.T, &run.axis, &err) !=
            FK_OK ||
        fk_plan_new(&run.axis, scheme, &run.plan, &err) != FK_OK)
        stop(&err);
    return run;
}

void fk_chain_run_free(fk_chain_run *run)
{
    fk_plan_free(&run->plan);
    fk_axis_free(&run->axis);
    fk_chain_free(&run->chain);
}

fk_bound_run fk_bound_run_new(const char *mixture, const char *chain, fk_reverse_variance variance)
{
    fk_bound_run run = {.mixture = fk_setting_mixture(mixture), .chain = fk_setting_chain(chain)};
    fk_error err;
    if (fk_elbo_new(run.mixture, &run.chain, variance, &run.elbo, &err) != FK_OK) stop(&err);
    return run;
}

void fk_bound_run_free(fk_bound_run *run)
{
    fk_elbo_free(&run->elbo);
    fk_chain_free(&run->chain);
    fk_mixture_free(run->mixture);
}

fk_sources fk_sources_of(const fk_chain *chain)
{
    assert(chain->T <= FK_MOST_T);
    fk_sources s = {.T = chain->T};
    s.row[0][0] = 1;
    for (size_t t = 1; t <= s.T; t++) {
        const double beta = chain->beta[t - 1];
        for (size_t j = 0; j < t; j++) s.row[t][j] = sqrt(1 - beta) * s.row[t - 1][j];
        s.row[t][t] = sqrt(beta);
    }
    return s;
}

double fk_sources_cov(const fk_sources *s, const double *a, const double *b, double v)
{
    double sum = v * a[0] * b[0];
    for (size_t j = 1; j <= s->T; j++) sum += a[j] * b[j];
    return sum;
}

fk_marginal *fk_chain_marginal(const fk_mixture *mixture, const fk_chain *chain, size_t t)
{
    const fk_coeffs c = fk_chain_at(chain, (long)t - 1);
    return fk_marginal_new(mixture, c.s, c.sigma);
}

double fk_alpha_bar(const fk_chain *chain, size_t t)
{
    return t ? exp(chain->log_alpha_bar[t - 1]) : 1;
}

double fk_posterior_share(const fk_chain *chain, size_t t)
{
    return sqrt(fk_alpha_bar(chain, t - 1)) * chain->beta[t - 1] /
           -expm1(chain->log_alpha_bar[t - 1]);
}
