# SPDX-License-Identifier: GPL-3.0-or-later
"""The deterministic schemes by the names of fokker list, with every value of their parameters."""
from .multistep import dpmpp, multistep, pndm, through_log_rho, through_rho, through_t, unipc
from .one_step import (BS3, DP5, EULER, HEUN, MIDPOINT, RK4, data_2, data_3, data_4, ddim, edm_heun, noise_2, noise_3,
                       noise_4, single)

NOISE, DATA = {2: noise_2, 3: noise_3, 4: noise_4}, {2: data_2, 3: data_3, 4: data_4}

# name: rule, and what it needs of its axis: "f" (f and g^2), "t" (t of lambda), "" (nodes alone)
RULES = {
    "euler": (EULER, "f"),
    "midpoint": (MIDPOINT, "f"),
    "heun": (HEUN, "f"),
    "bs3": (BS3, "f"),
    "rk4": (RK4, "f"),
    "dp5": (DP5, "f"),
    "ddim": (ddim, ""),
    "dpm-2": (single(noise_2, "eps"), "t"),
    "dpm-3": (single(noise_3, "eps"), "t"),
    "dpmpp-2s": (single(data_2, "x0hat"), "t"),
    "edm-heun": (edm_heun, ""),
    "ipndm": (multistep(4, "eps", pndm), ""),
}


def add(name, order, options, make, needs=""):
    RULES[f"{name}{options}"] = (make(None), needs)
    if order > 1:
        matched = f"{options},start=matched" if options else ":start=matched"
        RULES[f"{name}{matched}"] = (make(order), "t")


for k in (1, 2, 3):
    add(f"dpmpp-{k}m" if k > 1 else "dpmpp-1", k, "",
        lambda by, k=k: multistep(k, "x0hat", dpmpp, DATA.get(by)))
    for name, advance, needs in (("t", through_t, "t"), ("rho", through_rho, ""), ("logrho", through_log_rho, "")):
        add(f"deis-{k}", k, f":p={name}",
            lambda by, k=k, advance=advance: multistep(k, "eps", advance, NOISE.get(by)), needs if k > 1 else "")
    for b in ("bh1", "bh2"):
        add(f"unipc-{k}", k, f":b={b}", lambda by, k=k, b=b: unipc(k, b, by and DATA[by + 1]))
for k in (1, 2, 3, 4):
    add(f"lms-{k}", k, "", lambda by, k=k: multistep(k, "eps", through_rho, NOISE.get(by)))
