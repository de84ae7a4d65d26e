/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A claim whose check observes a number that its variant names: for the tests of verdicts and
 * ledgers. */
#ifndef FK_TESTS_OBSERVE_H
#define FK_TESTS_OBSERVE_H

#include "core/verdict.h"
#include "tests/suite.h"

/* A check that observes `param`, with a standard error that falls as samples grow, and counts how
 * often it was asked at which scale. */
typedef struct {
    size_t calls, escalated;
} asked;

static inline fk_verdict observe(const fk_claim_env *env, const fk_claim *claim,
                                 const fk_variant *v)
{
    (void)claim;
    asked *a = (asked *)(uintptr_t)env->context;
    a->calls++;
    a->escalated += env->scale == FK_ESCALATION;
    ck_assert(env->scale == 1 || env->scale == FK_ESCALATION);
    size_t n = 100 * env->scale;
    return (fk_verdict){
        .observed = v->param, .expected = 2.385, .se = v->which ? 1 / sqrt((double)n) : 0, .n = n};
}

static const fk_variant good = {"right", 0, 2.385}, far = {"far", 0, 3.5};

#endif
