#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of `fokker train` in Python, by NumPy alone (or the package safetensors, to read it): its
score at points, one a row, of the marginal x = s x0 + sigma eps. `fokker schedule` tells s and sigma at
a time t, and the network's metadata the schedule that it was trained on."""
import argparse
import json
import sys

import numpy as np


def read(path):
    """Metadata, and NAME -> array. The format: length of the header, header in JSON, numbers."""
    with open(path, "rb") as f:
        data = f.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    meta = header.pop("__metadata__", {})
    return meta, {name: np.frombuffer(data[start:][slice(*t["data_offsets"])], "<f4").reshape(t["shape"])
                  for name, t in header.items()}


def read_by_package(path):
    from safetensors import safe_open
    with safe_open(path, "np") as f:
        return f.metadata(), {name: f.get_tensor(name) for name in f.keys()}


def is_number(text):
    try:
        return bool([float(text)])
    except ValueError:
        return False


def read_points(path):
    """Rows of numbers; above them perhaps a line of names."""
    with open(path) as f:
        lines = [line for line in f if line.split("#")[0].strip()]
    named = bool(lines) and not any(is_number(word) for word in lines[0].split(","))
    return np.loadtxt(lines[named:], delimiter=",", ndmin=2)


def score(meta, tensor, x, s, sigma, t=None):
    """x (n, dim). `t` is for networks that are told t, not lambda = log(s/sigma)."""
    rms, low, high = (float(meta[key]) for key in ("data_rms", "time_from", "time_to"))
    time = t if meta["time"] == "t" else np.log(s / sigma)
    j = np.arange(1, int(meta["frequencies"]) + 1)
    angle = np.pi / 2 * j * (time - low) / (high - low)
    feature = np.stack([np.cos(angle), np.sin(angle)], axis=1).ravel()
    wide, size = s * s * rms * rms + sigma * sigma, s * s + sigma * sigma
    h = np.hstack([x / np.sqrt(wide), np.tile(feature, (len(x), 1))])
    layers = len(meta["hidden"].split(",")) + 1
    for l in range(layers):
        h = h @ tensor[f"layers.{l}.weight"].T + tensor[f"layers.{l}.bias"]
        if l + 1 < layers:
            h = h / (1 + np.exp(-h))
    p, q = {"eps": (0, 1), "x0": (1 / sigma, -s / sigma), "v": (sigma / size, s / np.sqrt(size)),
            "score": (0, -sigma / np.sqrt(size)),
            "edm": (sigma / wide, -s * rms / np.sqrt(wide))}[meta["output"]]
    return -(p * x + q * h) / sigma


def fail(text):
    print(f"network.py: {text}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    for name, kind, what in (("weights", str, "the file of fokker train"), ("s", float, "above 0"),
                             ("sigma", float, "above 0"), ("points", str, "CSV, one point a row")):
        options.add_argument(name, type=kind, help=what)
    options.add_argument("--time", type=float, help="t, for a network of fokker train --time t")
    options.add_argument("--safetensors", action="store_true", help="read by the package safetensors")
    o = options.parse_args()
    if not (0 < o.s < np.inf and 0 < o.sigma < np.inf):
        fail(f"s {o.s:g}, sigma {o.sigma:g}: both are finite and above 0")
    try:
        meta, tensor = (read_by_package if o.safetensors else read)(o.weights)
    except Exception as why:
        fail(f"{o.weights}: cannot be read: {why}")
    if not meta or meta.get("format") != "fokker score network 1":
        fail(f"{o.weights}: no weights of fokker train")
    if meta["time"] == "t" and o.time is None:
        fail(f"{o.weights}: this network is told t: give --time T, where s and sigma are those of T")
    try:
        points = read_points(o.points)
    except Exception as why:
        fail(f"{o.points}: cannot be read: {why}")
    if points.shape[1] != int(meta["dim"]):
        fail(f"{o.points}: {points.shape[1]} columns, and the network is of dimension {meta['dim']}")
    np.savetxt(sys.stdout, score(meta, tensor, points, o.s, o.sigma, o.time), "%.17g", ",")
