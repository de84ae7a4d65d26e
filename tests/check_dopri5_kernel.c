/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of the batched Dormand-Prince pair: the tableau, read off them, and their step
 * control. tests/check_dopri5.c has the paths. */
#include <string.h>

#include "ode/dopri5.h"
#include "ode/schemes.h"
#include "tests/suite.h"

static const char *const isas[] = {"portable", "avx2", "avx512"};

enum { L = FK_LANES, S = FK_DOPRI5_STAGES };

typedef struct {
    double y[L], stage[L], k[S * L], turn[L], target[L], free_step[L], step[L], s[L], sigma[L],
        divergence[L], error[L], before[L], accepted[L];
} memory;

static fk_dopri5_lanes lanes_in(memory *m)
{
    memset(m, 0, sizeof *m);
    for (size_t l = 0; l < L; l++) m->target[l] = 1, m->free_step[l] = 1, m->before[l] = 1;
    return (fk_dopri5_lanes){L,
                             L,
                             1,
                             1,
                             0,
                             1,
                             0.25,
                             m->y,
                             m->stage,
                             m->k,
                             m->turn,
                             m->target,
                             m->free_step,
                             m->step,
                             m->s,
                             m->sigma,
                             m->divergence,
                             m->error,
                             m->before,
                             m->accepted};
}

/* With a step of 1 from y = 0, stage i of k_j alone is a_ij; sine and cosine tell c_i, since turn
 * is c_i/8; the error of k_0 + k_j, of k_0 and of k_j, each without a sign, tell all signs but one.
 */
static void read_tableau(fk_butcher *rk, double *e)
{
    static memory m;
    fk_dopri5_lanes v = lanes_in(&m);
    *rk = (fk_butcher){.stages = S};
    FK_CHOOSE_KERNEL(fk_dopri5_begin)(&v);
    for (size_t i = 1; i < S; i++) {
        for (size_t j = 0; j < i; j++) {
            memset(m.k, 0, sizeof m.k);
            m.k[j * L + 5] = 1;
            FK_CHOOSE_KERNEL(fk_dopri5_stage)(&v, i);
            rk->a[i][j] = m.stage[5];
            if (i == S - 1) rk->b[j] = m.stage[5];
        }
        for (size_t l = 0; l < L; l++) m.step[l] = 1. / 8;
        FK_CHOOSE_KERNEL(fk_dopri5_stage)(&v, i);
        rk->c[i] = atan2(m.sigma[3], m.s[3]) / (2 * FK_PI) * 8;
        for (size_t l = 0; l < L; l++) m.step[l] = 1;
    }
    for (size_t j = 0; j < S; j++) {
        double size[2];
        for (size_t both = 0; both < 2; both++) {
            v = lanes_in(&m);
            FK_CHOOSE_KERNEL(fk_dopri5_begin)(&v);
            m.k[j * L + 5] = 1;
            if (both) m.k[5] = 1;
            FK_CHOOSE_KERNEL(fk_dopri5_finish)(&v);
            size[both] = m.error[5];
        }
        e[j] = j == 0 || (size[1] > e[0] && size[1] > size[0]) ? size[0] : -size[0];
    }
}

/* Order 5 of the step, order 4 and no more of the pair's other member, with weights b - e. */
static bool is_a_pair(const fk_butcher *rk, const double *e)
{
    fk_butcher other = *rk;
    double worst = 0, worst_other = 0;
    for (size_t j = 0; j < S; j++) other.b[j] -= e[j];
    for (size_t order = 1; order <= 5; order++)
        worst = fk_worse(worst, fk_butcher_residual(rk, order));
    for (size_t order = 1; order <= 4; order++)
        worst_other = fk_worse(worst_other, fk_butcher_residual(&other, order));
    return worst <= 1e-13 && worst_other <= 1e-13 && fk_butcher_residual(&other, 5) > 1e-4;
}

START_TEST(the_kernels_hold_a_pair_of_orders_five_and_four)
{
    for (size_t k = 0; k < 3; k++) {
        fk_butcher rk;
        double e[S];
        setenv("FOKKER_ISA", isas[k], 1);
        read_tableau(&rk, e);
        unsetenv("FOKKER_ISA");
        ck_assert(is_a_pair(&rk, e));
        const fk_butcher *fixed = fk_ode_tableau(&fk_dp5);
        for (size_t i = 0; i < fixed->stages; i++) /* a_ij to the bit: fma(1, a_ij, 0) */
            for (size_t j = 0; j < i; j++) ck_assert(rk.a[i][j] == fixed->a[i][j]);
        /* controls: any one coefficient off by 1e-9 */
        for (size_t j = 0; j < S; j++) {
            double wrong[S];
            memcpy(wrong, e, sizeof e);
            wrong[j] += 1e-9;
            ck_assert(!is_a_pair(&rk, wrong));
            for (size_t i = j + 1; i < S; i++) {
                fk_butcher slip = rk;
                slip.a[i][j] += 1e-9;
                ck_assert(!is_a_pair(&slip, e));
            }
        }
    }
}
END_TEST

START_TEST(a_rejected_step_leaves_the_state_and_a_shorter_step)
{
    static memory m;
    fk_dopri5_lanes v = lanes_in(&m);
    v.atol = 1e-6;
    for (size_t l = 0; l < L; l++) {
        m.y[l] = 0.7385, m.turn[l] = 0.01385, m.free_step[l] = m.target[l] = 0.1;
        for (size_t j = 0; j < S; j++) m.k[j * L + l] = 0.2385;
        m.k[3 * L + l] += l % 4 == 0 ? 0 : l % 4 == 1 ? 1e-6 : l % 4 == 2 ? 1e-2 : NAN;
    }
    FK_CHOOSE_KERNEL(fk_dopri5_begin)(&v);
    FK_CHOOSE_KERNEL(fk_dopri5_stage)(&v, S - 1);
    const double end = m.stage[0], target = m.target[0];
    FK_CHOOSE_KERNEL(fk_dopri5_finish)(&v);
    for (size_t l = 0; l < L; l++) {
        const bool ok = l % 4 < 2;
        ck_assert(m.accepted[l] == ok);
        ck_assert(m.turn[l] == (ok ? target : 0.01385));
        ck_assert(l % 4 ? m.y[l] != end : m.y[l] == end);
        if (ok) continue;
        ck_assert(m.y[l] == 0.7385 && m.k[l] == 0.2385 && m.before[l] < 0);
        ck_assert(m.free_step[l] < m.step[l] && m.free_step[l] >= 0.2 * m.step[l] - 1e-17);
    }
}
END_TEST

/* Three rows; in lane l the slope of row l % 4 is NaN, in every fourth none. */
START_TEST(a_step_with_one_row_that_is_no_number_is_rejected)
{
    enum { ROWS = 3 };
    static double y[ROWS * L], stage[ROWS * L], k[S * ROWS * L];
    for (size_t isa = 0; isa < 3; isa++) {
        static memory m;
        fk_dopri5_lanes v = lanes_in(&m);
        v.dim = v.rows = ROWS, v.y = y, v.stage = stage, v.k = k;
        setenv("FOKKER_ISA", isas[isa], 1);
        FK_CHOOSE_KERNEL(fk_dopri5_begin)(&v);
        for (size_t i = 0; i < ROWS * L; i++) y[i] = 0.7385;
        for (size_t i = 0; i < S * ROWS * L; i++) k[i] = 0.2385;
        for (size_t l = 0; l < L; l++)
            if (l % 4 < ROWS) k[(3 * ROWS + l % 4) * L + l] = NAN;
        FK_CHOOSE_KERNEL(fk_dopri5_finish)(&v);
        for (size_t l = 0; l < L; l++) ck_assert(m.accepted[l] == (l % 4 == ROWS));
        unsetenv("FOKKER_ISA");
    }
}
END_TEST

FK_SUITE("dopri5_kernel", the_kernels_hold_a_pair_of_orders_five_and_four,
         a_rejected_step_leaves_the_state_and_a_shorter_step,
         a_step_with_one_row_that_is_no_number_is_rejected)
