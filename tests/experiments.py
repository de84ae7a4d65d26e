# SPDX-License-Identifier: GPL-3.0-or-later
"""The experiments from outside: verdicts, files, the exact columns against plain Python, the same bits on
other threads, and what happens without gnuplot or with bad input."""
import json
import math
import os
import re
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
    "moments": {f"{name}.csv" for name in ("vp-linear", "vp-cosine", "sub-vp", "ve", "edm", "flow")},
    "transport": {"map.csv", "basins.csv", "plane.csv", "paths.csv", "pairs.csv"},
    "likelihoods": {"tolerance.csv", "ends.csv", "priors.csv", "means.csv"},
}
PICTURES = {
    "schedules": {"schedules.svg", "schedules.png"},
    "band": {"band.svg", "band.png", "band.gif"},
    "marginals": {"marginals.svg", "marginals.png"},
    "moments": {"moments.svg", "moments.png"},
    "transport": {"transport.svg", "transport.png"},
    "likelihoods": {"likelihoods.svg", "likelihoods.png"},
}
BUDGET = {"budget.csv", "names.csv", "winners.csv"}
GUIDANCE = {"laws.csv", "distances.csv", "residuals.csv", "plane.csv", "samples.csv"}
ANCESTRAL = {"growth.csv", "eta.csv"}


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
    for args in (("--schedule", "vpp"), ("--mixture", "nope"), ("--mixture", "ring-8")):
        told = one_line(fokker("budget", *args, "--out", f"{scratch}/refused", code=2))
        assert args[1] in told, told
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


def check_likelihoods_are_told_as_parts_of_log_q(scratch):
    """Table and console have the signs of log q. The control: the parts of -log q do not add up to it."""
    out = f"{scratch}/likelihoods told"
    told = fokker("likelihoods", "--quick", "--no-plot", "--out", out).stdout
    rows = table(f"{out}/means.csv")
    for row in rows:
        parts = row["truncation"] + row["prior"] + row["integration"]
        assert abs(row["exact"] + parts - row["computed"]) < 1e-12, row
        assert abs(row["exact"] - parts - row["computed"]) > 1e-6, row
    row = rows[0]  # vp-linear
    for text in (f"{row['computed']:.6f} computed = {row['exact']:.6f} exact", f"{row['truncation']:+.1e} truncation",
                 f"{row['prior']:+.1e} prior", f"{row['integration']:+.1e} integration"):
        assert text in told, (text, told)


def check_transport_says_what_it_found(scratch):
    """full-2d: no gradient, and draws change images; one Gaussian: a gradient, but for rounding."""
    one = f"{scratch}/one-2d.json"
    with open(one, "w") as f:
        f.write('{"dim": 2, "components": [{"weight": 1, "mean": [1, 0], "cov": [[1, 0.5], [0.5, 2]]}]}')
    draws = shutil.which("gnuplot")
    for name, mixture, gradient in (("full", "full-2d", False), ("one", one, True)):
        out = f"{scratch}/transport {name}"
        told = fokker("transport", "--quick", *([] if draws else ["--no-plot"]), "--mixture", mixture, "--out", out).stdout
        assert (max(row["asymmetry"] for row in table(f"{out}/plane.csv")) < 1e-10) == gradient
        assert all((row["moved"] == 0) for row in table(f"{out}/pairs.csv")) == gradient
        assert ("a gradient here" in told, "no gradient" in told.split("\n")[0]) == (gradient, not gradient), told
        if draws:
            with open(f"{out}/transport.svg") as f:
                drawn = f.read()
            for text, there in (("A gradient here", gradient), ("No gradient", not gradient),
                                ("another assignment costs less", not gradient), ("keep their images", gradient)):
                assert (text in drawn) == there, (name, text)


def scheme_names(path, what):
    """The names by number, from the table's own comment."""
    with open(path) as f:
        text = next(line for line in f if line.startswith(f"# {what}:")).split(":")[1]
    text = text.replace(" (strong)", "").split()
    return dict(zip(map(int, text[::2]), text[1::2]))


def gaussian_cdf_errors(mean, var):
    """E Phi((X - c_j)/0.2) under N(mean, var) less that of the data N(0.7, 0.3), for all sixteen."""
    def phi(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    errors = []
    for j in range(16):
        lo, hi = -10.0, 10.0
        for _ in range(80):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if phi(mid) < (j + 0.5) / 16 else (lo, mid)
        c = 0.7 + math.sqrt(0.3) * lo
        errors.append(phi((mean - c) / math.sqrt(0.04 + var)) - phi((0.7 - c) / math.sqrt(0.04 + 0.3)))
    return errors


def ddim_on_a_gaussian(steps, eta, mean, var):
    """DDIM(eta) as the paper writes it, eq. 12, on N(0.7, 0.3): mean and variance at t = 1e-3. Its
    grid is uniform in log(s/sigma)."""
    def time_of(level):
        lo, hi = 1e-4, 1.0
        for _ in range(200):
            mid = (lo + hi) / 2
            s, sigma = vp_linear(mid)
            lo, hi = (mid, hi) if math.log(s / sigma) > level else (lo, mid)
        return lo

    ends = [math.log(s / sigma) for s, sigma in (vp_linear(1.0), vp_linear(1e-3))]
    times = [1.0] + [time_of(ends[0] + (ends[1] - ends[0]) * i / steps) for i in range(1, steps)] + [1e-3]
    for t, u in zip(times, times[1:]):
        (s, sigma), (s1, sigma1) = vp_linear(t), vp_linear(u)
        total = s * s * 0.3 + sigma * sigma
        a, b = s * 0.3 / total, 0.7 * sigma * sigma / total  # x0hat = a x + b
        q = eta * eta * (sigma1 / sigma) ** 2 * (1 - (s / s1) ** 2)
        ahead = math.sqrt(sigma1 * sigma1 - q)
        slope = s1 * a + ahead * (1 - s * a) / sigma
        mean = slope * mean + s1 * b - ahead * s * b / sigma
        var = slope * slope * var + q
    return mean, var


def check_the_budget(scratch):
    """Parts add up to the last bit; DDIM's are those of its own recursion and of the flow of a Gaussian in plain
    Python; winners are the least of the table. Controls: the recursion with eta = 1, and parts with a sign turned."""
    out = f"{scratch}/budget"
    told = fokker("budget", "--quick", "--no-plot", "--mixture", "gaussian-1d", "--out", out).stdout
    holds(out)
    rows, names = table(f"{out}/budget.csv"), scheme_names(f"{out}/budget.csv", "schemes")
    s, sigma = vp_linear(1e-3)
    truncation = gaussian_cdf_errors(s * 0.7, s * s * 0.3 + sigma * sigma)
    s1, sigma1 = vp_linear(1.0)
    ratio = math.sqrt((s * s * 0.3 + sigma * sigma) / (s1 * s1 * 0.3 + sigma1 * sigma1))
    flow = gaussian_cdf_errors(s * 0.7 - ratio * s1 * 0.7, ratio * ratio)
    for row in rows:
        assert row["truncation"] + row["prior"] + row["discretisation"] == row["total"] and row["score"] == 0, row
        assert row["truncation"] - row["prior"] + row["discretisation"] != row["total"] or row["prior"] == 0, row
        assert row["evaluations"] <= row["budget"], row
        assert min(abs(row["truncation"] - x) for x in truncation) < 1e-14, row
        # on one Gaussian the ancestral step of the best variance is the reverse SDE's own; of another it is not
        if names[int(row["scheme"])].startswith("ancestral"):
            optimal = names[int(row["scheme"])] == "ancestral-optimal"
            assert (abs(row["discretisation"]) < 1e-12) == optimal and 0 < abs(row["prior"]) < 1e-4, row
        if names[int(row["scheme"])] != "ddim":
            continue
        for eta, right in ((0, True), (1, False)):
            law = gaussian_cdf_errors(*ddim_on_a_gaussian(int(row["steps"]), eta, 0.0, 1.0))
            worst = max(range(16), key=lambda j: abs(law[j]))
            parts = truncation[worst], flow[worst] - truncation[worst], law[worst] - flow[worst]
            close = all(abs(row[k] - x) < 1e-11 for k, x in zip(("truncation", "prior", "discretisation"), parts))
            assert close == right, (row, parts)
    winners = table(f"{out}/winners.csv")
    for budget in (5, 10, 20, 50):
        mine = [row for row in rows if row["budget"] == budget]
        assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
        assert len(mine) >= 40, budget
        order = sorted(mine, key=lambda row: abs(row["total"]))
        best = [row for row in winners if row["mixture"] == 1 and row["budget"] == budget]
        assert [abs(row["total"]) for row in best] == [abs(row["total"]) for row in order[:3]], budget
        assert f"{names[int(best[0]['scheme'])]} {best[0]['total']:.1e}" in told, (budget, told)
    for absent in ("rk45", "dp5", "16 signed errors"):
        assert absent in told, told


def check_the_budget_of_a_network(scratch):
    """The score is the fourth part and nothing else changes, of every scheme that has a law; chains bound
    distances. Control: without it."""
    weights, out = f"{scratch}/one.safetensors", f"{scratch}/budget learnt"
    fokker("train", "--mixture", "gaussian-1d", "--hidden", "16,16", "--steps", "400", "--batch", "64", "--rate", "1e-2",
           "--average", "0.98", "--output", "edm", "--quiet", "--out", weights)
    told = fokker("budget", "--quick", "--no-plot", "--mixture", "gaussian-1d", "--score", weights, "--out", out).stdout
    holds(out)
    exact = {(r["budget"], r["scheme"]): r for r in table(f"{scratch}/budget/budget.csv")}
    rows = table(f"{out}/budget.csv")
    # on one Gaussian every law is known; of a network's score that of one scheme is not, and the line says so
    names = scheme_names(f"{out}/budget.csv", "schemes")
    missing = {names[int(scheme)] for _, scheme in exact} - {names[int(row["scheme"])] for row in rows}
    assert missing == {"dpmpp-3m-sde"}, missing
    assert len(re.findall(r"^absent: dpmpp-3m-sde: no law .* score$", told, re.M)) == 1, told
    for row in rows:
        parts = [row[k] for k in ("truncation", "prior", "discretisation", "score")]
        assert sum(parts) == row["total"] and sum(parts[:3]) != row["total"], row
        same = exact[row["budget"], row["scheme"]]
        assert same["score"] == 0 and same["steps"] == row["steps"], (same, row)
    assert re.search(r"budget-parts +HOLDS .* 3/3 ", told), told
    chains = [line.split()[-3:] for line in told.splitlines() if ">=" in line]
    assert len(chains) == 4 and all(float(a) >= float(b) for a, _, b in chains), told
    for args, what in ((("--score", weights, "--schedule", "edm"), "trained for lambda"), (("--score", f"{scratch}/plain"), "plain")):
        told = one_line(fokker("budget", *args, "--out", f"{scratch}/refused", code=2))
        assert what in told, told
    assert not os.path.exists(f"{scratch}/refused")


def check_a_chain_is_of_laws_that_are_all_known(scratch):
    """The best scheme at 10 evaluations sends this network's starts to places in order, and the exact score's not:
    its distance is known and two of its links are not. The chain is then that of another."""
    weights, out = f"{scratch}/crossing.safetensors", f"{scratch}/budget crossing"
    fokker("train", "--mixture", "three-1d", "--hidden", "24,16", "--steps", "60", "--batch", "64", "--warmup", "5",
           "--rate", "1e-2", "--average", "0.9", "--quiet", "--out", weights)
    told = fokker("budget", "--quick", "--no-plot", "--mixture", "three-1d", "--score", weights, "--out", out).stdout
    holds(out)
    chains = [line for line in told.splitlines() if ">=" in line]
    assert len(chains) == 4 and not any("nan" in line for line in chains), told
    best = re.search(r"^  10 (\S+) .*[+-]\S+$", told, re.M)[1]
    assert best == "dp5" and best not in chains[1], (best, chains)
    for line in chains:
        *links, total, _, distance = line.split()[2:]
        assert abs(sum(map(float, links)) / float(total) - 1) < 0.02 and float(total) >= float(distance), line


def check_parts_hold_where_maps_jump(scratch):
    """Between narrow modes the map of a few steps turns back and jumps: sums over nodes and particles are known to
    their bounds alone, and the wrong sums lie beyond these."""
    data, out = f"{scratch}/narrow.json", f"{scratch}/score-net narrow"
    with open(data, "w") as f:
        json.dump({"dim": 1, "components": [{"weight": w, "mean": [m], "std": s}
                                            for w, m, s in ((0.5, -2, 0.05), (0.3, 0.1, 0.02), (0.2, 2, 0.1))]}, f)
    told = fokker("score-net", "--quick", "--no-plot", "--mixture", data, "--out", out).stdout
    holds(out)
    assert re.search(r"score-net-budget +HOLDS .* 4/4 ", told) and "not known: a map" in told, told


def check_a_mixture_is_told_once(scratch):
    """And what has no law there is named with its reason; a data set is not compared with itself."""
    out = f"{scratch}/budget once"
    told = fokker("budget", "--no-plot", "--mixture", "gaussian-1d", "--schedule", "flow", "--quick", "--out", out).stdout
    assert told.count("gaussian-1d ") == 1, told
    for name in ("budget", "convergence"):
        told = one_line(fokker(name, "--mixture", "ring-8", "--out", f"{scratch}/refused", code=2))
        assert "ring-8" in told and "dim" in told, told
    assert not os.path.exists(f"{scratch}/refused")


def check_the_slopes(scratch):
    """On three-1d, for every fixed-step scheme: errors fall as their slopes say, and slopes are the orders
    that the list of schemes claims. The control: no scheme passes for one of half an order more."""
    out = f"{scratch}/convergence"
    draws = shutil.which("gnuplot")
    env = {**os.environ, "LC_ALL": "C", "FOKKER_PLOTS": os.path.abspath("plots")}
    result = fokker("convergence", "--quick", *([] if draws else ["--no-plot"]), "--out", out, env=env)
    assert result.stderr == "", result.stderr
    told = result.stdout
    holds(out)
    pictures = {"convergence.svg", "convergence.png"} if draws else set()
    assert set(os.listdir(out)) == {"convergence.csv", "names.csv", "verdicts.json"} | pictures, os.listdir(out)
    names = scheme_names(f"{out}/convergence.csv", "lines")
    adaptive = {"rk45", "rk8pd", "dopri5"}
    listed = {scheme["name"].split(":")[0] for scheme in json.loads(fokker("list", "schemes", "--json").stdout)}
    assert set(names.values()) == listed - adaptive, listed ^ set(names.values())
    errors, labels = table(f"{out}/convergence.csv"), table(f"{out}/names.csv")
    settled = 0
    for row in (label for label in labels if label["panel"] < 6):
        margin = 0.2 if row["order"] < 4 else 0.25
        if row["settled"]:
            settled += 1
            assert abs(row["slope"] - row["order"]) < margin, (names[int(row["line"])], row)
            assert not abs(row["slope"] - row["order"] - 0.5) < margin, row
        clear = [e for e in errors if e["line"] == row["line"] and e["error"] > 20 * e["noise"]]
        assert len(clear) >= 4, row
        last = math.log(clear[-2]["error"] / clear[-1]["error"]) / math.log(clear[-1]["steps"] / clear[-2]["steps"])
        assert abs(last - row["slope"]) < 0.35, (names[int(row["line"])], last, row)
    assert settled >= 58 and "dp5" in told, told
    head = {names[int(r["line"])]: r["twin"] for r in labels if r["panel"] == 1}  # each group's first line
    twins = {name for name, first in head.items() if first == head["ddim"]}
    assert twins >= {"ddim", "dpmpp-1", "deis-1", "lms-1"}, twins
    for panel in range(9):  # names do not overlap: a twenty-fifth of the panel's decades between two
        heights = sorted(math.log10(r["y"]) for r in labels if r["panel"] == panel)
        gaps = [b - a for a, b in zip(heights, heights[1:])]
        assert min(gaps) > 0.039, (panel, min(gaps))


def check_fokker_planck_holds_with_every_file(scratch):
    draws = bool(shutil.which("gnuplot"))
    env = {**os.environ, "LC_ALL": "C", "FOKKER_PLOTS": os.path.abspath("plots")}
    out = f"{scratch}/fokker-planck"
    result = fokker("fokker-planck", "--quick", "--mixture", "gaussian-1d", *([] if draws else ["--no-plot"]),
                    "--out", out, env=env)
    assert result.stderr == "", result.stderr
    holds(out)
    pictures = {"fokker-planck.svg", "fokker-planck.png"} if draws else set()
    tables = {"density.csv", "lines.csv", "way.csv", "points.csv", "steps.csv", "profile.csv"}
    assert set(os.listdir(out)) == tables | pictures | {"verdicts.json"}, os.listdir(out)
    for row in table(f"{out}/lines.csv")[::40]:  # the median, on N(0.7, 0.3)
        s, sigma = vp_linear(row["t"])
        scale = math.sqrt(s * s * (0.3 + 0.49) + sigma * sigma)
        assert abs(row["q5"] * scale - 0.7 * s) < 1e-12, row
    for row in table(f"{out}/density.csv")[::997]:  # solved, between kept times by straight lines
        s, sigma = vp_linear(row["t"])
        var, scale = s * s * 0.3 + sigma * sigma, math.sqrt(s * s * (0.3 + 0.49) + sigma * sigma)
        z = (row["xi"] * scale - 0.7 * s) / math.sqrt(var)
        exact = scale / math.sqrt(2 * math.pi * var) * math.exp(-z * z / 2)
        assert abs(row["p"] - exact) < 1e-3, row
    errors = table(f"{out}/points.csv")
    assert all(errors[-1][name] < 1e-9 and errors[0][name] > 0.1 for name in ("forward", "reverse", "continuity"))
    told = one_line(fokker("fokker-planck", "--mixture", "full-2d", "--out", out, code=2))
    assert "dim 2" in told, told


def ancestral_kl(T, beta_for_small):
    """KL(data || algorithm 2) on N(0.7, 0.3) by the recursion of mean and variance, vp-linear sampled."""
    m, v = 0.7, 0.3
    alpha_bar = [vp_linear(t / T)[0] ** 2 for t in range(T + 1)]
    mean, var = math.sqrt(alpha_bar[T]) * m, alpha_bar[T] * v + 1 - alpha_bar[T]
    for t in range(T, 0, -1):
        alpha = alpha_bar[t] / alpha_bar[t - 1]
        gain = (1 - (1 - alpha) / (alpha_bar[t] * v + 1 - alpha_bar[t])) / math.sqrt(alpha)
        mean = math.sqrt(alpha_bar[t - 1]) * m + gain * (mean - math.sqrt(alpha_bar[t]) * m)
        small = (1 - alpha) * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
        var = gain**2 * var + (small if beta_for_small or t == 1 else 1 - alpha)
    return (math.log(var / v) + (v + (mean - m) ** 2) / var - 1) / 2


def check_ancestral(scratch):
    out = f"{scratch}/ancestral"
    result = fokker("ancestral", "--quick", "--no-plot", "--mixture", "gaussian-1d", "--out", out)
    holds(out)
    assert "last local slopes, T = 64 to 128" in result.stdout, result.stdout
    assert "sigma^2 = beta, as T grows" in result.stdout and "with sigma^2 = beta, KL" in result.stdout, result.stdout
    rows = table(f"{out}/growth.csv")
    assert len(rows) == 15
    for row in rows:
        if row["variance"] == 2:
            continue
        expected = ancestral_kl(int(row["T"]), row["variance"] == 0)
        assert abs(row["kl"] - expected) < 1e-9 * expected + 1e-13, (row, expected)
        assert not abs(row["kl"] - ancestral_kl(int(row["T"]), row["variance"] == 1)) < 1e-4 * expected, row
    one_line(fokker("ancestral", "--mixture", "ring-8", "--out", out, code=2))


def check_every_experiment_takes_a_network_or_refuses_it(scratch):
    listed = {x["name"] for x in json.loads(fokker("list", "experiments", "--json").stdout)}
    assert {"score-net", "budget"} < listed, listed
    for name in listed - {"score-net", "budget"}:
        told = one_line(fokker(name, "--score", "w.safetensors", "--out", f"{scratch}/refused", code=2))
        assert "--score w.safetensors" in told and name in told and "score-net" in told, told
    assert not os.path.exists(f"{scratch}/refused")


def check_a_network_is_judged(scratch):
    """Of a file and of one that is trained in the run: parts add up, chains bound distances, the excess is
    sigma^2 times the score's error; and by plain Python the truncation of the part shown. The controls: the
    sum without the score, and another power of sigma."""
    weights = f"{scratch}/w.safetensors"
    fokker("train", "--mixture", "three-1d", "--hidden", "32,32", "--steps", "800", "--batch", "128", "--rate", "1e-2",
           "--average", "0.98", "--output", "edm", "--quiet", "--out", weights)
    draws = bool(shutil.which("gnuplot"))
    env = {**os.environ, "LC_ALL": "C", "FOKKER_PLOTS": os.path.abspath("plots")}
    both = {"errors.csv", "curve.csv", "budget.csv", "samples.csv", "verdicts.json"}
    both |= {"score-net.svg", "score-net.png"} if draws else set()
    for name, args, files in (("file", ("--score", weights), {"scores.csv", "map.csv", "lines.csv", "calibration.csv", "law.csv"}),
                              ("own", ("--mixture", "ring-8"), {"field.csv", "plane.csv"})):
        out = f"{scratch}/score-net {name}"
        result = fokker("score-net", "--quick", *args, *([] if draws else ["--no-plot"]), "--out", out, env=env)
        assert result.stderr == "", result.stderr
        holds(out)
        assert set(os.listdir(out)) == both | files, os.listdir(out)
        assert ("trained here" in result.stdout) == (name == "own"), result.stdout
        for row in table(f"{out}/errors.csv"):
            sigma = vp_linear(row["t"])[1]
            assert abs(row["excess"] - sigma**2 * row["score_error"]) < 1e-9 * row["excess"], row
            assert not abs(row["excess"] - sigma * row["score_error"]) < 1e-9 * row["excess"], row
            assert abs(row["floor"] - ((1 if name == "file" else 2) - sigma**2 * row["fisher"])) < 1e-12, row
        for row in table(f"{out}/budget.csv"):
            parts = [row[k] for k in ("truncation", "prior", "discretisation", "score")]
            assert abs(sum(parts) - row["total"]) < 1e-12, row
            assert abs(sum(parts[:3]) - row["total"]) > 1e-5, row
            if not math.isnan(row["w1"]):
                assert row["w1_chain"] >= row["w1"] * (1 - 1e-9), row
                links = sum(row[f"w1_{k}"] for k in ("truncation", "prior", "discretisation", "score"))
                assert abs(links - row["w1_chain"]) < 1e-12, row
    # the truncation's W1 by plain Python: int |F_t - F_0|
    row = table(f"{scratch}/score-net file/budget.csv")[0]
    grid = [-6 + 12 * (i + 0.5) / 12000 for i in range(12000)]
    w1 = sum(abs(cdf(1e-3, x) - sum(w * math.erfc((m - x) / math.sqrt(2 * v)) / 2 for w, m, v in THREE)) for x in grid) / 1000
    assert abs(row["w1_truncation"] - w1) < 2e-3 * w1, (row, w1)
    # the learning curve is that of fokker train
    with open(weights.replace("safetensors", "csv")) as f:
        assert f.read().split("\n")[-2] == open(f"{scratch}/score-net file/curve.csv").read().split("\n")[-2]
    for args, what in ((("--mixture", "ring-8", "--score", weights), "dimension 1"), (("--mixture", "random-16d"), "dim 16"),
                       (("--schedule", "edm", "--score", weights), "trained for lambda"),
                       (("--score", f"{scratch}/plain"), "plain")):
        told = one_line(fokker("score-net", *args, "--out", f"{scratch}/refused", code=2))
        assert what in told, told
    assert not os.path.exists(f"{scratch}/refused")


def check_pictures(scratch):
    if not shutil.which("gnuplot"):
        return
    # with FOKKER_PLOTS gnuplot's every warning is printed
    env = {**os.environ, "LC_ALL": "C", "FOKKER_PLOTS": os.path.abspath("plots")}
    drawn = {"budget": BUDGET, "guidance": GUIDANCE, "ancestral": ANCESTRAL}
    for name, tables in {**TABLES, **drawn}.items():
        out = f"{scratch}/{name} drawn"
        result = fokker(name, "--quick", "--out", out, *(["--mixture", "gaussian-1d"] * (name in ("budget", "ancestral"))), env=env)
        assert result.stderr == "", result.stderr
        pictures = PICTURES.get(name, {f"{name}.svg", f"{name}.png"})
        assert set(os.listdir(out)) == tables | pictures | {"verdicts.json"}, os.listdir(out)
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
