/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/common_causes.h"

#include <math.h>

#include "core/base.h"

fk_causes fk_causes_of(size_t n, const double *mean, size_t *which)
{
    fk_causes out = {.total = 0};
    for (size_t j = 0; j < n; j++) {
        fk_causes one = {.total = 0};
        for (size_t i = 0; i < FK_CAUSES; i++) {
            one.part[i] = mean[(i + 1) * n + j] - mean[i * n + j];
            one.total += one.part[i];
        }
        if (j > 0 && fabs(one.total) <= fabs(out.total)) continue;
        out = one;
        if (which) *which = j;
    }
    return out;
}

const char *const fk_causes_heading =
    "  truncation     + prior     + steps     + score       = total";

void fk_causes_tell(const fk_causes *c, fk_text *t)
{
    for (size_t k = 0; k < FK_CAUSES; k++) fk_text_add(t, " %+11.2e", c->part[k]);
    fk_text_add(t, "   %+.2e", c->total);
}

bool fk_distances_known(const fk_distances *w1)
{
    bool known = isfinite(w1->distance);
    for (size_t k = 0; k < FK_CAUSES; k++) known = known && isfinite(w1->link[k]);
    return known;
}

void fk_distances_tell(const fk_distances *w1, fk_text *t)
{
    double sum = 0;
    for (size_t k = 0; k < FK_CAUSES; k++) {
        fk_text_add(t, " %11.2e", w1->link[k]);
        sum += w1->link[k];
    }
    fk_text_add(t, "    %.2e >= %.2e\n", sum, w1->distance);
}

double fk_causes_sum(const fk_causes *c, fk_causes_way how)
{
    double sum = 0;
    size_t largest = 0;
    for (size_t k = 0; k < FK_CAUSES; k++)
        if (fabs(c->part[k]) > fabs(c->part[largest])) largest = k;
    for (size_t k = 0; k < FK_CAUSES; k++) {
        if (how == FK_WITHOUT_SCORE && k + 1 == FK_CAUSES) continue;
        if (how == FK_WITHOUT_LARGEST && k == largest) continue;
        sum += how == FK_LARGEST_TURNED && k == largest ? -c->part[k] : c->part[k];
    }
    return sum;
}

/* NaN where either is. */
static double beyond(double bound, double gap)
{
    return fabs(gap) <= bound ? 0 : fabs(gap) - bound;
}

double fk_causes_gap(const fk_causes *c, fk_causes_way how, const double mean[FK_LAWS],
                     const double bound[FK_LAWS])
{
    const size_t last = how == FK_LAW_BEFORE ? FK_IN_STEPS : FK_BY_NETWORK;
    double worst = beyond(bound[last] + bound[FK_OF_DATA],
                          fk_causes_sum(c, how) - (mean[last] - mean[FK_OF_DATA]));
    for (size_t k = 0; k < FK_CAUSES; k++)
        fk_worst(&worst, beyond(bound[k] + bound[k + 1], c->part[k] - (mean[k + 1] - mean[k])));
    return worst;
}

double fk_distances_gap(const fk_distances *w1, bool without_longest, const fk_distances *again)
{
    double sum = 0, longest = 0, worst = 0;
    for (size_t k = 0; k < FK_CAUSES; k++) {
        sum += w1->link[k], longest = fmax(longest, w1->link[k]);
        fk_worst(&worst, fabs(w1->link[k] - again->link[k]) / again->distance);
    }
    if (without_longest) sum -= longest;
    fk_worst(&worst, fmax(1 - sum / again->distance, 0));
    return worst;
}

const fk_claim fk_distances_claim = {
    .says = "the W1 of truncation, prior, steps and score are those between sorted particles, and "
            "their sum is no less than the distance of those from the data",
    .source = "the triangle inequality",
    .kind = FK_EXACT,
    .margin = 0.01,
    .because = "of the distance; beyond the outermost of 16384 particles lie 1e-4 of a law's "
               "spread",
    .right = {"the whole chain", FK_ALL_PARTS, 0},
    .control = {{"without its longest link", FK_WITHOUT_LARGEST, 0}}};
