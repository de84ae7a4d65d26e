# SPDX-License-Identifier: GPL-3.0-or-later
"""Particles against laws, for every scheme with step tables: mean and variance of samples within 6
standard errors of what fokker law says, on a mixture, or where no law covers the scheme there on a
Gaussian. A deviation beyond 6 has probability 2e-9 by chance. The control is the law of one step less.
FOKKER_MOMENTS_N particles; `make moments` takes four million."""
import array
import json
import math
import os
import subprocess
import tempfile

FOKKER = os.path.abspath(os.environ["FOKKER"])
N = int(os.environ.get("FOKKER_MOMENTS_N", 40000))
STEPS = 6


def fokker(*args):
    return subprocess.run([FOKKER, *args], capture_output=True, text=True)


def law(args, steps):
    """mean and variance, or why there is no law"""
    done = fokker("law", *args, "--steps", str(steps))
    if done.returncode == 2:
        return done.stderr
    assert done.returncode == 0, (args, done.stderr)
    names, values = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    row = dict(zip(names.split(","), values.split(",")))
    return float(row["mean"]), float(row["var"])


def moments(args, path):
    """mean and variance of samples, and the standard errors of both"""
    done = fokker("sample", *args, "--steps", str(STEPS), "--n", str(N), "--seed", "2385", "--out", path)
    assert done.returncode == 0, (args, done.stderr)
    with open(path, "rb") as file:
        file.seek(-8 * N, os.SEEK_END)
        x = array.array("d", file.read())
    mean = math.fsum(x) / N
    squares = [(v - mean) ** 2 for v in x]
    var = math.fsum(squares) / N
    fourth = math.fsum(v * v for v in squares) / N
    return mean, var, math.sqrt(var / N), math.sqrt((fourth - var * var) / N)


def deviation(found, expected):
    mean, var, se_mean, se_var = found
    return max(abs(mean - expected[0]) / se_mean, abs(var - expected[1]) / se_var)


worst, where, caught, runs, gaussian = 0, "", 0, 0, []
with tempfile.TemporaryDirectory() as folder:
    for scheme in json.loads(fokker("list", "schemes", "--json").stdout):
        args = ("--scheme", scheme["name"], "--t-end", "0.1", "--mixture", "three-1d")
        expected = law(args, STEPS)
        if "fixed steps" in expected:
            continue
        if "one Gaussian" in expected:
            args = (*args[:-1], "gaussian-1d")
            expected = law(args, STEPS)
            gaussian.append(scheme["name"])
        found = moments(args, os.path.join(folder, "x.npy"))
        z = deviation(found, expected)
        assert z <= 6, f"{args}: {z:.2f} standard errors: {found}, {expected}"
        if z > worst:
            worst, where = z, scheme["name"]
        runs += 1
        caught += deviation(found, law(args, STEPS - 1)) > 6
# some schemes are as right with five steps as with six, to this n
assert runs > 40 and caught > runs / 2, (runs, caught)
print(f"moments: {runs} schemes, {N} particles: at most {worst:.2f} se ({where}); control caught {caught}; "
      f"on a Gaussian: {', '.join(gaussian)}")
