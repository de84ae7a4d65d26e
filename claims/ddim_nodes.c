/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "claims/ddim_nodes.h"

#include <math.h>

#include "analytic/ddim_family.h"
#include "claims/chains.h"

enum { N = FK_INFERENCE_NODES };

fk_inference fk_inference_of(double eta)
{
    static const long index[N] = {23, 137, 291, 443, 611, 797, 999};
    fk_inference f;
    fk_chain chain = fk_setting_chain("ddpm-linear");
    for (size_t i = 0; i < N; i++) f.node[i] = fk_chain_at(&chain, index[i]);
    fk_chain_free(&chain);
    fk_ddim_deviations(f.node, N, fmax(eta, 0), f.sd);
    for (size_t t = 1; eta == FK_MIXED && t < N; t++)
        f.sd[t] = fmod(0.2385 + 0.6180339887 * (double)t, 1) * f.node[t - 1].sigma;
    return f;
}

double fk_inference_alpha_bar(const fk_inference *f, size_t t)
{
    return t ? f->node[t - 1].s * f->node[t - 1].s : 1;
}

double fk_inference_var(const fk_inference *f, size_t t)
{
    return t ? f->node[t - 1].sigma * f->node[t - 1].sigma : 0;
}
