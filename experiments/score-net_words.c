/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What score-net tells, on the terminal and to its figure. */
#include <math.h>
#include <stdio.h>

#include "experiments/score-net_tables.h"

void score_net_assign(const score_net *q, char *out, size_t size)
{
    fk_text t = {out, size};
    fk_text_add(&t,
                "dim=%zu; trained=%zu; rows=%zu; excess=%.6g; worst=%.6g; t_worst=%.6g; paths=%.6g",
                q->mixture->dim, q->trained, q->rows, q->excess.mean, q->excess.max,
                q->excess.t_of_max, q->paths);
    fk_text_add(&t, "; t_end=%g; samples=%zu; shown='%.2g %.2g %.2g'; off='%.2g %.2g %.2g'",
                q->t_end, q->samples, q->shown[0], q->shown[1], q->shown[2], q->miscalibration[0],
                q->miscalibration[1], q->miscalibration[2]);
    if (q->rows == 0) fk_text_add(&t, "; foreign=%d; no_curve='%s'", q->foreign, q->no_curve);
    if (q->mixture->dim > 1)
        fk_text_add(&t, "; reach='%.6g %.6g %.6g %.6g'", score_net_reach(q, 0),
                    score_net_reach(q, 1), score_net_reach(q, 2), score_net_reach(q, SHOWN));
}

static void tell_parts(const score_net *q, fk_text *t)
{
    fk_text_add(
        t,
        "\ndpmpp-2m from the prior; error of the smoothed distribution function that is the "
        "most wrong%s\n   steps%s\n",
        q->mixture->dim > 1 ? ", by common draws" : "", fk_causes_heading);
    for (size_t i = 0; i < q->runs; i++) {
        const net_spending *r = &q->run[i];
        fk_text_add(t, "%8zu", r->steps);
        fk_causes_tell(&r->error, t);
        if (r->se > 0) fk_text_add(t, " (s.e. %.0e)", r->se);
        fk_text_add(t, "\n");
    }
    if (q->mixture->dim > 1) return;
    fk_text_add(t, "W1, of which the chain is no less than the distance from the data\n");
    for (size_t i = 0; i < q->runs; i++) {
        fk_text_add(t, "%8zu", q->run[i].steps);
        if (!fk_distances_known(&q->run[i].w1))
            fk_text_add(t, "  not known: a map does not keep the order of the line\n");
        else
            fk_distances_tell(&q->run[i].w1, t);
    }
}

void score_net_tell(const score_net *q, const char *file, char *out, size_t size)
{
    fk_text t = {out, size};
    if (q->trained)
        fk_text_add(&t,
                    "the network: %zu parameters, trained here for %zu steps (a better one: fokker "
                    "train, then --score)\n",
                    q->network->shape.n_params, q->trained);
    else
        fk_text_add(&t, "the network: %s, %zu parameters%s%s\n", file, q->network->shape.n_params,
                    q->rows ? "" : "; ", q->rows ? "" : q->no_curve);
    fk_text_add(
        &t,
        "excess of its eps-loss over the floor: %.3g, mean over t; at most %.3g, at t = %.3g "
        "(%s)\n",
        q->excess.mean, q->excess.max, q->excess.t_of_max,
        q->excess.drawn ? "by draws" : "by quadrature");
    fk_text_add(&t, "KL between the paths of its reverse SDE and of the exact one: %.3g nats\n",
                q->paths);
    if (q->mixture->dim == 1)
        fk_text_add(
            &t,
            "x0hat is off from E[x_0 | x0hat] by %.2g, %.2g, %.2g (rms) at t = %.2g, %.2g, %.2g\n",
            q->miscalibration[0], q->miscalibration[1], q->miscalibration[2], q->shown[0],
            q->shown[1], q->shown[2]);
    tell_parts(q, &t);
}
