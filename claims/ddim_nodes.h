/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seven nodes of the DDPM chain and a process of DDIM's inference family on them. */
#ifndef FK_CLAIMS_DDIM_NODES_H
#define FK_CLAIMS_DDIM_NODES_H

#include "schedules/schedule.h"

enum { FK_INFERENCE_NODES = 7 };

/* Nodes t = 1 .. 7 at 0 .. 6, and the deviations sd_t in the same places. */
typedef struct {
    fk_coeffs node[FK_INFERENCE_NODES];
    double sd[FK_INFERENCE_NODES];
} fk_inference;

/* eta in [0, 1]; or FK_MIXED: deviations of another pattern, all between 0 and sigma_(t-1). */
enum { FK_MIXED = -1 };
fk_inference fk_inference_of(double eta);

/* alpha_bar_t and 1 - alpha_bar_t, t = 0 .. 7; alpha_bar_0 = 1. */
double fk_inference_alpha_bar(const fk_inference *, size_t t);
double fk_inference_var(const fk_inference *, size_t t);

#endif
