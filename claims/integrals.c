/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/integrals.h"

#include <math.h>

#include "claims/setting.h"
#include "core/sum.h"

enum { PANELS = 96 };

static double integral_of_f(const fk_schedule *schedule, double from, double to)
{
    double sum = 0;
    fk_rule rule = fk_rule_new(from, to, 1);
    for (size_t i = 0; i < rule.n; i++) sum += rule.w[i] * fk_schedule_at(schedule, rule.x[i]).f;
    fk_rule_free(&rule);
    return sum;
}

fk_integrals fk_integrals_over(const fk_schedule *schedule, double t0, double t1)
{
    fk_sum f = {0}, g2 = {0}, scaled = {0}, g = {0};
    for (int p = 0; p < PANELS; p++) {
        double from = t0 + (t1 - t0) * p / PANELS, to = t0 + (t1 - t0) * (p + 1) / PANELS;
        double before = fk_sum_value(&f);
        fk_rule rule = fk_rule_new(from, to, 1);
        for (size_t i = 0; i < rule.n; i++) {
            fk_coeffs c = fk_schedule_at(schedule, rule.x[i]);
            double log_phi = before + integral_of_f(schedule, from, rule.x[i]);
            fk_sum_add(&f, rule.w[i] * c.f);
            fk_sum_add(&g2, rule.w[i] * c.g2);
            fk_sum_add(&g, rule.w[i] * sqrt(c.g2));
            fk_sum_add(&scaled, rule.w[i] * c.g2 * exp(-2 * log_phi));
        }
        fk_rule_free(&rule);
    }
    return (fk_integrals){fk_sum_value(&f), fk_sum_value(&g2), fk_sum_value(&scaled),
                          fk_sum_value(&g)};
}
