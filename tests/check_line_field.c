/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of fields against the fields. */
#include "analytic/line_field.h"
#include "analytic/marginal.h"
#include "tests/suite.h"

enum { POINTS = 4800 };

/* At points between nodes, the worst error of sigma score over `part` of ten standard deviations of
 * data of that size, which the table takes to be `shrink` times as large. */
static double worst_error(const fk_field *field, double size, double shrink, double s, double sigma,
                          double part)
{
    const fk_line_field line = {field, shrink * size};
    const fk_field table = fk_line_field_of(&line);
    double x[POINTS], score[2][POINTS], worst = 0;
    const double reach = part * 10 * hypot(s * size, sigma);
    for (size_t i = 0; i < POINTS; i++) x[i] = reach * (2 * ((double)i + 0.385) / POINTS - 1);
    const fk_field *both[] = {field, &table};
    for (size_t k = 0; k < 2; k++) {
        void *frozen = fk_alloc(both[k]->frozen_size, 1);
        both[k]->freeze(both[k]->self, s, sigma, frozen);
        both[k]->eval(both[k]->self, frozen, (fk_block){x, POINTS, 1, POINTS},
                      (fk_block){score[k], POINTS, 1, POINTS});
        free(frozen);
    }
    for (size_t i = 0; i < POINTS; i++)
        worst = fk_worse(worst, sigma * fabs(score[0][i] - score[1][i]));
    return worst;
}

static void hold(const char *name, double reach, double bound)
{
    fk_mixture *m;
    fk_error err;
    const double level[] = {0.0385, 0.2385, 0.7385, 0.9985};
    ck_assert_int_eq(fk_mixture_read(name, &m, &err), FK_OK);
    const fk_field field = fk_mixture_field(m);
    const double size = fk_mixture_size(m);
    for (size_t i = 0; i < 4; i++) {
        const double s = sqrt(1 - level[i] * level[i]);
        ck_assert_double_le(worst_error(&field, size, 1, s, level[i], reach), bound);
    }
    /* control: a table that ends where the data still are */
    ck_assert(!(worst_error(&field, size, 0.02, 0.97, 0.0385, reach) <= bound) || m->k == 1);
    fk_mixture_free(m);
}

/* Cubics are wrong by (3/128) h^4 d^4/dx^4, where h is a five-hundredth of the range in which the score
 * of three-1d turns at all, and a fifth of that in which it turns the fastest. */
START_TEST(a_table_is_its_field_between_its_nodes)
{
    hold("three-1d", 1, 4e-5);
}
END_TEST

/* The score of one Gaussian is a straight line. */
START_TEST(a_table_goes_on_in_a_straight_line)
{
    hold("gaussian-1d", 2.385, 1e-10);
}
END_TEST

FK_SUITE("line field", a_table_is_its_field_between_its_nodes, a_table_goes_on_in_a_straight_line)
