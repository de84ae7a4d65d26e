# SPDX-License-Identifier: GPL-3.0-or-later
"""The experiments from outside: verdicts, files, the exact columns against plain Python, the same bits on
other threads, and what happens without gnuplot or with bad input."""
import json
import math
import os
import shutil
import struct
import subprocess
import tempfile
import xml.etree.ElementTree

FOKKER = os.path.abspath(os.environ["FOKKER"])
THREE = [(0.3, -2.0, 0.4**2), (0.5, 0.5, 0.25**2), (0.2, 1.8, 0.6**2)]
TABLES = {
    "schedules": {"vp-linear.csv", "vp-cosine.csv", "ve.csv", "crossing.csv"},
    "band": {"fixed.csv", "free.csv", "trajectories.csv", "density.csv", "strips.csv"},
    "marginals": {"distances.csv", "density.csv", "histograms.csv", "sde.npy", "heun.npy", "rk45.npy"},
}
PICTURES = {
    "schedules": {"schedules.svg", "schedules.png"},
    "band": {"band.svg", "band.png", "band.gif"},
    "marginals": {"marginals.svg", "marginals.png"},
}
SLOW = {"budget": {"budget.csv"}, "convergence": {"convergence.csv", "names.csv"}}


def fokker(*args, code=0, env=None):
    result = subprocess.run([FOKKER, *args], capture_output=True, text=True, env=env or os.environ)
    assert result.returncode == code, f"{args}: exit {result.returncode}: {result.stdout} {result.stderr}"
    return result


def one_line(result):
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def holds(folder):
    with open(f"{folder}/verdicts.json") as f:
        ledger = json.load(f)
    assert ledger
    for claim in ledger:
        assert claim["status"] == "HOLDS", claim
        assert claim["controls"] and all(c["caught"] and c["status"] == "FAILS" for c in claim["controls"]), claim
        assert math.isfinite(claim["observed"]) and claim["margin"] > 0, claim


def table(path):
    with open(path) as f:
        lines = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    names = lines[0].split(",")
    return [dict(zip(names, (float(x) if x else math.nan for x in line.split(",")))) for line in lines[1:]]


def vp_linear(t):
    y = 0.1 * t + 19.9 * t * t / 2
    return math.exp(-y / 2), math.sqrt(-math.expm1(-y))


def density(t, x):
    s, sigma = vp_linear(t)
    total = 0.0
    for w, m, v in THREE:
        var = s * s * v + sigma * sigma
        total += w * math.exp(-((x - s * m) ** 2) / (2 * var)) / math.sqrt(2 * math.pi * var)
    return total


def cdf(t, x):
    s, sigma = vp_linear(t)
    return sum(w * math.erfc((s * m - x) / math.sqrt(2 * (s * s * v + sigma * sigma))) / 2 for w, m, v in THREE)


def bayes_cdf(t, start, x):
    """P(X_t <= x | X_1 = start) by Bayes on a grid: p_t(x) times the forward transition's density."""
    s, sigma = vp_linear(t)
    s1, sigma1 = vp_linear(1.0)
    shrink = s1 / s
    spread = sigma1**2 - shrink**2 * sigma**2
    grid = [-6 + 12 * (i + 0.5) / 6000 for i in range(6000)]
    weight = [density(t, g) * math.exp(-((start - shrink * g) ** 2) / (2 * spread)) for g in grid]
    return sum(w for g, w in zip(grid, weight) if g <= x) / sum(weight)


def check_each_holds_and_leaves_its_files(scratch):
    for name, files in TABLES.items():
        out = f"{scratch}/{name}"
        fokker(name, "--quick", "--no-plot", "--out", out)
        holds(out)
        assert set(os.listdir(out)) == files | {"verdicts.json"}, os.listdir(out)


def check_the_crossing(scratch):
    def gap(t):
        cosine = math.cos((t + 0.008) / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)
        return cosine - vp_linear(t)[0]

    lo, hi = 0.5, 1.0
    for _ in range(60):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if gap(mid) > 0 else (lo, mid)
    assert abs(table(f"{scratch}/schedules/crossing.csv")[0]["t"] - lo) < 1e-13


def check_the_exact_quantiles_of_the_band(scratch):
    free, fixed = table(f"{scratch}/band/free.csv"), table(f"{scratch}/band/fixed.csv")
    start = fixed[0]["ode"]
    for row in free:
        for p in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert abs(cdf(row["t"], row[f"exact_{100 * p:02.0f}"]) - p) < 1e-12, row
    level = cdf(fixed[0]["t"], start)
    for row in fixed:  # the ODE stays on its quantile curve
        assert abs(cdf(row["t"], row["ode"]) - level) < 1e-8, row
    for row in (fixed[len(fixed) // 4], fixed[len(fixed) // 2], fixed[-2]):
        for p in (0.05, 0.5, 0.95):  # the grid's cells of 0.002 hold at most 0.002 of the law
            assert abs(bayes_cdf(row["t"], start, row[f"exact_{100 * p:02.0f}"]) - p) < 2e-3, row


def check_bits_do_not_depend_on_threads_but_on_the_seed(scratch):
    for name in ("band", "marginals"):
        fokker(name, "--quick", "--no-plot", "--threads", "1", "--out", f"{scratch}/{name}-1")
        for file in os.listdir(f"{scratch}/{name}"):
            one, all_threads = (open(f"{scratch}/{name}{k}/{file}", "rb").read() for k in ("-1", ""))
            assert one == all_threads, f"{name}/{file} depends on --threads"
    fokker("marginals", "--quick", "--no-plot", "--seed", "2", "--out", f"{scratch}/seed")
    one, other = (open(f"{scratch}/{k}/sde.npy", "rb").read() for k in ("marginals", "seed"))
    assert one != other


def check_two_dimensions(scratch):
    out = f"{scratch}/ring"
    fokker("marginals", "--quick", "--no-plot", "--mixture", "ring-8", "--out", out)
    holds(out)
    assert {"samples.csv", "ranges.csv", "density.csv", "distances.csv"} <= set(os.listdir(out))


def check_exploding_noise(scratch):
    out = f"{scratch}/ve"
    fokker("band", "--quick", "--no-plot", "--schedule", "ve", "--out", out)
    holds(out)
    scale = [row["scale"] for row in table(f"{out}/free.csv")]
    assert scale[0] > 49 and scale[-1] < 2  # drawn in standard deviations


def check_points_with_next_to_no_noise(scratch):
    """Two points, sigma(t_min) = 1.1e-4: the samples by plain Python, the table's KS by the verdicts."""
    points = f"{scratch}/two.json"
    with open(points, "w") as f:
        f.write('{"dim": 1, "components": [{"weight": 0.5, "mean": [-1], "std": 0}, {"weight": 0.5, "mean": [1], "std": 0}]}')
    for schedule in ("sub-vp", "ve:sigma_min=1e-4,sigma_max=50"):
        out = f"{scratch}/two {schedule[:2]}"
        fokker("marginals", "--quick", "--no-plot", "--mixture", points, "--schedule", schedule, "--out", out)
        holds(out)
        with open(f"{out}/rk45.npy", "rb") as f:
            x = f.read()[128:]
        x = struct.unpack(f"<{len(x) // 8}d", x)[-len(x) // 48 :]  # the last of six times
        y = 0.1 * 0.001 + 19.9 * 0.001**2 / 2
        s, sigma = (math.exp(-y / 2), -math.expm1(-y)) if schedule == "sub-vp" else (1.0, 1e-4)
        for sign in (-1, 1):
            z = [(v - sign * s) / sigma for v in x if v * sign > 0]
            mean, var = sum(z) / len(z), sum(v * v for v in z) / len(z)
            assert abs(mean) < 6 / math.sqrt(len(z)), (schedule, mean)
            assert abs(var - 1) < 6 * math.sqrt(2 / len(z)), (schedule, var)
    with open(points, "w") as f:
        f.write('{"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0}]}')
    fokker("band", "--quick", "--no-plot", "--mixture", points, "--schedule", "sub-vp", "--out", f"{scratch}/one")
    holds(f"{scratch}/one")


def check_without_gnuplot_the_data_stay(scratch):
    empty = f"{scratch}/no-tools"
    os.mkdir(empty)
    for name in ("schedules", "band"):
        out = f"{scratch}/{name}-bare"
        told = one_line(fokker(name, "--quick", "--out", out, code=3, env={**os.environ, "PATH": empty}))
        assert "gnuplot" in told and out in told, told
        holds(out)
        assert set(os.listdir(out)) == TABLES[name] | {"verdicts.json"}, os.listdir(out)


def check_bad_input(scratch):
    for name, mixture in (("band", "ring-8"), ("marginals", "random-16d")):
        told = one_line(fokker(name, "--mixture", mixture, "--out", f"{scratch}/refused", code=2))
        assert mixture in told and "dim" in told, told
    one_line(fokker("band", "--schedule", "vp-lineer", "--out", f"{scratch}/refused", code=2))
    assert not os.path.exists(f"{scratch}/refused")
    for name, args, which in (  # margins that no control exceeds
        ("band", ("--n", "1"), "--n"),
        ("band", ("--n", "1", "--steps", "1"), "--steps"),
        ("band", ("--start", "385", "--steps", "200"), "--steps"),
        ("marginals", ("--n", "500"), "--n"),
        ("marginals", ("--steps", "20"), "--steps"),
    ):
        told = one_line(fokker(name, *args, "--no-plot", "--out", f"{scratch}/refused", code=2))
        assert f"{which} {args[args.index(which) + 1]} is too few" in told, told
    assert not os.path.exists(f"{scratch}/refused")
    for name in ("band", "marginals"):  # as few as the message asks for are enough
        told = one_line(fokker(name, "--n", "10", "--no-plot", "--out", f"{scratch}/refused", code=2))
        enough = told.split("take --n ")[1].split()[0]
        fokker(name, "--n", enough, "--no-plot", "--out", f"{scratch}/enough {name}")
        holds(f"{scratch}/enough {name}")
    open(f"{scratch}/plain", "w").close()
    for name in TABLES:
        one_line(fokker(name, "--quick", "--out", f"{scratch}/plain/x", code=4))


def check_pictures(scratch):
    if not shutil.which("gnuplot"):
        return
    # with FOKKER_PLOTS gnuplot's every warning is printed
    env = {**os.environ, "LC_ALL": "C", "FOKKER_PLOTS": os.path.abspath("plots")}
    for name, tables in {**TABLES, **SLOW}.items():
        out = f"{scratch}/{name} drawn"
        result = fokker(name, "--quick", "--out", out, *(["--mixture", "gaussian-1d"] * (name in SLOW)), env=env)
        assert result.stderr == "", result.stderr
        pictures = PICTURES.get(name, {f"{name}.svg", f"{name}.png"})
        assert set(os.listdir(out)) == tables | pictures | {"verdicts.json"}, os.listdir(out)
        if name in SLOW:
            continue
        texts = xml.etree.ElementTree.parse(f"{out}/{name}.svg").iter("{http://www.w3.org/2000/svg}text")
        assert all(t.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve" for t in texts)
        assert open(f"{out}/{name}.png", "rb").read(8) == b"\x89PNG\r\n\x1a\n"
    assert open(f"{scratch}/band drawn/band.gif", "rb").read(6) == b"GIF89a"


def check_of_warnings_only_those_of_missing_data_are_told(scratch):
    if not shutil.which("gnuplot"):
        return
    real = shutil.which("gnuplot")
    tools = f"{scratch}/tools"
    os.mkdir(tools)
    for said, told in (("could not confirm linked axis inverse mapping function", False),
                       ("empty x range [1:1], adjusting to [0.99:1.01]", False),
                       ("Skipping data file with no valid points", True),
                       ("Cannot find or open file \"x.csv\"", True)):
        with open(f"{tools}/gnuplot", "w") as f:
            f.write(f"#!/bin/sh\necho '\"x.gp\" line 7: warning: {said}' >&2\nexec {real} \"$@\"\n")
        os.chmod(f"{tools}/gnuplot", 0o755)
        plain = {k: v for k, v in os.environ.items() if k != "FOKKER_PLOTS"}
        plain["PATH"] = f"{tools}:{plain['PATH']}"
        line = f'gnuplot: "x.gp" line 7: warning: {said}\n'
        for env, want in ((plain, told), ({**plain, "FOKKER_PLOTS": os.path.abspath("plots")}, True)):
            found = fokker("schedules", "--quick", "--out", f"{scratch}/warned", env=env).stderr
            assert found == (line if want else ""), (said, env.get("FOKKER_PLOTS"), found)


with tempfile.TemporaryDirectory() as scratch:
    checks = [f for name, f in list(globals().items()) if name.startswith("check_")]
    for check in checks:
        check(scratch)
    print(f"{len(checks)} checks")
