/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Residuals below double precision: the equations of moments and densities at 512 bits, where an
 * error of 1e-20 in a coefficient is as plain as one of 1. */
#include <math.h>

#include "claims/claims.h"
#include "claims/fokker_planck.h"
#include "claims/multiprecision.h"
#include "claims/setting.h"

static const mpfr_rnd_t nearest = MPFR_RNDN;
enum { TIMES = 4, POINTS = 3 };

/* --- C19, C40: moments --- */

enum { MEAN, VARIANCE, SECOND };

/* s, sigma^2, or m_2 = s^2 x_0^2 + sigma^2 as a function of t. */
typedef struct {
    const fk_schedule *schedule;
    int which;
} moment;
static const double x_0 = 1.385;

static void moment_at(const void *self, mpfr_srcptr t, mpfr_ptr value)
{
    const moment *m = self;
    mpfr_t scale[2];
    fk_mp_init(scale, 2);
    fk_mp_scales(m->schedule, t, scale[0], scale[1]);
    if (m->which == MEAN) mpfr_set(value, scale[0], nearest);
    if (m->which == VARIANCE) mpfr_set(value, scale[1], nearest);
    if (m->which == SECOND) {
        mpfr_mul_d(scale[0], scale[0], x_0, nearest);
        mpfr_sqr(value, scale[0], nearest);
        mpfr_add(value, value, scale[1], nearest);
    }
    fk_mp_clear(scale, 2);
}

/* How a variant spoils an equation: multiples of f and g^2, and g^2 times 1 + more. */
typedef struct {
    double f, g2, more;
} spoilt;

/* Residual of y' = n f y [+ g^2], n = 1 of the mean and 2 of the others. */
static double rate_of(const fk_schedule *schedule, mpfr_srcptr t, int which, const spoilt *by)
{
    enum { RATE, DRIFT, NOISE, TERMS };
    mpfr_t term[TERMS], y;
    fk_mp_init(term, TERMS);
    mpfr_init2(y, FK_BITS);
    const moment m = {schedule, which};
    fk_mp_derivative(moment_at, &m, t, 1, term[RATE]);
    fk_mp_rates(schedule, t, term[DRIFT], term[NOISE]);
    moment_at(&m, t, y);
    mpfr_mul(term[DRIFT], term[DRIFT], y, nearest);
    mpfr_mul_d(term[DRIFT], term[DRIFT], which == MEAN ? -by->f : -2 * by->f, nearest);
    mpfr_mul_d(term[NOISE], term[NOISE], which == MEAN ? 0 : -by->g2, nearest);
    mpfr_mul_d(y, term[NOISE], by->more, nearest);
    mpfr_add(term[NOISE], term[NOISE], y, nearest);
    const double residual = fk_mp_residual(term, TERMS);
    mpfr_clear(y);
    fk_mp_clear(term, TERMS);
    return residual;
}

enum { RIGHT, HALF_F, HALF_NOISE, A_TRACE };

static double worst_rate(const fk_variant *variant, int first, int last)
{
    const spoilt by = {variant->which == HALF_F ? 0.5 : 1, variant->which == HALF_NOISE ? 0.5 : 1,
                       variant->which == A_TRACE ? 1e-20 : 0};
    double worst = 0;
    mpfr_t t;
    mpfr_init2(t, FK_BITS);
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < TIMES; j++) {
            mpfr_set_d(t, fk_setting_time(&fk_schedules[i], j), nearest);
            for (int which = first; which <= last; which++)
                fk_worst(&worst, rate_of(&fk_schedules[i], t, which, &by));
        }
    mpfr_clear(t);
    return worst;
}

static fk_verdict mean_and_variance(const fk_claim_env *env, const fk_claim *claim,
                                    const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_measured(worst_rate(variant, MEAN, VARIANCE), 0);
}

static fk_verdict second_moment(const fk_claim_env *env, const fk_claim *claim,
                                const fk_variant *variant)
{
    (void)env, (void)claim;
    return fk_measured(worst_rate(variant, SECOND, SECOND), 0);
}

/* --- C47, C50, C125: densities --- */

/* p or p' as a function of t or of x, the other held. */
typedef struct {
    const fk_mixture *mixture;
    const fk_schedule *schedule;
    mpfr_srcptr t, x;
    bool slope;
} density;

static void density_at(const density *of, mpfr_srcptr t, mpfr_srcptr x, mpfr_ptr value)
{
    mpfr_t scale[2], at;
    fk_mp_init(scale, 2);
    mpfr_init2(at, FK_BITS);
    mpfr_set(at, x, nearest); /* x and value may be one */
    fk_mp_scales(of->schedule, t, scale[0], scale[1]);
    fk_mp_density(of->mixture, scale[0], scale[1], at, of->slope ? NULL : value,
                  of->slope ? value : NULL);
    mpfr_clear(at);
    fk_mp_clear(scale, 2);
}

static void along_t(const void *self, mpfr_srcptr t, mpfr_ptr value)
{
    density_at(self, t, ((const density *)self)->x, value);
}

static void along_x(const void *self, mpfr_srcptr x, mpfr_ptr value)
{
    density_at(self, ((const density *)self)->t, x, value);
}

/* Residual of dp/dt = -f (p + x p') + drift g^2 (score p)' + direction noise g^2/2 p''; (score p)'
 * from the closed form of p', p'' from p. */
static double density_residual(density of, const fk_process *process, double trace)
{
    enum { RATE, MASS, SLOPE, DRIFT, NOISE, TERMS };
    mpfr_t term[TERMS], f, g2;
    fk_mp_init(term, TERMS);
    mpfr_inits2(FK_BITS, f, g2, (mpfr_ptr)0);
    fk_mp_rates(of.schedule, of.t, f, g2);
    fk_mp_derivative(along_t, &of, of.t, 1, term[RATE]);
    along_x(&of, of.x, term[MASS]);
    fk_mp_derivative(along_x, &of, of.x, 2, term[NOISE]);
    of.slope = true;
    along_x(&of, of.x, term[SLOPE]);
    fk_mp_derivative(along_x, &of, of.x, 1, term[DRIFT]);
    mpfr_mul(term[MASS], term[MASS], f, nearest);
    mpfr_mul(term[SLOPE], term[SLOPE], f, nearest);
    mpfr_mul(term[SLOPE], term[SLOPE], of.x, nearest);
    mpfr_mul(term[NOISE], term[NOISE], g2, nearest);
    mpfr_mul_d(term[NOISE], term[NOISE], -process->direction * process->noise / 2, nearest);
    mpfr_mul(term[DRIFT], term[DRIFT], g2, nearest);
    mpfr_mul_d(term[DRIFT], term[DRIFT], -process->drift, nearest);
    mpfr_mul_d(g2, term[process->drift != 0 ? DRIFT : NOISE], trace, nearest);
    mpfr_add(term[NOISE], term[NOISE], g2, nearest);
    const double residual = fk_mp_residual(term, TERMS);
    mpfr_clears(f, g2, (mpfr_ptr)0);
    fk_mp_clear(term, TERMS);
    return residual;
}

/* which: a process below; param: how much more of g^2 score, or of the noise where there is none.
 */
static const fk_process processes[] = {
    {1, 1, -1, 0},   {0.5, 1, -1, 0}, {1, 1, 1, 0}, /* the reverse SDE, and wrong ones */
    {0.5, 0, -1, 0}, {1, 0, -1, 0},                 /* the ODE */
    {0, 1, 1, 0},    {0, -1, 1, 0},                 /* forward */
};
enum { SDE, SDE_HALF_SCORE, SDE_UPWARD, ODE, ODE_FULL_SCORE, FORWARD, FORWARD_SIGN };

static fk_verdict densities(const fk_claim_env *env, const fk_claim *claim,
                            const fk_variant *variant)
{
    (void)env, (void)claim;
    fk_mixture *mix = fk_setting_mixture("three-1d");
    mpfr_t t, x;
    mpfr_inits2(FK_BITS, t, x, (mpfr_ptr)0);
    double worst = 0;
    for (size_t i = 0; i < fk_n_schedules; i++)
        for (size_t j = 0; j < TIMES; j++) {
            const double time = fk_setting_time(&fk_schedules[i], j);
            const fk_coeffs c = fk_schedule_at(&fk_schedules[i], time);
            fk_marginal *g = fk_marginal_new(mix, c.s, c.sigma);
            mpfr_set_d(t, time, nearest);
            for (size_t k = 0; k < POINTS; k++) {
                double at;
                fk_setting_point(g, k + POINTS * j, &at);
                mpfr_set_d(x, at, nearest);
                const density of = {mix, &fk_schedules[i], t, x, false};
                fk_worst(&worst, density_residual(of, &processes[variant->which], variant->param));
            }
            fk_marginal_free(g);
        }
    mpfr_clears(t, x, (mpfr_ptr)0);
    fk_mixture_free(mix);
    return fk_measured(worst, 0);
}

#define BECAUSE                                                                                    \
    "central differences: 2^-200 = 6e-61 times third and fourth derivatives over the terms, "      \
    "below "                                                                                       \
    "1e14 at the least variance and time here, 1e-4 and 1e-3"

const fk_claim fk_mp_residuals_claims[] = {
    {"C19-mpfr",
     "m' = f m and V' = 2 f V + g^2 for s and sigma^2 as defined and f, g^2 as printed, at 512 "
     "bits",
     FK_OVERVIEW ", eq. 4",
     FK_EXACT,
     1e-45,
     BECAUSE,
     mean_and_variance,
     {"f and g^2", RIGHT, 0},
     {{"(1 + 1e-20) g^2", A_TRACE, 0}, {"f/2", HALF_F, 0}, {"g^2/2", HALF_NOISE, 0}},
     .reading = FK_TRUE},
    {"C40-mpfr",
     "m_2' = 2 f m_2 + g^2 at 512 bits",
     FK_OVERVIEW ", eq. 17",
     FK_EXACT,
     1e-45,
     BECAUSE,
     second_moment,
     {"2 f m_2 + g^2", RIGHT, 0},
     {{"(1 + 1e-20) g^2", A_TRACE, 0}, {"f m_2", HALF_F, 0}, {"g^2/2", HALF_NOISE, 0}},
     .reading = FK_TRUE},
    {"C47-mpfr",
     "The Fokker-Planck residual of the reverse SDE at 512 bits",
     FK_OVERVIEW ", eq. 26",
     FK_EXACT,
     1e-45,
     BECAUSE,
     densities,
     {"g^2 score, dt < 0", SDE, 0},
     {{"run with dt > 0", SDE_UPWARD, 0},
      {"(1 + 1e-20) g^2 score", SDE, 1e-20},
      {"g^2/2 score", SDE_HALF_SCORE, 0}},
     .reading = FK_TRUE_IF,
     .printed = "dx = (f x - g^2 grad log p_t) dt + g dwbar, with no word of dt < 0"},
    {"C50-mpfr",
     "The residual of the probability-flow ODE's continuity equation at 512 bits",
     FK_OVERVIEW ", eq. 27",
     FK_EXACT,
     1e-45,
     BECAUSE,
     densities,
     {"g^2/2 score", ODE, 0},
     {{"(1 + 1e-20) g^2/2 score", ODE, 1e-20}, {"g^2 score", ODE_FULL_SCORE, 0}},
     .reading = FK_TRUE},
    {"C125-mpfr",
     "The residual of the forward Fokker-Planck equation at 512 bits",
     FK_NOTE_2024 ", Fokker-Planck",
     FK_EXACT,
     1e-45,
     BECAUSE,
     densities,
     {"+ g^2/2 p''", FORWARD, 0},
     {{"(1 + 1e-20) g^2/2 p''", FORWARD, 1e-20}, {"- g^2/2 p''", FORWARD_SIGN, 0}},
     .reading = FK_TRUE},
    {.id = NULL},
};
