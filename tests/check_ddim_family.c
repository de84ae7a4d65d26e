/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM's inference family: covariances against a simulation of nothing, that is against the linear
 * map from independent normals, and against the forward chain. */
#include <string.h>

#include "analytic/ddim_family.h"
#include "tests/suite.h"

enum { N = 6 };

/* Uneven levels; VP for the first kind, s and sigma free for the second. */
static void levels(int kind, fk_coeffs *node)
{
    const double lambda[N] = {2.385, 1.61, 0.715, 0.1385, -0.85, -2.31};
    for (size_t i = 0; i < N; i++) {
        double s = kind ? 1.385 - 0.1 * (double)i : sqrt(1 / (1 + exp(-2 * lambda[i])));
        node[i] = (fk_coeffs){.s = s, .sigma = s * exp(-lambda[i]), .lambda = lambda[i]};
    }
}

static void mixed(const fk_coeffs *node, double *sd)
{
    const double share[N] = {NAN, 0.31, 0.93, 0.115, 0.57, 0.77};
    for (size_t i = 0; i < N; i++) sd[i] = i ? share[i] * node[i - 1].sigma : NAN;
}

/* The covariance from the definition: every x_t as a combination of N independent normals. `wrong`
 * forgets to take sd^2 from the root. */
static void by_normals(const fk_coeffs *node, const double *sd, bool wrong, double *cov)
{
    double l[N][N] = {{0}};
    l[N - 1][N - 1] = node[N - 1].sigma;
    for (size_t t = N - 1; t > 0; t--) {
        double v = node[t - 1].sigma * node[t - 1].sigma - (wrong ? 0 : sd[t] * sd[t]);
        for (size_t z = 0; z < N; z++) l[t - 1][z] = sqrt(v) / node[t].sigma * l[t][z];
        l[t - 1][t - 1] += sd[t];
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            cov[i * N + j] = 0;
            for (size_t z = 0; z < N; z++) cov[i * N + j] += l[i][z] * l[j][z];
        }
}

static double distance(const double *a, const double *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n * n; i++) worst = fk_worse(worst, fabs(a[i] - b[i]));
    return worst;
}

START_TEST(covariances_are_those_of_the_defining_recursion)
{
    for (int kind = 0; kind < 2; kind++) {
        fk_coeffs node[N];
        double sd[N], cov[N * N], defined[N * N];
        fk_error err;
        levels(kind, node);
        mixed(node, sd);
        ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
        double bound = 32 * 0x1p-53 * node[N - 1].sigma * node[N - 1].sigma;
        by_normals(node, sd, false, defined);
        fk_assert_near(distance(cov, defined, N), 0, bound);
        by_normals(node, sd, true, defined);
        ck_assert(distance(cov, defined, N) > 1e-2);
    }
}
END_TEST

START_TEST(with_eta_one_it_is_the_forward_chain_and_with_eta_zero_one_line)
{
    for (int kind = 0; kind < 2; kind++) {
        fk_coeffs node[N];
        double sd[N], cov[N * N], chain[N * N], line[N * N];
        fk_error err;
        levels(kind, node);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                size_t a = i < j ? i : j, b = i + j - a;
                chain[i * N + j] = node[b].s / node[a].s * node[a].sigma * node[a].sigma;
                line[i * N + j] = node[i].sigma * node[j].sigma;
            }
        double bound = 64 * 0x1p-53 * node[N - 1].sigma * node[N - 1].sigma;
        fk_ddim_deviations(node, N, 1, sd);
        ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
        fk_assert_near(distance(cov, chain, N), 0, bound);
        ck_assert(sd[0] == 0);
        fk_ddim_deviations(node, N, 0, sd);
        ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
        fk_assert_near(distance(cov, line, N), 0, bound);
        fk_ddim_deviations(node, N, 0.93, sd); /* the control */
        ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
        ck_assert(distance(cov, chain, N) > 1e-3 && distance(cov, line, N) > 1e-3);
    }
}
END_TEST

/* Sizes of P C: condition of the covariance, below 1e3 here, times its rounding. */
START_TEST(precision_is_the_inverse)
{
    fk_coeffs node[N];
    double sd[N], cov[N * N], diagonal[N], beside[N - 1], worst = 0, without = 0;
    fk_error err;
    levels(0, node);
    mixed(node, sd);
    ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
    ck_assert_int_eq(fk_ddim_precision(node, N, sd, diagonal, beside, &err), FK_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double own = diagonal[i] * cov[i * N + j], sides = 0;
            if (i > 0) sides += beside[i - 1] * cov[(i - 1) * N + j];
            if (i < N - 1) sides += beside[i] * cov[(i + 1) * N + j];
            worst = fk_worse(worst, fabs(own + sides - (i == j)));
            without = fk_worse(without, fabs(own - (i == j)));
        }
    fk_assert_near(worst, 0, 1e-11);
    ck_assert(without > 1e-2);
}
END_TEST

START_TEST(joint_with_x0_adds_the_signal)
{
    fk_coeffs node[N];
    double sd[N], cov[N * N], joint[(N + 1) * (N + 1)];
    fk_error err;
    levels(1, node);
    mixed(node, sd);
    ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
    fk_ddim_joint(node, N, cov, 0.7315, joint);
    fk_assert_near(joint[0], 0.7315, 0);
    fk_assert_near(joint[3], node[2].s * 0.7315, 1e-16);
    fk_assert_near(joint[2 * (N + 1) + 4], cov[1 * N + 3] + node[1].s * node[3].s * 0.7315, 1e-15);
}
END_TEST

START_TEST(what_is_no_process_is_refused_in_one_line)
{
    fk_coeffs node[N];
    double sd[N], cov[N * N], diagonal[N], beside[N - 1];
    fk_error err;
    levels(0, node);
    mixed(node, sd);
    sd[3] = node[2].sigma; /* at the edge x_3 forgets x_4 */
    ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
    ck_assert(cov[2 * N + 3] == 0);
    const double bad[] = {-1e-9, NAN, node[2].sigma * (1 + 1e-9)};
    for (size_t i = 0; i < 3; i++) {
        sd[3] = bad[i];
        ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "deviation 4"));
        ck_assert_int_eq(fk_ddim_precision(node, N, sd, diagonal, beside, &err), FK_USAGE);
    }
    sd[3] = 0;
    ck_assert_int_eq(fk_ddim_covariance(node, N, sd, cov, &err), FK_OK);
    ck_assert_int_eq(fk_ddim_precision(node, N, sd, diagonal, beside, &err), FK_USAGE);
}
END_TEST

FK_SUITE("ddim_family", covariances_are_those_of_the_defining_recursion,
         with_eta_one_it_is_the_forward_chain_and_with_eta_zero_one_line, precision_is_the_inverse,
         joint_with_x0_adds_the_signal, what_is_no_process_is_refused_in_one_line)
