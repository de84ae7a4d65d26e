/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ode/dopri5.h"

#include "core/vmath.h"

#define INLINE static inline __attribute__((always_inline))

/* Dormand and Prince 1980, RK5(4)7M. Row i makes stage i; the last is the step itself. */
static const double c[FK_DOPRI5_STAGES] = {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1};
static const double a[FK_DOPRI5_STAGES][FK_DOPRI5_STAGES - 1] = {
    {0},
    {1. / 5},
    {3. / 40, 9. / 40},
    {44. / 45, -56. / 15, 32. / 9},
    {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
    {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
    {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84}};
/* That less the weights of order 4, as Dormand and Prince printed them (Hairer, Norsett and Wanner
 * 1993, table II.5.2). */
static const double e[FK_DOPRI5_STAGES] = {71. / 57600,      0,         -71. / 16695, 71. / 1920,
                                           -17253. / 339200, 22. / 525, -1. / 40};

void FK_KERNEL(fk_dopri5_begin)(const fk_dopri5_lanes *w)
{
    for (size_t p = 0; p < w->n; p += FK_LANES) {
        const double *turn = w->turn + p, *target = w->target + p, *free_step = w->free_step + p;
        double *step = w->step + p;
        /* a hundredth beyond: no dwarf of a step remains */
        FK_FOR_LANES(l)
        {
            const double left = target[l] - turn[l];
            step[l] = 1.01 * fabs(free_step[l]) < fabs(left) ? free_step[l] : left;
        }
    }
}

INLINE void stage(const fk_dopri5_lanes *w, const size_t i)
{
    const size_t size = w->rows * w->ld, rows = i + 1 < FK_DOPRI5_STAGES ? w->dim : w->rows;
    for (size_t p = 0; p < w->n; p += FK_LANES) {
        const double *step = w->step + p, *turn = w->turn + p;
        double *s = w->s + p, *sigma = w->sigma + p;
        for (size_t r = 0; r < rows; r++) {
            const double *y = w->y + r * w->ld + p, *k = w->k + r * w->ld + p;
            double *out = w->stage + r * w->ld + p;
            FK_FOR_LANES(l)
            {
                double sum = a[i][0] * k[l];
                for (size_t j = 1; j < i; j++)
                    if (a[i][j] != 0) sum = fma(a[i][j], k[j * size + l], sum);
                out[l] = fma(step[l], sum, y[l]);
            }
        }
        FK_FOR_LANES(l) fk_lane_turn(fma(c[i], step[l], turn[l]), &s[l], &sigma[l]);
    }
}

void FK_KERNEL(fk_dopri5_stage)(const fk_dopri5_lanes *w, size_t i)
{
    switch (i) {
    case 1:
        stage(w, 1);
        break;
    case 2:
        stage(w, 2);
        break;
    case 3:
        stage(w, 3);
        break;
    case 4:
        stage(w, 4);
        break;
    case 5:
        stage(w, 5);
        break;
    default:
        stage(w, 6);
    }
}

void FK_KERNEL(fk_dopri5_slope)(const fk_dopri5_lanes *w, size_t i)
{
    const double *at = i == 0 ? w->y : w->stage;
    for (size_t p = 0; p < w->n; p += FK_LANES) {
        double rate[FK_LANES];
        FK_FOR_LANES(l) rate[l] = -2 * FK_PI * w->sigma[p + l] / w->s[p + l];
        for (size_t r = 0; r < w->dim; r++) {
            const double *y = at + r * w->ld + p;
            double *k = w->k + (i * w->rows + r) * w->ld + p;
            FK_FOR_LANES(l) k[l] = rate[l] * (y[l] + k[l]);
        }
        if (w->rows == w->dim) continue;
        const double *divergence = w->divergence + p, dim = (double)w->dim;
        double *k = w->k + (i * w->rows + w->dim) * w->ld + p;
        FK_FOR_LANES(l) k[l] = -rate[l] * (dim + divergence[l]);
    }
}

/* error: the largest of all rows over what is allowed; NaN stays, and no error is allowed where
 * none is. */
INLINE void estimate(const fk_dopri5_lanes *w, size_t p)
{
    const size_t size = w->rows * w->ld;
    const double *step = w->step + p;
    double *error = w->error + p;
    FK_FOR_LANES(l) error[l] = 0;
    for (size_t r = 0; r < w->rows; r++) {
        const double *y = w->y + r * w->ld + p, *next = w->stage + r * w->ld + p;
        const double *k = w->k + r * w->ld + p;
        FK_FOR_LANES(l)
        {
            double sum = e[0] * k[l];
            for (size_t j = 2; j < FK_DOPRI5_STAGES; j++) sum = fma(e[j], k[j * size + l], sum);
            const double here = fabs(y[l]), there = fabs(next[l]);
            const double wrong = fabs(step[l] * sum);
            const double allowed = fma(w->rtol, here > there ? here : there, w->atol);
            /* (a division that depends on what it divides would keep the loop from vectors) */
            const double off = wrong / (allowed == 0 ? 0x1p-1022 : allowed);
            error[l] = off > error[l] || off != off ? off : error[l];
        }
    }
}

/* The next step's size by proportional and integral control (Gustafsson 1991; Hairer and Wanner
 * 1996, sec. IV.2): h 0.9 error^-(1/5 - 3 beta/4) before^beta with beta = 0.04, between h/5 and 10
 * h, and no longer than h just after a step that failed (whose `before` is marked by its sign). */
INLINE void control(const fk_dopri5_lanes *w, size_t p)
{
    const double integral = 0.04, proportional = 0.2 - 0.75 * integral;
    const double *step = w->step + p, *error = w->error + p;
    double *free_step = w->free_step + p, *before = w->before + p, *accepted = w->accepted + p;
    FK_FOR_LANES(l)
    {
        const bool ok = error[l] <= 1, failed = before[l] < 0;
        const double last = fabs(before[l]);
        double now = error[l] < 1e-10 ? 1e-10 : error[l];
        now = now < 1e10 ? now : 1e10; /* NaN, too */
        double power = -proportional * fk_lane_log(now);
        power = ok ? fma(integral, fk_lane_log(last), power) : power;
        double factor = 0.9 * fk_lane_exp(power);
        const double most = failed || !ok ? 1 : 10;
        factor = factor < 0.2 ? 0.2 : factor;
        factor = factor < most ? factor : most;
        const double next = factor * step[l];
        /* cut short by the target, a step tells less than the one before did */
        const bool keep =
            ok && fabs(step[l]) < fabs(free_step[l]) && fabs(next) < fabs(free_step[l]);
        const double length = keep ? fabs(free_step[l]) : fabs(next);
        free_step[l] = copysign(length < w->longest ? length : w->longest, free_step[l]);
        const double floor = now > 1e-4 ? now : 1e-4;
        before[l] = ok ? floor : -last;
        accepted[l] = ok ? 1 : 0;
    }
}

void FK_KERNEL(fk_dopri5_finish)(const fk_dopri5_lanes *w)
{
    for (size_t p = 0; p < w->n; p += FK_LANES) {
        const double *accepted = w->accepted + p, *step = w->step + p, *target = w->target + p;
        double *turn = w->turn + p;
        estimate(w, p);
        control(w, p);
        FK_FOR_LANES(l)
        {
            const double next = step[l] == target[l] - turn[l] ? target[l] : turn[l] + step[l];
            turn[l] = accepted[l] != 0 ? next : turn[l];
        }
        for (size_t r = 0; r < w->rows; r++) {
            double *y = w->y + r * w->ld + p, *k = w->k + r * w->ld + p;
            const double *next = w->stage + r * w->ld + p;
            const double *last = k + (FK_DOPRI5_STAGES - 1) * w->rows * w->ld;
            FK_FOR_LANES(l)
            {
                y[l] = accepted[l] != 0 ? next[l] : y[l];
                k[l] = accepted[l] != 0 ? last[l] : k[l];
            }
        }
    }
}
