#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker train and --score as people use them: the weights file read by nothing but Python gives the
network's own output, and its excess by another quadrature; a training interrupted at any moment and
resumed ends with the same file, and on other data is not resumed; wrong options and broken files get one
line."""
import csv
import json
import math
import os
import pty
import random
import resource
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
THREE = [(0.3, -2.0, 0.4**2), (0.5, 0.5, 0.25**2), (0.2, 1.8, 0.6**2)]  # weight, mean, variance
checks = failed = 0
skipped = []
rng = random.Random(2385)


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
    """eps(x, s, sigma, t) for a vector x, from the file alone; t is for networks that are told it."""
    meta, weights = tensors(path)
    rms, lo, hi = (float(meta[k]) for k in ("data_rms", "time_from", "time_to"))
    layers = len(meta["hidden"].split(",")) + 1

    def eps(x, s, sigma, t=None):
        wide = s * s * rms * rms + sigma * sigma
        time = t if meta["time"] == "t" else math.log(s / sigma)
        turn = math.pi / 2 * (time - lo) / (hi - lo)
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
                "edm": (sigma / wide, -s * rms / math.sqrt(wide))}[meta["output"]]
        return [p * a + q * b for a, b in zip(x, h)]
    return eps


def vp_linear(t):
    log_s = -0.5 * t * (0.1 + 0.5 * 19.9 * t)
    return math.exp(log_s), math.sqrt(-math.expm1(2 * log_s))


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
    good("train", "--mixture", "three-1d", *SMALL, "--output", "eps", "--checkpoint", "whole", "--out", "e.safetensors")
    falls = rows("e.csv")  # from far up: without edm's preconditioning it starts there
    expect(falls[-1]["excess"] < falls[0]["excess"] / 3, "the excess falls", falls[-1])
    expect(curve[0]["excess"] < falls[0]["excess"] / 3, "edm's preconditioning starts below", curve[0])
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
    expect(child.wait(60) == 0 and b"s left" in text, "there is a bar", text[:300])
    lines = [line.rstrip("\r").rsplit("\r\033[K", 1)[-1] for line in text.decode().split("\n")]
    expect(all(line.startswith(f"step {30 * (i + 1)} of 1500: loss ") for i, line in enumerate(lines[:50])),
           "and every row stands alone", lines)


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


def same_results(a, b, what):
    for ending in "safetensors", "csv":
        left, right = (b"\n".join(x for x in whole(f"{n}.{ending}").split(b"\n") if x[:1] != b"#")
                       for n in (a, b))
        expect(left == right, f"{what}: the same .{ending} as without the interruptions")


def remains(name):
    """Of a run that was killed: no results; the step of its checkpoint, -1 where there is none."""
    expect(not any(os.path.exists(f"{name}.{e}") for e in ("safetensors", "csv", "json")),
           "no half training leaves results")
    return int(tensors("state")[0]["step"]) if os.path.exists("state") else -1


def started(words, name):
    """The training from its beginning, or from where the checkpoint has it."""
    first = words if not os.path.exists("state") else ["--resume", "state"]
    return subprocess.Popen([FOKKER, "train", *first, "--threads", "1", "--checkpoint", "state", "--out",
                             f"{name}.safetensors"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def cut(words, name, until, how):
    """Start it or go on with it, and send the signal; False where it was done before that."""
    child = started(words, name)
    until(child)
    child.send_signal(how)
    child.communicate(timeout=60)
    if child.returncode == 0:
        return False
    # at once: before there is a handler
    expect(child.returncode in ((-how,) if how == signal.SIGKILL else (-how, 130)), how, child.returncode)
    return True


def ended(words, name, like, what):
    if not os.path.exists(f"{name}.safetensors"):
        expect(started(words, name).wait(60) == 0, f"{what}: and to its end")
    same_results(like, name, what)
    for file in "state", f"{name}.safetensors", f"{name}.csv", f"{name}.json":
        os.remove(file)


def a_training_interrupted_at_any_moment_ends_with_the_same_file():
    words = ["--mixture", "three-1d", *SMALL]
    kinds = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    before = after = 0
    for first in kinds:
        step = -1
        # at once, twice soon after one another, and twice at any of the 50 rows of the curve
        for n, row in enumerate((0, rng.randrange(1, 6), 1, rng.randrange(50), rng.randrange(50))):
            def until(child, row=row, pause=n and rng.uniform(0, 0.02)):
                for _ in range(row):
                    child.stdout.readline()
                time.sleep(pause)
            if not cut(words, "b", until, first if n < 2 else rng.choice(kinds)):
                break
            now = remains("b")
            expect(now >= step and now % 8 in (0, -1 % 8), "checkpoints go forward, row by row", (step, now))
            before, after, step = before + (now < 0), after + (now > 0), now
        ended(words, "b", "a", f"first by signal {first}")
    expect(before >= 3 and after >= 6, "some before the first checkpoint, and some behind", (before, after))


def a_checkpoint_stays_whole_where_writing_it_fails():
    """No file may grow beyond half of the next checkpoint: the signal for that kills within the writing, or
    where it is ignored the writing fails."""
    words = ["--mixture", "three-1d", *SMALL]
    expect(cut(words, "f", lambda child: [child.stdout.readline() for _ in range(5)], signal.SIGTERM), "cut")
    before = whole("state")
    half = len(before) // 2
    for kills in True, False:
        done = subprocess.run([FOKKER, "train", "--resume", "state", "--checkpoint", "state", "--out",
                               "f.safetensors"], capture_output=True, text=True, restore_signals=kills,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (half, half)))
        left = [name for name in os.listdir() if name.startswith(".fokker-")]
        if kills:
            expect(done.returncode == -signal.SIGXFSZ, "killed in the middle of a file", done)
            expect([os.path.getsize(name) for name in left] == [half], "which nobody could remove", left)
            os.remove(left[0])
        else:
            expect(done.returncode == 4 and not left, "nothing half remains", (done, left))
            expect(len(done.stderr.splitlines()) == 1 and "state: could not be written whole" in done.stderr,
                   "one line", done.stderr)
        expect(whole("state") == before and remains("f") > 0, "the checkpoint is the one from before")
    ended(words, "f", "a", "cut in writing")


def write_json(path, data, **how):
    with open(path, "w") as f:
        json.dump(data, f, **how)


def a_training_goes_on_with_its_own_data_alone():
    words = ["--mixture", "own.json", "--hidden", "8", "--steps", "40", "--batch", "32", "--warmup", "5"]
    own = {"dim": 1, "components": [{"weight": 0.4, "mean": [-1.3], "std": 0.5},
                                    {"weight": 0.6, "mean": [0.9], "std": 0.3}]}
    write_json("own.json", own)
    good("train", *words, "--quiet", "--out", "o.safetensors")
    expect(cut(words, "r", lambda child: [child.stdout.readline() for _ in range(5)], signal.SIGKILL), "cut")
    state = whole("state")
    for part, key, value in (0, "mean", [-1.31]), (1, "std", 0.3 + 1e-16), (0, "weight", 0.41):
        edited = json.loads(json.dumps(own))
        edited["components"][part][key] = value
        edited["components"][1]["weight"] = 1 - edited["components"][0]["weight"]
        write_json("own.json", edited)
        bad(["train", "--resume", "state", "--checkpoint", "state", "--out", "r.safetensors"], 2,
            "--resume state: own.json is no longer the mixture that this training began with")
    expect(whole("state") == state, "the checkpoint is as it was")
    os.remove("own.json")
    bad(["train", "--resume", "state", "--out", "r.safetensors"], 4, "own.json")
    # what is kept reads as a mixture file; and where each thing stands in the file is no matter
    kept = json.loads(tensors("state")[0]["mixture_definition"])
    write_json("own.json", kept, indent=3, sort_keys=True)
    ended(words, "r", "o", "the mixture from the metadata")


def a_network_of_other_data_is_told():
    told = "trained on three-1d, which is another mixture than bimodal-1d"
    write_json("copy.json", json.loads(tensors("a.safetensors")[0]["mixture_definition"]), indent=2)
    for words, code in ((["sample", "--scheme", "heun", "--steps", "3", "--n", "16", "--out", "n.npy"], 0),
                        (["law", "--scheme", "heun", "--steps", "3"], 0), (["likelihood", "--points", "near.csv"], 0),
                        (["score-net", "--quick", "--no-plot", "--out", "net"], 0),
                        (["budget", "--out", "near.csv/no"], 4)):  # ends soon after
        words += ["--score", "a.safetensors", "--mixture"]
        for mixture, lines in ("bimodal-1d", 1), ("copy.json", 0):
            done = run(*words, mixture)
            found = [line for line in done.stderr.splitlines() if "--score" in line]
            expect(done.returncode == code and len(found) == lines, f"{words}: {lines} lines", done.stderr)
            expect(all(told in line for line in found), f"{words}: {told}", found)
            if words[0] == "score-net":
                expect(("its learning curve is of other data" in done.stdout) == lines, "no foreign curve", done.stdout)
                expect(len(rows("net/curve.csv")) == (0 if lines else 50), "nor in the table")
        quiet = run(*words, "bimodal-1d", "--quiet")
        expect("--score" not in quiet.stderr, f"{words}: --quiet is", quiet.stderr)
    for schedule, same in ("vp-linear:beta1=20,beta0=0.1", True), ("vp-linear:beta1=19.5", False):
        told = good("score-net", "--quick", "--no-plot", "--out", "net", "--score", "a.safetensors", "--schedule", schedule)
        expect(("its learning curve is of another schedule" in told) != same, f"{schedule}: its curve", told[:200])
        expect(len(rows("net/curve.csv")) == (50 if same else 0), f"{schedule}: its table")


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


def refused_by_example(words, says):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    expect(done.returncode == 2 and len(done.stderr.splitlines()) == 1 and says in done.stderr,
           f"{words}: one line, {says!r}", (done.returncode, done.stderr))


def python_alone_reproduces_the_network():
    """By a single DDIM step, x' = (s'/s)(x - sigma eps) + sigma' eps, solved for eps."""
    t = good("schedule", "--schedule", "vp-linear", "--t", "0.43,0.12").splitlines()
    t = list(csv.DictReader(line for line in t if not line.startswith("#")))
    readers = readers_of("numpy") + readers_of("numpy", "safetensors")
    (s, sigma), (s1, sigma1) = ((float(r["s"]), float(r["sigma"])) for r in t)
    for output, told in ("eps", "t"), ("x0", "lambda"), ("v", "t"), ("score", "lambda"), ("edm", "lambda"):
        good("train", "--mixture", "full-2d", "--output", output, "--time", told, "--hidden", "24,16", "--steps", "40",
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
        right, wrong = ([eps(a, s, level, 0.43) for a in x] for level in (sigma, 1.1 * sigma))
        expect(off(found, right) < 1e-5, f"{output}: Python gives the output", off(found, right))
        expect(off(found, wrong) > 1e-3, f"{output}: and would see another sigma", off(found, wrong))
        for words in readers:
            words = [*words, "p.safetensors", repr(s), repr(sigma), "start.csv"]
            if told == "t":
                refused_by_example(words, "this network is told t: give --time T")
                words += ["--time", "0.43"]
            text = subprocess.run(words, capture_output=True, text=True, timeout=60)
            theirs = [[-sigma * float(v) for v in row.split(",")] for row in text.stdout.split()]
            expect(text.returncode == 0 and len(theirs) == 20, f"{words} reads it", text.stderr)
            expect(off(found, theirs) < 1e-5, f"{output}: {words} gives it", off(found, theirs))
    for words in readers[:1]:
        points = os.path.join(os.path.dirname(EXAMPLE), "points-1d.csv")  # below a line of names
        text = subprocess.run([*words, "a.safetensors", "0.8", "0.6", points], capture_output=True, text=True)
        expect(text.returncode == 0 and len(text.stdout.split()) == 9, "as examples/README.md has it", text)
        for level, file, at, says in (("0", "a.safetensors", points, "above 0"), ("0.6", "a.csv", points, "a.csv"),
                                      ("0.6", "none", points, "No such file"), ("0.6", "whole", points, "whole: no weights"),
                                      ("0.6", "a.safetensors", "none.csv", "none.csv"),
                                      ("0.6", "a.safetensors", "start.csv", "2 columns"),
                                      ("0.6", "a.safetensors", "a.json", "a.json: cannot be read")):
            refused_by_example([*words, file, "0.8", level, at], says)


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
    bad(["train", "--resume", "state", "--steps", "20000"], 2, "state holds all")  # the default, too
    bad(["train", "--resume", "whole", "--seed", "1", "--out", "w.safetensors"], 2, "training of whole has another")
    bad(["train", "--resume", "whole", "--out", "whole.safetensors", "--checkpoint", "whole.json"], 2, "this run writes")
    os.rename("whole", "whole.safetensors")
    bad(["train", "--resume", "whole.safetensors", "--out", "whole.safetensors"], 2, "this run reads whole.safetensors")
    os.rename("whole.safetensors", "whole")
    good("train", "--resume", "whole", "--seed", "2385", "--quiet", "--out", "again.safetensors")
    expect("--resume whole --seed 2385" in json.load(open("again.json"))["command"], "with the seed of the training")
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
    bad([*train, "--out", "w.safetensors", "--checkpoint", "./w.csv"], 2, "this run writes w.csv")
    for option, value, what in (
            ("batch", "0", "--batch is a whole number from 1 up"), ("batch", "2e7", "take 1 to 16777216"),
            ("steps", "1e30", "--steps is a whole number"), ("steps", "5e9", "take 1 to 4294967295"),
            ("warmup", "5e9", "take at most 4294967295"), ("rate", "nan", "--rate is a finite number"),
            ("average", "1", "below 1"), ("gamma", "0", "above 0"), ("hidden", "8,0", "1 to 4096 each"),
            ("layers", "9", "no option '--layers'"), ("even-in", "s", "it is t or lambda")):
        bad([*train, f"--{option}", value], 2, what)  # not even the folder of the default --out
    for words, what in ((["--decay", "1e300"], "a smaller --rate or --decay"),
                        (["--schedule", "vp-linear:beta1=1e300"], "the loss has no finite floor")):
        bad([*train, *SMALL, "--out", "w.safetensors", *words], 2, what)
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
    bad([*train, *SMALL, "--rate", "1e38", "--steps", "1", "--out", "w.safetensors"], 2, "take a smaller --rate")
    expect(not os.path.exists("w.safetensors"), "no weights without a number")
    bad(["train", "--resume", "a.safetensors", "--out", "w.safetensors"], 2, "another kind of file")
    sample = ["sample", "--scheme", "heun", "--out", "x.npy", "--mixture"]
    bad([*sample, "ring-8", "--score", "a.safetensors"], 2, "dimension 1, and ring-8 has 2")
    bad([*sample, "three-1d", "--score", "whole"], 2, "another kind of file")
    bad([*sample, "three-1d", "--score", "none.safetensors"], 4, "none.safetensors: cannot read")
    bad([*sample, "three-1d", "--schedule", "edm", "--score", "a.safetensors"], 2, "trained for lambda")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for test in (training_reports_its_excess_over_the_floor,
                 a_terminal_shows_a_bar_and_each_row_on_a_line_of_its_own,
                 any_number_of_threads_gives_the_same_files,
                 any_instruction_set_gives_the_same_files,
                 a_training_interrupted_at_any_moment_ends_with_the_same_file,
                 a_checkpoint_stays_whole_where_writing_it_fails,
                 a_training_goes_on_with_its_own_data_alone,
                 python_alone_reproduces_the_network, a_network_drives_samplers_and_laws,
                 the_likelihood_of_a_network_has_its_score_as_a_part,
                 a_network_of_other_data_is_told, wrong_options_get_one_line):
        test()
    os.chdir("/")
print(f"{checks - failed} of {checks} checks passed"
      + "".join(f"; {word}: not installed, not tried" for word in skipped))
sys.exit(failed > 0)
