# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemes for dx = a dt + b dW with additive noise, as their papers print them, on the eta family of reverse
processes in the direction of the steps: x' = rule(step, x, normals, memory, wrong); `wrong` breaks one
coefficient."""
from decimal import Decimal
from math import sqrt


class Family:
    """Drift and noise of one step at t - c h."""

    def __init__(self, k, eta):
        self.k, self.eta, self.h = k, Decimal(eta), -k.dt

    def a(self, c, x):
        at = self.k.at(Decimal(c))
        return (1 + self.eta**2) / 2 * at.g2 * self.k.field.score(x, at) - at.f * x

    def b(self, c):
        return self.eta * self.k.at(Decimal(c)).g2.sqrt()


def on_family(rule):
    """The rule for an eta, with the normals as dW and the second one as they are."""

    def of(eta):
        def step(k, x, z, _, wrong):
            sde = Family(k, eta)
            return rule(sde, sde.h, x, sde.h.sqrt() * z[0], z, wrong)

        return step

    return of


@on_family
def euler_maruyama(sde, h, x, dW, _, wrong):
    """Kloeden and Platen 1992, eq. 10.2.4; the control takes the noise of the step's end."""
    return x + h * sde.a(0, x) + sde.b(1 if wrong else 0) * dW


@on_family
def heun_sde(sde, h, x, dW, _, wrong):
    """The trapezium rule for the drift and for the variance of the noise; the control for its amplitude."""
    size = ((sde.b(0) ** 2 + sde.b(1) ** 2) / 2).sqrt() if not wrong else (sde.b(0) + sde.b(1)) / 2
    first = sde.a(0, x)
    return x + h / 2 * (first + sde.a(1, x + h * first + size * dW)) + size * dW


def sra(alpha, A0, B0, beta1, beta2, c0, c1, bad):
    """Roessler 2010: stages H_i, I10 = (h/2)(dW + sqrt(h/3) z); bad: what the control has for (B0, beta2)."""

    @on_family
    def rule(sde, h, x, dW, z, wrong):
        B, last = bad if wrong else (B0, beta2)
        I10 = h / 2 * (dW + (h / 3).sqrt() * z[1])
        drift = []
        for i in range(len(alpha)):
            y = x
            for a, d in zip(A0[i], drift):
                y += h * Decimal(a) * d
            for b, c in zip(B[i], c1):
                y += Decimal(b) * sde.b(c) / h * I10
            drift.append(sde.a(c0[i], y))
        for a, d in zip(alpha, drift):
            x += h * Decimal(a) * d
        for p, q, c in zip(beta1, last, c1):
            x += sde.b(c) * (Decimal(p) * dW + Decimal(q) / h * I10)
        return x

    return rule


# the controls: B0 = 1/2 in place of 3/2, or the sign of beta2, as they stand in public code
SRA1 = sra([1 / 3, 2 / 3], [[], [0.75]], [[], [1.5]], [1, 0], [-1, 1], [0, 0.75], [1, 0], ([[], [0.5]], [-1, 1]))
SRA2 = sra([1 / 3, 2 / 3], [[], [0.75]], [[], [1.5]], [0, 1], [1.5, -1.5], [0, 0.75], [1 / 3, 1],
           ([[], [1.5]], [-1.5, 1.5]))
SRA3 = sra([1 / 6, 1 / 6, 2 / 3], [[], [1], [0.25, 0.25]], [[], [0], [1, 0.5]], [1, 0], [-1, 1], [0, 1, 0.5], [1, 0],
           ([[], [0], [1, 0.5]], [1, -1]))
# Rackauckas and Nie 2018, arXiv 1804.04344
SOSRA_B0 = [[], [1.3371632704399763], [1.442371048468624, 1.8632741501139225]]
SOSRA_BETA2 = [0.4237535769069274, 0.6010381474428539, -1.0247917243497813]
SOSRA = sra(
    [0.2889874966892885, 0.6859880440839937, 0.025024459226717772],
    [[], [0.6923962376159507], [-3.1609142252828395, 4.1609142252828395]],
    SOSRA_B0,
    [-16.792534242221663, 17.514995785380226, 0.27753845684143835],
    SOSRA_BETA2,
    [0, 0.6923962376159507, 1],
    [0, 0.041248171110700504, 1],
    (SOSRA_B0, [-b for b in SOSRA_BETA2]),
)


@on_family
def shark(sde, h, x, dW, z, wrong):
    """Foster, dos Reis and Strange 2024, eq. 6.1; the control takes the second stage at the end."""
    H, b, c, part = (h / 12).sqrt() * z[1], sde.b(0), Decimal(5) / 6, Decimal(2) / 5
    k1 = sde.a(0, x + b * H)
    k2 = sde.a(1 if wrong else c, x + c * h * k1 + b * (c * dW + H))
    return x + h * (part * k1 + (1 - part) * k2) + b * dW + (sde.b(1) - b) * (Decimal("0.5") * dW - H)


@on_family
def sea(sde, h, x, dW, z, wrong):
    """The same, eq. 5.8; the control shifts by H alone."""
    H, b, half = (h / 12).sqrt() * z[1], sde.b(0), Decimal("0.5")
    drift = sde.a(0, x + b * (H if wrong else half * dW + H))
    return x + h * drift + b * dW + (sde.b(1) - b) * (half * dW - H)


@on_family
def platen2(sde, h, x, dW, _, wrong):
    """Kloeden and Platen 1992, eq. 15.1.4; the control is its autonomous form, all at t."""
    u = 0 if wrong else 1
    first = sde.a(0, x)
    return x + h / 2 * (first + sde.a(u, x + h * first + sde.b(0) * dW)) + (sde.b(0) + sde.b(u)) / 2 * dW


@on_family
def dri1(sde, h, x, dW, _, wrong):
    """Debrabant and Roessler 2009, for additive noise; the control has the noise of the step's start."""
    root, kick = sqrt(6), sde.b(0) * dW
    k1 = sde.a(0, x)
    k2 = sde.a(0.5, x + h / 2 * k1 + (6 - root) / 10 * kick)
    k3 = sde.a(1, x - h * k1 + 2 * h * k2 + (3 + 2 * root) / 5 * kick)
    late = sde.b(0 if wrong else Decimal(342) / 491) * dW
    return x + h / 6 * (k1 + 4 * k2 + k3) + 193 / 684 * kick + 491 / 684 * late
