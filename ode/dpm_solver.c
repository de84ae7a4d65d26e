/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The single-step DPM-Solvers: exponential Runge-Kutta methods for the noise (DPM-Solver-2 and -3,
 * Lu et al. 2022, arXiv 2206.00927, algorithms 1 and 2) and for the data (DPM-Solver++(2S) with r =
 * 1/2, Lu et al. 2022, arXiv 2211.01095, algorithm 1). */
#include "ode/exponential.h"
#include "ode/schemes.h"

static void step(const fk_scheme *self, const fk_step_at *at, fk_step *table)
{
    fk_single_step(self->output, (size_t)self->weak_order, false, at, table);
}

#define SINGLE_STEP(order_, output_, name_, says_, source_)                                        \
    {                                                                                              \
        .row = {name_, says_, source_, NULL}, .strong_order = order_, .weak_order = order_,        \
        .needs = FK_LAMBDA_INVERSE, .output = output_, .step = step                                \
    }

const fk_scheme fk_dpm_2 = SINGLE_STEP(2, FK_EPS, "dpm-2", "DPM-Solver-2, single-step in the noise",
                                       "Lu et al. 2022, arXiv 2206.00927, algorithm 1");
const fk_scheme fk_dpm_3 = SINGLE_STEP(3, FK_EPS, "dpm-3", "DPM-Solver-3, single-step in the noise",
                                       "Lu et al. 2022, arXiv 2206.00927, algorithm 2");
const fk_scheme fk_dpmpp_2s =
    SINGLE_STEP(2, FK_X0, "dpmpp-2s", "DPM-Solver++(2S), single-step in the data",
                "Lu et al. 2022, arXiv 2211.01095, algorithm 1");
