/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/linear_family.h"

#include <math.h>

fk_coeffs fk_at_lambda(const fk_schedule *schedule, double lambda)
{
    return fk_schedule_at(schedule, schedule->time_of(schedule, lambda));
}

static fk_gaussian marginal(const fk_linear *l, const fk_coeffs *c)
{
    return (fk_gaussian){c->s * l->data.mean, c->s * c->s * l->data.var + c->sigma * c->sigma};
}

fk_gaussian fk_linear_marginal(const fk_linear *l, double lambda)
{
    const fk_coeffs c = fk_at_lambda(l->schedule, lambda);
    return marginal(l, &c);
}

fk_gaussian fk_linear_law(const fk_linear *l, fk_gaussian start, double from, double to)
{
    const fk_coeffs t = fk_at_lambda(l->schedule, from), s = fk_at_lambda(l->schedule, to);
    const fk_gaussian p_t = marginal(l, &t), p_s = marginal(l, &s);
    const double ratio = p_s.var / (s.s * s.s) / (p_t.var / (t.s * t.s));
    const double rho = pow(ratio, l->eta * l->eta / 2), shrink = sqrt(p_s.var / p_t.var) * rho;
    return (fk_gaussian){p_s.mean + shrink * (start.mean - p_t.mean),
                         p_s.var * (1 - rho * rho) + shrink * shrink * start.var};
}

static fk_linear_step rate_at(const fk_linear *l, double lambda, fk_linear_step y)
{
    const fk_coeffs c = fk_at_lambda(l->schedule, lambda);
    const fk_gaussian p = marginal(l, &c);
    const double var = c.sigma * c.sigma, dt = -2 * var / c.g2, square = l->eta * l->eta;
    const double kappa = (1 + square) * var; /* (1 + eta^2)/2 g^2 |dt/dlambda| */
    const double a = c.f * dt + kappa * (l->delta[1] - 1 / p.var);
    const double b = kappa * (l->delta[0] + p.mean / p.var);
    return (fk_linear_step){a * y.phi, a * y.shift + b, 2 * a * y.var + 2 * square * var};
}

static fk_linear_step moved(fk_linear_step y, double h, fk_linear_step k)
{
    return (fk_linear_step){y.phi + h * k.phi, y.shift + h * k.shift, y.var + h * k.var};
}

fk_linear_step fk_linear_transition(const fk_linear *l, double from, double to, size_t steps)
{
    fk_linear_step y = {1, 0, 0};
    const double h = (to - from) / (double)steps;
    for (size_t i = 0; i < steps; i++) {
        const double at = from + h * (double)i;
        const fk_linear_step k1 = rate_at(l, at, y);
        const fk_linear_step k2 = rate_at(l, at + h / 2, moved(y, h / 2, k1));
        const fk_linear_step k3 = rate_at(l, at + h / 2, moved(y, h / 2, k2));
        const fk_linear_step k4 = rate_at(l, at + h, moved(y, h, k3));
        y = moved(moved(moved(moved(y, h / 6, k1), h / 3, k2), h / 3, k3), h / 6, k4);
    }
    return y;
}
