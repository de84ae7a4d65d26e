/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/joint.h"

#include <math.h>

#include "claims/setting.h"

void fk_joint_means(const fk_marginal *at,
                    void (*f)(const fk_pair *, const void *self, double *value), const void *self,
                    double mean[FK_JOINT])
{
    fk_marginal *data = fk_marginal_new(at->mixture, 1, 0);
    fk_rule outer = fk_rule_over(data), inner = fk_rule_new(-9, 9, 12);
    for (int k = 0; k < FK_JOINT; k++) mean[k] = 0;
    for (size_t i = 0; i < outer.n; i++) {
        const double mass = outer.w[i] * exp(fk_marginal_at(data, &outer.x[i], NULL));
        if (mass < 1e-18) continue;
        for (size_t j = 0; j < inner.n; j++) {
            fk_pair pair = {.x0 = outer.x[i], .eps = inner.x[j]};
            const double normal = exp(-pair.eps * pair.eps / 2) / sqrt(2 * FK_PI);
            double value[FK_JOINT] = {0};
            pair.x = at->s * pair.x0 + at->sigma * pair.eps;
            fk_marginal_at(at, &pair.x, &(fk_point){.score = &pair.score, .x0hat = &pair.x0hat});
            f(&pair, self, value);
            for (int k = 0; k < FK_JOINT; k++) mean[k] += mass * inner.w[j] * normal * value[k];
        }
    }
    fk_rule_free(&inner), fk_rule_free(&outer);
    fk_marginal_free(data);
}
