# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker sample against what it must equal: itself on other threads, blocks and instruction sets; a
step-by-step recomputation in plain Python from the same starts and normals; the exact flow."""
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


def fokker(*args, env=None):
    result = subprocess.run([FOKKER, *args], capture_output=True, text=True, env={**os.environ, **(env or {})})
    assert result.returncode == 0, f"{args}: exit {result.returncode}: {result.stderr}"
    return result.stdout


def refused(*args):
    result = subprocess.run([FOKKER, *args], capture_output=True, text=True)
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 2 and len(lines) == 1, f"{args}: exit {result.returncode}: {lines}"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def read_npy(path):
    data = read(path)
    assert data[:8] == b"\x93NUMPY\x01\x00"
    (size,) = struct.unpack("<H", data[8:10])
    header = eval(data[10 : 10 + size])  # a Python literal, by the format's definition
    assert header["descr"] == "<f8" and not header["fortran_order"]
    count = math.prod(header["shape"])
    return list(struct.unpack(f"<{count}d", data[10 + size :])), header["shape"]


def write_npy(path, values, shape):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": tuple(shape)})
    header += " " * ((-len(header) - 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.write(struct.pack(f"<{len(values)}d", *values))


def read_csv(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [[float(x) for x in line.split(",")] for line in lines[1:]]


def vp_linear(t, beta0=0.1, beta1=20.0):
    y = beta0 * t + (beta1 - beta0) * t * t / 2
    beta = beta0 + (beta1 - beta0) * t
    return math.exp(-y / 2), math.sqrt(-math.expm1(-y)), -beta / 2, beta


def score(x, s, sigma):
    logs = [
        math.log(w) - (x - s * m) ** 2 / (2 * (s * s * v + sigma**2)) - math.log(s * s * v + sigma**2) / 2
        for w, m, v in THREE
    ]
    top = max(logs)
    r = [math.exp(l - top) for l in logs]
    return sum(ri * (s * m - x) / (s * s * v + sigma**2) for ri, (_, m, v) in zip(r, THREE)) / sum(r)


def equal_runs_write_equal_files(folder):
    """Threads, block sizes and instruction sets change no bit: for one and several coordinates, of fresh normals,
    of a Brownian path's, of given ones and from given starts, as samples and as counts, of fixed steps and of
    adaptive ones."""
    rng = random.Random(6)
    start, noise = os.path.join(folder, "start.npy"), os.path.join(folder, "noise.npy")
    write_npy(start, [rng.gauss(0, 1) for _ in range(203 * 2)], (203, 2))
    write_npy(noise, [rng.gauss(0, 1) for _ in range(11 * 203 * 2)], (11, 203, 2, 1))
    fixed, given = ["--steps", "11"], ["--steps", "11", "--start", start]
    for mixture, scheme, rest, ending in [
        ("three-1d", "heun-sde", [*fixed, "--n", "1003"], "npy"),
        ("random-16d", "euler-maruyama:eta=0.7", [*fixed, "--n", "317"], "npy"),
        ("full-2d", "rk4", [*fixed, "--n", "77"], "npy"),
        ("three-1d", "shark", ["--steps", "20", "--brownian", "5", "--n", "1003"], "npy"),
        ("ring-8", "dpmpp-2m-sde", ["--steps", "12", "--brownian", "3", "--n", "317"], "csv"),
        ("full-2d", "euler-maruyama", given, "npy"),
        ("full-2d", "ddim:eta=0.7", [*given, "--noise", noise], "npy"),
        ("random-16d", "heun-sde", [*fixed, "--histogram", "7", "--n", "1003"], "csv"),
        ("three-1d", "euler-maruyama", ["--steps", "20", "--brownian", "5", "--histogram", "60", "--n", "1003"], "csv"),
        ("full-2d", "dopri5", ["--start", start], "npy"),
    ]:
        base = ["sample", "--mixture", mixture, "--scheme", scheme, *rest]
        first = None
        for i, (extra, isa) in enumerate([
            (["--threads", "1"], None),
            (["--threads", "2"], None),
            (["--threads", "2", "--block", "16"], "avx512"),
            (["--threads", "1", "--block", "1000"], "avx2"),
            (["--block", "4611686018427387904"], "portable"),  # no more than there are particles
            (["--threads", "3", "--block", "48"], "portable"),
            (["--block", "64"], "avx2"),
        ]):
            out = os.path.join(folder, f"same-{i}.{ending}")
            if scheme == "dopri5":  # whose blocks are its own
                extra = extra[:2] if extra[0] == "--threads" else []
            fokker(*base, *extra, "--out", out, env={"FOKKER_ISA": isa} if isa else {})
            files = read(out), read(out[:-4] + ".json")
            first = first or files
            assert files == first, f"{base} {extra} {isa}: another file"
        out = os.path.join(folder, f"other.{ending}")
        fokker(*base, "--t-end", "0.0385", "--out", out)
        assert read(out) != first[0], f"{base}: the time does not matter?"  # control


def a_run_is_what_its_tables_say(folder):
    """Euler-Maruyama, stochastic Heun and DDIM, recomputed from given starts and normals."""
    rng = random.Random(20)
    n, steps = 7, 13
    start = [rng.gauss(0, 1) for _ in range(n)]
    z = [rng.gauss(0, 1) for _ in range(n * steps)]
    start_file, noise_file = os.path.join(folder, "start.csv"), os.path.join(folder, "z.npy")
    with open(start_file, "w") as f:
        f.write("# starts\nx0\n" + "".join(f"{x!r}\n" for x in start))
    write_npy(noise_file, z, (steps, n, 1, 1))
    t = [1.0 + (k / steps) * (0.001 - 1.0) for k in range(steps + 1)]
    eta = 0.8

    def euler_maruyama(x, a, b, noise):
        (s, sigma, f, g2), h = vp_linear(a), a - b
        drift = f * x - (1 + eta**2) / 2 * g2 * score(x, s, sigma)
        return x - h * drift + eta * math.sqrt(g2 * h) * noise

    def heun_sde(x, a, b, noise):
        (s, sigma, f, g2), (su, sigmau, fu, g2u), h = vp_linear(a), vp_linear(b), a - b
        drift = f * x - (1 + eta**2) / 2 * g2 * score(x, s, sigma)
        kick = eta * math.sqrt(h * (g2 + g2u) / 2) * noise
        y = x - h * drift + kick
        drift_u = fu * y - (1 + eta**2) / 2 * g2u * score(y, su, sigmau)
        return x - h / 2 * (drift + drift_u) + kick

    def ddim(x, a, b, noise):
        (s, sigma, _, _), (su, sigmau, _, _) = vp_linear(a), vp_linear(b)
        q = eta**2 * sigmau**2 / sigma**2 * (1 - (s / su) ** 2)
        eps = -sigma * score(x, s, sigma)
        return su * (x - sigma * eps) / s + math.sqrt(sigmau**2 - q) * eps + math.sqrt(q) * noise

    for name, rule in [("euler-maruyama", euler_maruyama), ("heun-sde", heun_sde), ("ddim", ddim)]:
        out = os.path.join(folder, name + ".npy")
        fokker("sample", "--mixture", "three-1d", "--scheme", f"{name}:eta={eta}", "--grid", "uniform", "--steps",
               str(steps), "--start", start_file, "--noise", noise_file, "--out", out)
        got, shape = read_npy(out)
        assert shape == (n, 1)
        worst = control = 0.0
        for p in range(n):
            x = y = start[p]
            for k in range(steps):
                x = rule(x, t[k], t[k + 1], z[k * n + p])
                y = rule(y, t[k], t[k + 1], -z[k * n + p])
            worst = max(worst, abs(x - got[p]))
            control = max(control, abs(y - got[p]))
        assert worst < 1e-12, f"{name}: {worst}"
        assert control > 1e-2, "the noise file does not matter?"
        record = json.load(open(out[:-4] + ".json"))
        assert record["n"] == n and record["steps"] == steps and record["noise"] == noise_file


def adaptive_runs_follow_the_exact_flow(folder):
    start = os.path.join(folder, "grid.csv")
    with open(start, "w") as f:
        f.writelines(f"{-3.0 + 0.06 * i!r}\n" for i in range(101))
    exact = read_csv(fokker("flow", "--mixture", "three-1d", "--schedule", "vp-linear", "--t-start", "1",
                            "--t-end", "0.001", "--points", start))
    evaluations = {}
    for scheme in ["rk8pd", "dopri5"]:
        out = os.path.join(folder, scheme + ".csv")
        fokker("sample", "--mixture", "three-1d", "--schedule", "vp-linear", "--scheme", scheme, "--rtol", "1e-12",
               "--atol", "1e-12", "--t-start", "1", "--t-end", "0.001", "--start", start, "--out", out)
        got = read_csv(open(out).read())
        worst = max(abs(a[1] - b[0]) for a, b in zip(exact, got))
        assert len(got) == len(exact) == 101 and worst < 1e-9, (scheme, worst)
        evaluations[scheme] = json.load(open(out[:-4] + ".json"))["evaluations"]
    assert evaluations["dopri5"] > evaluations["rk8pd"] > 101 * 100, evaluations  # of lower order


def runs_on_one_brownian_tree_see_one_path(folder):
    """Strong convergence: from the same starts, runs of N and 2N steps end near each other."""

    def run(scheme, steps, *noise):
        out = os.path.join(folder, "path.npy")
        fokker("sample", "--mixture", "three-1d", "--scheme", scheme, "--steps", str(steps), "--n", "300",
               "--t-end", "0.05", *noise, "--out", out)
        assert json.load(open(out[:-4] + ".json"))["brownian"] == (int(noise[1]) if noise else None)
        return read_npy(out)[0]

    def apart(a, b):  # the median: now and then a path ends in another mode
        return sorted(abs(x - y) for x, y in zip(a, b))[len(a) // 2]

    for scheme in ["euler-maruyama", "shark", "sra3", "ancestral-small", "dpmpp-2m-sde"]:
        tree = [run(scheme, steps, "--brownian", "5") for steps in (160, 320, 640)]
        first, second = apart(tree[0], tree[1]), apart(tree[1], tree[2])
        assert second < first / 1.5 < 0.02, f"{scheme}: {first} {second}"
        assert apart(run(scheme, 160), run(scheme, 320)) > 0.2, scheme  # independent draws: other paths


def what_a_scheme_cannot_take_is_refused(folder):
    out = os.path.join(folder, "refused.npy")
    base = ["sample", "--mixture", "three-1d", "--out", out]
    refused(*base, "--scheme", "rk45", "--steps", "10")
    refused(*base, "--scheme", "rk45", "--chain", "ddpm-linear")
    refused(*base, "--scheme", "heun", "--chain", "ddpm-linear")
    refused(*base, "--scheme", "heun", "--rtol", "1e-3")
    refused(*base, "--scheme", "heun", "--prior", "gaussian")
    refused(*base, "--scheme", "heun", "--t-end", "0")
    refused(*base, "--scheme", "heun", "--t-start", "0.2", "--t-end", "0.4")
    refused("sample", "--mixture", "three-1d", "--scheme", "heun", "--out", os.path.join(folder, "refused.txt"))
    mixture = os.path.join(folder, "own.json")
    with open(mixture, "w") as f:
        json.dump({"dim": 1, "components": [{"weight": 1, "mean": [0.7], "std": 0.5}]}, f)
    before = read(mixture)
    refused("sample", "--mixture", mixture, "--scheme", "heun", "--out", os.path.join(folder, "own.npy"))
    assert read(mixture) == before, "a run overwrote its own mixture"
    os.mkdir(os.path.join(folder, "folder.json"))
    failed = subprocess.run([FOKKER, *base[:3], "--scheme", "heun", "--out", os.path.join(folder, "folder.csv")],
                            capture_output=True, text=True)
    assert failed.returncode == 4 and not os.path.exists(os.path.join(folder, "folder.csv"))
    tree = [*base, "--brownian", "5"]
    refused(*tree, "--scheme", "sra1", "--steps", "50")
    refused(*tree, "--scheme", "edm-churn", "--steps", "40")
    refused(*tree, "--scheme", "rk45")
    refused(*tree, "--scheme", "ddim:eta=1", "--steps", "40", "--chain", "ddpm-linear")
    refused(*tree, "--scheme", "sra1", "--steps", "40", "--noise", os.path.join(folder, "z.npy"))
    assert not [name for name in os.listdir(folder) if name.startswith("refused")]


CHECKS = [equal_runs_write_equal_files, a_run_is_what_its_tables_say, adaptive_runs_follow_the_exact_flow,
          runs_on_one_brownian_tree_see_one_path, what_a_scheme_cannot_take_is_refused]

for check in CHECKS:
    with tempfile.TemporaryDirectory() as folder:
        check(folder)
print(f"{len(CHECKS)} checks of fokker sample passed")
sys.exit(0)
