# SPDX-License-Identifier: GPL-3.0-or-later
"""Every stochastic scheme of fokker sample against a step-by-step recomputation in plain Python from the same
starts and normals: on schedules, on chains to clean data, in one and two dimensions, with one step and with
many. Each has a control: one wrong coefficient."""
import sys
import tempfile

from recompute.axes import Axis
from recompute.compare import Tally
from recompute.fields import LONG, THREE
from recompute.stochastic import RULES

nodes_alone = [
    (Axis("chain", "ddpm-linear", "trailing", 11), THREE),
    (Axis("chain", "ddpm-linear", "linspace", 11), LONG),
    (Axis("chain", "vp-cosine:T=400", "leading", 9), LONG),
    (Axis("chain", "ddpm-linear", "quad", 8), THREE),
]
schedules = [
    (Axis("schedule", "vp-linear", "uniform", 1, 0.7, 0.5), LONG),
    (Axis("schedule", "vp-linear", "uniform", 25, 0.9, 0.05), THREE),
    (Axis("schedule", "edm", "karras", 14, 20.0, 0.02), LONG),
    (Axis("schedule", "flow", "lambda", 16, 0.96, 0.04), LONG),
    (Axis("schedule", "vp-cosine", "quadratic", 12, 0.97, 0.03), THREE),
    (Axis("schedule", "ve", "lambda", 15, 0.95, 0.1), LONG),
]
with tempfile.TemporaryDirectory() as folder:
    tally = Tally(folder)
    for spec, (rule, normals, needs) in RULES.items():
        for axis, mixture in schedules + ([] if needs == "f" else nodes_alone):
            tally.compare(spec, rule, axis, THREE if needs == "1-D" else mixture, normals)
print(f"{len(RULES)} stochastic schemes recomputed: {tally}")
sys.exit(0)
