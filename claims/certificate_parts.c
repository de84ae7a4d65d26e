/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a certificate: which law, where, and how near. */
#include <math.h>
#include <string.h>

#include "claims/certificate.h"
#include "claims/table_algebra.h"
#include "schedules/exactness.h"
#include "sde/additive.h"

/* How near an order must come: two-term fits on errors that are exact to rounding err by less than
 * 0.001; higher orders leave fewer errors above rounding, and those at larger steps. */
static double gaussian_margin(double claim)
{
    return claim <= 2 ? 0.02 : claim <= 3 ? 0.05 : 0.15;
}

static double mixture_margin(double claim)
{
    return claim <= 3 ? 0.1 : 0.2;
}

static double strong_margin(double claim)
{
    (void)claim;
    return 0.1;
}

static bool always(const fk_scheme *scheme)
{
    (void)scheme;
    return true;
}

/* Errors of higher orders are rounding before they settle, except over the whole way. Order 0 is
 * judged by its limit law. */
static bool has_low_order(const fk_scheme *scheme)
{
    return !(scheme->weak_order > 4) && scheme->weak_order != 0;
}

static bool has_no_order(const fk_scheme *scheme)
{
    return scheme->weak_order == 0;
}

static bool has_fading(const fk_scheme *scheme)
{
    return has_no_order(scheme) && fk_scheme_param(scheme, "snr") < FK_MAX_PARAMS;
}

static bool has_high_order(const fk_scheme *scheme)
{
    return scheme->weak_order > 4;
}

static bool is_multistep(const fk_scheme *scheme)
{
    return scheme->depth > 0;
}

static bool draws_noise(const fk_scheme *scheme)
{
    return fk_draws_of(scheme).normals > 0;
}

/* What correctors and churn at a fixed gamma do on a mixture is reported: they have no order. */
static bool draws_fresh_for_nothing(const fk_scheme *scheme)
{
    return has_no_order(scheme) && fk_draws_of(scheme).fresh;
}

static bool draws_fresh(const fk_scheme *scheme)
{
    return !has_no_order(scheme) && fk_draws_of(scheme).fresh;
}

static bool is_low_multistep(const fk_scheme *scheme)
{
    return is_multistep(scheme) && has_low_order(scheme);
}

static bool draws_none(const fk_scheme *scheme)
{
    return has_low_order(scheme) && fk_draws_of(scheme).normals == 0;
}

static bool draws_one(const fk_scheme *scheme)
{
    const fk_draws d = fk_draws_of(scheme);
    return has_low_order(scheme) && d.normals == 1 && !d.fresh;
}

static bool is_smooth_multistep(const fk_scheme *scheme)
{
    return is_multistep(scheme) && draws_none(scheme);
}

static bool is_noisy_multistep(const fk_scheme *scheme)
{
    return is_multistep(scheme) && draws_one(scheme);
}

static bool draws_two(const fk_scheme *scheme)
{
    const fk_draws d = fk_draws_of(scheme);
    return d.normals > 1 && !d.fresh;
}

/* Conditions hold to the rounding of coefficients of up to 20. */
#define HOLDS_WITHIN 1e-14

static bool has_additive(const fk_scheme *scheme)
{
    return fk_sde_tableau(scheme) != NULL;
}

static bool has_noisy_additive(const fk_scheme *scheme)
{
    return has_additive(scheme) && scheme->param[0] != 0;
}

static double additive_weak(const fk_scheme *scheme, double claim, double *residual)
{
    const fk_additive *method = fk_sde_tableau(scheme);
    if (scheme->param[0] == 0) return fk_tree_order(&method->drift, HOLDS_WITHIN, claim, residual);
    *residual = fk_additive_residual(method, claim > 1 ? FK_WEAK_2 : FK_STRONG_1);
    if (fk_additive_residual(method, FK_WEAK_2) < HOLDS_WITHIN) return 2;
    return fk_additive_residual(method, FK_STRONG_1) < HOLDS_WITHIN ? 1 : 0;
}

static double additive_strong(const fk_scheme *scheme, double claim, double *residual)
{
    const fk_additive *method = fk_sde_tableau(scheme);
    *residual = fk_additive_residual(method, claim > 1 ? FK_STRONG_3_2 : FK_STRONG_1);
    if (fk_additive_residual(method, FK_STRONG_3_2) < HOLDS_WITHIN) return 1.5;
    return fk_additive_residual(method, FK_STRONG_1) < HOLDS_WITHIN ? 1 : 0;
}

static bool runs_on_chains(const fk_scheme *scheme)
{
    return (scheme->needs & (FK_F_G2 | FK_LAMBDA_INVERSE)) == 0;
}

/* Uniform log(s/sigma) and Karras' nodes decide. They start where there is room for an exact
 * history, and end where the data still matter to the score: over the whole way from noise to data
 * with equal steps the leading errors of some schemes (exp-euler, dpmpp-3m) are a derivative
 * integrated between two ends at which it vanishes, and Gaussian data show an order that is too
 * high. That, and uniform t, where steps that are long against t hide the order, are reported. */
#define VP            "vp-linear", "lambda", -2, 0.05
#define FLOW          "flow", "lambda", -2, 0.1385
#define KARRAS        "edm", "karras", -2, 0.1385
#define FAR           "vp-linear", "lambda", -1, 1e-3
#define UNIFORM       "vp-linear", "uniform", -1, 1e-2
#define FROM_NOISE    "vp-linear", "lambda", NAN, 1e-3
#define VE            "ve", "lambda", NAN, 1e-3
#define VE_KARRAS     "ve", "karras:rho=20", NAN, 1e-3
#define EDM           "edm", "lambda", -0.1, 0.6385
#define ONE_STEP_VP   "vp-linear", "one step", -0.2385, 0.05
#define ONE_STEP_FLOW "flow", "one step", -0.2385, 0.1385
#define FAR_KARRAS    "edm", "karras", -1, 2e-3
#define UNEVEN        "vp-linear", FK_UNEVEN, -2, 0.05
#define NEAR          "vp-linear", "lambda", -1, 0.05
#define FAR_SELF      "flow", "lambda", -1, 1e-3
#define NEAR_KARRAS   "edm", "karras", -1, 1.385
/* 0.02 in lambda: what a fixed step forgets, a scheme with a corrector of snr 0.05 half a percent
 * of its deviation, must be much against what a moving law adds, a step's length. */
#define LIMIT      "vp-linear", "lambda", 0, 0.2552
#define LIMIT_FLOW "flow", "lambda", 0, 0.495
/* Orders with noise settle at fewer steps here: to 320 are enough, which is a third of the cost. */
#define UNEVEN_SHORT "vp-linear", FK_UNEVEN, -1.5, 0.2

/* 6 to 6144 steps. A place comes last, being four arguments. */
#define GAUSSIAN_OF(kind_, start_, applies_, role_, margin_, misfit_, ...)                         \
    {                                                                                              \
        .name = "gaussian", .kind = kind_, .role = role_, .place = {__VA_ARGS__}, .start = start_, \
        .applies = applies_, .series = fk_series_gaussian, .coarsest = 6, .levels = 11,            \
        .margin = margin_, .misfit = misfit_                                                       \
    }
#define GAUSSIAN(place_, start_, role_, applies_)                                                  \
    GAUSSIAN_OF(FK_WEAK_ORDER, start_, applies_, role_, gaussian_margin, 0.02, place_)
/* 10 to 5120 steps. */
#define UNEVEN_GAUSSIAN(kind_, start_, applies_, margin_, misfit_, ...)                            \
    {                                                                                              \
        .name = "gaussian", .kind = kind_, .role = FK_DECIDES, .place = {__VA_ARGS__},             \
        .start = start_, .applies = applies_, .series = fk_series_gaussian, .coarsest = 10,        \
        .levels = 10, .margin = margin_, .misfit = misfit_                                         \
    }
/* The start's error, made once, has the formula's of a higher order above it for long: less over a
 * shorter way. */
#define START(place_)                                                                              \
    GAUSSIAN_OF(FK_START_ORDER, FK_SELF_START, is_multistep, FK_DECIDES, mixture_margin, 0.1,      \
                place_)
/* 24 to 24,576 steps: a corrector of snr 0.05 takes some thousands to forget. */
#define TO_LIMIT(name_, series_, place_, applies_)                                                 \
    {                                                                                              \
        .name = name_, .kind = FK_WEAK_ORDER, .role = FK_DECIDES, .place = {place_},               \
        .start = FK_SELF_START, .applies = applies_, .series = series_, .coarsest = 24,            \
        .levels = 11, .margin = gaussian_margin, .misfit = 0.02, .to_limit = true                  \
    }
/* 50 to 6400 indices of a chain, all of them used, and on to alpha_bar = 1. */
#define CHAIN                                                                                      \
    {                                                                                              \
        .name = "gaussian", .kind = FK_WEAK_ORDER, .role = FK_REPORTED,                            \
        .place = {"chain vp-linear", "all indices", NAN, 0}, .start = FK_SELF_START,               \
        .applies = runs_on_chains, .series = fk_series_chain, .coarsest = 50, .levels = 8,         \
        .margin = gaussian_margin, .misfit = 0.02                                                  \
    }
/* Without noise 10 to 2560 steps, with it to 640. Expectations over two normals a step are dear:
 * one place has to do. */
#define MIXTURE_OF(kind_, start_, role_, applies_, levels_, dear_, ...)                            \
    {                                                                                              \
        .name = "mixture", .kind = kind_, .role = role_, .place = {__VA_ARGS__}, .start = start_,  \
        .applies = applies_, .series = fk_series_mixture, .coarsest = 10, .levels = levels_,       \
        .margin = mixture_margin, .misfit = 0.2, .is_dear = dear_                                  \
    }
#define SMOOTH_MIXTURE(place_, applies_)                                                           \
    MIXTURE_OF(FK_WEAK_ORDER, FK_EXACT_START, FK_DECIDES, applies_, 9, false, place_)
#define NOISY_MIXTURE(place_, role_, applies_, dear_)                                              \
    MIXTURE_OF(FK_WEAK_ORDER, FK_EXACT_START, role_, applies_, 7, dear_, place_)
/* 40 to 2560 steps: to about a hundred gamma is at its limit, and as S_churn/N it is small against
 * 1 only later. */
#define CHURNED_MIXTURE                                                                            \
    {                                                                                              \
        .name = "mixture", .kind = FK_WEAK_ORDER, .role = FK_DECIDES, .place = {VP},               \
        .start = FK_EXACT_START, .applies = draws_fresh, .series = fk_series_mixture,              \
        .coarsest = 40, .levels = 7, .margin = mixture_margin, .misfit = 0.2                       \
    }
/* 12 to 3072 steps. */
#define PATH_GAUSSIAN(place_)                                                                      \
    {                                                                                              \
        .name = "path-gaussian", .kind = FK_STRONG_ORDER, .role = FK_BOUNDS, .place = {place_},    \
        .start = FK_EXACT_START, .applies = draws_noise, .series = fk_series_strong_gaussian,      \
        .coarsest = 12, .levels = 9, .margin = strong_margin, .misfit = 0.1                        \
    }
/* Steps of t/5 to t/5120. */
#define LOCAL(place_)                                                                              \
    {                                                                                              \
        .name = "local", .kind = FK_STRONG_ORDER, .role = FK_DECIDES, .place = {place_},           \
        .start = FK_EXACT_START, .applies = draws_noise, .series = fk_series_local, .coarsest = 5, \
        .levels = 11, .margin = strong_margin, .misfit = 0.1                                       \
    }
/* 8 to 128 steps. */
#define PATHS(place_)                                                                              \
    {                                                                                              \
        .name = "paths", .kind = FK_STRONG_ORDER, .role = FK_DECIDES, .place = {place_},           \
        .start = FK_SELF_START, .applies = draws_noise, .series = fk_series_paths, .coarsest = 8,  \
        .levels = 5, .margin = strong_margin, .misfit = 0.1                                        \
    }
/* The conditions of a tableau, or of weights. */
#define ALGEBRA(kind_, role_, applies_, order_)                                                    \
    {                                                                                              \
        .name = "algebra", .kind = kind_, .role = role_, .applies = applies_,                      \
        .margin = strong_margin, .misfit = 0.1, .algebra = order_                                  \
    }

const fk_part fk_parts[] = {
    ALGEBRA(FK_WEAK_ORDER, FK_DECIDES, fk_is_runge_kutta, fk_tableau_order),
    ALGEBRA(FK_WEAK_ORDER, FK_PROVES, fk_is_exponential, fk_weights_order),
    ALGEBRA(FK_WEAK_ORDER, FK_DECIDES, has_additive, additive_weak),
    ALGEBRA(FK_STRONG_ORDER, FK_DECIDES, has_noisy_additive, additive_strong),
    GAUSSIAN(VP, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(FLOW, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(KARRAS, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(VE_KARRAS, FK_SELF_START, FK_DECIDES, has_high_order),
    GAUSSIAN(VE, FK_SELF_START, FK_DECIDES, has_high_order),
    UNEVEN_GAUSSIAN(FK_WEAK_ORDER, FK_EXACT_START, is_low_multistep, gaussian_margin, 0.02, UNEVEN),
    GAUSSIAN(FAR, FK_EXACT_START, FK_DECIDES, has_low_order),
    GAUSSIAN(FAR_KARRAS, FK_EXACT_START, FK_DECIDES, has_low_order),
    TO_LIMIT("limit", fk_series_limit, LIMIT, has_no_order),
    TO_LIMIT("limit", fk_series_limit, LIMIT_FLOW, has_no_order),
    TO_LIMIT("fading", fk_series_fading, VP, has_fading),
    TO_LIMIT("fading", fk_series_fading, FLOW, has_fading),
    GAUSSIAN(VP, FK_EXACT_START, FK_REPORTED, has_no_order),
    GAUSSIAN(FLOW, FK_EXACT_START, FK_REPORTED, has_no_order),
    GAUSSIAN(UNIFORM, FK_EXACT_START, FK_REPORTED, always),
    GAUSSIAN(FROM_NOISE, FK_SELF_START, FK_REPORTED, is_multistep),
    START(FAR_SELF),
    START(NEAR_KARRAS),
    UNEVEN_GAUSSIAN(FK_START_ORDER, FK_SELF_START, is_multistep, mixture_margin, 0.1, UNEVEN_SHORT),
    MIXTURE_OF(FK_START_ORDER, FK_SELF_START, FK_DECIDES, is_smooth_multistep, 9, false, NEAR),
    CHAIN,
    SMOOTH_MIXTURE(VP, draws_none),
    SMOOTH_MIXTURE(FLOW, draws_none),
    SMOOTH_MIXTURE(UNEVEN, is_smooth_multistep),
    SMOOTH_MIXTURE(VE, has_high_order),
    SMOOTH_MIXTURE(VE_KARRAS, has_high_order),
    NOISY_MIXTURE(VP, FK_DECIDES, draws_one, false),
    NOISY_MIXTURE(FLOW, FK_DECIDES, draws_one, false),
    MIXTURE_OF(FK_WEAK_ORDER, FK_EXACT_START, FK_DECIDES, is_noisy_multistep, 6, true,
               UNEVEN_SHORT),
    NOISY_MIXTURE(VP, FK_DECIDES, draws_two, true),
    CHURNED_MIXTURE,
    NOISY_MIXTURE(VP, FK_REPORTED, draws_fresh_for_nothing, true),
    PATH_GAUSSIAN(VP),
    PATH_GAUSSIAN(FLOW),
    LOCAL(ONE_STEP_VP),
    LOCAL(ONE_STEP_FLOW),
    PATHS(EDM),
};
const size_t fk_n_parts = sizeof fk_parts / sizeof *fk_parts;

/* Parameters at which nobody claims an order. Churn at a fixed gamma keeps putting in as much
 * noise a step, whatever the number of steps. */
const fk_lab_claim fk_lab_claims[] = {
    {"ddim:eta=1", 1, 1},
    {"euler-maruyama:eta=0.5", 1, 1},
    {"edm-churn:S_churn=1e9", 0, NAN},
};
const size_t fk_n_lab_claims = sizeof fk_lab_claims / sizeof *fk_lab_claims;
