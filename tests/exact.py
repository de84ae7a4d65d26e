#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker eval and fokker flow as people use them, with figures computed here by other formulas."""
import math
import os
import subprocess
import sys
import tempfile

FOKKER = os.path.abspath(os.environ["FOKKER"])
HERE = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
failed = checks = 0


def expect(true, what, found=None):
    global failed, checks
    checks += 1
    if not true:
        failed += 1
        print(f"FAILED: {what}" + ("" if found is None else f"\n    found: {found!r}"))


def run(*words):
    return subprocess.run([FOKKER, *words], capture_output=True, text=True, timeout=120)


def table(*words, stderr=""):
    """Comments, names and rows of what the command prints."""
    done = run(*words)
    expect(done.returncode == 0 and stderr in done.stderr and bool(stderr) == bool(done.stderr),
           f"{words} succeeds", (done.returncode, done.stderr))
    lines = done.stdout.splitlines()
    head = [line for line in lines if line.startswith("#")]
    names, *body = [line for line in lines if not line.startswith("#")]
    return head, names.split(","), [[float(v) for v in line.split(",")] for line in body]


def refused(words, *parts):
    done = run(*words)
    expect(done.returncode == 2, f"{words} exits with 2", (done.returncode, done.stderr))
    expect(done.stderr.count("\n") == 1 and done.stdout == "", f"{words} prints one line",
           done.stderr)
    for part in parts:
        expect(part in done.stderr, f"{words} says {part!r}", done.stderr)


def write(name, text):
    with open(name, "w", encoding="ascii") as f:
        f.write(text)
    return name


def near(a, b, bound):
    return abs(a - b) <= bound


def eval_is_right():
    xs = [-2.7, -0.31, 0.5, 1.93, 40]
    points = write("p.csv", "x\n" + "".join(f"{x}\n" for x in xs))
    head, names, rows = table("eval", "--mixture", "three-1d", "--schedule", "vp-linear", "--t", "0.3",
                              "--points", points)
    expect(names == "x0,logp,score0,x0hat0,eps0,v0,divergence".split(","),
           "columns of a 1-D evaluation", names)
    expect(head[0].startswith("# command: fokker eval") and head[1].startswith("# version"),
           "the head names command and version", head)
    y = 0.1 * 0.3 + 19.9 * 0.3**2 / 2
    s, sigma = math.exp(-y / 2), math.sqrt(-math.expm1(-y))
    for x, row in zip(xs, rows):
        _, logp, score, x0hat, eps, v, divergence = row
        terms = [(w, s * m, s * s * c * c + sigma * sigma)
                 for w, m, c in ((0.3, -2, 0.4), (0.5, 0.5, 0.25), (0.2, 1.8, 0.6))]
        p = [w / math.sqrt(2 * math.pi * c) * math.exp(-(x - m)**2 / (2 * c)) for w, m, c in terms]
        if sum(p) > 0:
            first = sum(q * (m - x) / c for q, (_, m, c) in zip(p, terms)) / sum(p)
            second = sum(q * ((m - x)**2 / c**2 - 1 / c) for q, (_, m, c) in zip(p, terms)) / sum(p)
            expect(near(logp, math.log(sum(p)), 1e-13 * (1 + abs(logp))), "logp", (x, logp))
            expect(near(score, first, 1e-13 * (1 + abs(first))), "score", (x, score, first))
            expect(near(divergence, second - first**2, 1e-12 * (1 + first**2)), "divergence", x)
        expect(near(x0hat, (x + sigma**2 * score) / s, 1e-12 * (1 + abs(x)) / s), "x0hat", x)
        expect(near(eps, -sigma * score, 1e-15 * (1 + abs(eps))), "eps", x)
        expect(near(v, s * eps - sigma * x0hat, 1e-14 * (1 + abs(v))), "v", x)
    _, names, rows = table("eval", "--mixture", "full-2d", "--t", "0", "--points",
                           f"{HERE}/examples/points-2d.csv")
    expect(names == "x0,x1,logp,score0,score1,x0hat0,x0hat1,eps0,eps1,v0,v1,divergence".split(","),
           "columns of a 2-D evaluation", names)
    for row in rows:  # no noise: x0hat = x
        expect(near(row[5], row[0], 1e-12) and near(row[6], row[1], 1e-12), "x0hat at t = 0", row)


def eval_refuses():
    p = write("p.csv", "0.5\n")
    atoms = write("atoms.json", '{"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0}]}')
    refused(("eval", "--mixture", atoms, "--t", "0", "--points", p), "--t 0", "no density")
    refused(("eval", "--mixture", "three-1d", "--t", "1.5", "--points", p), "--t", "1.5")
    refused(("eval", "--mixture", "full-2d", "--t", "0.5", "--points", p), "p.csv")
    refused(("eval", "--mixture", "three-1", "--t", "0.5", "--points", p), "three-1d")
    refused(("eval", "--mixture", "three-1d", "--points", p), "--t")
    table("eval", "--mixture", atoms, "--t", "1e-9", "--points", p)  # any noise will do


def flow_agrees_with_integration():
    """101 starts from t = 1 to 0.001: the quantile map against Runge-Kutta of order 8."""
    starts = write("starts.csv", "".join(f"{-4 + 0.08 * i}\n" for i in range(101)))
    _, names, rows = table("flow", "--mixture", "three-1d", "--t-start", "1", "--t-end", "0.001",
                           "--points", starts)
    expect(names == ["x0", "y0"] and len(rows) == 101, "columns of a 1-D flow", names)
    expect(all(a[1] < b[1] for a, b in zip(rows, rows[1:])), "the flow is increasing")
    done = run("sample", "--mixture", "three-1d", "--schedule", "vp-linear", "--scheme", "rk8pd",
               "--rtol", "1e-12", "--atol", "1e-12", "--t-start", "1", "--t-end", "0.001",
               "--start", starts, "--out", "y.csv")
    expect(done.returncode == 0, "sampling by rk8pd succeeds", done.stderr)
    with open("y.csv", encoding="ascii") as f:
        ends = [float(x) for x in f if x[0] in "-0123456789"]
    worst = max(abs(a - row[1]) for a, row in zip(ends, rows))
    expect(len(ends) == 101 and worst <= 1e-9, "flow and rk8pd agree to 1e-9", worst)


def flow_says_what_it_is():
    p = f"{HERE}/examples/points-2d.csv"
    words = ("flow", "--mixture", "full-2d", "--t-start", "0.7", "--t-end", "0.2", "--points", p)
    head, names, rows = table(*words, stderr="reference by rk8pd")
    expect(any("rk8pd" in line for line in head), "the file says that it is a reference", head)
    expect(names == ["x0", "x1", "y0", "y1"], "columns of a 2-D flow", names)
    table(*words, "--quiet")
    back = write("back.csv", "".join(f"{row[2]!r},{row[3]!r}\n" for row in rows))
    _, _, again = table("flow", "--mixture", "full-2d", "--t-start", "0.2", "--t-end", "0.7",
                        "--points", back, "--quiet")
    for row, end in zip(rows, again):
        expect(near(row[0], end[2], 1e-9 * (1 + abs(row[0]))), "forth and back", (row, end))
    one = write("one.json", '{"dim": 2, "components": [{"weight": 1, "mean": [1, -1], '
                            '"cov": [[0.5, 0.3], [0.3, 0.4]]}]}')
    head, _, _ = table("flow", "--mixture", one, "--points", p)
    expect(not any("rk8pd" in line for line in head), "one Gaussian is exact", head)
    atoms = write("atoms.json", '{"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0}]}')
    write("x.csv", "0.5\n")
    refused(("flow", "--mixture", atoms, "--t-start", "0", "--t-end", "1", "--points", "x.csv"),
            "--t-start 0")
    refused(("flow", "--mixture", "three-1d", "--t-start", "2", "--points", "x.csv"), "--t-start")


def likelihood_splits():
    """On N(0.7, 0.3) and vp-linear x_T is normal with the mean and variance of the map, so that the
    computed value is log N(0.7, ..) at t_min plus the mismatch at x_T."""
    xs = [-0.7, 0.385, 1.4, 2.9]
    points = write("l.csv", "x\n" + "".join(f"{x}\n" for x in xs))
    words = ("likelihood", "--mixture", "gaussian-1d", "--points", points, "--quiet")
    _, names, rows = table(*words, "--scheme", "rk8pd", "--rtol", "1e-11", "--atol", "1e-11")
    expect(names == ["x0", "log_p", "exact", "truncation", "prior", "integration"], "columns", names)

    def gauss(x, mean, var):
        return -((x - mean) ** 2 / var + math.log(2 * math.pi * var)) / 2

    def marginal(t):
        log_abar = -(0.1 * t + 19.9 * t * t / 2)
        return 0.7 * math.exp(log_abar / 2), 0.3 * math.exp(log_abar) - math.expm1(log_abar)
    (m0, v0), (m1, v1) = marginal(1e-3), marginal(1)
    for x, (x0, log_p, exact, truncation, prior, integration) in zip(xs, rows):
        far = m1 + math.sqrt(v1 / v0) * (x - m0)
        right = (gauss(x, 0.7, 0.3), gauss(x, m0, v0) - gauss(x, 0.7, 0.3),
                 gauss(far, 0, 1) - gauss(far, m1, v1))
        expect(x0 == x and all(near(a, b, 1e-12) for a, b in zip((exact, truncation, prior), right)),
               f"parts at {x}", (exact, truncation, prior, right))
        expect(near(log_p, gauss(x, m0, v0) + right[2], 1e-9) and abs(integration) < 1e-9,
               f"value at {x}", (log_p, integration))
        expect(near(log_p, exact + truncation + prior + integration, 1e-13), "the sum", rows)
        expect(not near(truncation, -right[1], 1e-9), "control: the sign of a part is seen")
    _, _, rows = table(*words, "--prior", "exact")
    expect(all(row[4] == 0 for row in rows), "no mismatch with the exact prior", rows)
    refused(words + ("--scheme", "heun"), "rk45")
    refused(words + ("--prior", "flat"), "exact, normal or standard")
    refused(words + ("--t-end", "1"), "--t-end 1")
    refused(words + ("--rtol", "-1"), "--rtol")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    eval_is_right()
    eval_refuses()
    flow_agrees_with_integration()
    flow_says_what_it_is()
    likelihood_splits()
    os.chdir(HERE)
print(f"{checks} checks, {failed} failed")
sys.exit(1 if failed else 0)
