/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schedules, each in a form whose relative error stays at a few units in the last place of the
 * function's condition in t: differences of nearby numbers are written as products (sines), expm1
 * or log1p, and g^2 in closed form. */
#include "schedules/schedule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* --- VP and sub-VP with a rate that is linear in t: beta(t) = beta0 + (beta1 - beta0) t, and
 *     y(t) = int_0^t beta. VP: s^2 = e^-y, sigma^2 = 1 - e^-y. Sub-VP: the same s, sigma = 1 -
 * e^-y, so (sigma^2)' - 2 f sigma^2 = beta sigma (2 e^-y + sigma) = beta (1 - e^-2y). --- */

static const fk_param beta_params[] = {{"beta0", 0.1, NULL}, {"beta1", 20, NULL}, {NULL, 0, NULL}};

static int beta_prepare(fk_schedule *self, fk_error *err)
{
    double b0 = self->param[0], b1 = self->param[1];
    if (b0 >= 0 && b1 > 0 && isfinite(b0) && isfinite(b1)) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "schedule '%s': beta0 = %g and beta1 = %g, but beta0 >= 0 and "
                   "beta1 > 0 is needed",
                   self->row.name, b0, b1);
}

static double beta_at(const fk_schedule *self, double t)
{
    return self->param[0] * (1 - t) + self->param[1] * t;
}

static double beta_integral(const fk_schedule *self, double t)
{
    return t * (self->param[0] * (1 - t / 2) + self->param[1] * (t / 2));
}

/* The root of y = beta0 t + (beta1 - beta0) t^2 / 2 as a quotient, which never cancels. */
static double beta_integral_inverse(const fk_schedule *self, double y)
{
    double b0 = self->param[0], b1 = self->param[1];
    return y > 0 ? 2 * y / (b0 + sqrt(b0 * b0 + 2 * (b1 - b0) * y)) : 0;
}

static void vp_linear_at(const fk_schedule *self, double t, fk_coeffs *c)
{
    double y = beta_integral(self, t), var = -expm1(-y);
    c->s = exp(-y / 2);
    c->sigma = sqrt(var);
    c->g2 = beta_at(self, t);
    c->f = -c->g2 / 2;
    c->lambda = -y / 2 - log(var) / 2;
}

static double vp_linear_time_of(const fk_schedule *self, double lambda)
{
    /* y = log(1 + e^(-2 lambda)), for either sign without overflow */
    double y = log1p(exp(-2 * fabs(lambda))) + (lambda < 0 ? -2 * lambda : 0);
    return beta_integral_inverse(self, y);
}

static void sub_vp_at(const fk_schedule *self, double t, fk_coeffs *c)
{
    double y = beta_integral(self, t), beta = beta_at(self, t);
    c->s = exp(-y / 2);
    c->sigma = -expm1(-y);
    c->g2 = -beta * expm1(-2 * y);
    c->f = -beta / 2;
    c->lambda = -y / 2 - log(c->sigma);
}

/* e^-lambda = sigma/s = 2 sinh(y/2) */
static double sub_vp_time_of(const fk_schedule *self, double lambda)
{
    return beta_integral_inverse(self, 2 * asinh(exp(-lambda) / 2));
}

/* --- VP cosine, normalised so that s(0) = 1: s = cos a / cos b, sigma^2 = 1 - s^2, with
 *     a = k (t + c), b = k c, k = pi / (2 (1 + c)). As a = pi/2 - k (1 - t), cos a is
 *     sin k(1 - t), and cos^2 b - cos^2 a = sin(a - b) sin(a + b), the latter by the smaller of its
 *     supplements k (t + 2 c) and k (2 - t). --- */

static const fk_param cosine_params[] = {{"offset", 0.008, NULL}, {NULL, 0, NULL}};

static int cosine_prepare(fk_schedule *self, fk_error *err)
{
    double c = self->param[0];
    if (c >= 0 && isfinite(c)) return FK_OK;
    return fk_fail(err, FK_USAGE, "schedule '%s': offset = %g, but offset >= 0 is needed",
                   self->row.name, c);
}

static void vp_cosine_at(const fk_schedule *self, double t, fk_coeffs *out)
{
    double c = self->param[0], k = FK_PI / (2 * (1 + c)), cos_b = sin(k);
    double left = k * (1 - t); /* pi/2 - a */
    double tan_a = t + c < 1 - t ? tan(k * (t + c)) : 1 / tan(left);
    out->s = sin(left) / cos_b;
    out->sigma = sqrt(sin(k * t) * sin(k * fmin(t + 2 * c, 2 - t))) / cos_b;
    out->f = -k * tan_a;
    out->g2 = 2 * k * tan_a;
    out->lambda = log(out->s) - log(out->sigma);
}

/* From s and sigma: cos a = s cos b, sin^2 a = sin^2 b + sigma^2 cos^2 b, and
 * sin(a - b) = (sin^2 a - sin^2 b) / (sin a cos b + cos a sin b), where nothing cancels. */
static double vp_cosine_time_of(const fk_schedule *self, double lambda)
{
    double c = self->param[0], k = FK_PI / (2 * (1 + c)), cos_b = sin(k), sin_b = sin(k * c);
    double s = 1 / sqrt(1 + exp(-2 * lambda)), sigma = 1 / sqrt(1 + exp(2 * lambda));
    double sin_a = hypot(sin_b, sigma * cos_b);
    double sin_ab = sigma * sigma * cos_b / (sin_a + s * sin_b);
    double cos_ab = s * cos_b * cos_b + sin_a * sin_b;
    return atan2(sin_ab, cos_ab) / k;
}

/* --- VE: s = 1, sigma = sigma_min R^t, R = sigma_max/sigma_min. --- */

static const fk_param ve_params[] = {
    {"sigma_min", 0.01, NULL}, {"sigma_max", 50, NULL}, {NULL, 0, NULL}};

static int sigma_prepare(fk_schedule *self, fk_error *err)
{
    double lo = self->param[0], hi = self->param[1];
    if (lo > 0 && lo < hi && isfinite(hi)) return FK_OK;
    return fk_fail(err, FK_USAGE,
                   "schedule '%s': sigma_min = %g and sigma_max = %g, but "
                   "0 < sigma_min < sigma_max is needed",
                   self->row.name, lo, hi);
}

static void ve_at(const fk_schedule *self, double t, fk_coeffs *c)
{
    double ratio = self->param[1] / self->param[0];
    c->s = 1;
    c->sigma = self->param[0] * pow(ratio, t);
    c->f = 0;
    c->g2 = 2 * c->sigma * c->sigma * log(ratio);
    c->lambda = -log(c->sigma);
}

static double ve_time_of(const fk_schedule *self, double lambda)
{
    return (-lambda - log(self->param[0])) / log(self->param[1] / self->param[0]);
}

/* --- EDM: s = 1, sigma = t. --- */

static const fk_param edm_params[] = {
    {"sigma_min", 0.002, NULL}, {"sigma_max", 80, NULL}, {NULL, 0, NULL}};

static int edm_prepare(fk_schedule *self, fk_error *err)
{
    self->t_min = self->param[0];
    self->t_max = self->param[1];
    return sigma_prepare(self, err);
}

static void edm_at(const fk_schedule *self, double t, fk_coeffs *c)
{
    (void)self;
    *c = (fk_coeffs){.s = 1, .sigma = t, .f = 0, .g2 = 2 * t, .lambda = -log(t)};
}

static double edm_time_of(const fk_schedule *self, double lambda)
{
    (void)self;
    return exp(-lambda);
}

/* --- Rectified flow: s = 1 - t, sigma = t (noise at t = 1). --- */

static void flow_at(const fk_schedule *self, double t, fk_coeffs *c)
{
    (void)self;
    c->s = 1 - t;
    c->sigma = t;
    c->f = -1 / (1 - t);
    c->g2 = 2 * t / (1 - t);
    c->lambda = log1p(-t) - log(t);
}

static double flow_time_of(const fk_schedule *self, double lambda)
{
    (void)self;
    return 1 / (1 + exp(lambda));
}

/* Usable intervals begin at 1e-3, where score_sde and its descendants stop; vp-cosine ends at
 * 0.9946, where Lu et al. 2022 (DPM-Solver) end it. */
const fk_schedule fk_schedules[] = {
    {.row = {"vp-linear", "variance preserving, linear beta(t): s^2 = exp(-int beta)",
             "Song et al. 2021, eq. 29, 33", beta_params},
     .domain = {0, 1},
     .t_min = 1e-3,
     .t_max = 1,
     .param = {0.1, 20},
     .at = vp_linear_at,
     .time_of = vp_linear_time_of,
     .prepare = beta_prepare},
    {.row = {"vp-cosine", "variance preserving, s = cos(pi/2 (t + c)/(1 + c)) over its value at 0",
             "Nichol and Dhariwal 2021, eq. 17", cosine_params},
     .domain = {0, 1},
     .t_min = 1e-3,
     .t_max = 0.9946,
     .param = {0.008},
     .at = vp_cosine_at,
     .time_of = vp_cosine_time_of,
     .prepare = cosine_prepare},
    {.row = {"sub-vp", "s of vp-linear with sigma = 1 - s^2", "Song et al. 2021, eq. 12, 29",
             beta_params},
     .domain = {0, 1},
     .t_min = 1e-3,
     .t_max = 1,
     .param = {0.1, 20},
     .at = sub_vp_at,
     .time_of = sub_vp_time_of,
     .prepare = beta_prepare},
    {.row = {"ve", "variance exploding: s = 1, sigma = sigma_min (sigma_max/sigma_min)^t",
             "Song et al. 2021, eq. 29, 31", ve_params},
     .domain = {0, 1},
     .t_min = 0,
     .t_max = 1,
     .exploding = true,
     .param = {0.01, 50},
     .at = ve_at,
     .time_of = ve_time_of,
     .prepare = sigma_prepare},
    {.row = {"edm", "s = 1, sigma = t, from sigma_min to sigma_max", "Karras et al. 2022, table 1",
             edm_params},
     .domain = {0, INFINITY},
     .t_min = 0.002,
     .t_max = 80,
     .exploding = true,
     .param = {0.002, 80},
     .at = edm_at,
     .time_of = edm_time_of,
     .prepare = edm_prepare},
    {.row = {"flow", "rectified flow: s = 1 - t, sigma = t", "Liu, Gong and Liu 2023, eq. 1", NULL},
     .domain = {0, 1},
     .t_min = 1e-3,
     .t_max = 0.999,
     .at = flow_at,
     .time_of = flow_time_of},
};
const size_t fk_n_schedules = sizeof fk_schedules / sizeof *fk_schedules;

int fk_schedule_parse(const char *spec, fk_schedule *schedule, fk_error *err)
{
    fk_row row[sizeof fk_schedules / sizeof *fk_schedules];
    for (size_t i = 0; i < fk_n_schedules; i++) row[i] = fk_schedules[i].row;
    long i = fk_row_find(spec, "schedule", row, fk_n_schedules, err);
    if (i < 0) return FK_USAGE;
    *schedule = fk_schedules[i];
    int status = fk_spec_params(spec, "schedule", schedule->row.param, schedule->param, err);
    if (status == FK_OK && schedule->prepare) status = schedule->prepare(schedule, err);
    return status;
}

bool fk_schedule_same(const fk_schedule *a, const fk_schedule *b)
{
    return strcmp(a->row.name, b->row.name) == 0 &&
           memcmp(a->param, b->param, sizeof a->param) == 0;
}

fk_coeffs fk_schedule_at(const fk_schedule *schedule, double t)
{
    assert(t >= schedule->domain[0] && t <= schedule->domain[1]);
    fk_coeffs c;
    schedule->at(schedule, t, &c);
    return c;
}

int fk_schedule_check_domain(const fk_schedule *schedule, const char *what, double t, fk_error *err)
{
    const double *d = schedule->domain;
    if (t >= d[0] && t <= d[1] && isfinite(t)) return FK_OK;
    return fk_fail(err, FK_USAGE, "%s %g is outside of the domain [%g, %g%c of schedule '%s'", what,
                   t, d[0], d[1], isfinite(d[1]) ? ']' : ')', schedule->row.name);
}

int fk_schedule_check_usable(const fk_schedule *schedule, const char *what, double t, fk_error *err)
{
    if (t >= schedule->t_min && t <= schedule->t_max) return FK_OK;
    return fk_fail(err, FK_USAGE, "%s %.10g is outside of [%g, %g], where schedule '%s' can be run",
                   what, t, schedule->t_min, schedule->t_max, schedule->row.name);
}
