/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutants: a scheme whose step table is that of another but for one fault, so that a check of
 * tables can be asked what it refuses. A fault is one field of the table times 1 + delta, normals
 * that stand for other functionals of the path, history that is one step late, or the table of
 * equal steps (in lambda) on steps that are not; in all steps of a run, its first or its last. */
#ifndef FK_TESTS_MUTANT_H
#define FK_TESTS_MUTANT_H

#include <stdio.h>

#include "schedules/scheme.h"

typedef enum {
    OF_STATE, /* the coefficients of core/step.h: a, b, c, d, s, sigma, p, q */
    OF_OUTPUT,
    OF_NORMAL,
    OF_HISTORY,
    OF_S,
    OF_SIGMA,
    OF_P,
    OF_Q,
    KERNELS,      /* two normals swap kernels, one takes the next or the last but one of W, H, E */
    LATE_HISTORY, /* H_(h+1) in the place of H_h */
    EQUAL_STEPS,  /* as if steps before it, but for the latest `index`, were as long as itself */
    N_FAULTS
} fault_kind;
typedef enum { ALL_STEPS, FIRST_STEP, LAST_STEP, N_FAULT_STEPS } fault_steps;
enum { RESULT = FK_MAX_STAGES }; /* in the place of a stage */

typedef struct {
    fk_scheme base;
    fault_kind kind;
    size_t stage, index;
    fault_steps steps;
    double delta;
} mutant;

/* The field at fault; NULL where there is none such. */
static inline double *mutant_field(const mutant *m, fk_step *table)
{
    const bool result = m->stage == RESULT;
    if (!result && m->stage >= table->stages) return NULL;
    fk_stage *stage = &table->stage[result ? 0 : m->stage];
    fk_combination *of = result ? &table->result : &stage->y;
    switch (m->kind) {
    case OF_STATE:
        return m->index == 0 ? &of->a : NULL;
    case OF_OUTPUT:
        return m->index < table->stages ? &of->b[m->index] : NULL;
    case OF_NORMAL:
        return m->index < table->normals ? &of->c[m->index] : NULL;
    case OF_HISTORY:
        return m->index < table->history ? &of->d[m->index] : NULL;
    case OF_S:
        return result || m->index > 0 ? NULL : &stage->s;
    case OF_SIGMA:
        return result || m->index > 0 ? NULL : &stage->sigma;
    case OF_P:
        return result || m->index > 0 ? NULL : &stage->p;
    case OF_Q:
        return result || m->index > 0 ? NULL : &stage->q;
    default:
        return NULL;
    }
}

static inline void mutant_kernels(const mutant *m, fk_step *table)
{
    if (table->normals == 2) {
        const fk_noise_kernel first = table->kernel[0];
        table->kernel[0] = table->kernel[1];
        table->kernel[1] = first;
    } else {
        static const fk_noise_kernel next[] = {[FK_W] = FK_H, [FK_H] = FK_E, [FK_E] = FK_W};
        table->kernel[0] = next[table->kernel[0]];
        if (m->index == 1) table->kernel[0] = next[table->kernel[0]];
    }
}

static inline void delay(fk_combination *of, size_t history)
{
    for (size_t h = history; h > 0; h--) of->d[h] = of->d[h - 1];
    of->d[0] = 0;
}

/* The table of a step as long as this one, on nodes before it that lie as far apart as its own two,
 * but for the nearest `kept`, which stay; false where the schedule does not reach so far. */
static inline bool mutant_equal_steps(const fk_scheme *base, size_t kept, const fk_step_at *at,
                                      fk_step *table)
{
    enum { BEFORE = FK_MAX_HISTORY };
    double t[BEFORE + 3];
    fk_coeffs node[BEFORE + 3];
    const fk_schedule *schedule = at->axis->schedule;
    const bool last = at->n + 1 == at->axis->n_steps;
    for (size_t k = 0; k < 3 - (size_t)last; k++) {
        t[BEFORE + k] = at->axis->t[at->n + k];
        node[BEFORE + k] = at->axis->node[at->n + k];
    }
    const double h = node[BEFORE + 1].lambda - node[BEFORE].lambda;
    for (size_t k = 1; k <= base->depth; k++) {
        if (k <= kept) {
            t[BEFORE - k] = (at->axis->t + at->n)[-(long)k];
            node[BEFORE - k] = (at->axis->node + at->n)[-(long)k];
            continue;
        }
        t[BEFORE - k] = schedule->time_of(schedule, node[BEFORE - k + 1].lambda - h);
        if (!(t[BEFORE - k] <= schedule->t_max)) return false;
        node[BEFORE - k] = fk_schedule_at(schedule, t[BEFORE - k]);
    }
    const fk_axis axis = {.schedule = schedule,
                          .n_steps = last ? 1 : 2,
                          .t = t + BEFORE,
                          .node = node + BEFORE,
                          .past = base->depth};
    base->step(base, &(fk_step_at){.axis = &axis, .past = at->past}, table);
    return true;
}

static inline void mutant_step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    const mutant *m = self->constants;
    fk_step_at right = *at;
    if (right.past > m->base.depth) right.past = m->base.depth;
    const bool here = m->steps == ALL_STEPS || (m->steps == FIRST_STEP && at->n == 0) ||
                      (m->steps == LAST_STEP && at->n + 1 == at->axis->n_steps);
    if (here && m->kind == EQUAL_STEPS && right.past > m->index && at->axis->schedule &&
        mutant_equal_steps(&m->base, m->index, &right, table))
        return;
    m->base.step(&m->base, &right, table);
    if (!here) return;
    double *field = mutant_field(m, table);
    if (field) *field *= 1 + m->delta;
    if (m->kind == KERNELS && table->normals > 0) mutant_kernels(m, table);
    if (m->kind == LATE_HISTORY && table->history > 0 && table->history < at->past) {
        delay(&table->result, table->history);
        for (size_t i = 0; i < table->stages; i++) delay(&table->stage[i].y, table->history);
        table->history++;
    }
}

/* The mutant as a scheme, which borrows it. */
static inline fk_scheme mutant_scheme(const mutant *m)
{
    fk_scheme out = m->base;
    out.constants = m;
    out.step = mutant_step;
    out.prepare = NULL;
    if (m->kind == LATE_HISTORY) out.depth++;
    return out;
}

/* "stage 2 b[1] x 1.01, first step" */
static inline void mutant_name(const mutant *m, char *text, size_t size)
{
    static const char *const field[] = {"a", "b", "c", "d", "s", "sigma", "p", "q"};
    static const char *const steps[] = {"all steps", "first step", "last step"};
    static const char *const whole[] = {"kernels", "late history", "equal steps"};
    char name[32], of[16] = "result";
    if (m->stage != RESULT) snprintf(of, sizeof of, "stage %zu", m->stage + 1);
    if (m->kind >= KERNELS) {
        snprintf(text, size, "%s %zu, %s", whole[m->kind - KERNELS], m->index, steps[m->steps]);
        return;
    }
    snprintf(name, sizeof name, "%s[%zu]", field[m->kind], m->index);
    if (m->kind == OF_STATE || m->kind > OF_HISTORY)
        snprintf(name, sizeof name, "%s", field[m->kind]);
    snprintf(text, size, "%s %s x %g, %s", of, name, 1 + m->delta, steps[m->steps]);
}

#endif
