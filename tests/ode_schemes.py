# SPDX-License-Identifier: GPL-3.0-or-later
"""Every deterministic fixed-step scheme of fokker sample against a step-by-step recomputation in plain
Python from the same starts: on all schedules, on chains to clean data, in one and two dimensions, with
one step and with many. Each has a control: one wrong coefficient."""
import sys
import tempfile

from recompute.axes import Axis
from recompute.compare import Tally, listed
from recompute.fields import LONG, THREE
from recompute.ode import RULES
from recompute.stochastic import RULES as STOCHASTIC

# every rule is of a scheme, with every choice of its parameters; a scheme without a rule is named
tables = set(RULES) | set(STOCHASTIC)
known = listed()
unknown = {spec.partition(":")[0] for spec in tables} - set(known)
assert not unknown, f"no such scheme: {unknown}"
bare = sorted(set(known) - {spec.partition(":")[0] for spec in tables})
for name, specs in known.items():
    here = {spec for spec in tables if spec.partition(":")[0] == name}
    assert not here or here == specs or len(specs) == 1, f"{name}: {here ^ specs} are not recomputed"

with tempfile.TemporaryDirectory() as folder:
    nodes_alone = [
        (Axis("chain", "ddpm-linear", "trailing", 11), THREE),
        (Axis("chain", "cosine", "leading", 11), LONG),
        (Axis("chain", "vp-linear:T=500", "linspace", 12), LONG),
        (Axis("chain", "ddpm-linear", "quad", 9), THREE),
    ]
    schedules = [
        (Axis("schedule", "vp-linear", "lambda", 1, 0.7, 0.2), LONG),
        (Axis("schedule", "vp-linear", "lambda", 14, 1.0, 0.004), THREE),
        (Axis("schedule", "edm", "karras", 12, 20.0, 0.02), LONG),
        (Axis("schedule", "flow", "uniform", 16, 0.96, 0.04), LONG),
        (Axis("schedule", "vp-cosine", "quadratic", 8, 0.97, 0.02), THREE),
        (Axis("schedule", "ve", "karras:rho=3.7", 15, 0.9, 0.1), THREE),
        (Axis("schedule", "sub-vp", "file", 12, 0.95, 0.02, folder), LONG),
    ]
    tally = Tally(folder)
    for spec, (rule, needs) in RULES.items():
        for axis, mixture in schedules + ([] if needs else nodes_alone):
            tally.compare(spec, rule, axis, mixture)
print(f"{len(RULES)} deterministic schemes recomputed: {tally}"
      + (f"; no rule in tests/recompute/ for {', '.join(bare)}" if bare else ""))
sys.exit(0)
