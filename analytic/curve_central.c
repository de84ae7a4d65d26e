/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analytic/curve_cells.h"

void fk_cells_central(const fk_cells *c, double centre, double central[FK_N_CENTRAL])
{
    const fk_mixture *m = c->exact->mixture;
    double power[FK_N_CENTRAL];
    for (int k = 0; k < FK_N_CENTRAL; k++) central[k] = 0;
    for (size_t j = 0; j < m->k; j++) {
        fk_normal_powers(c->exact->mean[j] - centre, c->exact->var[j], power);
        for (int k = 0; k < FK_N_CENTRAL; k++) central[k] += m->weight[j] * power[k];
    }
    for (size_t i = 0; i + 1 < c->n; i++) {
        const double width = c->y[i + 1] - c->y[i];
        for (int g = 0; g < FK_CELL_GAUSS; g++) {
            const double y = c->y[i] + width * c->node[g];
            double term = width * c->weight[g] * fk_cells_D(c, i, y);
            for (int k = 1; k < FK_N_CENTRAL; k++) {
                central[k] -= k * term;
                term *= y - centre;
            }
        }
    }
}
