/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phi functions of exponential integrators (Hochbruck and Ostermann 2010, section 2):
 *     phi_0(z) = e^z,   phi_{k+1}(z) = (phi_k(z) - 1/k!) / z,   phi_k(0) = 1/k!,
 *     phi_k(z) = int_0^1 e^((1-theta) z) theta^(k-1)/(k-1)! dtheta        (k >= 1). */
#ifndef FK_SCHEDULES_PHI_H
#define FK_SCHEDULES_PHI_H

enum { FK_MAX_PHI = 5 };

/* phi_k(z) for k <= FK_MAX_PHI, any z up to 700, -inf included (0); within 8 units in the last
 * place (tests/check_phi.c). The recursion alone would lose 1/z^(k-1) of them. */
double fk_phi(int k, double z);

#endif
