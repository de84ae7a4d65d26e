# SPDX-License-Identifier: GPL-3.0-or-later
"""Every stochastic scheme of fokker sample against a step-by-step recomputation in plain Python, from the
same starts and normals, with each formula written as its paper prints it. Each has a control: normals of
the other sign."""
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

FOKKER = os.path.abspath(os.environ["FOKKER"])
THREE = [(0.3, -2.0, 0.4**2), (0.5, 0.5, 0.25**2), (0.2, 1.8, 0.6**2)]
N, PATHS, T_START, T_END = 25, 5, 0.9, 0.05
SQRT6 = math.sqrt(6)


def vp_linear(t, beta0=0.1, beta1=20.0):
    y, beta = beta0 * t + (beta1 - beta0) * t * t / 2, beta0 + (beta1 - beta0) * t
    return math.exp(-y / 2), math.sqrt(-math.expm1(-y)), -beta / 2, beta


def edm(t):
    return 1.0, t, 0.0, 2 * t


def components(x, s, sigma):
    """Densities, deviations and variances of the marginal's components."""
    var = [s * s * v + sigma * sigma for _, _, v in THREE]
    dev = [x - s * m for _, m, _ in THREE]
    p = [w * math.exp(-d * d / (2 * V)) / math.sqrt(2 * math.pi * V) for (w, _, _), d, V in zip(THREE, dev, var)]
    return p, dev, var


def score(x, s, sigma):
    p, dev, var = components(x, s, sigma)
    return -sum(q * d / V for q, d, V in zip(p, dev, var)) / sum(p)


def x0hat(x, s, sigma):
    return (x + sigma * sigma * score(x, s, sigma)) / s


def eps(x, s, sigma):
    return -sigma * score(x, s, sigma)


class Node:
    """One step: from t to u, with what a rule may want of the two nodes."""

    def __init__(self, schedule, t, u):
        self.at, self.t, self.u, self.h = schedule, t, u, t - u
        (self.s, self.sigma, _, _), (self.su, self.sigmau, _, _) = schedule(t), schedule(u)
        self.lam, self.lamu = math.log(self.s / self.sigma), math.log(self.su / self.sigmau)

    def a(self, c, x, eta):
        """Drift in the direction of the steps at t - c h."""
        s, sigma, f, g2 = self.at(self.t - c * self.h)
        return -(f * x - (1 + eta**2) / 2 * g2 * score(x, s, sigma))

    def b(self, c, eta):
        return eta * math.sqrt(self.at(self.t - c * self.h)[3])


def facts(s, sigma):
    """Mean posterior variance and E|score| by the trapezium rule on a fine grid; E|score| as the total
    variation of the density, its turns found by bisection."""
    var = [s * s * v + sigma * sigma for _, _, v in THREE]
    lo = min(s * m - 10 * math.sqrt(V) for (_, m, _), V in zip(THREE, var))
    hi = max(s * m + 10 * math.sqrt(V) for (_, m, _), V in zip(THREE, var))
    n = int((hi - lo) / min(math.sqrt(V) for V in var) * 40)
    mmse, turns, last = 0.0, [0.0], 1.0
    for i in range(n + 1):
        x = lo + (hi - lo) * i / n
        p, dev, _ = components(x, s, sigma)
        centre = [m + s * v / V * d for (_, m, v), V, d in zip(THREE, var, dev)]
        mean = sum(q * c for q, c in zip(p, centre)) / sum(p)
        mmse += sum(q * (sigma**2 * v / V + (c - mean) ** 2) for q, c, (_, _, v), V in zip(p, centre, THREE, var))
        now = score(x, s, sigma)
        if now * last < 0:
            a, b = x - (hi - lo) / n, x
            for _ in range(60):
                mid = (a + b) / 2
                a, b = (mid, b) if score(mid, s, sigma) * last > 0 else (a, mid)
            turns.append(sum(components(a, s, sigma)[0]))
        last = now
    turns.append(0.0)
    return mmse * (hi - lo) / n, sum(abs(a - b) for a, b in zip(turns, turns[1:]))


# --- rules: x' = rule(node, x, normals, eta, memory) ---


def euler_maruyama(k, x, z, eta, _):
    return x + k.h * k.a(0, x, eta) + k.b(0, eta) * math.sqrt(k.h) * z[0]


def heun_sde(k, x, z, eta, _):
    kick = math.sqrt(k.h * (k.b(0, eta) ** 2 + k.b(1, eta) ** 2) / 2) * z[0]
    y = x + k.h * k.a(0, x, eta) + kick
    return x + k.h / 2 * (k.a(0, x, eta) + k.a(1, y, eta)) + kick


def sra(alpha, A0, B0, beta1, beta2, c0, c1):
    def rule(k, x, z, eta, _):
        dW = math.sqrt(k.h) * z[0]
        I10 = k.h / 2 * (dW + math.sqrt(k.h / 3) * z[1])
        drift = []
        for i in range(len(alpha)):
            y = x + k.h * sum(a * d for a, d in zip(A0[i], drift))
            y += sum(B * k.b(c, eta) for B, c in zip(B0[i], c1)) * I10 / k.h
            drift.append(k.a(c0[i], y, eta))
        noise = sum((p * dW + q * I10 / k.h) * k.b(c, eta) for p, q, c in zip(beta1, beta2, c1))
        return x + k.h * sum(a * d for a, d in zip(alpha, drift)) + noise

    return rule


def shark(k, x, z, eta, _):
    dW, H, b, bu = math.sqrt(k.h) * z[0], math.sqrt(k.h / 12) * z[1], k.b(0, eta), k.b(1, eta)
    k1 = k.a(0, x + b * H, eta)
    k2 = k.a(5 / 6, x + 5 / 6 * k.h * k1 + b * (5 / 6 * dW + H), eta)
    return x + k.h * (0.4 * k1 + 0.6 * k2) + b * dW + (bu - b) * (dW / 2 - H)


def sea(k, x, z, eta, _):
    dW, H, b, bu = math.sqrt(k.h) * z[0], math.sqrt(k.h / 12) * z[1], k.b(0, eta), k.b(1, eta)
    return x + k.h * k.a(0, x + b * (dW / 2 + H), eta) + b * dW + (bu - b) * (dW / 2 - H)


def platen2(k, x, z, eta, _):
    dW = math.sqrt(k.h) * z[0]
    a = k.a(0, x, eta)
    return x + k.h / 2 * (a + k.a(1, x + k.h * a + k.b(0, eta) * dW, eta)) + (k.b(0, eta) + k.b(1, eta)) / 2 * dW


def dri1(k, x, z, eta, _):
    kick = k.b(0, eta) * math.sqrt(k.h) * z[0]
    k1 = k.a(0, x, eta)
    k2 = k.a(1 / 2, x + k.h * k1 / 2 + (6 - SQRT6) / 10 * kick, eta)
    k3 = k.a(1, x - k.h * k1 + 2 * k.h * k2 + (3 + 2 * SQRT6) / 5 * kick, eta)
    late = k.b(342 / 491, eta) * math.sqrt(k.h) * z[0]
    return x + k.h * (k1 / 6 + 2 * k2 / 3 + k3 / 6) + 193 / 684 * kick + 491 / 684 * late


def exp_euler(k, x, z, _, __):
    h = k.lamu - k.lam
    e = eps(x, k.s, k.sigma)
    return k.su / k.s * x - 2 * k.sigmau * math.expm1(h) * e + k.sigmau * math.sqrt(math.expm1(2 * h)) * z[0]


def sde_solver(depth):
    def rule(k, x, z, eta2, memory):
        h, D = k.lamu - k.lam, x0hat(x, k.s, k.sigma)
        big = h * (1 + eta2)
        out = k.sigmau / k.sigma * math.exp(-eta2 * h) * x - k.su * math.expm1(-big) * D
        if memory:
            lam1, D1 = memory[0]
            r0 = (k.lam - lam1) / h
            d1 = (D - D1) / r0
            if depth == 2:
                out -= k.su * math.expm1(-big) * d1 / 2
            else:
                if len(memory) > 1:
                    lam2, D2 = memory[1]
                    r1 = (lam1 - lam2) / h
                    near, far = (D - D1) / r0, (D1 - D2) / r1
                    d1 = near + r0 / (r0 + r1) * (near - far)
                    p3 = (math.expm1(-big) / big + 1) / big - 0.5
                    out -= k.su * p3 * 2 * (near - far) / (r0 + r1)
                out += k.su * (math.expm1(-big) / big + 1) * d1
        memory.insert(0, (k.lam, D))
        return out + k.sigmau * math.sqrt(-math.expm1(-2 * eta2 * h)) * z[0]

    return rule


def ancestral(variance):
    def rule(k, x, z, _, __):
        A = k.s / k.su
        Q = k.sigma**2 - (A * k.sigmau) ** 2
        c = k.su * Q / k.sigma**2
        small = Q * k.sigmau**2 / k.sigma**2
        total = {"small": small, "large": Q}.get(variance)
        if total is None:
            total = small + c * c * facts_at(k.s, k.sigma)[0]
        return A * k.sigmau**2 / k.sigma**2 * x + c * x0hat(x, k.s, k.sigma) + math.sqrt(total) * z[0]

    return rule


def predict(k, x, z):
    A = k.s / k.su
    Q = k.sigma**2 - (A * k.sigmau) ** 2
    return (2 - A) * x + Q * score(x, k.s, k.sigma) + math.sqrt(Q) * z


def reverse_diffusion(k, x, z, _, __):
    return predict(k, x, z[0])


def pc(k, x, z, snr, _):
    norm = facts_at(k.s, k.sigma)[1]
    e = 2 * (k.s / k.su) ** 2 * (snr * math.sqrt(2 / math.pi) / norm) ** 2
    x += e * score(x, k.s, k.sigma) + math.sqrt(2 * e) * z[0]
    return predict(k, x, z[1])


def churn(k, x, z, S_churn, _):
    rho, to = k.sigma / k.s, k.sigmau / k.su
    gamma = min(S_churn / N, math.sqrt(2) - 1)
    hat = (1 + gamma) * rho
    y = x / k.s + math.sqrt(hat**2 - rho**2) * z[0]
    d = eps(y, 1.0, hat)
    end = y + (to - hat) * d
    return k.su * (y + (to - hat) * (d + eps(end, 1.0, to)) / 2)


CACHE = {}


def facts_at(s, sigma):
    if (s, sigma) not in CACHE:
        CACHE[s, sigma] = facts(s, sigma)
    return CACHE[s, sigma]


SRA1 = sra([1 / 3, 2 / 3], [[], [3 / 4]], [[], [3 / 2]], [1, 0], [-1, 1], [0, 3 / 4], [1, 0])
SRA2 = sra([1 / 3, 2 / 3], [[], [3 / 4]], [[], [3 / 2]], [0, 1], [3 / 2, -3 / 2], [0, 3 / 4], [1 / 3, 1])
SRA3 = sra([1 / 6, 1 / 6, 2 / 3], [[], [1], [1 / 4, 1 / 4]], [[], [0], [1, 1 / 2]], [1, 0], [-1, 1], [0, 1, 1 / 2], [1, 0])
SOSRA = sra(
    [0.2889874966892885, 0.6859880440839937, 0.025024459226717772],
    [[], [0.6923962376159507], [-3.1609142252828395, 4.1609142252828395]],
    [[], [1.3371632704399763], [1.442371048468624, 1.8632741501139225]],
    [-16.792534242221663, 17.514995785380226, 0.27753845684143835],
    [0.4237535769069274, 0.6010381474428539, -1.0247917243497813],
    [0, 0.6923962376159507, 1],
    [0, 0.041248171110700504, 1],
)

# name: rule, normals a step, parameter of the spec and its value
RULES = {
    "euler-maruyama": (euler_maruyama, 1, "eta", 0.8),
    "heun-sde": (heun_sde, 1, "eta", 0.8),
    "sra1": (SRA1, 2, "eta", 0.8),
    "sra2": (SRA2, 2, "eta", 1.0),
    "sra3": (SRA3, 2, "eta", 0.8),
    "sosra": (SOSRA, 2, "eta", 0.8),
    "shark": (shark, 2, "eta", 0.8),
    "sea": (sea, 2, "eta", 0.8),
    "platen2": (platen2, 1, "eta", 0.8),
    "dri1": (dri1, 1, "eta", 0.8),
    "exp-euler": (exp_euler, 1, "", 0),
    "dpmpp-2m-sde": (sde_solver(2), 1, "eta2", 0.7),
    "dpmpp-3m-sde": (sde_solver(3), 1, "eta2", 0.7),
    "ancestral-small": (ancestral("small"), 1, "", 0),
    "ancestral-large": (ancestral("large"), 1, "", 0),
    "ancestral-optimal": (ancestral("optimal"), 1, "", 0),
    "reverse-diffusion": (reverse_diffusion, 1, "", 0),
    "edm-churn": (churn, 1, "S_churn", 6.0),
    "pc": (pc, 2, "snr", 0.13),
}
# The quadratures behind these two agree to about 1e-11 of the step's noise.
LOOSE = {"ancestral-optimal": 1e-9, "pc": 1e-9}


def write_npy(path, values, shape):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": tuple(shape)})
    header += " " * ((-len(header) - 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.write(struct.pack(f"<{len(values)}d", *values))


def read_points(path):
    return [float(line) for line in open(path) if not line.startswith(("#", "x"))]


def check(name, schedule_name, schedule, folder):
    rule, normals, key, value = RULES[name]
    rng = random.Random(name + schedule_name)
    starts = [rng.gauss(0, 1) for _ in range(PATHS)]
    z = [rng.gauss(0, 1) for _ in range(N * PATHS * normals)]
    start, noise, out = (os.path.join(folder, f) for f in ("start.npy", "noise.npy", "out.csv"))
    write_npy(start, starts, (PATHS, 1))
    write_npy(noise, z, (N, PATHS, 1, normals))
    run = subprocess.run(
        [FOKKER, "sample", "--mixture", "three-1d", "--schedule", schedule_name, "--grid", "uniform", "--t-start",
         str(T_START), "--t-end", str(T_END), "--steps", str(N), "--start", start, "--noise", noise, "--out", out,
         "--scheme", f"{name}:{key}={value}" if key else name],
        capture_output=True, text=True)
    assert run.returncode == 0, f"{name}: {run.stderr}"
    got = read_points(out)

    t = [T_START + k / N * (T_END - T_START) for k in range(N + 1)]
    worst = control = 0.0
    for p in range(PATHS):
        ends = []
        for sign in (1, -1):
            x, memory = starts[p], []
            for n in range(N):
                first = (n * PATHS + p) * normals
                x = rule(Node(schedule, t[n], t[n + 1]), x, [sign * q for q in z[first : first + normals]], value, memory)
            ends.append(x)
        worst = max(worst, abs(ends[0] - got[p]) / max(1, abs(got[p])))
        control = max(control, abs(ends[1] - got[p]))
    bound = LOOSE.get(name, 1e-12)
    assert worst <= bound, f"{name} on {schedule_name}: apart by {worst:.3g}, {bound} allowed"
    assert control > 1e-2, f"{name} on {schedule_name}: the noise does not matter?"


rows = json.loads(subprocess.run([FOKKER, "list", "schemes", "--json"], capture_output=True, text=True).stdout)
known = {row["name"] for row in rows}
assert set(RULES) <= known, set(RULES) - known
with tempfile.TemporaryDirectory() as where:
    for scheme in RULES:
        for title, function in (("vp-linear", vp_linear), ("edm", edm)):
            check(scheme, title, function, where)
print(f"{len(RULES)} stochastic schemes recomputed on two schedules")
sys.exit(0)
