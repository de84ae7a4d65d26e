/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wrong sampler caught. The reverse SDE has g^2 score, the ODE g^2/2; to mix them up, noise with
 * half the score, gives samples that look like data from afar, and with a trained network the
 * network would be blamed. With data whose law is known two thousand samples give it away. */
#include "demos/demo.h"

/* The end of path `number` of Euler and Maruyama with `factor` g^2 score. */
static double end(const fk_mixture *data, double factor, uint64_t number)
{
    enum { STEPS = 150 };
    const fk_schedule vp = schedule("vp-linear");
    const fk_key key = {.seed = 1, .stream = FK_STREAM_USER};
    _Alignas(FK_ALIGN) double z[FK_LANES];
    const fk_block normals = {z, FK_LANES, 1, FK_LANES};
    const double h = (1 - vp.t_min) / STEPS;
    fk_random_normals(key, number, STEPS, normals);
    double x = z[0]; /* close to p_1 */
    for (int i = 0; i < STEPS; i++) {
        const fk_coeffs at = fk_schedule_at(&vp, 1 - i * h);
        fk_random_normals(key, number, (uint64_t)i, normals);
        x -= h * (at.f * x - factor * at.g2 * score_at(data, &at, x));
        x += sqrt(at.g2 * h) * z[0];
    }
    return x;
}

int main(void)
{
    enum { N = 2000 };
    /* Kolmogorov and Smirnov's distance of N right samples is 0.87/sqrt(N) on average, with
     * standard deviation 0.26/sqrt(N); six of those, and 0.01 for the steps' own error. */
    const double margin = (0.87 + 6 * 0.26) / sqrt(N) + 0.01;
    fk_mixture *data = mixture("bimodal-1d");
    fk_marginal *exact = fk_marginal_new(data, 1, 0);
    static double x[2][N];
    for (int wrong = 0; wrong < 2; wrong++)
        for (int i = 0; i < N; i++) x[wrong][i] = end(data, wrong ? 0.5 : 1, (uint64_t)i);
    fk_csv *csv = table("wrong-sampler", "x,data,g^2 score,g^2/2 score");
    double distance[2] = {0};
    for (double at = -5; at <= 5; at += 0.02) {
        double row[4] = {at, fk_marginal_cdf(exact, at, false), 0, 0};
        for (int wrong = 0; wrong < 2; wrong++) {
            for (int i = 0; i < N; i++) row[2 + wrong] += (x[wrong][i] <= at) / (double)N;
            distance[wrong] = fmax(distance[wrong], fabs(row[2 + wrong] - row[1]));
        }
        fk_csv_row(csv, row, 4);
    }
    fk_marginal_free(exact), fk_mixture_free(data);
    draw(csv, "wrong-sampler", "Distribution functions of what two samplers make",
         "xlabel='x'; ylabel='P(X <= x)'; yrange='[0:1]'");
    printf(
        "Learn: a check is worth what it refuses: within a margin of %.3f the right sampler is at "
        "%.3f from the data, the wrong one at %.3f.\n",
        margin, distance[0], distance[1]);
    return distance[0] < margin && distance[1] > margin ? 0 : 1;
}
