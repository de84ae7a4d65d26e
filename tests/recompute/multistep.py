# SPDX-License-Identifier: GPL-3.0-or-later
"""The deterministic multistep schemes as their papers print them: x' = rule(step, x, normals, memory, wrong).
memory holds (node, model output) of earlier steps, the latest first; `wrong` breaks one coefficient."""
from decimal import Decimal
from functools import lru_cache
from math import factorial

from .quadrature import gauss_legendre, lagrange, solve, value

HALF = Decimal("0.5")


def multistep(order, output, advance, start=None):
    """advance(step, x, [(node, output) ..], wrong), as many as there are up to `order`; until then `start`,
    where there is one (the control starts itself)."""

    def rule(k, x, _, memory, wrong):
        now = getattr(k.field, output)(x, k.t)
        memory.insert(0, (k.t, now))
        del memory[order:]
        if start and len(memory) < order and not wrong:
            return start(k, x, now)
        return advance(k, x, memory, wrong)

    return rule


def dpmpp(k, x, memory, wrong):
    """DPM-Solver++, multistep (Lu et al. 2022, arXiv 2211.01095, algorithm 2); order 3 as in the authors' code,
    but D2 a whole second derivative: they leave out its factor 2, and so does the control."""
    (_, D), h = memory[0], k.h
    if k.u.sigma == 0:
        return k.u.s * D
    x = k.u.sigma / k.t.sigma * x
    phi_1 = (-h).exp() - 1
    if len(memory) == 1:
        return x - k.u.s * phi_1 * (Decimal("1.001") * D if wrong else D)
    r0 = (k.t.lam - memory[1][0].lam) / h
    D1_0 = 1 / r0 * (D - memory[1][1])
    if len(memory) == 2:
        return x - k.u.s * phi_1 * (D + (1 if wrong else HALF) * D1_0)
    r1 = (memory[1][0].lam - memory[2][0].lam) / h
    D1_1 = 1 / r1 * (memory[1][1] - memory[2][1])
    D1 = D1_0 + r0 / (r0 + r1) * (D1_0 - D1_1)
    D2 = (1 if wrong else 2) / (r0 + r1) * (D1_0 - D1_1)
    phi_2 = phi_1 / h + 1
    phi_3 = phi_2 / h - HALF
    return x - k.u.s * phi_1 * D + k.u.s * phi_2 * D1 - k.u.s * phi_3 * D2


def equal_steps(n, j):
    """The weights of Adams and Bashforth, PNDM's and for controls; with one node they could not be wrong."""
    if n == 1:
        return Decimal("1.001")
    row = [[3, -1], [23, -16, 5], [55, -59, 37, -9]][n - 2]
    return Decimal(row[j]) / sum(row)


def through_rho(k, x, memory, wrong):
    """k-diffusion's linear multistep, and rhoAB-DEIS: the polynomial in sigma/s, integrated exactly. The
    control takes the weights of equal steps."""
    rhos, out = [node.rho for node, _ in memory], 1 / k.t.s * x
    for j, (_, e) in enumerate(memory):
        whole = [Decimal(0)] + [a / (i + 1) for i, a in enumerate(lagrange(rhos, j))]
        weight = value(whole, k.u.rho) - value(whole, k.t.rho)
        if wrong:
            weight = (k.u.rho - k.t.rho) * equal_steps(len(memory), j)
        out += weight * e
    return k.u.s * out


def pndm(k, x, memory, wrong):
    """PNDM's linear multistep formula in DDIM's transfer (Liu et al. 2022): the weights of equal steps wherever the
    nodes are. The control takes those that the nodes call for; with one there is no choice, and a part in 1000."""
    if wrong and len(memory) > 1:
        return through_rho(k, x, memory, False)
    out, over = 1 / k.t.s * x, k.u.rho - k.t.rho
    for j, (_, e) in enumerate(memory):
        weight = equal_steps(len(memory), j) if len(memory) > 1 or wrong else 1
        out += over * weight * e
    return k.u.s * out


def through_log_rho(k, x, memory, wrong):
    """DEIS with the polynomial in log rho: d(x/s) = eps rho dlog rho, by parts."""
    if k.u.sigma == 0:
        memory = memory[:1]
    logs, out = [node.rho.ln() for node, _ in memory], 1 / k.t.s * x
    if len(memory) == 1:
        return k.u.s * (out + (k.u.rho - k.t.rho) * (Decimal("1.001") if wrong else 1) * memory[0][1])
    for j, (_, e) in enumerate(memory):
        p, whole = lagrange(logs, j), [Decimal(0)] * len(memory)
        for i in reversed(range(len(p))):  # whole + whole' = p
            whole[i] = p[i] - (whole[i + 1] * (i + 1) if i + 1 < len(p) else 0)
        weight = value(whole, k.u.rho.ln()) * k.u.rho - value(whole, logs[0]) * k.t.rho
        if wrong:
            weight = (k.u.rho - k.t.rho) * equal_steps(len(memory), j)
        out += weight * e
    return k.u.s * out


GAUSS = gauss_legendre(16)


@lru_cache(maxsize=None)
def along(k):
    """Times and weights of int g^2/(2 s sigma) . dr over the step, by Gauss-Legendre in two halves."""
    nodes = [(w, k.axis.node(k.t.t + (p + half) / 2 * k.dt)) for half in (0, 1) for p, w in GAUSS]
    return [(at.t, w / 2 * k.dt * at.g2 / (2 * at.s * at.sigma)) for w, at in nodes]


def through_t(k, x, memory, wrong):
    """tAB-DEIS (Zhang and Chen 2023): Psi(u, t) x + sum_j e_j int_t^u Psi(u, r) g^2/(2 sigma) l_j(r) dr."""
    if len(memory) == 1:  # the integral of g^2/(2 s sigma) is that of d rho
        return through_rho(k, x, memory, wrong)
    times, out = [node.t for node, _ in memory], 1 / k.t.s * x
    for j, (_, e) in enumerate(memory):
        basis = lagrange(times, j)
        weight = sum(w * value(basis, r) for r, w in along(k))
        if wrong:
            weight = (k.u.rho - k.t.rho) * equal_steps(len(memory), j)
        out += weight * e
    return k.u.s * out


# --- UniPC ---


def uni_weights(h, ratios, variant, wrong):
    """a B(h) for a of R_p(h) a B(h) = phi_p(h) (Zhao et al. 2023, theorem 3.1), in the data form, where h is -h;
    1/2 B(h) with one ratio: there the paper takes 1/2 for every B. The control takes no 1/2 and no n!."""
    h, order = -h, len(ratios)
    B = h if variant == "bh1" else h.exp() - 1
    if order == 1 and not wrong:
        return [B / 2]
    phi, right = (h.exp() - 1) / h, []
    for n in range(1, order + 1):
        phi = (phi - Decimal(1) / factorial(n)) / h
        right.append((1 if wrong and n > 1 else factorial(n)) * phi * h / B)
    return [B * a for a in solve([[r**n for r in ratios] for n in range(order)], right)]


def unipc(p, variant, start=None):
    """Algorithms 1 and 2: order 1 first, the output at the predicted point kept, no corrector at the end."""

    def rule(k, x, _, memory, wrong):
        if not memory:
            memory.append((k.t, k.field.x0hat(x, k.t)))
        D, order = memory[0][1], len(memory)
        if k.u.sigma == 0:
            return k.u.s * D
        matched = start and order < p and not wrong
        scale = Decimal("1.001") if wrong and k.last else 1
        base = k.u.sigma / k.t.sigma * x - k.u.s * ((-k.h).exp() - 1) * scale * D
        ratios = [(node.lam - k.t.lam) / k.h for node, _ in memory[1:]]
        known = [1 / r * (m - D) for r, (_, m) in zip(ratios, memory[1:])]

        def combined(differences, ratios):
            out = base
            for w, d in zip(uni_weights(k.h, ratios, variant, wrong), differences):
                out -= k.u.s * w * d
            return out

        if matched:
            y = out = start(k, x, D)
        else:
            y = combined(known, ratios) if order > 1 else base
        if k.last:
            return y
        late = k.field.x0hat(y, k.u)
        if not matched:
            out = combined(known + [late - D], ratios + [Decimal(1)])
        memory.insert(0, (k.u, late))
        del memory[p:]
        return out

    return rule
