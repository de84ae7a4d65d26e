/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "experiments/common.h"
#include "experiments/likelihoods_lab.h"

static int write_solvers(const likelihoods *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "tolerance.csv",
                                   "solver,tolerance,evaluations,rms,worst,slope,order",
                                   "solver: 1 rk45, 2 rk8pd; evaluations of the score a point; rms "
                                   "and worst of the integration part, nats; slope: d log rms / d "
                                   "log tolerance, order: - d log rms / d log evaluations",
                                   &csv, err);
    if (status) return status;
    for (size_t k = 0; k < SOLVERS; k++)
        for (size_t i = 0; i < q->solver[k].n; i++) {
            const solver *s = &q->solver[k];
            fk_csv_row(csv,
                       (double[]){(double)(k + 1), s->tolerance[i], s->evaluations[i], s->rms[i],
                                  s->worst[i], s->slope, s->order},
                       7);
        }
    return fk_csv_commit(csv, err);
}

static int write_ends(const likelihoods *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "ends.csv", "t_end,noise,truncation,leading,prior,integration,mean,kl",
        "root mean squares over the points, but truncation_mean, in nats; noise = sigma/s at "
        "t_end; "
        "leading: the first order of truncation; integration: rk45 at 1e-5",
        &csv, err);
    if (status) return status;
    for (size_t i = 0; i < q->n_ends; i++) {
        const end *e = &q->end[i];
        fk_csv_row(csv,
                   (double[]){e->t, e->noise, e->truncation, e->leading, e->prior, e->integration,
                              e->mean, e->kl},
                   8);
    }
    return fk_csv_commit(csv, err);
}

static int write_schedules(const likelihoods *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "priors.csv", "schedule,t_start,signal,prior",
                                   "root mean square of the prior part, nats; signal = s/sigma at "
                                   "t_start; schedules as in means.csv",
                                   &csv, err);
    if (status) return status;
    for (size_t k = 0; k < q->n_of; k++) {
        for (size_t i = 0; i < q->of[k].n; i++)
            fk_csv_row(csv,
                       (double[]){(double)(k + 1), q->of[k].at[i].t, q->of[k].at[i].signal,
                                  q->of[k].at[i].prior},
                       4);
        fk_csv_block(csv);
        fk_csv_block(csv);
    }
    status = fk_csv_commit(csv, err);
    if (status) return status;
    char comment[600];
    size_t used =
        (size_t)snprintf(comment, sizeof comment,
                         "means over the points, nats, by rk45 at 1e-5 from t_min to t_max: "
                         "computed = exact + truncation + prior + integration, parts of log q; "
                         "bits_per_dim = -computed/(dim log 2); schedules:");
    for (size_t k = 0; k < q->n_of && used < sizeof comment; k++)
        used += (size_t)snprintf(comment + used, sizeof comment - used, " %zu %.60s", k + 1,
                                 q->of[k].schedule.row.name);
    status = fk_experiment_csv(
        folder, "means.csv",
        "schedule,evaluations,computed,exact,truncation,prior,integration,bits_per_dim", comment,
        &csv, err);
    if (status) return status;
    for (size_t k = 0; k < q->n_of; k++) {
        const of_schedule *o = &q->of[k];
        fk_csv_row(csv,
                   (double[]){(double)(k + 1), o->evaluations, o->mean.computed, o->mean.exact,
                              o->mean.truncation, o->mean.prior, o->mean.integration,
                              -o->mean.computed / ((double)q->mixture->dim * log(2))},
                   8);
    }
    return fk_csv_commit(csv, err);
}

int likelihoods_write(const likelihoods *q, const char *folder, fk_error *err)
{
    int status = write_solvers(q, folder, err);
    if (!status) status = write_ends(q, folder, err);
    return status ? status : write_schedules(q, folder, err);
}
