/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What score-net tells, on the terminal and to its figure. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "experiments/score-net_tables.h"

typedef struct {
    char *at;
    size_t left;
} text;

static void add(text *t, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    const int n = vsnprintf(t->at, t->left, format, rest);
    va_end(rest);
    const size_t used = n < 0 ? 0 : (size_t)n < t->left ? (size_t)n : t->left - (t->left > 0);
    t->at += used, t->left -= used;
}

void score_net_assign(const score_net *q, char *out, size_t size)
{
    text t = {out, size};
    add(&t, "dim=%zu; trained=%zu; rows=%zu; excess=%.6g; worst=%.6g; t_worst=%.6g; paths=%.6g",
        q->mixture->dim, q->trained, q->rows, q->excess.mean, q->excess.max, q->excess.t_of_max,
        q->paths);
    add(&t, "; t_end=%g; samples=%zu; shown='%.2g %.2g %.2g'; off='%.2g %.2g %.2g'", q->t_end,
        q->samples, q->shown[0], q->shown[1], q->shown[2], q->miscalibration[0],
        q->miscalibration[1], q->miscalibration[2]);
    if (q->rows == 0) add(&t, "; no_curve='%s'", q->no_curve);
    if (q->mixture->dim > 1)
        add(&t, "; reach='%.6g %.6g %.6g %.6g'", score_net_reach(q, 0), score_net_reach(q, 1),
            score_net_reach(q, 2), score_net_reach(q, SHOWN));
}

static void tell_parts(const score_net *q, text *t)
{
    add(t,
        "\ndpmpp-2m from the prior; error of the smoothed distribution function that is the most "
        "wrong%s\n%8s %13s %11s %11s %11s   %11s\n",
        q->mixture->dim > 1 ? ", by common draws" : "", "steps", "truncation", "+ prior", "+ steps",
        "+ score", "= total");
    for (size_t i = 0; i < q->runs; i++) {
        const net_spending *r = &q->run[i];
        add(t, "%8zu %+13.2e %+11.2e %+11.2e %+11.2e   %+11.2e", r->steps, r->error.part[0],
            r->error.part[1], r->error.part[2], r->error.part[3], r->error.total);
        if (r->se > 0) add(t, " (s.e. %.0e)", r->se);
        add(t, "\n");
    }
    if (q->mixture->dim > 1) return;
    add(t, "W1, of which the chain is no less than the distance from the data\n");
    for (size_t i = 0; i < q->runs; i++) {
        const double *w = q->run[i].w1.link;
        if (isnan(q->run[i].w1.distance))
            add(t, "%8zu  not known: its map does not keep the order of the line\n",
                q->run[i].steps);
        else
            add(t, "%8zu %13.2e %11.2e %11.2e %11.2e = %11.2e >= %.2e\n", q->run[i].steps, w[0],
                w[1], w[2], w[3], w[0] + w[1] + w[2] + w[3], q->run[i].w1.distance);
    }
}

void score_net_tell(const score_net *q, const char *file, char *out, size_t size)
{
    text t = {out, size};
    if (q->trained)
        add(&t,
            "the network: %zu parameters, trained here for %zu steps (a better one: fokker "
            "train, then --score)\n",
            q->network->shape.n_params, q->trained);
    else
        add(&t, "the network: %s, %zu parameters%s%s\n", file, q->network->shape.n_params,
            q->rows ? "" : "; ", q->rows ? "" : q->no_curve);
    add(&t,
        "excess of its eps-loss over the floor: %.3g, mean over t; at most %.3g, at t = %.3g "
        "(%s)\n",
        q->excess.mean, q->excess.max, q->excess.t_of_max,
        q->excess.drawn ? "by draws" : "by quadrature");
    add(&t, "KL between the paths of its reverse SDE and of the exact one: %.3g nats\n", q->paths);
    if (q->mixture->dim == 1)
        add(&t,
            "x0hat is off from E[x_0 | x0hat] by %.2g, %.2g, %.2g (rms) at t = %.2g, %.2g, %.2g\n",
            q->miscalibration[0], q->miscalibration[1], q->miscalibration[2], q->shown[0],
            q->shown[1], q->shown[2]);
    tell_parts(q, &t);
}
