# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker sample with --start and --noise against a rule of this folder's, step by step."""
import itertools
import json
import math
import os
import random
import struct
import subprocess

from .fields import Vector

FOKKER = os.path.abspath(os.environ["FOKKER"])
PATHS = 4
BOUND = 1e-12  # of max(1, |x|)
CONTROL = 1e-6  # the least that a wrong coefficient must change


def write_npy(path, values, shape):
    header = repr({"descr": "<f8", "fortran_order": False, "shape": tuple(shape)})
    header += " " * ((-len(header) - 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        f.write(struct.pack(f"<{len(values)}d", *values))
    return path


def read_points(path):
    with open(path, encoding="ascii") as f:
        lines = [line for line in f if not line.startswith(("#", "x"))]
    return [float(x) for line in lines for x in line.split(",")]


def listed():
    """Fixed-step schemes of fokker list: name to its specs, one for each choice of the parameters that have
    choices; the default start=self is left out."""
    rows = subprocess.run([FOKKER, "list", "schemes", "--json"], capture_output=True, text=True).stdout
    fixed = [row["name"] for row in json.loads(rows) if not row["adaptive"]]
    text = subprocess.run([FOKKER, "list", "schemes"], capture_output=True, text=True).stdout
    specs = {}
    for name, _, parameters in (line.split()[0].partition(":") for line in text.splitlines()):
        choices = [p.partition("=")[::2] for p in parameters.split(",") if "|" in p]
        chosen = itertools.product(*([f"{key}={value}" for value in values.split("|")] for key, values in choices))
        kept = (",".join(c for c in some if c != "start=self") for some in chosen)
        specs[name] = {f"{name}:{some}".rstrip(":") for some in kept}
    return {name: specs[name] for name in fixed}


def sample(folder, spec, axis, mixture, start, noise, normals):
    """What fokker sample makes of the starts."""
    dim = mixture.dim
    words = [FOKKER, "sample", "--quiet", "--threads", "1", "--scheme", spec, *axis.words,
             "--mixture", mixture.write(f"{folder}/mixture.json"),
             "--start", write_npy(f"{folder}/start.npy", start, (PATHS, dim)), "--out", f"{folder}/out.csv"]
    if normals:
        values = [noise[n][l][i] for n in range(axis.N) for i in range(PATHS * dim) for l in range(normals)]
        words += ["--noise", write_npy(f"{folder}/noise.npy", values, (axis.N, PATHS, dim, normals))]
    run = subprocess.run(words, capture_output=True, text=True)
    assert run.returncode == 0, f"{spec}: {run.stderr}"
    return read_points(f"{folder}/out.csv")


def recompute(rule, axis, mixture, x, noise, wrong=False):
    memory = []
    for step, z in zip(axis.steps(), noise):
        step.field = mixture
        x = rule(step, x, z, memory, wrong)
    return x


class Tally:
    """Compares runs and keeps the worst of them."""

    def __init__(self, folder):
        self.folder, self.runs, self.worst, self.ulps, self.control = folder, 0, 0.0, 0.0, math.inf

    def __str__(self):
        return (f"{self.runs} runs within {self.worst:.1g}, controls beyond {self.control:.1g}, an ulp at the start "
                f"moves an end by up to {self.ulps:.0f}")

    def compare(self, spec, rule, axis, mixture, normals=0):
        """Starts have the spread of the noise at the first node. The same particles go once more with starts
        moved by one ulp: what that does to their ends is the rounding that a run must be allowed."""
        rng = random.Random(f"{spec} {axis.name} {axis.grid} {axis.N}")
        size = PATHS * mixture.dim
        spread = math.hypot(float(axis.nodes[0].s), float(axis.nodes[0].sigma))
        start = [rng.gauss(0, spread) for _ in range(size)]
        noise = [[[rng.gauss(0, 1) for _ in range(size)] for _ in range(normals)] for _ in range(axis.N)]
        got = sample(self.folder, spec, axis, mixture, start, noise, normals)
        assert len(got) == size and all(map(math.isfinite, got)), f"{spec}: {got}"

        moved = [math.nextafter(x, math.inf) for x in start]
        twice = [[Vector(z + z) for z in step] for step in noise]
        both = recompute(rule, axis, mixture, Vector(start + moved), twice)
        wrong = recompute(rule, axis, mixture, Vector(start), [[Vector(z) for z in step] for step in noise], True)

        def apart(ends):
            return max(abs(x - y) / max(1, abs(x)) for x, y in zip(both, ends))

        worst, ulps, control = apart(got), apart(both[size:]) / 2**-52, apart(wrong)
        place = f"{spec} on {axis.name}, {axis.grid} grid of {axis.N}"
        assert worst <= BOUND, f"{place}: apart by {worst:.3g}; an ulp at the start moves an end by {ulps:.0f}"
        assert control > CONTROL, f"{place}: the wrong coefficient changes {control:.3g} only"
        self.runs += 1
        self.worst, self.ulps = max(self.worst, worst), max(self.ulps, ulps)
        self.control = min(self.control, control)
