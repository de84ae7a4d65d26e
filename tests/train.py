#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker train as people use it: it reports its excess, which another quadrature finds as well; threads and
instruction sets change no bit; what cannot be trained on is refused in one line, with nothing written."""
import json
import math
import os
import pty
import re
import subprocess

from trained.common import (FOKKER, SMALL, bad, expect, good, main, network, rows, spoil, tensors, vp_linear, whole,
                            write_json)

THREE = [(0.3, -2.0, 0.4**2), (0.5, 0.5, 0.25**2), (0.2, 1.8, 0.6**2)]  # weight, mean, variance


def excess(t, eps, n=400):
    """E |eps(x) + sigma score(x)|^2 of three-1d at t, on vp-linear."""
    s, sigma = vp_linear(t)
    at = [(w, s * m, s * s * v + sigma * sigma) for w, m, v in THREE]
    total, h = 0, (8 * s + 16 * sigma) / n
    for i in range(n + 1):
        x = -(4 * s + 8 * sigma) + i * h
        each = [w * math.exp(-(x - m) ** 2 / (2 * v)) / math.sqrt(2 * math.pi * v) for w, m, v in at]
        score = -sum(p * (x - m) / v for p, (_, m, v) in zip(each, at)) / sum(each)
        total += h * sum(each) * (eps(x, s, sigma) + sigma * score) ** 2
    return total


def gaussian_excess(times=32):
    """The mean over t of the excess of the score of a Gaussian with the data's mean and variance."""
    mean = sum(w * m for w, m, _ in THREE)
    var = sum(w * (v + m * m) for w, m, v in THREE) - mean**2
    return sum(excess(1e-3 + 0.999 * (i + 0.5) / times,
                      lambda x, s, sigma: sigma * (x - s * mean) / (s * s * var + sigma * sigma), 200)
               for i in range(times)) / times


def training_reports_its_excess_over_the_floor():
    out = good("train", "--mixture", "three-1d", *SMALL, "--out", "a.safetensors")
    expect("excess of eps over the floor" in out.splitlines()[-1], "the excess is told", out[-200:])
    curve, record = rows("a.csv"), json.load(open("a.json"))
    expect(len(curve) == 50 and curve[-1]["step"] == 400, "the curve has 50 rows", len(curve))
    good("train", "--mixture", "three-1d", *SMALL, "--output", "eps", "--out", "e.safetensors")
    falls = rows("e.csv")  # from far up: without edm's preconditioning it starts there
    expect(falls[-1]["excess"] < falls[0]["excess"] / 3, "the excess falls", falls[-1])
    expect(curve[0]["excess"] < falls[0]["excess"] / 3, "edm's preconditioning starts below", curve[0])
    expect(curve[-1]["excess"] == record["excess_mean"], "the result is that of the last row", record["excess_mean"])
    quiet = good("train", "--mixture", "three-1d", *SMALL, "--quiet", "--out", "a.safetensors")
    expect(quiet == out.splitlines(True)[-1], "--quiet leaves the result", quiet)
    told = tensors("a.safetensors")[0]
    for key in told.keys() - {"format", "step", "mixture_definition"}:
        number = isinstance(record.get(key), (int, float))
        value = float(told[key]) if number else told[key]
        expect(record.get(key) == value, f"the record tells {key}", record.get(key))
    expect({"hidden", "batch", "rate", "objective", "output", "decay", "gamma", "data_rms"} <= told.keys(), "and much")
    most, t = record["excess_max"], record["t_of_excess_max"]
    eps = network("a.safetensors")
    again = excess(t, lambda x, s, sigma: eps([x], s, sigma)[0])
    other = excess(t, lambda x, s, sigma: eps([x], s, 1.5 * sigma)[0])
    expect(abs(again / most - 1) < 1e-3, "its maximum is that of the file, by the trapezium rule", (again, record))
    expect(abs(other / most - 1) > 1e-2, "which would see another sigma", (other, record))
    # and there is something learnt: the best that knows no more than mean and variance is worse
    expect(0 < record["excess_mean"] < gaussian_excess() and record["excess_mean"] <= most,
           "its mean is below that of the best Gaussian", (record, gaussian_excess()))
    # the loss is the floor and the excess, less what chance does in 8 batches of 96
    expect(abs(curve[-1]["loss"] - curve[-1]["floor"]) < 0.1, "loss and floor agree", curve[-1])


def a_terminal_shows_a_bar_and_each_row_on_a_line_of_its_own():
    controller, terminal = pty.openpty()
    child = subprocess.Popen([FOKKER, "train", "--mixture", "three-1d", *SMALL, "--steps", "1500", "--out",
                              "bar.safetensors"], stdout=terminal, stderr=terminal)
    os.close(terminal)
    text = b""
    try:
        while more := os.read(controller, 4096):
            text += more
    except OSError:  # the terminal's last writer has gone
        pass
    os.close(controller)
    expect(child.wait(60) == 0 and re.search(rb"\] +\d+ %  \d+ s left", text), "there is a bar", text[:300])
    lines = [line.rstrip("\r").rsplit("\r\033[K", 1)[-1] for line in text.decode().split("\n")]
    expect(all(line.startswith(f"step {30 * (i + 1)} of 1500: loss ") for i, line in enumerate(lines[:50])),
           "and every row stands alone", lines)


def a_log_tells_the_time_left():
    row = r"step (\d+) of \d+: loss \S+ over its floor \S+, excess of eps \S+, (\d+) s left"
    text = good("train", "--mixture", "three-1d", *SMALL, "--out", "log.safetensors").splitlines()[:-1]
    left = [re.fullmatch(row, line) for line in text]
    expect(len(left) == 50 and all(left) and left[-1][2] == "0", "every row tells it, at the end 0", text[-3:])


def any_number_of_threads_gives_the_same_files():
    for threads in "1", "3":
        good("train", "--mixture", "three-1d", *SMALL, "--threads", threads, "--quiet", "--out",
             f"t{threads}.safetensors")
        expect(whole(f"t{threads}.safetensors") == whole("a.safetensors"), f"{threads} threads")


def any_instruction_set_gives_the_same_files():
    for isa in "portable", "avx2": # one that this machine lacks is ignored
        os.environ["FOKKER_ISA"] = isa
        good("train", "--mixture", "three-1d", *SMALL, "--quiet", "--out", f"{isa}.safetensors")
        del os.environ["FOKKER_ISA"]
        expect(whole(f"{isa}.safetensors") == whole("a.safetensors"), isa)


def a_training_that_diverges_is_told():
    """And leaves what is there. What has hardly begun has not diverged; nor has what can learn nothing."""
    with open("kept.safetensors", "wb") as file:
        file.write(b"other weights")
    for words, what in ((["--rate", "100", "--output", "eps"], "above 1.42 (0.711 if it answered 0)"),
                        (["--rate", "100", "--output", "x0"], "(49.9 if it answered 0)"),
                        (["--rate", "1e38", "--steps", "1"], "excess is not finite at step 1"),
                        (["--decay", "1e300"], "take a smaller --rate or --decay")):
        bad(["train", "--mixture", "three-1d", *SMALL, "--out", "kept.safetensors", *words], 1, "diverged", what)
        expect(whole("kept.safetensors") == b"other weights", "other weights stay")
    # by what is told: below the excess of eps = 0, and far above that of the network's own answer 0
    words = ["train", "--mixture", "three-1d", "--steps", "500", "--hidden", "16", "--batch", "64", "--out",
             "kept.safetensors", "--rate"]
    bad([*words, "100", "--objective", "ism"], 1, "diverged: the excess of eps, 0.627, is above 0.101 (0.0504 if it")
    told = good(*words, "100", "--quiet")  # no use, and no harm
    record = json.load(open("kept.json"))
    mean, zero, limit = (record[key] for key in ("excess_mean", "excess_of_zero", "diverged_above"))
    expect(0.9 * zero < mean <= limit == 2 * zero, "what learnt nothing has the excess of 0", record)
    expect(f"over the floor {mean:.3g}, mean over t ({zero:.3g} if it answered 0, diverged above {limit:.3g})" in told,
           "the figures that are compared are told", told)
    os.remove("kept.safetensors")
    write_json("normal.json", {"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0.7}]})
    for output in "eps", "x0", "v", "score", "edm":
        good("train", "--mixture", "normal.json", *SMALL, "--output", output, "--steps", "3",
             "--out", "new.safetensors")
        record = json.load(open("new.json"))
        zero, limit = record["excess_of_zero"], record["diverged_above"]
        none = zero if output == "eps" else none
        expect(limit == max(2 * zero, none / 10), "twice its own, or a tenth of that of eps = 0", (limit, zero, none))
        expect(zero < 1e-12 if output == "edm" else zero > 1e-3, "Karras et al. begin with what is right here", zero)


def wrong_options_get_one_line():
    train = ["train", "--mixture", "three-1d"]
    bad(["train"], 2, "give --mixture M, or --resume F")
    bad([*train, "--resume", "state"], 2, "state holds all that makes the training")
    bad(["train", "--resume", "state", "--steps", "20000"], 2, "state holds all")  # the default, too
    bad(["train", "--resume", "whole", "--seed", "1", "--out", "w.safetensors"], 2, "training of whole has another")
    bad(["train", "--resume", "whole", "--out", "whole.safetensors", "--checkpoint", "whole.json"], 2,
        "this run writes whole.json")
    os.rename("whole", "whole.safetensors")
    bad(["train", "--resume", "whole.safetensors", "--out", "whole.safetensors"], 2, "this run reads whole.safetensors")
    os.rename("whole.safetensors", "whole")
    good("train", "--resume", "whole", "--seed", "2385", "--quiet", "--out", "again.safetensors")
    expect(b"--resume whole --seed 2385" in whole("again.csv"), "with the seed of the training")
    os.mkfifo("pipe")
    for name in "pipe", ".", "/dev/null":  # of a pipe that nobody fills, or a device, there may be no end
        for option in ["--resume"], ["--mixture", "three-1d", "--checkpoint"]:
            bad(["train", *option, name, "--out", "w.safetensors"], 2, f"{name}: it is no plain file")
    os.remove("pipe")
    bad([*train, "--out", "w.npy"], 2, "must end in .safetensors")
    bad([*train, "--output", "eta"], 2, "--output eta: it is eps, x0, v, score or edm")
    bad([*train, "--objective", "nll"], 2, "--objective nll: it is dsm or ism")
    bad([*train, "--weight", "min"], 2, "--weight min: it is uniform, snr, min-snr or likelihood")
    bad([*train, "--weight", "min", "--gamma", "5"], 2, "--weight min: it is uniform")
    bad([*train, "--gamma", "5"], 2, "--gamma is of --weight min-snr, and this is uniform")
    bad([*train, "--weight", "min-snr", "--gamma", "0"], 2, "--gamma 0: it is above 0")
    bad([*train, "--hidden", "8,8,8,8,8", "--out", "w.safetensors"], 2, "1 to 4 widths")
    bad([*train, "--rate", "-1", "--out", "w.safetensors"], 2, "--rate -1: it is above 0")
    for file, what in (("w.safetensors", "--checkpoint: this run writes w.safetensors"),
                       ("w.csv", "--checkpoint: this run writes w.csv"),
                       ("m.json", "--checkpoint m.json: no safetensors file")):
        with open("m.json", "w") as f:
            f.write('{"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0.5}]}')
        bad(["train", "--mixture", "m.json", "--out", "w.safetensors", "--checkpoint", file], 2, what)
        expect(not os.path.exists("w.safetensors") and open("m.json").read()[0] == "{", "nothing is written")
    bad([*train, "--out", "w.safetensors", "--checkpoint", "./w.csv"], 2, "this run writes w.csv")
    for option, value, what in (
            ("batch", "0", "--batch is a whole number from 1 up"), ("batch", "2e7", "take 1 to 16777216"),
            ("steps", "1e30", "--steps is at most 9223372036854775807"), ("steps", "5e9", "take 1 to 4294967295"),
            ("warmup", "5e9", "take at most 4294967295"), ("rate", "nan", "--rate is a finite number"),
            ("average", "1", "below 1"), ("hidden", "8,0", "1 to 4096 each"),
            ("layers", "9", "no option '--layers'"), ("even-in", "s", "it is t or lambda")):
        bad([*train, f"--{option}", value], 2, what)  # not even the folder of the default --out
    bad([*train, *SMALL, "--out", "w.safetensors", "--schedule", "vp-linear:beta1=1e300"], 2,
        "the loss has no finite floor")
    bad([*train, "--out", "none/w.safetensors"], 4, "there is no folder 'none'")
    for name, dim, mean, std in ("far", 1, 1e30, 1), ("point", 1, 0.7, 0), ("origin", 2, 0, 0), ("wide", 5, 0.3, 0.4):
        part = {"weight": 0.5, "mean": [mean] * dim, "std": std}  # twice the same
        write_json(f"{name}.json", {"dim": dim, "components": [part, part]})
        words = ["train", "--mixture", f"{name}.json", "--hidden", "8", "--steps", "2", "--batch", "9", "--quiet",
                 "--out", f"on {name}.safetensors"]
        if name == "far":
            bad(words, 2, "data of size 1e+30 are out of reach of the noise of vp-linear")
        else:
            good(*words)
            expect(math.isfinite(json.load(open(f"on {name}.json"))["excess_mean"]), f"{name} is trained on")
    bad(["train", "--resume", "a.safetensors", "--out", "w.safetensors"], 2, "another kind of file")
    for key, value, what in (
            ("curve", "[1,2,3]", ""), ("curve", '[["a",null,{}]]', ""), ("curve", "[[8,1.5]]", ""),
            ("curve", "[[8,1.5,0.2,3]]", ""), ("curve", "[[8,1.5,1e999]]", ""), ("curve", "{}", ""),
            ("beta1", "1", ""), ("schedule", "ve", "time_from")):
        spoil("whole", "spoilt", **{key: value})
        bad(["train", "--resume", "spoilt", "--out", "w.safetensors"], 2, "spoilt: metadata", what or key)
    spoil("whole", "spoilt")
    good("train", "--resume", "spoilt", "--quiet", "--out", "w.safetensors")
    os.remove("spoilt")


main(training_reports_its_excess_over_the_floor, a_terminal_shows_a_bar_and_each_row_on_a_line_of_its_own,
     a_log_tells_the_time_left, any_number_of_threads_gives_the_same_files, any_instruction_set_gives_the_same_files,
     a_training_that_diverges_is_told, wrong_options_get_one_line)
