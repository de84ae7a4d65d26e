/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/marginals_claims.h"

#include <math.h>

#include "claims/setting.h"
#include "core/stats.h"
#include "experiments/common.h"

/* The run of a variant: that of the figure, or with more samples where the verdict asks for them.
 */
static fk_snapshots *run_of(const fk_claim_env *env, int run)
{
    const lab *l = env->context;
    fk_error err;
    fk_snapshots *seen = NULL;
    if (env->scale == 1) return l->run[run];
    if (marginals_simulate(l, (which)run, marginals_samples(l, (which)run) * env->scale, &seen,
                           &err))
        return NULL;
    return seen;
}

static void run_done(const fk_claim_env *env, fk_snapshots *seen)
{
    if (env->scale != 1) fk_snapshots_free(seen);
}

enum { BY_KS, BY_W1 };

/* The largest distance of all times and directions. The margin is a bound on its tail, so that
 * there is no standard error to add. */
static fk_verdict check_distance(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)claim;
    const lab *l = env->context;
    fk_snapshots *seen = run_of(env, v->which);
    fk_verdict out = {.observed = seen ? 0.0 : NAN, .n = seen ? seen->n : 0};
    for (size_t j = 0; seen && j < TIMES; j++)
        for (size_t d = 0; d < l->directions; d++) {
            double ks, w1;
            marginals_distances(l, v->which >= VE_EXACT ? &l->ve : &l->on, seen, j, d, &ks,
                                v->param == BY_W1 ? &w1 : NULL);
            double distance = v->param == BY_W1 ? w1 : ks;
            fk_worst(&out.observed, distance);
        }
    run_done(env, seen);
    return out;
}

/* The energy distance of a run of the SDE to one of the ODE over the mean that it has between
 * samples of one law, the largest of all times; of so many samples as keep the pairs to 3 10^8.
 * `which` is the SDE's run, `param` the ODE's. */
static fk_verdict check_energy(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    enum { MOST = 8000 };
    (void)claim;
    const lab *l = env->context;
    fk_snapshots *sde = run_of(env, v->which), *ode = run_of(env, (int)v->param);
    fk_verdict out = {.observed = sde && ode ? 0.0 : NAN};
    for (size_t j = 0; sde && ode && j < TIMES; j++) {
        size_t n = sde->n < MOST ? sde->n : MOST, dim = sde->dim;
        double null_mean,
            distance = fk_energy_distance(sde->x + j * sde->n * dim, n, ode->x + j * ode->n * dim,
                                          n, dim, l->threads, &null_mean);
        fk_worst(&out.observed, distance / null_mean);
        out.n = n;
    }
    run_done(env, sde);
    run_done(env, ode);
    return out;
}

/* Sliced W1 between a run of the SDE and one of the ODE over its null bound (core/stats.h), the
 * largest of all times. */
static fk_verdict check_sliced(const fk_claim_env *env, const fk_claim *claim, const fk_variant *v)
{
    enum { DIRECTIONS = 32 };
    (void)claim;
    const lab *l = env->context;
    fk_snapshots *sde = run_of(env, v->which), *ode = run_of(env, (int)v->param);
    fk_verdict out = {.observed = sde && ode ? 0.0 : NAN, .n = sde ? sde->n : 0};
    for (size_t j = 0; sde && ode && j < TIMES; j++) {
        double bound, distance = fk_sliced_w1(sde->x + j * sde->n * sde->dim, sde->n,
                                              ode->x + j * ode->n * ode->dim, ode->n, sde->dim,
                                              DIRECTIONS, l->threads, &bound);
        fk_worst(&out.observed, distance / bound);
    }
    run_done(env, sde);
    run_done(env, ode);
    return out;
}

/* Euler-Maruyama has a weak error of first order in d, the grid's step in log(s/sigma): by the
 * exact recursion of mean and variance on N(m, v) data, over all schedules and v from 0.01 to 2, at
 * most 0.16 d in probability, and three times that in W1 over the standard deviation. The other
 * schemes have next to none. */
#define ERROR 0.3
/* P(sqrt(n) D > 3.6) = 2 exp(-2 3.6^2) = 1e-11 at one time in one direction. */
#define KS_TAIL 3.6
/* Six standard deviations of sliced W1 over its null bound: each at most the root mean square over
 * the mean of |cos| in the plane, for a law that lies on a line (core/stats.h). */
#define SLICED_TAIL (6.0 * 1.111)
/* The least that a control shows in KS, the forward noise reused: 0.11 (flow, sub-vp) to 0.16, on
 * the built-in mixtures of one and two dimensions with vp-linear, on three-1d with every schedule.
 */
#define SHOWN 0.11

/* Of log(s/sigma) over the axis. */
static double range(const lab *l)
{
    const fk_axis *axis = &l->on.axis;
    return axis->node[axis->n_steps].lambda - axis->node[0].lambda;
}

int marginals_check_size(const lab *l, fk_error *err)
{
    return fk_experiment_check_size(l->n, l->on.axis.n_steps, KS_TAIL, ERROR * range(l), SHOWN,
                                    err);
}

void marginals_run_claims(const lab *l, fk_ledger *ledger)
{
    /* W1: its mean is at most C/sqrt(n), C from w1_constant; its standard deviation at most that of
     * x over sqrt(n) (Efron and Stein 1981), of which six. */
    double bias = ERROR * range(l) / (double)l->on.axis.n_steps, root = sqrt((double)l->n),
           few = sqrt((double)l->n_adaptive), c = marginals_w1_constant(l);
    const char *ks = "3.6/sqrt(n), exceeded with probability 1e-11, and the weak error",
               *w1 = "the mean of W1 and six standard deviations, and the weak error";
    const fk_claim claim[] = {
        {.id = "marginals-ks-sde",
         .says = "the reverse SDE has the law p_t at six times (KS, largest)",
         .source = "Anderson 1982",
         .kind = FK_STATISTICAL,
         .margin = KS_TAIL / root + bias,
         .because = ks,
         .check = check_distance,
         .right = {"reverse SDE", SDE, BY_KS},
         .control = {{"g^2/2 in place of g^2", SDE_HALF, BY_KS},
                     {"forward noise reused backwards", SDE_REUSED, BY_KS}}},
        {.id = "marginals-w1-sde",
         .says = "the reverse SDE has the law p_t at six times (W1 over the standard deviation, "
                 "largest)",
         .source = "Anderson 1982",
         .kind = FK_STATISTICAL,
         .margin = (c + 6.0) / root + 3.0 * bias,
         .because = w1,
         .check = check_distance,
         .right = {"reverse SDE", SDE, BY_W1},
         .control = {{"g^2/2 in place of g^2", SDE_HALF, BY_W1},
                     {"forward noise reused backwards", SDE_REUSED, BY_W1}}},
        {.id = "marginals-ks-heun",
         .says = "the PF-ODE, by Heun, has the law p_t at six times (KS, largest)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_STATISTICAL,
         .margin = KS_TAIL / root + bias,
         .because = ks,
         .check = check_distance,
         .right = {"PF-ODE", HEUN, BY_KS},
         .control = {{"g^2 in place of g^2/2", HEUN_FULL, BY_KS}}},
        {.id = "marginals-w1-heun",
         .says = "the PF-ODE, by Heun, has the law p_t at six times (W1 over the standard "
                 "deviation, largest)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_STATISTICAL,
         .margin = (c + 6.0) / root + 3.0 * bias,
         .because = w1,
         .check = check_distance,
         .right = {"PF-ODE", HEUN, BY_W1},
         .control = {{"g^2 in place of g^2/2", HEUN_FULL, BY_W1}}},
        {.id = "marginals-ks-rk45",
         .says = "the PF-ODE, by adaptive rk45, has the law p_t at six times (KS, largest)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_STATISTICAL,
         .margin = KS_TAIL / few + bias,
         .because = ks,
         .check = check_distance,
         .right = {"PF-ODE", RK45, BY_KS},
         .control = {{"g^2 in place of g^2/2", RK45_FULL, BY_KS}}},
        {.id = "marginals-w1-rk45",
         .says = "the PF-ODE, by adaptive rk45, has the law p_t at six times (W1 over the standard "
                 "deviation, largest)",
         .source = "Song et al. 2021, eq. 13",
         .kind = FK_STATISTICAL,
         .margin = (c + 6.0) / few + 3.0 * bias,
         .because = w1,
         .check = check_distance,
         .right = {"PF-ODE", RK45, BY_W1},
         .control = {{"g^2 in place of g^2/2", RK45_FULL, BY_W1}}},
        {.id = "marginals-energy",
         .says = "SDE and ODE have one law at six times (energy distance over its mean between "
                 "samples of one law, largest)",
         .source = "Song et al. 2021, sec. 4.3; Szekely and Rizzo 2004",
         .kind = FK_STATISTICAL,
         .margin = 40.0,
         .because =
             "a Gaussian quadratic form of mean 1 exceeds 40 with probability at most that of "
             "chi^2_1, 3e-10 (Szekely and Bakirov 2003)",
         .check = check_energy,
         .right = {"SDE and ODE", SDE, HEUN},
         .control = {{"g^2/2 in the SDE", SDE_HALF, HEUN}, {"g^2 in the ODE", SDE, HEUN_FULL}}},
        {.id = "marginals-sliced",
         .says = "SDE and ODE have one law at six times (sliced W1 over the bound on its mean "
                 "between samples of one law, largest)",
         .source = "Song et al. 2021, sec. 4.3; Rabin et al. 2011",
         .kind = FK_STATISTICAL,
         .margin = 1.0 + SLICED_TAIL + 3.0 * bias * root / sqrt(2.0),
         .because = "six standard deviations above its mean, and the weak error",
         .check = check_sliced,
         .right = {"SDE and ODE", SDE, HEUN},
         .control = {{"g^2/2 in the SDE", SDE_HALF, HEUN}, {"g^2 in the ODE", SDE, HEUN_FULL}}},
        {.id = "marginals-ve-prior",
         .says = "on VE the PF-ODE follows p_t from its own prior, of standard deviation "
                 "sigma(t_max) (KS, largest)",
         .source = "Song et al. 2021, appendix C",
         .kind = FK_STATISTICAL,
         .margin = KS_TAIL / root + bias,
         .because = ks,
         .check = check_distance,
         .right = {"from p_t_max", VE_EXACT, BY_KS},
         .control = {{"from N(0, I)", VE_UNIT, BY_KS}}},
    };
    fk_claim_env env = {.seed = l->seed, .scale = 1, .threads = l->threads, .context = l};
    for (size_t i = 0; i < sizeof claim / sizeof *claim; i++) fk_claim_run(&claim[i], &env, ledger);
}
