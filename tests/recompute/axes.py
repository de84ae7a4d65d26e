# SPDX-License-Identifier: GPL-3.0-or-later
"""Time axes as their papers print them, in 40 digits, so that no result depends on how a difference is
written: schedules, chains, grids, and the steps between nodes."""
from decimal import Decimal, getcontext

getcontext().prec = 40
ONE = Decimal(1)
PI = Decimal("3.1415926535897932384626433832795028841972")


def cos(x):
    term = total = ONE
    n = 0
    while abs(term) > Decimal("1e-42"):
        n += 2
        term *= -x * x / (n * (n - 1))
        total += term
    return total


# --- schedules: t to (s, sigma, f, g^2) ---


def vp_linear(t):  # Song et al. 2021, eq. 29 and 33
    beta0, beta1 = Decimal("0.1"), Decimal(20)
    y, beta = beta0 * t + (beta1 - beta0) * t * t / 2, beta0 + (beta1 - beta0) * t
    return (-y / 2).exp(), (1 - (-y).exp()).sqrt(), -beta / 2, beta


def sub_vp(t):  # eq. 12 and 29
    beta0, beta1 = Decimal("0.1"), Decimal(20)
    y, beta = beta0 * t + (beta1 - beta0) * t * t / 2, beta0 + (beta1 - beta0) * t
    return (-y / 2).exp(), 1 - (-y).exp(), -beta / 2, beta * (1 - (-2 * y).exp())


def vp_cosine(t):  # Nichol and Dhariwal 2021, eq. 17: alpha_bar = f(t)/f(0), f = cos^2
    c = Decimal("0.008")
    a = PI / 2 * (t + c) / (1 + c)
    s = cos(a) / cos(PI / 2 * c / (1 + c))
    beta = PI / (1 + c) * cos(PI / 2 - a) / cos(a)  # -(log alpha_bar)'
    return s, (1 - s * s).sqrt(), -beta / 2, beta


def ve(t):  # Song et al. 2021, eq. 30 and 31
    sigma = Decimal("0.01") * (t * Decimal(5000).ln()).exp()
    return ONE, sigma, Decimal(0), 2 * sigma**2 * Decimal(5000).ln()


def edm(t):  # Karras et al. 2022, table 1
    return ONE, t, Decimal(0), 2 * t


def flow(t):  # Liu, Gong and Liu 2023: x = (1 - t) x_0 + t eps
    return 1 - t, t, -1 / (1 - t), 2 * t / (1 - t)


SCHEDULES = {
    "vp-linear": vp_linear,
    "sub-vp": sub_vp,
    "vp-cosine": vp_cosine,
    "ve": ve,
    "edm": edm,
    "flow": flow,
}


class Node:
    """s, sigma, f, g2, rho = sigma/s and lam = log(s/sigma), at t or at an index of a chain."""

    def __init__(self, t, s, sigma, f=None, g2=None):
        self.t, self.s, self.sigma, self.f, self.g2, self.rho = t, s, sigma, f, g2, sigma / s
        self.lam = (s / sigma).ln() if sigma > 0 else Decimal("Infinity")


# --- chains: alpha_bar_i, i = 0 .. T - 1 ---


def products(betas):
    bars, bar = [], ONE
    for beta in betas:
        bar *= 1 - beta
        bars.append(bar)
    return bars


def ddpm_linear(T=1000):  # Ho, Jain and Abbeel 2020, section 4
    first, last = Decimal("1e-4"), Decimal("0.02")
    return products(first + (last - first) * i / (T - 1) for i in range(T))


def cosine(T=1000):  # Nichol and Dhariwal 2021, eq. 17 and below
    c = Decimal("0.008")
    f = [cos((Decimal(i) / T + c) / (1 + c) * PI / 2) ** 2 for i in range(T + 1)]
    return products(min(1 - f[i + 1] / f[i], Decimal("0.999")) for i in range(T))


CHAINS = {
    "ddpm-linear": ddpm_linear,
    "cosine": cosine,
    "vp-linear:T=500": lambda: [vp_linear(Decimal(i + 1) / 500)[0] ** 2 for i in range(500)],
    "vp-cosine:T=400": lambda: [vp_cosine(Decimal(i + 1) / 400)[0] ** 2 for i in range(399)] + [Decimal(0)],
}

# Lin et al. 2024, table 2 (0-based, decreasing); quad from Song, Meng and Ermon 2021, appendix D.2
INDICES = {
    "leading": lambda T, N: [k * (T // N) for k in reversed(range(N))],
    "trailing": lambda T, N: [round(T - k * T / N) - 1 for k in range(N)],
    "linspace": lambda T, N: [round(k * (T - 1) / (N - 1)) for k in reversed(range(N))] if N > 1 else [T - 1],
    "quad": lambda T, N: [4 * T * k * k // (5 * (N - 1) ** 2) for k in reversed(range(N))],
}


class Axis:
    """N + 1 nodes; `words` are the options of a command that make the same ones."""

    def __init__(self, kind, name, grid, N, start=None, end=None, folder=None):
        self.name, self.grid, self.N, self.between, self.made = name, grid, N, {}, []
        self.words = [f"--{kind}", name, "--grid", grid, "--steps", str(N)]
        if kind == "chain":
            bars = CHAINS[name]()
            chosen = INDICES[grid](len(bars), N)
            self.nodes = [Node(i, bars[i].sqrt(), (1 - bars[i]).sqrt()) for i in chosen]
            self.nodes.append(Node(-1, ONE, Decimal(0)))
            return
        self.schedule = SCHEDULES[name]
        times = self.times(Decimal(start), Decimal(end), N)
        if grid == "file":
            path = f"{folder}/grid.csv"
            times = [Decimal(float(t)) for t in times]
            with open(path, "w", encoding="ascii") as f:
                f.writelines(f"{float(t)!r}\n" for t in times)
            self.words[3] = f"file:{path}"
        else:
            self.words += ["--t-start", repr(start), "--t-end", repr(end)]
        self.nodes = [self.node(t) for t in times]

    def steps(self):
        """The same objects each time, so that what a rule works out for a step may be kept with it."""
        if not self.made:
            self.made = [Step(self, n) for n in range(self.N)]
        return self.made

    def node(self, t):
        return Node(t, *self.schedule(t))

    def times(self, a, b, N):
        share = [Decimal(n) / N for n in range(N + 1)]
        if self.grid == "uniform":
            return [a + u * (b - a) for u in share]
        if self.grid == "quadratic":
            return [(a.sqrt() + u * (b.sqrt() - a.sqrt())) ** 2 for u in share]
        first, last = self.node(a), self.node(b)
        if self.grid == "file":  # uneven in lambda
            share = [u + Decimal(n % 3 - 1) / (4 * N) if 0 < n < N else u for n, u in enumerate(share)]
        if self.grid in ("lambda", "file"):
            lams = [first.lam + u * (last.lam - first.lam) for u in share]
        else:  # Karras et al. 2022, eq. 5
            power = 1 / Decimal(self.grid.partition("rho=")[2] or 7)
            p, q = first.rho**power, last.rho**power
            lams = [-((p + u * (q - p)) ** (1 / power)).ln() for u in share]
        return [a] + [self.time_of(lam, a, b) for lam in lams[1:-1]] + [b]

    def time_of(self, lam, above, below):
        """t(lambda) between two times, by Newton's iteration with lambda' = -g^2/(2 sigma^2), and bisection
        where it would leave the bracket."""
        t = (above + below) / 2
        for _ in range(200):
            at = self.node(t)
            if at.lam < lam:
                above = t
            else:
                below = t
            step = (at.lam - lam) * 2 * at.sigma**2 / at.g2
            if abs(step) < Decimal("1e-30") * t:
                return t + step
            t = t + step if below < t + step < above else (above + below) / 2
        raise ArithmeticError("no inverse of lambda found")

    def inside(self, n, part, in_lambda):
        """The node at `part` of step n, in t or in lambda."""
        t, u = self.nodes[n], self.nodes[n + 1]
        if part in (0, 1):
            return u if part else t
        key = n, part, in_lambda
        if key not in self.between:
            if in_lambda:
                time = self.time_of(t.lam + part * (u.lam - t.lam), t.t, u.t)
            else:
                time = t.t + part * (u.t - t.t)
            self.between[key] = self.node(time)
        return self.between[key]


class Step:
    """From node t to node u of an axis."""

    def __init__(self, axis, n):
        self.axis, self.n = axis, n
        self.t, self.u, self.last = axis.nodes[n], axis.nodes[n + 1], n + 1 == axis.N
        self.h, self.dt = self.u.lam - self.t.lam, self.u.t - self.t.t

    def at(self, c):
        return self.axis.inside(self.n, c, False)

    def at_lambda(self, r):
        return self.axis.inside(self.n, r, True)
