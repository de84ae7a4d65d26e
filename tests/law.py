# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker law against recursions for mean and variance on a Gaussian, against itself with more cells,
and against fokker sample."""
import json
import math
import os
import struct
import subprocess
import tempfile

FOKKER = os.path.abspath(os.environ["FOKKER"])
M, V = 0.7, 0.3  # gaussian-1d


def fokker(*args):
    result = subprocess.run([FOKKER, *args], capture_output=True, text=True)
    assert result.returncode == 0, f"{args}: exit {result.returncode}: {result.stderr}"
    return result.stdout


def refused(*args, says):
    result = subprocess.run([FOKKER, *args], capture_output=True, text=True)
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 2 and len(lines) == 1 and not result.stdout, f"{args}: {result}"
    assert says in lines[0], f"{args}: {lines[0]}"


def law(*args):
    lines = [line for line in fokker("law", *args).splitlines() if not line.startswith("#")]
    names = lines[0].split(",")
    return [dict(zip(names, (float(x) if x else None for x in line.split(",")))) for line in lines[1:]]


def vp_linear(t, beta0=0.1, beta1=20.0):
    y = beta0 * t + (beta1 - beta0) * t * t / 2
    beta = beta0 + (beta1 - beta0) * t
    return math.exp(-y / 2), -math.expm1(-y), -beta / 2, beta  # s, sigma^2, f, g^2


def euler_maruyama(n, eta, t0=0.95, t1=0.01, noise=1.0):
    """mean and variance after n uniform steps from the marginal"""
    s, var, _, _ = vp_linear(t0)
    a, b = s * M, s * s * V + var
    for i in range(n):
        t, h = t0 + (t1 - t0) * i / n, (t0 - t1) / n
        s, var, f, g2 = vp_linear(t)
        kap = (1 + eta * eta) / 2 * g2 / (s * s * V + var)
        a, b = a - h * f * a - h * kap * (a - s * M), (1 - h * (f + kap)) ** 2 * b + noise * eta**2 * g2 * h
    return a, b


def chain(T=1000, first=1e-4, last=0.02):
    log_bar, total = [], 0.0
    for i in range(T):
        total += math.log1p(-(first + (last - first) * i / (T - 1)))
        log_bar.append(total)
    return log_bar


def on_chain(n, kind, eta=1.0):
    """ddim and ancestral sampling on n trailing indices of ddpm-linear, to clean data"""
    log_bar = chain()
    at = [round(1000 - k * 1000 / n) - 1 for k in range(n)]
    t = math.exp(log_bar[at[0]])
    a, b = math.sqrt(t) * M, t * V - math.expm1(log_bar[at[0]])
    for k in range(n):
        log_t, log_u = log_bar[at[k]], log_bar[at[k + 1]] if k + 1 < n else 0.0
        t, u, not_t, not_u = math.exp(log_t), math.exp(log_u), -math.expm1(log_t), -math.expm1(log_u)
        var, beta = t * V + not_t, -math.expm1(log_t - log_u)
        if kind == "ddim":
            q = eta * eta * not_u / not_t * beta
            K = math.sqrt(u * t) * V / var + math.sqrt((not_u - q) * not_t) / var
        else:
            small = beta * not_u / not_t
            q = 0.0 if k + 1 == n else small if kind == "small" else beta
            K = (1 - beta / var) / math.sqrt(1 - beta)
        a, b = math.sqrt(u) * M + K * (a - math.sqrt(t) * M), K * K * b + q
    return a, b


def near(row, expected, bound=1e-13):
    a, b = expected
    return abs(row["mean"] - a) <= bound and abs(row["var"] - b) <= bound


def recursions():
    for eta in (0.0, 0.6, 1.0):
        for n, row in zip((17, 300), law("--mixture", "gaussian-1d", "--scheme", f"euler-maruyama:eta={eta}",
                                         "--grid", "uniform", "--t-start", "0.95", "--t-end", "0.01",
                                         "--steps", "17,300")):
            assert row["steps"] == n and row["nfe"] == n and row["mass"] == 1
            assert near(row, euler_maruyama(n, eta)), (eta, n, row, euler_maruyama(n, eta))
            assert eta == 0 or not near(row, euler_maruyama(n, eta, noise=2))  # the control
    for scheme, kind, eta in (("ddim", "ddim", 0.0), ("ddim:eta=0.4", "ddim", 0.4), ("ddim:eta=1", "ddim", 1.0),
                              ("ancestral-small", "small", 1), ("ancestral-large", "large", 1)):
        (row,) = law("--mixture", "gaussian-1d", "--chain", "ddpm-linear", "--scheme", scheme, "--steps", "40")
        assert near(row, on_chain(40, kind, eta)), (scheme, row, on_chain(40, kind, eta))
        assert not near(row, on_chain(40, kind, 1.01) if kind == "ddim" else on_chain(40, "ddim", 0.5))


def cells():
    args = ("--mixture", "three-1d", "--scheme", "euler-maruyama", "--steps", "40", "--threads", "1")
    (a,), (b,), (c,) = (law(*args, *more) for more in ((), ("--cells", "5000"), ("--cells", "10000")))
    for row in (a, b, c):
        assert abs(row["mass"] - 1) < 1e-10
        assert abs(row["w1"] - a["w1"]) < 1e-9 and abs(row["w2"] - a["w2"]) < 1e-9 and a["w1"] > 0.03


def against_samples(folder):
    """moments of 200,000 particles within 6 standard errors; on point masses too, where the law has no
    density in the end"""
    n, path, points = 200000, os.path.join(folder, "x.npy"), os.path.join(folder, "points.json")
    with open(points, "w") as f:
        f.write('{"dim": 1, "components": [{"weight": 0.3, "mean": [-1.1], "std": 0},')
        f.write('{"weight": 0.7, "mean": [0.8], "std": 0}]}')
    mixed = ("--mixture", "three-1d", "--prior", "normal", "--final", "denoise")
    clean = ("--mixture", points, "--chain", "ddpm-linear")
    for scheme, more in (("ddim:eta=1", mixed), ("dpmpp-2m", mixed), ("sra1", mixed), ("dpmpp-2m-sde", mixed),
                         ("ddim:eta=1", clean), ("ddim", clean)):
        args = (*more, "--scheme", scheme, "--steps", "12", "--threads", "2")
        (row,) = law(*args, "--against", "data")
        fokker("sample", *args, "--n", str(n), "--seed", "2385", "--out", path)
        with open(path, "rb") as f:
            data = f.read()
        x = struct.unpack(f"<{n}d", data[-8 * n :])
        mean = math.fsum(x) / n
        var = math.fsum((y - mean) ** 2 for y in x) / n
        kurtosis = math.fsum((y - mean) ** 4 for y in x) / n / var**2
        assert abs(mean - row["mean"]) < 6 * math.sqrt(var / n), (scheme, mean, row)
        assert more != clean or row["ks"] > 0 and 0 < row["w1"] <= row["w2"] and row["tv"] is None
        assert abs(var - row["var"]) < 6 * var * math.sqrt((kurtosis - 1) / n), (scheme, var, row)


def against_counts(folder):
    """what sample --histogram counts lies within 6 standard errors of the law; of another law it does not"""
    path = os.path.join(folder, "x.csv")
    for scheme, other in (("euler-maruyama", "15"), ("ddim", "17")):
        args = ("--mixture", "three-1d", "--scheme", scheme)
        fokker("sample", *args, "--steps", "18", "--n", "400000", "--histogram", "90", "--seed", "2385", "--out", path)
        (row,) = law(*args, "--steps", "18", "--sampled", path)
        assert row["samples"] == 400000, row
        assert all(0 < row[name] < 6 for name in ("mean_se", "var_se", "count_se")), row
        result = subprocess.run([FOKKER, "law", *args, "--steps", other, "--sampled", path],
                                capture_output=True, text=True)
        said = result.stderr.splitlines()
        assert result.returncode == 1 and len(said) == 2 and "is off the law" in said[1], result
        assert f"of another run (steps 18): held against the law asked for (steps {other})" in said[0], said
    with open(path) as f:
        text = f.read()
    for spoilt in (text.replace("0,", "1,", 1), text[: text.rindex("\n0,")], text.replace(",inf", ",9")):
        with open(path, "w") as f:
            f.write(spoilt)
        refused("law", *args, "--sampled", path, says="it is not what fokker sample --histogram writes")
    refused("law", *args, "--sampled", path[:-3] + "npy", says=".csv")
    refused("law", *args, "--sampled", path, "--steps", "1,2", says="one number of --steps")
    refused("law", "--mixture", "ring-8", "--scheme", "ddim", "--sampled", path, says="in 1-D")
    with open(path, "w") as f:
        f.write(text)
    refused("law", "--mixture", "three-1d", "--scheme", "sra1", "--sampled", path, says="expectations alone")
    fokker("sample", *args, "--steps", "18", "--n", "1", "--histogram", "10", "--out", path)
    refused("law", *args, "--steps", "18", "--sampled", path, says="of one sample there is none")


def change(path, **what):
    """entries of the record beside the counts"""
    with open(path[:-3] + "json") as f:
        record = json.load(f)
    for name, value in what.items():
        if name in ("mean", "var"):
            record["moments"][0][name] = value
        elif value is None:
            del record[name]
        else:
            record[name] = value
    with open(path[:-3] + "json", "w") as f:
        json.dump(record, f)


def change_counts(path, **by_row):
    """r3=+5: row 3 (0: what lies below the bins) counts 5 more"""
    with open(path) as f:
        lines = f.read().splitlines()
    first = lines.index("axis,from,to,count") + 1
    for name, by in by_row.items():
        *row, count = lines[first + int(name[1:])].split(",")
        lines[first + int(name[1:])] = ",".join((*row, f"{float(count) + by:.20g}" if by % 1 else str(int(count) + by)))
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")


def held(path, *args):
    """exit code, the three deviations, and what was said"""
    result = subprocess.run([FOKKER, "law", *args, "--sampled", path], capture_output=True, text=True)
    row = [line for line in result.stdout.splitlines() if not line.startswith("#")][1].split(",")
    return result.returncode, [float(x) for x in row[-3:]], result.stderr


def right_files_of_any_bins(folder):
    """whatever the bins show of the law, its own moments are the measure"""
    path = os.path.join(folder, "any.csv")
    bins = [(1, "-1,1"), (5, "-1,1"), (51, "-1,1"), (7, "3,4"), (3, "100,101"), (1, "-50,50"), (5, "-50,50"), (60, "-4,5")]
    runs = [("three-1d", "euler-maruyama", ()), ("three-1d", "ddim", ("--chain", "ddpm-linear")), ("gaussian-1d", "heun", ())]
    for i, (mixture, scheme, more) in enumerate(runs):
        args = ("--mixture", mixture, "--scheme", scheme, "--steps", "18", *more)
        for k, n in enumerate((2, 10, 1000, 100000)):
            for count, ends in bins[(i + k) % 2 :: 2]:
                fokker("sample", *args, "--n", str(n), "--histogram", str(count), f"--range={ends}",
                       "--seed", str(2385 + k), "--out", path)
                code, off, said = held(path, *args)
                assert code == 0 and all(0 <= x <= 6 for x in off), (args, n, count, ends, off, said)
    # the controls: the spread, the centre and a count that are not the law's, where bins tell little
    args = ("--mixture", "three-1d", "--scheme", "euler-maruyama", "--steps", "18")
    spoil = [("variance", "-50,50", lambda mean, var: change(path, var=4.9)),
             ("mean", "-50,50", lambda mean, var: change(path, mean=mean + 7 * math.sqrt(var / 1000))),
             ("count", "-1,1", lambda mean, var: change_counts(path, r2=+91, r4=-91))]
    for what, ends, edit in spoil:
        fokker("sample", *args, "--n", "1000", "--histogram", "4", f"--range={ends}", "--seed", "2385", "--out", path)
        (row,) = law(*args)
        edit(row["mean"], row["var"])
        code, off, said = held(path, *args)
        assert code == 1 and "is off the law" in said, (what, off, said)
        assert [x > 6 for x in off] == [what == "mean", what == "variance", what == "count"], (what, off)


def few_samples(folder):
    """of two samples a variance of 9 standard errors and a count of 10 are no rarity, and are told from what is"""
    path = os.path.join(folder, "few.csv")
    args = ("--mixture", "gaussian-1d", "--scheme", "heun", "--steps", "18")
    (row,) = law(*args)
    sd = math.sqrt(row["var"])
    fokker("sample", *args, "--n", "2", "--histogram", "1", "--range=-50,50", "--out", path)
    for far, code in ((2.6, 0), (4.5, 1)):
        change(path, mean=row["mean"], var=2 * (far * sd) ** 2)
        found, off, said = held(path, *args)
        plain = (2 * far**2 - 1) / math.sqrt(2)
        assert found == code and plain > 6 and off[1] < plain, (far, off, said)
    # heavy tails: of two samples a mean 7 standard errors off, by one particle at 3.3 of its component's widths
    heavy = os.path.join(folder, "heavy.json")
    with open(heavy, "w") as f:
        f.write('{"dim": 1, "components": [{"weight": 0.9, "mean": [0], "std": 1}, {"weight": 0.1, "mean": [0], "std": 10}]}')
    wide = ("--mixture", heavy, "--scheme", "heun", "--steps", "18")
    (its,) = law(*wide)
    fokker("sample", *wide, "--n", "2", "--histogram", "1", "--range=-5000,5000", "--out", path)
    for far, code in ((7, 0), (150, 1)):
        mean = its["mean"] + far * math.sqrt(its["var"] / 2)
        change(path, mean=mean, var=2 * mean**2)
        found, off, said = held(path, *wide)
        assert found == code and (off[0] > 6) == (code == 1), (far, off, said)
    # one particle of ten beyond: P(3.1) = 1e-3, and once more at 7.2 standard deviations, where it is 3e-13
    for far, code in ((3.1, 0), (7.2, 1)):
        ends = row["mean"] - 9 * sd, row["mean"] + far * sd
        fokker("sample", *args, "--n", "10", "--histogram", "1", "--range={},{}".format(*ends), "--seed", "3", "--out", path)
        change_counts(path, r1=-1, r2=+1)
        change(path, mean=row["mean"] + far * sd / 10, var=row["var"] * (far**2 / 10 + 1))
        tail = math.erfc(far / math.sqrt(2)) / 2
        found, off, said = held(path, *args)
        assert found == code and 1 / math.sqrt(10 * tail) > 6, (far, off, said)
        assert code == 1 or abs(math.erfc(off[2] / math.sqrt(2)) / 2 - (1 - (1 - tail) ** 10)) < 1e-9, off


def records(folder):
    """a file of another run is held against the law asked for, and that is told; one that contradicts itself is refused"""
    path = os.path.join(folder, "record.csv")
    some = ("--mixture", "three-1d", "--scheme", "euler-maruyama")
    args = (*some, "--steps", "18")

    def fresh():
        fokker("sample", *args, "--n", "1000", "--histogram", "4", "--range=-2,3", "--seed", "2385", "--out", path)

    fresh()
    assert held(path, *args)[::2] == (0, "")
    assert held(path, *args, "--prior", "exact", "--grid", "lambda", "--t-start", "1", "--schedule", "vp-linear")[2] == ""
    for more, theirs, own in ((("--prior", "normal"), 'prior "exact"', 'prior "normal"'),
                              (("--final", "denoise"), 'final "none"', 'final "denoise"'),
                              (("--grid", "uniform"), 'grid "lambda"', 'grid "uniform"'),
                              (("--t-end", "0.0625"), "t_end 0.001", "t_end 0.0625"),
                              (("--schedule", "edm"), 'schedule "vp-linear", t_start', 'schedule "edm", t_start'),
                              (("--steps", "20"), "steps 18", "steps 20"),
                              (("--mixture", "gaussian-1d"), 'mixture "three-1d"', 'mixture "gaussian-1d"')):
        said = held(path, *args, *more)[2].splitlines()[0]
        assert f"of another run ({theirs}" in said and f"the law asked for ({own}" in said, said
    for what, says in (({"n": -5}, "n -5"), ({"n": 999}, "999"), ({"steps": 50}, '"steps" is 50'), ({"command": None}, "command"),
                       ({"command": "fokker law"}, "fokker sample"), ({"scheme": "heun"}, '"scheme" is "heun"'),
                       ({"seed": 2386}, '"seed" is 2386'), ({"dim": 2}, "dim 2"),
                       ({"n": 1.5}, "integer"), ({"moments": None}, "moments"), ({"var": None}, '"var" would be'),
                       ({"var": 0.01}, "variance 0.01"), ({"mean": 300.0}, "cannot be of these bins")):
        fresh()
        change(path, **what)
        refused("law", *args, "--sampled", path, says=says)
    for what, says in (({"mean": 30.5}, "mean 30.5 "), ({"var": 2385.0}, "variance 2385 ")):
        fokker("sample", *args, "--n", "1000", "--histogram", "4", "--range=-50,50", "--seed", "2385", "--out", path)
        change(path, **what)
        refused("law", *args, "--sampled", path, says=says)
    with open(os.path.join(folder, "point.json"), "w") as f:
        f.write('{"dim": 1, "components": [{"weight": 1, "mean": [0.7], "std": 0}]}')
    point = ("--mixture", f.name, "--chain", "ddpm-linear", "--scheme", "ddim")
    fokker("sample", *point, "--n", "1000", "--histogram", "4", "--out", path)
    refused("law", *point, "--sampled", path, says="has jumps")
    for by, says in ((1, "1001 samples"), (0.5, "whole number"), (99999999999999999999, "whole number")):
        fresh()
        change_counts(path, r3=by)
        refused("law", *args, "--sampled", path, says=says)


def expectations():
    """a scheme with noise at its stages has expectations, but no density"""
    (row,) = law("--mixture", "three-1d", "--scheme", "heun-sde", "--steps", "40", "--threads", "1")
    assert abs(row["mass"] - 1) < 1e-9 and 1e-4 < row["worst_cdf"] < 1e-2 and abs(row["var_error"]) < 0.1
    assert all(row[name] is None for name in ("kl", "tv", "ks", "w1", "w2"))


def axes(folder):
    """one Gaussian in 2-D: a row for each principal axis, each a problem of its own in 1-D"""
    path = os.path.join(folder, "m.json")
    with open(path, "w") as f:
        f.write('{"dim": 2, "components": [{"weight": 1, "mean": [0.7, -1.3], "var": [0.3, 0.05]}]}')
    rows = law("--mixture", path, "--scheme", "euler-maruyama", "--steps", "30")
    (one,) = law("--mixture", "gaussian-1d", "--scheme", "euler-maruyama", "--steps", "30")
    assert [row["axis"] for row in rows] == [0, 1]
    assert all(rows[0][name] == one[name] for name in one) and rows[1]["var"] < 0.1


def refusals(folder):
    some = ("law", "--mixture", "three-1d", "--scheme")
    refused("law", "--mixture", "ring-8", "--scheme", "heun", says="8 components in 2 dimensions")
    refused(*some, "rk45", says="fixed steps")
    refused(*some, "rk45", "--grid", "lambda", says="fixed steps")
    refused(*some, "heun", "--rtol", "1e-6", says="no option '--rtol'")
    refused(*some, "euler-maruyama", "--against", "all", says="marginal or data")
    refused(*some, "euler-maruyama", "--steps", "10,0", says="1 or more")
    refused(*some, "euler-maruyama", "--steps", "100", "--cells", "500", says="cells or more")
    refused(*some, "dpmpp-3m-sde", says="one Gaussian")


with tempfile.TemporaryDirectory() as temporary:
    recursions()
    cells()
    against_samples(temporary)
    against_counts(temporary)
    right_files_of_any_bins(temporary)
    few_samples(temporary)
    records(temporary)
    expectations()
    axes(temporary)
    refusals(temporary)
print("law: recursions, cells, samples, counts, few samples, records, expectations, axes, refusals")
