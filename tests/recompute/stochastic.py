# SPDX-License-Identifier: GPL-3.0-or-later
"""Stochastic schemes from node to node, as their papers print them, in the terms of any s and sigma: with
A = s_t/s_u and Q = sigma_t^2 - A^2 sigma_u^2, on VP sqrt(alpha) and beta, x_t = A x_u + sqrt(Q) z. A last
step to clean data draws no noise where its paper says so."""
from decimal import Decimal
from math import pi, sqrt

from .additive import SOSRA, SRA1, SRA2, SRA3, dri1, euler_maruyama, heun_sde, platen2, sea, shark
from .axes import Node
from .facts import facts


def forward(k):
    A = k.t.s / k.u.s
    return A, k.t.sigma**2 - (A * k.u.sigma) ** 2


def ddim(eta):
    """Song, Meng and Ermon 2021, eq. 12 and 16; the control has eta in the place of eta^2."""

    def rule(k, x, z, _, wrong):
        _, Q = forward(k)
        q = Decimal(eta) ** (1 if wrong else 2) * k.u.sigma**2 / k.t.sigma**2 * Q
        e = k.field.eps(x, k.t)
        return k.u.s * k.field.x0hat(x, k.t) + (k.u.sigma**2 - q).sqrt() * e + q.sqrt() * z[0]

    return rule


def ancestral(kind):
    """Ho, Jain and Abbeel 2020, eq. 7 and algorithm 2; optimal: Bao et al. 2022, theorem 1, which adds the
    variance of x_0 given x_t. The controls have the next kind's variance."""

    def rule(k, x, z, _, wrong):
        A, Q = forward(k)
        c = k.u.s * Q / k.t.sigma**2
        mean = A * k.u.sigma**2 / k.t.sigma**2 * x + c * k.field.x0hat(x, k.t)
        if k.u.sigma == 0:
            return mean
        small = Q * k.u.sigma**2 / k.t.sigma**2
        which = {"small": "large", "large": "small", "optimal": "small"}[kind] if wrong else kind
        variance = {"small": small, "large": Q}.get(which)
        if variance is None:
            variance = small + c * c * Decimal(facts(k.field, k.t)[0])
        return mean + variance.sqrt() * z[0]

    return rule


def exp_euler(freeze):
    """The first-order SDE solvers of Lu et al. 2022, arXiv 2211.01095 (SEEDS-1 for eps); the controls are those
    of the ODE in x."""

    def rule(k, x, z, _, wrong):
        two, h = 1 if wrong else 2, k.h
        if freeze == "eps":
            e, rise = k.field.eps(x, k.t), k.u.s * (k.t.rho - k.u.rho)  # sigma_u (e^h - 1)
            spread = k.u.s * (k.t.rho**2 - k.u.rho**2).sqrt()  # sigma_u sqrt(e^2h - 1)
            return k.u.s / k.t.s * x - two * rise * e + spread * z[0]
        data = k.u.s * (1 - (-two * h).exp()) * k.field.x0hat(x, k.t)
        return k.u.sigma / k.t.sigma * (-h).exp() * x + data + k.u.sigma * (1 - (-2 * h).exp()).sqrt() * z[0]

    return rule


def sde_solver(depth, eta2):
    """SDE-DPM-Solver++ (the same), 2M, and 3M with the whole second derivative in D2; the controls have D1 for
    D1/2, and half of D2, as public code does."""
    eta2 = Decimal(eta2)

    def rule(k, x, z, memory, wrong):
        D, h, big = k.field.x0hat(x, k.t), k.h, (1 + eta2) * k.h
        if k.u.sigma == 0:
            return k.u.s * D
        out = k.u.sigma / k.t.sigma * (-eta2 * h).exp() * x - k.u.s * ((-big).exp() - 1) * D
        out += k.u.sigma * (1 - (-2 * eta2 * h).exp()).sqrt() * z[0]
        phi_2 = ((-big).exp() - 1) / big + 1
        if memory:
            r0 = (k.t.lam - memory[0][0].lam) / h
            near = 1 / r0 * (D - memory[0][1])
            if depth == 2:
                out -= k.u.s * ((-big).exp() - 1) * (1 if wrong else Decimal("0.5")) * near
            elif len(memory) == 1:
                out += k.u.s * phi_2 * near
            else:
                r1 = (memory[0][0].lam - memory[1][0].lam) / h
                turn = 1 / (r0 + r1) * (near - 1 / r1 * (memory[0][1] - memory[1][1]))
                phi_3 = phi_2 / big - Decimal("0.5")
                out += k.u.s * phi_2 * (near + r0 * turn) - k.u.s * phi_3 * (1 if wrong else 2) * turn
        elif wrong and k.last:
            out += Decimal("0.001") * D
        memory.insert(0, (k.t, D))
        return out

    return rule


def predict(k, x, z, wrong=False):
    """Song et al. 2021, appendix E, with x_mean as the last sample; the control has the ODE's half of the score."""
    A, Q = forward(k)
    mean = (2 - A) * x + (Q / 2 if wrong else Q) * k.field.score(x, k.t)
    return mean + Q.sqrt() * z if k.u.sigma > 0 else mean


def reverse_diffusion(k, x, z, _, wrong):
    return predict(k, x, z[0], wrong)


def pc(snr):
    """The same, algorithms 4 and 5: e = 2 alpha (snr E|z| / E|score|)^2; the control leaves out the 2."""

    def rule(k, x, z, _, wrong):
        norms = sqrt(2 / pi) / facts(k.field, k.t)[1]
        e = (1 if wrong else 2) * float(k.t.s / k.u.s) ** 2 * (snr * norms) ** 2
        return predict(k, x + e * k.field.score(x, k.t) + sqrt(2 * e) * z[0], z[1])

    return rule


def churn(S_churn, S_min=0, S_max=float("inf"), S_noise=1):
    """Karras et al. 2022, algorithm 2, in x/s and sigma/s; the control forgets that the level rose."""

    def rule(k, x, z, _, wrong):
        rho, to, gamma = k.t.rho, k.u.rho, Decimal(0)
        if S_min <= rho <= S_max:
            gamma = min(Decimal(S_churn) / k.axis.N, Decimal(2).sqrt() - 1)
        hat = (1 + gamma) * rho
        y = 1 / k.t.s * x + (hat**2 - rho**2).sqrt() * Decimal(S_noise) * z[0]

        def slope(y, level):  # (y - D(y))/level
            return k.field.eps(k.t.s * y, Node(None, k.t.s, k.t.s * level))

        d = slope(y, rho if wrong else hat)
        end = y + (to - hat) * d
        return k.u.s * (y + (to - hat) / 2 * (d + slope(end, to)) if to > 0 else end)

    return rule


# spec: rule, normals a step, and what it needs of its axis and data: "f" (f and g^2), "1-D" (facts), "" (nodes)
RULES = {
    "euler-maruyama:eta=0.8": (euler_maruyama(0.8), 1, "f"),
    "heun-sde:eta=0.8": (heun_sde(0.8), 1, "f"),
    "sra1:eta=0.8": (SRA1(0.8), 2, "f"),
    "sra2:eta=1": (SRA2(1), 2, "f"),
    "sra3:eta=0.8": (SRA3(0.8), 2, "f"),
    "sosra:eta=0.8": (SOSRA(0.8), 2, "f"),
    "shark:eta=0.8": (shark(0.8), 2, "f"),
    "sea:eta=0.8": (sea(0.8), 2, "f"),
    "platen2:eta=0.8": (platen2(0.8), 1, "f"),
    "dri1:eta=0.8": (dri1(0.8), 1, "f"),
    "ddim:eta=0.6": (ddim(0.6), 1, ""),
    "exp-euler:freeze=eps": (exp_euler("eps"), 1, ""),
    "exp-euler:freeze=x0": (exp_euler("x0"), 1, ""),
    "dpmpp-2m-sde:eta2=0.7": (sde_solver(2, 0.7), 1, ""),
    "dpmpp-3m-sde:eta2=0.7": (sde_solver(3, 0.7), 1, ""),
    "ancestral-small": (ancestral("small"), 1, ""),
    "ancestral-large": (ancestral("large"), 1, ""),
    "ancestral-optimal": (ancestral("optimal"), 1, "1-D"),
    "reverse-diffusion": (reverse_diffusion, 1, ""),
    "edm-churn:S_churn=3": (churn(3), 1, ""),
    "edm-churn:S_churn=40,S_min=0.3,S_max=15,S_noise=1.007": (churn(40, 0.3, 15, 1.007), 1, ""),
    "pc:snr=0.13": (pc(0.13), 2, "1-D"),
}
