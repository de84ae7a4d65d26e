/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "registry.h"

#include <assert.h>
#include <stdlib.h>

#include "analytic/mixture.h"
#include "claims/claims.h"
#include "ode/schemes.h"
#include "sde/schemes.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

const fk_row fk_experiments[] = {
    {"ancestral",
     "How does DDPM's chain approach the data as T grows, and what do its variance and DDIM's eta "
     "do?",
     "Ho, Jain and Abbeel 2020; Song, Meng and Ermon 2021; Bao et al. 2022", NULL},
    {"band",
     "Do the reverse SDE and the probability-flow ODE share their marginals, and not their paths?",
     "Song et al. 2021, sec. 4.3", NULL},
    {"budget",
     "With few evaluations of the score, where does the error come from, and which scheme is best?",
     "Chen, Lee and Lu 2023, theorem 2.1; Karras et al. 2022, sec. 3", NULL},
    {"convergence",
     "How fast does each scheme converge, and what does an evaluation of the score buy?",
     "Karras et al. 2022, sec. 3; Lu et al. 2022", NULL},
    {"fokker-planck",
     "Do the Fokker-Planck equations of SDE, reverse SDE and ODE carry one density, and what do "
     "wrong signs make of it?",
     "Risken 1989; Anderson 1982; Song et al. 2021, appendix D.1", NULL},
    {"guidance", "What does guidance sample: the tilted law p_0(x) p(y|x)^gamma, or another?",
     "Dhariwal and Nichol 2021, sec. 4.1; Ho and Salimans 2022", NULL},
    {"likelihoods",
     "How good are log-likelihoods by the probability-flow ODE, and what is wrong with them?",
     "Chen et al. 2018; Song et al. 2021, sec. 4.3", NULL},
    {"marginals",
     "Do samples of the reverse SDE and of the probability-flow ODE follow the exact law at six "
     "times?",
     "Anderson 1982; Song et al. 2021, eq. 6 and 13", NULL},
    {"moments", "Do m' = f m and var' = 2 f var + g^2 give mean and variance of the forward SDE?",
     "Song et al. 2021, eq. 29", NULL},
    {"schedules",
     "What do the noise schedules make of signal, noise, drift and signal-to-noise ratio?",
     "Ho et al. 2020; Nichol and Dhariwal 2021; Song et al. 2021", NULL},
    {"score-net", "How good is a learnt score, and what does its error do to the samples?",
     "Vincent 2011; Efron 2011; Song et al. 2021b, theorem 1", NULL},
    {"transport",
     "Which map from noise to data does the probability-flow ODE draw, and is it optimal?",
     "Brenier 1991; Lavenant and Santambrogio 2022", NULL},
};
const size_t fk_n_experiments = LENGTH(fk_experiments);

static size_t n_schedules(void)
{
    return fk_n_schedules;
}
static fk_row schedule_row(size_t i)
{
    return fk_schedules[i].row;
}
static size_t n_chains(void)
{
    return fk_n_chain_rows;
}
static fk_row chain_row(size_t i)
{
    return fk_chain_rows[i];
}
static size_t n_schemes(void)
{
    return fk_n_ode_schemes + fk_n_sde_schemes;
}
static fk_row scheme_row(size_t i)
{
    return fk_registry_scheme(i)->row;
}
static size_t n_grids(void)
{
    return fk_n_grid_rows;
}
static fk_row grid_row(size_t i)
{
    return fk_grid_rows[i];
}
static size_t n_mixtures(void)
{
    return fk_n_mixtures;
}
static fk_row mixture_row(size_t i)
{
    return fk_mixture_rows[i];
}
static size_t n_experiments(void)
{
    return fk_n_experiments;
}
static fk_row experiment_row(size_t i)
{
    return fk_experiments[i];
}
static fk_row claim_row(size_t i)
{
    const fk_claim *claim = fk_claim_at(i);
    return (fk_row){claim->id, claim->says, claim->source, NULL};
}

const fk_listing fk_registry[] = {
    {"schedules", "schedule", n_schedules, schedule_row},
    {"chains", "chain", n_chains, chain_row},
    {"schemes", "scheme", n_schemes, scheme_row},
    {"grids", "grid", n_grids, grid_row},
    {"mixtures", "mixture", n_mixtures, mixture_row},
    {"experiments", "experiment", n_experiments, experiment_row},
    {"claims", "claim", fk_n_claims, claim_row},
};
const size_t fk_n_registry = LENGTH(fk_registry);

const fk_scheme *fk_registry_scheme(size_t i)
{
    assert(i < n_schemes());
    return i < fk_n_ode_schemes ? fk_ode_schemes[i] : fk_sde_schemes[i - fk_n_ode_schemes];
}

int fk_registry_parse_scheme(const char *spec, fk_scheme *scheme, fk_error *err)
{
    size_t n = n_schemes();
    const fk_scheme **table = fk_alloc(n, sizeof *table);
    for (size_t i = 0; i < n; i++) table[i] = fk_registry_scheme(i);
    int status = fk_scheme_parse(spec, table, n, scheme, err);
    free(table);
    return status;
}
