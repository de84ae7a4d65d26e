# SPDX-License-Identifier: GPL-3.0-or-later
"""The deterministic one-step schemes as their papers print them: x' = rule(step, x, normals, memory, wrong);
`wrong` breaks one coefficient."""
from decimal import Decimal
from fractions import Fraction as Q

HALF = Decimal("0.5")

# --- Runge-Kutta on dx/dt = f x - g^2/2 score ---


def runge_kutta(A, b, c, bad):
    """bad: what replaces (A, b, c) in the control."""

    def rule(k, x, _, __, wrong):
        rows, weights, times = bad if wrong else (A, b, c)
        slopes = []
        for row, at in zip(rows, times):
            y = x
            for a, d in zip(row, slopes):
                y += float(a) * float(k.dt) * d
            node = k.at(Decimal(at.numerator) / at.denominator)
            slopes.append(node.f * y - node.g2 / 2 * k.field.score(y, node))
        for a, d in zip(weights, slopes):
            x += float(a) * float(k.dt) * d
        return x

    return rule


def table(text):
    return [[Q(a) for a in row.split()] for row in text.split("|")]


def row(text):
    return table(text)[0]


EULER = runge_kutta([[]], row("1"), row("0"), ([[]], row("1"), row("1")))
MIDPOINT = runge_kutta(table("|1/2"), row("0 1"), row("0 1/2"), (table("|1/2"), row("0 1"), row("0 0")))
HEUN = runge_kutta(table("|1"), row("1/2 1/2"), row("0 1"), (table("|1"), row("1/2 1/2"), row("0 0")))
# Bogacki and Shampine 1989; the control is its embedded pair of order 2
BS3_A = table("|1/2|0 3/4|2/9 1/3 4/9")
BS3 = runge_kutta(BS3_A, row("2/9 1/3 4/9 0"), row("0 1/2 3/4 1"),
                  (BS3_A, row("7/24 1/4 1/3 1/8"), row("0 1/2 3/4 1")))
RK4_A = table("|1/2|0 1/2|0 0 1")
RK4 = runge_kutta(RK4_A, row("1/6 1/3 1/3 1/6"), row("0 1/2 1/2 1"),
                  (RK4_A, row("1/8 3/8 3/8 1/8"), row("0 1/2 1/2 1")))
# Dormand and Prince 1980, table 2; the control is its embedded method of order 4
DP5_A = table("|1/5|3/40 9/40|44/45 -56/15 32/9|19372/6561 -25360/2187 64448/6561 -212/729"
              "|9017/3168 -355/33 46732/5247 49/176 -5103/18656|35/384 0 500/1113 125/192 -2187/6784 11/84")
DP5_C = row("0 1/5 3/10 4/5 8/9 1 1")
DP5 = runge_kutta(DP5_A, row("35/384 0 500/1113 125/192 -2187/6784 11/84 0"), DP5_C,
                  (DP5_A, row("5179/57600 0 7571/16695 393/640 -92097/339200 187/2100 1/40"), DP5_C))

# --- the first-order step, and Heun's in sigma/s ---


def ddim(k, x, _, __, wrong):
    """Song, Meng and Ermon 2021, eq. 12 with eta = 0."""
    e = k.field.eps(x, k.t)
    out = k.u.s / k.t.s * (x - k.t.sigma * e) + k.u.sigma * e
    return out + Decimal("0.001") * k.t.sigma * e if wrong else out


def edm_heun(k, x, _, __, wrong):
    """Karras et al. 2022, algorithm 1 with s = 1 and sigma = t, in x/s and sigma/s."""
    y, d = 1 / k.t.s * x, k.field.eps(x, k.t)
    end = y + (k.u.rho - k.t.rho) * d
    if k.u.sigma > 0:
        late = k.field.eps(k.u.s * end, k.u)
        if wrong:  # the second slope over the first sigma
            late = k.u.rho / k.t.rho * late
        end = y + (k.u.rho - k.t.rho) / 2 * (d + late)
    return k.u.s * end


# --- single steps in lambda; output 0 is that of the first node, if it is known ---


def noise_2(k, x, e, wrong=False):
    """DPM-Solver-2 (Lu et al. 2022, arXiv 2206.00927, algorithm 1)."""
    s = k.at_lambda(HALF)
    y = s.s / k.t.s * x - s.sigma * ((k.h / 2).exp() - 1) * e
    h = k.h if not wrong else k.h + Decimal("0.001")
    return k.u.s / k.t.s * x - k.u.sigma * (h.exp() - 1) * k.field.eps(y, s)


def noise_3(k, x, e, wrong=False):
    """DPM-Solver-3 (the same, algorithm 2)."""
    r1, r2 = Decimal(1) / 3, Decimal(2) / 3
    s1, s2, h = k.at_lambda(r1), k.at_lambda(r2), k.h
    y1 = s1.s / k.t.s * x - s1.sigma * ((r1 * h).exp() - 1) * e
    D1 = k.field.eps(y1, s1) - e
    share = 1 if wrong else r2 / r1
    y2 = s2.s / k.t.s * x - s2.sigma * ((r2 * h).exp() - 1) * e
    y2 -= s2.sigma * share * (((r2 * h).exp() - 1) / (r2 * h) - 1) * D1
    D2 = k.field.eps(y2, s2) - e
    out = k.u.s / k.t.s * x - k.u.sigma * (h.exp() - 1) * e
    return out - k.u.sigma / r2 * ((h.exp() - 1) / h - 1) * D2


def data_2(k, x, D, wrong=False):
    """DPM-Solver++(2S) (Lu et al. 2022, arXiv 2211.01095, algorithm 1) with r = 1/2."""
    s, r = k.at_lambda(HALF), HALF
    y = s.sigma / k.t.sigma * x - s.s * ((-r * k.h).exp() - 1) * D
    D = (1 - 1 / (2 * r)) * D + 1 / (2 * r if not wrong else 2 * r + Decimal("0.001")) * k.field.x0hat(y, s)
    return k.u.sigma / k.t.sigma * x - k.u.s * ((-k.h).exp() - 1) * D


def data_3(k, x, D, wrong=False):
    """DPM-Solver++ of order 3, single-step: as the authors' code has it."""
    r1, r2 = Decimal(1) / 3, Decimal(2) / 3
    s1, s2, h = k.at_lambda(r1), k.at_lambda(r2), k.h
    phi_11, phi_12, phi_1 = (-r1 * h).exp() - 1, (-r2 * h).exp() - 1, (-h).exp() - 1
    phi_22, phi_2 = phi_12 / (r2 * h) + 1, phi_1 / h + 1
    y1 = s1.sigma / k.t.sigma * x - s1.s * phi_11 * D
    D1 = k.field.x0hat(y1, s1)
    y2 = s2.sigma / k.t.sigma * x - s2.s * phi_12 * D + r2 / r1 * s2.s * phi_22 * (D1 - D)
    D2 = k.field.x0hat(y2, s2)
    return k.u.sigma / k.t.sigma * x - k.u.s * phi_1 * D + 1 / r2 * k.u.s * phi_2 * (D2 - D)


def etd4rk(c, k, y, F0, F):
    """Cox and Matthews 2002, eq. 26 to 29, for y' = c y + F in lambda; F(y, node)."""
    h, half = k.h, k.at_lambda(HALF)
    E, E2 = (c * h).exp(), (c * h / 2).exp()
    a = E2 * y + (E2 - 1) / c * F0
    Fa = F(a, half)
    b = E2 * y + (E2 - 1) / c * Fa
    Fb = F(b, half)
    d = E2 * a + (E2 - 1) / c * (2 * Fb - F0)
    Fd = F(d, k.u)
    z, scale = c * h, h * h * c**3
    out = E * y + (-4 - z + E * (4 - 3 * z + z * z)) / scale * F0
    out += 2 * (2 + z + E * (-2 + z)) / scale * (Fa + Fb)
    return out + (-4 - 3 * z - z * z + E * (4 - z)) / scale * Fd


def noise_4(k, x, e):
    """d(x/sigma)/dlambda = x/sigma - eps"""
    end = etd4rk(Decimal(1), k, 1 / k.t.sigma * x, -1 * e, lambda y, at: -1 * k.field.eps(at.sigma * y, at))
    return k.u.sigma * end


def data_4(k, x, D):
    """d(x/s)/dlambda = -x/s + x0hat"""
    return k.u.s * etd4rk(Decimal(-1), k, 1 / k.t.s * x, D, lambda y, at: k.field.x0hat(at.s * y, at))


def single(step, output):
    return lambda k, x, _, __, wrong: step(k, x, getattr(k.field, output)(x, k.t), wrong)
