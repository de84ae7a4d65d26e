#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker train and --score as people use them: the weights file read by nothing but Python gives the
network's own output; a training interrupted and resumed ends with the same file; wrong options and
broken files get one line."""
import csv
import json
import math
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

FOKKER = os.path.abspath(os.environ["FOKKER"])
SMALL = ["--hidden", "24,16", "--steps", "400", "--batch", "96", "--warmup", "20", "--rate", "1e-2",
         "--average", "0.98", "--seed", "2385"]
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/network.py")
checks = failed = 0
skipped = []


def run(*words):
    return subprocess.run([FOKKER, *words], capture_output=True, text=True, timeout=300)


def expect(true, what, found=None):
    global checks, failed
    checks += 1
    if not true:
        failed += 1
        print(f"FAILED: {what}" + ("" if found is None else f"\n    found: {found!r}"))


def good(*words):
    done = run(*words)
    expect(done.returncode == 0 and done.stderr == "", f"{words} succeeds",
           (done.returncode, done.stderr))
    return done.stdout


def bad(words, code, *parts):
    before = sorted(os.listdir("."))
    done = run(*words)
    expect(done.returncode == code, f"{words} exits with {code}", (done.returncode, done.stderr))
    expect(len(done.stderr.splitlines()) == 1, f"{words} prints one line", done.stderr)
    for part in parts:
        expect(part in done.stderr, f"{words} says {part!r}", done.stderr)
    expect(sorted(os.listdir(".")) == before, f"{words} leaves no file", os.listdir("."))


def whole(path):
    with open(path, "rb") as f:
        return f.read()


def rows(path):
    with open(path) as f:
        return [{k: float(v) for k, v in row.items()}
                for row in csv.DictReader(line for line in f if not line.startswith("#"))]


def tensors(path):
    """Metadata, and NAME -> (shape, numbers)."""
    data = whole(path)
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    meta = header.pop("__metadata__")
    out = {}
    for name, t in header.items():
        a, b = t["data_offsets"]
        out[name] = (t["shape"], struct.unpack(f"<{(b - a) // 4}f", data[8 + length + a:8 + length + b]))
    return meta, out


def network(path):
    """eps(x, s, sigma) for a vector x, from the file alone."""
    meta, weights = tensors(path)
    std, lo, hi = (float(meta[k]) for k in ("data_std", "time_from", "time_to"))
    layers = len(meta["hidden"].split(",")) + 1

    def eps(x, s, sigma):
        wide = s * s * std * std + sigma * sigma
        turn = math.pi / 2 * (math.log(s / sigma) - lo) / (hi - lo)
        h = [v / math.sqrt(wide) for v in x]
        for j in range(1, int(meta["frequencies"]) + 1):
            h += [math.cos(j * turn), math.sin(j * turn)]
        for l in range(layers):
            (out, inputs), w = weights[f"layers.{l}.weight"]
            _, b = weights[f"layers.{l}.bias"]
            z = [b[r] + sum(w[r * inputs + i] * h[i] for i in range(inputs)) for r in range(out)]
            h = z if l + 1 == layers else [u / (1 + math.exp(-u)) for u in z]
        size, r = s * s + sigma * sigma, math.sqrt(s * s + sigma * sigma)
        p, q = {"eps": (0, 1), "x0": (1 / sigma, -s / sigma), "v": (sigma / size, s / r),
                "score": (0, -sigma / r),
                "edm": (sigma / wide, -s * std / math.sqrt(wide))}[meta["output"]]
        return [p * a + q * b for a, b in zip(x, h)]
    return eps


def training_reports_its_excess_over_the_floor():
    out = good("train", "--mixture", "three-1d", *SMALL, "--out", "a.safetensors")
    expect("excess of eps over the floor" in out.splitlines()[-1], "the excess is told", out[-200:])
    curve, record = rows("a.csv"), json.load(open("a.json"))
    expect(len(curve) == 50 and curve[-1]["step"] == 400, "the curve has 50 rows", len(curve))
    good("train", "--mixture", "three-1d", *SMALL, "--output", "eps", "--out", "e.safetensors")
    falls = rows("e.csv")  # from far up: without edm's preconditioning it starts there
    expect(falls[-1]["excess"] < falls[0]["excess"] / 3, "the excess falls", falls[-1])
    expect(curve[0]["excess"] < falls[0]["excess"] / 3, "edm's preconditioning starts below", curve[0])
    expect(0 < record["excess_mean"] < 0.1 < 3 * record["excess_max"], "the record has it", record)
    # the loss is the floor and the excess, less what chance does in 8 batches of 96
    expect(abs(curve[-1]["loss"] - curve[-1]["floor"]) < 0.1, "loss and floor agree", curve[-1])


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


def a_training_interrupted_and_resumed_ends_with_the_same_file():
    words = [FOKKER, "train", "--mixture", "three-1d", *SMALL, "--threads", "1", "--checkpoint",
             "state", "--out", "b.safetensors"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(7):
        child.stdout.readline()
    time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    expect(child.returncode == 130, "interrupted", child.returncode)
    expect(not os.path.exists("b.safetensors"), "no half training leaves weights")
    step = int(tensors("state")[0]["step"])
    expect(48 <= step < 400, "the checkpoint is from under way", step)
    good("train", "--resume", "state", "--out", "b.safetensors")
    for ending in "safetensors", "csv":
        a, b = (b"\n".join(x for x in whole(f"{n}.{ending}").split(b"\n") if x[:1] != b"#")
                for n in "ab")
        expect(a == b, f"the same .{ending} as without the interruption")


def off(a, b):
    gaps = [abs(u - v) / (1 + abs(v)) for row, other in zip(a, b) for u, v in zip(row, other)]
    return max(gaps) if all(gap == gap for gap in gaps) else math.nan


def readers_of(*modules):
    """examples/network.py by an interpreter that has them: FOKKER_PYTHON names one, else python3."""
    python = os.environ.get("FOKKER_PYTHON", sys.executable)
    there = subprocess.run([python, "-c", "import " + ", ".join(modules)], capture_output=True)
    if there.returncode == 0:
        return [[python, EXAMPLE, *(["--safetensors"] if len(modules) > 1 else [])]]
    skipped.append(" and ".join(modules))
    return []


def python_alone_reproduces_the_network():
    """By a single DDIM step, x' = (s'/s)(x - sigma eps) + sigma' eps, solved for eps."""
    t = good("schedule", "--schedule", "vp-linear", "--t", "0.43,0.12").splitlines()
    t = list(csv.DictReader(line for line in t if not line.startswith("#")))
    readers = readers_of("numpy") + readers_of("numpy", "safetensors")
    (s, sigma), (s1, sigma1) = ((float(r["s"]), float(r["sigma"])) for r in t)
    for output in "eps", "x0", "v", "score", "edm":
        good("train", "--mixture", "full-2d", "--output", output, "--hidden", "24,16", "--steps", "40",
             "--batch", "64", "--out", "p.safetensors")
        x = [[-1.31 + 0.27 * i, 0.83 - 0.19 * i * i / 7] for i in range(20)]
        with open("start.csv", "w") as f:
            f.writelines(f"{a!r},{b!r}\n" for a, b in x)
        good("sample", "--mixture", "full-2d", "--scheme", "ddim:eta=0", "--steps", "1", "--start",
             "start.csv", "--t-start", "0.43", "--t-end", "0.12", "--score", "p.safetensors",
             "--out", "end.csv")
        found = [[(end[f"x{k}"] - s1 / s * a[k]) / (sigma1 - s1 / s * sigma) for k in range(2)]
                 for a, end in zip(x, rows("end.csv"))]
        eps = network("p.safetensors")
        right, wrong = ([eps(a, s, level) for a in x] for level in (sigma, 1.1 * sigma))
        expect(off(found, right) < 1e-5, f"{output}: Python gives the output", off(found, right))
        expect(off(found, wrong) > 1e-3, f"{output}: and would see another sigma", off(found, wrong))
        for words in readers:
            text = subprocess.run([*words, "p.safetensors", repr(s), repr(sigma), "start.csv"],
                                  capture_output=True, text=True, timeout=60)
            theirs = [[-sigma * float(v) for v in row.split(",")] for row in text.stdout.split()]
            expect(text.returncode == 0 and len(theirs) == 20, f"{words} reads it", text.stderr)
            expect(off(found, theirs) < 1e-5, f"{output}: {words} gives it", off(found, theirs))


def a_network_drives_samplers_and_laws():
    law = good("law", "--mixture", "three-1d", "--scheme", "dpmpp-2m", "--steps", "20", "--against",
               "data", "--score", "a.safetensors")
    exact = good("law", "--mixture", "three-1d", "--scheme", "dpmpp-2m", "--steps", "20",
                 "--against", "data")
    w1 = [float(list(csv.DictReader(x for x in text.splitlines() if x[0] != "#"))[0]["w1"])
          for text in (law, exact)]
    expect(2 * w1[1] < w1[0] < 0.5, "the law of a crude network is off, and not by much", w1)
    files = []
    for block in "16", "240":
        good("sample", "--mixture", "three-1d", "--scheme", "euler-maruyama", "--steps", "10", "--n",
             "1000", "--score", "a.safetensors", "--block", block, "--out", f"s{block}.npy")
        files.append(whole(f"s{block}.npy"))
    expect(files[0] == files[1], "blocks of every size give the same bits")


def the_likelihood_of_a_network_has_its_score_as_a_part():
    words = ["likelihood", "--mixture", "three-1d", "--quiet", "--points"]
    with open("near.csv", "w") as f:
        f.write("-2.1\n0.45\n1.7\n")
    text = [good(*words, "near.csv"), good(*words, "near.csv", "--score", "a.safetensors")]
    exact, learnt = (list(csv.DictReader(x for x in t.splitlines() if x[0] != "#")) for t in text)
    for a, b in zip(exact, learnt):
        a, b = ({k: float(v) for k, v in row.items()} for row in (a, b))
        parts = ("exact", "truncation", "prior", "integration")
        expect(all(a[k] == b[k] for k in parts), "the other parts are those of the exact score", b)
        total = sum(b[k] for k in parts)
        expect(abs(total + b["score"] - b["log_p"]) < 1e-13, "the parts sum to the value", b)
        expect(abs(total - b["log_p"]) > 1e-3, "and not without the score", b)
        expect(abs(b["score"]) < 1.5, "which is not far off", b)
    # what the network says is a density: of its own flow, so that nothing else has the same
    # normalisation; by the trapezium rule, from where it has lost all but 1e-4
    with open("line.csv", "w") as f:
        f.writelines(f"{-5 + 0.05 * i}\n" for i in range(201))
    text = good(*words, "line.csv", "--prior", "normal", "--score", "a.safetensors")
    mass = 0.05 * sum(math.exp(float(row["log_p"]))
                      for row in csv.DictReader(x for x in text.splitlines() if x[0] != "#"))
    expect(abs(mass - 1) < 5e-3, "the network's density has mass 1", mass)
    bad([*words[:2], "full-2d", "--points", "line.csv", "--score", "a.safetensors"], 2, "coordinates")
    bad([*words, "near.csv", "--schedule", "edm", "--score", "a.safetensors"], 2, "trained for lambda")
    bad([*words, "near.csv", "--score", "p.safetensors"], 2, "dimension 2, and three-1d has 1")


def wrong_options_get_one_line():
    train = ["train", "--mixture", "three-1d"]
    bad(["train"], 2, "give --mixture M, or --resume F")
    bad([*train, "--resume", "state"], 2, "state holds all that makes the training")
    bad(["train", "--resume", "state", "--steps", "500"], 2, "state holds all")
    bad([*train, "--out", "w.npy"], 2, "must end in .safetensors")
    bad([*train, "--output", "eta"], 2, "--output eta: it is eps, x0, v, score or edm")
    bad([*train, "--objective", "nll"], 2, "--objective nll: it is dsm or ism")
    bad([*train, "--weight", "min"], 2, "--weight min: it is uniform, snr, min-snr or likelihood")
    bad([*train, "--hidden", "8,8,8,8,8", "--out", "w.safetensors"], 2, "1 to 4 widths")
    bad([*train, "--rate", "-1", "--out", "w.safetensors"], 2, "--rate -1: it is above 0")
    for file, what in (("w.safetensors", "writes"), ("w.csv", "writes"), ("m.json", "reads")):
        with open("m.json", "w") as f:
            f.write('{"dim": 1, "components": [{"weight": 1, "mean": [0], "std": 0.5}]}')
        bad(["train", "--mixture", "m.json", "--out", "w.safetensors", "--checkpoint", file], 2,
            f"--checkpoint: this run {what} {file}")
        expect(not os.path.exists("w.safetensors") and open("m.json").read()[0] == "{", "nothing is written")
    bad([*train, *SMALL, "--rate", "1e38", "--steps", "1", "--out", "w.safetensors"], 2, "take a smaller --rate")
    expect(not os.path.exists("w.safetensors"), "no weights without a number")
    bad(["train", "--resume", "a.safetensors", "--out", "w.safetensors"], 2, "another kind of file")
    sample = ["sample", "--scheme", "heun", "--out", "x.npy", "--mixture"]
    bad([*sample, "ring-8", "--score", "a.safetensors"], 2, "dimension 1, and ring-8 has 2")
    bad([*sample, "three-1d", "--score", "state"], 2, "another kind of file")
    bad([*sample, "three-1d", "--score", "none.safetensors"], 4, "none.safetensors: cannot read")
    bad([*sample, "three-1d", "--schedule", "edm", "--score", "a.safetensors"], 2, "trained for lambda")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for test in (training_reports_its_excess_over_the_floor,
                 any_number_of_threads_gives_the_same_files,
                 any_instruction_set_gives_the_same_files,
                 a_training_interrupted_and_resumed_ends_with_the_same_file,
                 python_alone_reproduces_the_network, a_network_drives_samplers_and_laws,
                 the_likelihood_of_a_network_has_its_score_as_a_part,
                 wrong_options_get_one_line):
        test()
    os.chdir("/")
print(f"{checks - failed} of {checks} checks passed"
      + "".join(f"; {word}: not installed, not tried" for word in skipped))
sys.exit(failed > 0)
