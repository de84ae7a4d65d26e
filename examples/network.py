#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of `fokker train` in Python, by NumPy alone (or the package safetensors, to read it): its
score at points, of the marginal x = s x0 + sigma eps.
usage: network.py WEIGHTS.safetensors S SIGMA POINTS.csv [--time T] [--safetensors]"""
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
    meta = header.pop("__metadata__")
    return meta, {name: np.frombuffer(data[start:][slice(*t["data_offsets"])], "<f4").reshape(t["shape"])
                  for name, t in header.items()}


def read_by_package(path):
    from safetensors import safe_open
    with safe_open(path, "np") as f:
        return f.metadata(), {name: f.get_tensor(name) for name in f.keys()}


def score(meta, tensor, x, s, sigma, t=None):
    """x (n, dim). `t` is for networks that are told t, not lambda = log(s/sigma)."""
    std, low, high = (float(meta[key]) for key in ("data_std", "time_from", "time_to"))
    time = t if meta["time"] == "t" else np.log(s / sigma)
    j = np.arange(1, int(meta["frequencies"]) + 1)
    angle = np.pi / 2 * j * (time - low) / (high - low)
    feature = np.stack([np.cos(angle), np.sin(angle)], axis=1).ravel()
    wide, size = s * s * std * std + sigma * sigma, s * s + sigma * sigma
    h = np.hstack([x / np.sqrt(wide), np.tile(feature, (len(x), 1))])
    layers = len(meta["hidden"].split(",")) + 1
    for l in range(layers):
        h = h @ tensor[f"layers.{l}.weight"].T + tensor[f"layers.{l}.bias"]
        if l + 1 < layers:
            h = h / (1 + np.exp(-h))
    p, q = {"eps": (0, 1), "x0": (1 / sigma, -s / sigma), "v": (sigma / size, s / np.sqrt(size)),
            "score": (0, -sigma / np.sqrt(size)),
            "edm": (sigma / wide, -s * std / np.sqrt(wide))}[meta["output"]]
    return -(p * x + q * h) / sigma


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    for name, kind in ("weights", str), ("s", float), ("sigma", float), ("points", str):
        options.add_argument(name, type=kind)
    options.add_argument("--time", type=float)
    options.add_argument("--safetensors", action="store_true")
    o = options.parse_args()
    points = np.loadtxt(o.points, delimiter=",", ndmin=2)
    network = (read_by_package if o.safetensors else read)(o.weights)
    np.savetxt(sys.stdout, score(*network, points, o.s, o.sigma, o.time), "%.17g", ",")
