/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of convergence read from signed errors at step sizes that halve. The error is modelled
 * by C h^p + D h^(p+1), whose three unknowns follow exactly from three errors; the fit through the
 * three before them tells whether it has settled. End-point averages and absolute values are not
 * used: both certify wrong orders. */
#ifndef FK_CORE_ORDER_H
#define FK_CORE_ORDER_H

#include "core/base.h"

typedef enum {
    FK_ORDER_SETTLED,
    FK_ORDER_UNSETTLED, /* too few errors of one sign above the noise, or the fits differ */
    FK_ORDER_VANISHED   /* no error above the noise: exact, as far as can be told */
} fk_order_state;

typedef struct {
    fk_order_state state;
    double p;        /* of the fit; NaN where there is none, inf where vanished */
    double slope[2]; /* the last two local slopes, the coarser first */
    double
        residual; /* |fit - error| at the error before the three of the fit, over |C h^p| there */
    double error; /* the finest that was used */
    size_t level; /* its index */
} fk_order;

/* An error counts where it exceeds its noise by this over the tolerance: three errors, each wrong
 * by a part r of itself, move p by up to 10 r, that is, by half the tolerance. */
#define FK_ORDER_CLEAR 20.0

/* error[i] at step size h 2^-i, i < n, and what of it may be rounding or quadrature, noise[i] >= 0.
 * The finest four errors in a row that are clear of the noise and of one sign are used. They have
 * settled where the fits to their last and first three agree within `tolerance`, or else, as errors
 * from samples may, the last two local slopes within half of it with one another and with the fit;
 * and where the fit's misfit (residual) is at most `misfit`.
 *
 * What misfit may be allowed: let errors be C h^p (1 + x + z), x and z terms in h and h^2, at the
 * error before the three of the fit. To first order in z the fit's p is then wrong by 0.41 to 0.58
 * of the misfit for -1 < x < 1, by 0.72 at x = 2: to know p to a part needs a misfit of at most
 * twice that. A small leading term of lower order, below the one fitted, shows as such a z. (The
 * misfit over the error itself would say nothing where that is near a change of sign.) */
fk_order fk_order_read_within(const double *error, const double *noise, size_t n, double tolerance,
                              double misfit);
/* With a misfit of at most the tolerance: the order is known to half of it. */
fk_order fk_order_read(const double *error, const double *noise, size_t n, double tolerance);

#endif
