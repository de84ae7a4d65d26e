# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker law against recursions for mean and variance on a Gaussian, against itself with more cells,
and against fokker sample."""
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
        assert result.returncode == 1 and "is off the law" in result.stderr, result
        assert len(result.stderr.splitlines()) == 1
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
    expectations()
    axes(temporary)
    refusals(temporary)
print("law: recursions, cells, samples, counts, expectations, axes, refusals")
