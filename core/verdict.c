/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/verdict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double sigmas = 6; /* standard errors */

fk_verdict fk_judge(double observed, double expected, double margin, double se, size_t n)
{
    fk_verdict v = {.observed = observed,
                    .expected = expected,
                    .margin = margin,
                    .se = se,
                    .n = n,
                    .status = FK_UNDECIDED};
    double gap = fabs(observed - expected);
    if (isnan(gap) || isnan(se) || se < 0 || !(margin >= 0) || isinf(margin))
        v.status = FK_VOID;
    else if (gap + sigmas * se <= margin)
        v.status = FK_HOLDS;
    else if (gap - sigmas * se > margin)
        v.status = FK_FAILS;
    return v;
}

const char *fk_status_name(fk_status status)
{
    static const char *const name[] = {"HOLDS", "FAILS", "UNDECIDED", "VOID", "TEXT", "NETWORK"};
    return name[status];
}

const char *fk_reading_name(fk_reading reading)
{
    static const char *const name[] = {"true", "true under a condition", "false as printed",
                                       "approximate", "wording"};
    return name[reading];
}

static fk_verdict judge_once(const fk_claim *claim, const fk_claim_env *env, const fk_variant *v)
{
    fk_verdict found = claim->check(env, claim, v);
    if (found.status == FK_TEXT || found.status == FK_NETWORK) return found;
    return fk_judge(found.observed, found.expected, claim->margin, found.se, found.n);
}

/* One variant; where the samples do not decide, once more with a fixed factor of them. */
static fk_verdict judge_variant(const fk_claim *claim, const fk_claim_env *env, const fk_variant *v)
{
    fk_verdict verdict = judge_once(claim, env, v);
    if (verdict.status != FK_UNDECIDED) return verdict;
    fk_claim_env more = *env;
    more.scale = FK_ESCALATION * (env->scale ? env->scale : 1);
    verdict = judge_once(claim, &more, v);
    verdict.second = true;
    return verdict;
}

static fk_entry *append(fk_ledger *ledger)
{
    if (ledger->n == ledger->capacity) {
        ledger->capacity = ledger->capacity ? 2 * ledger->capacity : 64;
        fk_entry *entry = fk_alloc(ledger->capacity, sizeof *entry);
        if (ledger->n) memcpy(entry, ledger->entry, ledger->n * sizeof *entry);
        free(ledger->entry);
        ledger->entry = entry;
    }
    return &ledger->entry[ledger->n++];
}

bool fk_claim_run(const fk_claim *claim, const fk_claim_env *env, fk_ledger *ledger)
{
    fk_entry *e = append(ledger);
    snprintf(e->id, sizeof e->id, "%s", claim->id);
    snprintf(e->says, sizeof e->says, "%s", claim->says);
    e->topic = env->topic;
    e->source = claim->source, e->because = claim->because;
    e->right = claim->right.name, e->printed = claim->printed;
    e->ill_formed = claim->ill_formed;
    e->reading = claim->reading;
    e->seed = env->seed;
    fk_claim_env scaled = *env;
    if (scaled.scale == 0) scaled.scale = 1;

    double start = fk_seconds();
    if (claim->check)
        e->verdict = judge_variant(claim, &scaled, &claim->right);
    else
        e->verdict = (fk_verdict){.status = FK_TEXT};
    bool judged = e->verdict.status != FK_TEXT && e->verdict.status != FK_NETWORK;
    assert(!judged || claim->control[0].name); /* no check without its control */
    for (size_t k = 0; judged && k < FK_MAX_CONTROLS && claim->control[k].name; k++) {
        fk_control_result *c = &e->control[e->n_controls++];
        c->name = claim->control[k].name;
        c->verdict = judge_variant(claim, &scaled, &claim->control[k]);
        c->caught = c->verdict.status == FK_FAILS;
    }
    /* a check that some wrong variant passes, or that has none, has shown nothing */
    if (e->verdict.status == FK_HOLDS && (e->n_controls == 0 || fk_entry_caught(e) < e->n_controls))
        e->verdict.status = FK_FAILS;
    e->seconds = fk_seconds() - start;
    return e->verdict.status == FK_HOLDS;
}

size_t fk_entry_caught(const fk_entry *e)
{
    size_t n = 0;
    for (size_t k = 0; k < e->n_controls; k++) n += e->control[k].caught;
    return n;
}

bool fk_entry_holds(const fk_entry *e)
{
    fk_status s = e->verdict.status;
    return s == FK_HOLDS || s == FK_TEXT || s == FK_NETWORK;
}

bool fk_entry_has_misprint(const fk_entry *e)
{
    return e->reading == FK_FALSE_AS_PRINTED && !e->ill_formed && e->n_controls > 0;
}

/* Of one verdict, as core/verdict.h derives it. */
static double false_alarm(const fk_verdict *v)
{
    if (!(v->se > 0)) return 0;
    const double more = sqrt(FK_ESCALATION), first = v->second ? v->se * more : v->se;
    const double gap = fabs(v->observed - v->expected);
    const double room = (v->status == FK_HOLDS ? v->margin * 5 / 6 : gap - v->margin) / first;
    const double off = fmin(room + sigmas, more * room - sigmas);
    const double x = 0.87 + 0.26 * fmax(off, 0);
    return fmin(1, FK_COMPARED * 2 * (2 * exp(-2 * x * x)));
}

double fk_ledger_false_alarm(const fk_ledger *ledger)
{
    double sum = 0;
    for (size_t i = 0; i < ledger->n; i++) {
        const fk_entry *e = &ledger->entry[i];
        sum += false_alarm(&e->verdict);
        for (size_t k = 0; k < e->n_controls; k++) sum += false_alarm(&e->control[k].verdict);
    }
    return sum;
}

bool fk_ledger_holds(const fk_ledger *ledger)
{
    for (size_t i = 0; i < ledger->n; i++)
        if (!fk_entry_holds(&ledger->entry[i])) return false;
    return true;
}

void fk_ledger_free(fk_ledger *ledger)
{
    free(ledger->entry);
    *ledger = (fk_ledger){0};
}
