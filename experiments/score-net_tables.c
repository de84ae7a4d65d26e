/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/score-net_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "experiments/common.h"
#include "experiments/score-net_pair.h"

enum { POINTS = 241, MAP = 121, HISTOGRAM = 90 };

/* Root mean square of x_t. */
static double scale_at(const score_net *q, const fk_coeffs *at)
{
    return hypot(at->s * fk_mixture_size(q->mixture), at->sigma);
}

static int write_errors(const score_net *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "errors.csv", "t,lambda,floor,excess,score_error,fisher",
                          "of eps, floor and excess; score_error: E|net - score|^2, fisher: "
                          "E|score|^2; even in lambda = log(s/sigma)",
                          &csv, err);
    for (size_t i = 0; i < TIMES && !status; i++)
        fk_csv_row(csv,
                   (double[]){q->t[i], score_net_at(q, q->t[i]).lambda, q->at[i].floor,
                              q->at[i].excess, q->at[i].error, q->at[i].fisher},
                   6);
    return status ? status : fk_csv_commit(csv, err);
}

static int write_curve(const score_net *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(folder, "curve.csv", "step,loss,floor,excess",
                                   "loss: mean of the batches since the row before, and its floor; "
                                   "excess: of eps, mean over t, of the average of the weights",
                                   &csv, err);
    for (size_t i = 0; i < q->rows && !status; i++) fk_csv_row(csv, q->curve + 4 * i, 4);
    return status ? status : fk_csv_commit(csv, err);
}

static int write_budget(const score_net *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "budget.csv",
        "steps,evaluations,truncation,prior,discretisation,score,total,se,w1_truncation,w1_prior,"
        "w1_discretisation,w1_score,w1_chain,w1",
        "dpmpp-2m from the prior: signed differences of the E Phi((X - c_j)/0.2) whose total is "
        "the "
        "largest; W1 between the same laws, its chain, and from the data to the last",
        &csv, err);
    for (size_t i = 0; i < q->runs && !status; i++) {
        const net_spending *r = &q->run[i];
        const double *p = r->error.part, *w = r->w1.link, chain = w[0] + w[1] + w[2] + w[3];
        fk_csv_row(csv,
                   (double[]){(double)r->steps, (double)r->evaluations, p[0], p[1], p[2], p[3],
                              r->error.total, r->se, w[0], w[1], w[2], w[3], chain, r->w1.distance},
                   14);
    }
    return status ? status : fk_csv_commit(csv, err);
}

/* ---- 1-D ---------------------------------------------------------------------------------------
 */

static int write_scores(const score_net *q, const char *folder, fk_error *err)
{
    enum { COLUMNS = 4 };
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "scores.csv",
        "xi_1,exact_1,learnt_1,density_1,xi_2,exact_2,learnt_2,density_2,xi_3,exact_3,learnt_3,"
        "density_3",
        "eps = -sigma score against xi = x/sqrt(E x_t^2), at three times; density of xi", &csv,
        err);
    if (status) return status;
    double(*row)[SHOWN * COLUMNS] = fk_alloc(POINTS, sizeof *row);
    score_net_pair both = score_net_pair_new(POINTS, 1);
    for (size_t k = 0; k < SHOWN; k++) {
        const fk_coeffs at = score_net_at(q, q->shown[k]);
        const double scale = scale_at(q, &at);
        fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
        const double lo = fk_marginal_quantile(p, 1e-5, false),
                     hi = fk_marginal_quantile(p, 1e-5, true);
        for (size_t i = 0; i < both.x.n; i++)
            both.x.x[i] = lo + (hi - lo) * fmin((double)i / (POINTS - 1), 1);
        score_net_pair_eval(q, p, &both);
        for (size_t i = 0; i < POINTS; i++) {
            double *to = row[i] + k * COLUMNS;
            to[0] = both.x.x[i] / scale, to[1] = both.exact[i], to[2] = both.learnt[i];
            to[3] = scale * exp(fk_marginal_at(p, &both.x.x[i], &(fk_point){0}));
        }
        fk_marginal_free(p);
    }
    for (size_t i = 0; i < POINTS; i++) fk_csv_row(csv, row[i], SHOWN * COLUMNS);
    free(both.x.x), free(row);
    return fk_csv_commit(csv, err);
}

/* The error of eps over lambda and xi, and quantiles of the data on top. */
static int write_map(const score_net *q, const char *folder, fk_error *err)
{
    static const double level[] = {1e-4, 1e-2, 0.5};
    const double reach = 3;
    fk_csv *map, *lines;
    int status =
        fk_experiment_csv(folder, "map.csv", "lambda,xi,error",
                          "eps of the network less the exact, xi = x/sqrt(E x_t^2)", &map, err);
    if (status) return status;
    status = fk_experiment_csv(folder, "lines.csv", "lambda,q0001,q01,q50,q99,q9999",
                               "quantiles of xi", &lines, err);
    if (status) return fk_csv_abandon(map), status;
    score_net_pair both = score_net_pair_new(MAP, 1);
    for (size_t i = 0; i < TIMES; i++) {
        const fk_coeffs at = score_net_at(q, q->t[i]);
        const double scale = scale_at(q, &at);
        fk_marginal *p = fk_marginal_new(q->mixture, at.s, at.sigma);
        for (size_t j = 0; j < both.x.n; j++)
            both.x.x[j] = scale * reach * (2 * fmin((double)j / (MAP - 1), 1) - 1);
        score_net_pair_eval(q, p, &both);
        for (size_t j = 0; j < MAP; j++)
            fk_csv_row(
                map, (double[]){at.lambda, both.x.x[j] / scale, both.learnt[j] - both.exact[j]}, 3);
        fk_csv_block(map);
        double row[6] = {at.lambda};
        for (size_t j = 0; j < 5; j++)
            row[j + 1] = fk_marginal_quantile(p, level[j < 3 ? j : 4 - j], j > 2) / scale;
        fk_csv_row(lines, row, 6);
        fk_marginal_free(p);
    }
    free(both.x.x);
    status = fk_csv_commit(map, err);
    if (status) return fk_csv_abandon(lines), status;
    return fk_csv_commit(lines, err);
}

/* Bins of less than 1e-4 are left out: who would see them? */
static int write_calibration(const score_net *q, const char *folder, fk_error *err)
{
    enum { COLUMNS = 3 };
    fk_csv *csv;
    int status = fk_experiment_csv(
        folder, "calibration.csv",
        "x0hat_1,truth_1,probability_1,x0hat_2,truth_2,probability_2,x0hat_3,truth_3,probability_3",
        "by bins of x0hat, at three times: its mean, the mean of x_0, the weight of the bin", &csv,
        err);
    for (size_t j = 0; j < BINS && !status; j++) {
        double row[SHOWN * COLUMNS];
        for (size_t k = 0; k < SHOWN; k++) {
            const fk_calibration *b = &q->bin[k][j];
            const bool rare = !(b->probability > 1e-4);
            row[k * COLUMNS] = rare ? NAN : b->said;
            row[k * COLUMNS + 1] = rare ? NAN : b->true_mean;
            row[k * COLUMNS + 2] = rare ? NAN : b->probability;
        }
        fk_csv_row(csv, row, SHOWN * COLUMNS);
    }
    return status ? status : fk_csv_commit(csv, err);
}

/* The data's density, and a histogram of the samples. */
static int write_law(const score_net *q, const char *folder, fk_error *err)
{
    fk_csv *csv;
    int status =
        fk_experiment_csv(folder, "law.csv", "x,data,samples",
                          "densities; samples: a histogram of dpmpp-2m at 50 steps", &csv, err);
    if (status) return status;
    fk_marginal *data = fk_marginal_new(q->mixture, 1, 0);
    const double lo = fk_marginal_quantile(data, 1e-4, false),
                 hi = fk_marginal_quantile(data, 1e-4, true), wide = (hi - lo) / HISTOGRAM;
    size_t count[HISTOGRAM] = {0};
    for (size_t i = 0; i < q->samples; i++) {
        const double place = (q->sample[i] - lo) / wide;
        if (place >= 0 && place < HISTOGRAM) count[(size_t)place]++;
    }
    for (size_t j = 0; j < HISTOGRAM; j++) {
        const double x = lo + wide * ((double)j + 0.5);
        fk_csv_row(csv,
                   (double[]){x, exp(fk_marginal_at(data, &x, &(fk_point){0})),
                              (double)count[j] / ((double)q->samples * wide)},
                   3);
    }
    fk_marginal_free(data);
    return fk_csv_commit(csv, err);
}

int score_net_write(const score_net *q, const char *folder, fk_error *err)
{
    int status = write_errors(q, folder, err);
    if (!status) status = write_curve(q, folder, err);
    if (!status) status = write_budget(q, folder, err);
    if (!status) {
        char *path = fk_path_join(folder, "samples.csv");
        status = fk_points_write(path, q->sample, q->samples, q->mixture->dim,
                                 "of the network, by dpmpp-2m at 50 steps", err);
        free(path);
    }
    if (q->mixture->dim > 1) return status ? status : score_net_write_plane(q, folder, err);
    if (!status) status = write_scores(q, folder, err);
    if (!status) status = write_map(q, folder, err);
    if (!status) status = write_calibration(q, folder, err);
    return status ? status : write_law(q, folder, err);
}
