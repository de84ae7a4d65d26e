/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/fokker_planck.h"

#include <assert.h>

#include "claims/setting.h"

enum { MOST_DIM = 16, TIMES = 8, POINTS = 12 };

double fk_process_residual(const fk_process *process, const fk_marginal *g, const fk_coeffs *c,
                           const double *x)
{
    size_t n = g->mixture->dim;
    assert(n <= MOST_DIM);
    double score[MOST_DIM], divergence, along = 0, square = 0;
    fk_marginal_at(g, x, &(fk_point){.score = score, .divergence = &divergence});
    for (size_t i = 0; i < n; i++) {
        along += x[i] * score[i];
        square += score[i] * score[i];
    }
    double drift = process->drift * c->g2, f = (1 + process->f_change) * c->f;
    double noise = process->direction * process->noise * c->g2 / 2;
    double term[] = {fk_marginal_log_rate(g, c->f, c->g2, x),
                     (double)n * f,
                     f * along,
                     -drift * divergence,
                     -drift * square,
                     -noise * divergence,
                     -noise * square};
    return fk_residual(term, sizeof term / sizeof *term);
}

double fk_process_worst(const fk_process *process)
{
    static const char *const name[] = {"three-1d", "bimodal-1d", "full-2d", "grid-25",
                                       "random-16d"};
    double worst = 0, x[MOST_DIM];
    for (size_t m = 0; m < sizeof name / sizeof *name; m++) {
        fk_mixture *mixture = fk_setting_mixture(name[m]);
        for (size_t i = 0; i < fk_n_schedules; i++)
            for (size_t j = 0; j < TIMES; j++) {
                const fk_schedule *schedule = &fk_schedules[i];
                fk_coeffs c = fk_schedule_at(schedule, fk_setting_time(schedule, j + TIMES * m));
                fk_marginal *g = fk_marginal_new(mixture, c.s, c.sigma);
                for (size_t k = 0; k < POINTS; k++) {
                    fk_setting_point(g, k + POINTS * j, x);
                    fk_worst(&worst, fk_process_residual(process, g, &c, x));
                }
                fk_marginal_free(g);
            }
        fk_mixture_free(mixture);
    }
    return worst;
}
