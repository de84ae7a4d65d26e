#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of fokker train in use: nothing but Python reads the file and gives the network's own output;
by --score it drives samplers, laws and likelihoods, on every schedule of its noise; that it was trained on
other data is told; files and runs that do not fit one another get one line."""
import csv
import json
import math
import os
import subprocess
import sys

from trained.common import SMALL, bad, expect, good, main, network, rows, run, spoil, tensors, vp_linear, whole, write_json

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/network.py")


def off(a, b):
    gaps = [abs(u - v) / (1 + abs(v)) for row, other in zip(a, b) for u, v in zip(row, other)]
    return max(gaps) if all(gap == gap for gap in gaps) else math.nan


def readers_of(*modules):
    """examples/network.py by an interpreter that has them: FOKKER_PYTHON names one, else python3."""
    python = os.environ.get("FOKKER_PYTHON", sys.executable)
    there = subprocess.run([python, "-c", "import " + ", ".join(modules)], capture_output=True)
    if there.returncode == 0:
        return [[python, EXAMPLE, *(["--safetensors"] if len(modules) > 1 else [])]]
    return []


def refused_by_example(words, says):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    expect(done.returncode == 2 and len(done.stderr.splitlines()) == 1 and says in done.stderr,
           f"{words}: one line, {says!r}", (done.returncode, done.stderr))


def python_alone_reproduces_the_network():
    """By a single DDIM step, x' = (s'/s)(x - sigma eps) + sigma' eps, solved for eps."""
    t = good("schedule", "--schedule", "vp-linear", "--t", "0.43,0.12").splitlines()
    t = list(csv.DictReader(line for line in t if not line.startswith("#")))
    tried = {"numpy": readers_of("numpy"), "numpy and safetensors": readers_of("numpy", "safetensors")}
    readers = sum(tried.values(), [])
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
                                      ("0.6", "none", points, "No such file"),
                                      ("0.6", "whole", points, "whole: no weights"),
                                      ("0.6", "a.safetensors", "none.csv", "none.csv"),
                                      ("0.6", "a.safetensors", "start.csv", "2 columns"),
                                      ("0.6", "a.safetensors", "a.json", "a.json: cannot be read")):
            refused_by_example([*words, file, "0.8", level, at], says)
    return [name for name in tried if not tried[name]]


def a_network_drives_samplers_and_laws():
    law = good("law", "--mixture", "three-1d", "--scheme", "dpmpp-2m", "--steps", "20", "--against",
               "data", "--score", "a.safetensors")
    exact = good("law", "--mixture", "three-1d", "--scheme", "dpmpp-2m", "--steps", "20",
                 "--against", "data")
    w1 = [float(list(csv.DictReader(x for x in text.splitlines() if x[0] != "#"))[0]["w1"])
          for text in (law, exact)]
    expect(2 * w1[1] < w1[0] < 0.5, "the law of a crude network is off, and not by much", w1)
    # one that is told t, on a schedule of the same noise: x/s is the same, and so is what is denoised
    good("train", "--mixture", "three-1d", *SMALL, "--time", "t", "--quiet", "--out", "time.safetensors")
    for final, agree in ("denoise", True), ("none", False):
        found = []
        for schedule, times in ("vp-linear", (0.9, 0.01)), ("edm", [b / a for a, b in map(vp_linear, (0.9, 0.01))]):
            text = good("law", "--mixture", "three-1d", "--scheme", "dpmpp-2m", "--steps", "12", "--against", "data",
                        "--schedule", schedule, "--t-start", repr(times[0]), "--t-end", repr(times[1]),
                        "--final", final, "--score", "time.safetensors", "--quiet")
            found.append(float(list(csv.DictReader(x for x in text.splitlines() if x[0] != "#"))[0]["w1"]))
        expect((abs(found[0] / found[1] - 1) < 1e-10) == agree, f"--final {final}: the same law: {agree}", found)
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


def a_network_of_other_data_is_told():
    told = "trained on three-1d, which is another mixture than bimodal-1d"
    silent = whole("a.safetensors").replace(b'"mixture_definition"', b'"mixture_definitiom"')
    with open("silent.safetensors", "wb") as f:
        f.write(silent)
    done = run("score-net", "--quick", "--no-plot", "--out", "net", "--score", "silent.safetensors")
    expect(done.returncode == 0 and "it does not tell which mixture it was trained on" in done.stderr
           and "the weights do not tell their data" in done.stdout, "a file that tells nothing", done.stderr)
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


def a_network_on_another_schedule_is_told():
    told = ("--score a.safetensors: trained on vp-linear; on vp-linear:beta1=19.5 it is asked at the same noise levels "
            "lambda = log(s/sigma), 0.5 at most beyond those that it was trained on")
    for words, code in ((["sample", "--scheme", "heun", "--steps", "3", "--n", "16", "--out", "n.npy"], 0),
                        (["law", "--scheme", "heun", "--steps", "3"], 0), (["likelihood", "--points", "near.csv"], 0),
                        (["score-net", "--quick", "--no-plot", "--out", "net"], 0),
                        (["budget", "--out", "near.csv/no"], 4)):
        words += ["--score", "a.safetensors", "--mixture", "three-1d"]
        for schedule, same in ("vp-linear:beta1=20,beta0=0.1", True), ("vp-linear:beta1=19.5", False):
            done = run(*words, "--schedule", schedule)
            found = [line for line in done.stderr.splitlines() if "--score" in line]
            expect(done.returncode == code and len(found) == (not same) and all(told in line for line in found),
                   f"{words} on {schedule}", done.stderr)
            if words[0] == "score-net":
                expect(("its learning curve is of another schedule" in done.stdout) != same, f"{schedule}: its curve")
                expect(len(rows("net/curve.csv")) == (50 if same else 0), f"{schedule}: its table")
        quiet = run(*words, "--schedule", "vp-linear:beta1=19.5", "--quiet")
        expect("--score" not in quiet.stderr, f"{words}: --quiet is", quiet.stderr)
    words = ["--mixture", "three-1d", "--scheme", "ddim:eta=0", "--score", "a.safetensors", "--steps", "3", "--n", "16"]
    done = run("sample", *words, "--chain", "ddpm-linear:T=100", "--out", "n.npy")
    expect(done.returncode == 0 and "on ddpm-linear:T=100 it is asked" in done.stderr, "nor on a chain", done.stderr)


def a_network_brings_its_own_schedule():
    good("train", "--mixture", "three-1d", *SMALL, "--schedule", "ve", "--quiet", "--out", "ve.safetensors")
    words = ["--mixture", "three-1d", "--score", "ve.safetensors"]
    files = []
    for more in [], ["--schedule", "ve"]:
        good("sample", *words, *more, "--scheme", "heun", "--steps", "5", "--n", "16", "--out", "own.npy")
        files.append([whole("own.npy"), good("law", *words, *more, "--scheme", "heun", "--steps", "5").splitlines()[-1],
                      good("likelihood", *words, *more, "--points", "near.csv", "--quiet").splitlines()[-1]])
    expect(files[0] == files[1], "in sample, law and likelihood", files)
    expect(json.load(open("own.json"))["schedule"] == "ve", "and the record tells it")
    good("score-net", *words, "--quick", "--no-plot", "--out", "net")
    expect(len(rows("net/curve.csv")) == 50, "in score-net its curve is there")
    done = run("budget", *words, "--out", "near.csv/no")
    expect(done.returncode == 4 and "--score" not in done.stderr, "in budget nothing has to be told", done.stderr)


def what_a_scheme_takes_from_the_data_beside_a_network_is_told():
    words = ["sample", "--mixture", "three-1d", "--steps", "5", "--n", "16", "--out", "f.npy", "--scheme"]
    for scheme, told in ("ancestral-optimal", 1), ("pc", 1), ("ancestral-small", 0):
        done = run(*words, scheme, "--score", "a.safetensors")
        expect(done.returncode == 0 and len(done.stderr.splitlines()) == told
               and (f"--score a.safetensors: its score alone; what else {scheme} must know of the data"
                    in done.stderr) == told, f"{scheme}: {told} lines", done.stderr)
        good(*words, scheme)
        good(*words, scheme, "--score", "a.safetensors", "--quiet")


def a_header_may_have_any_length():
    """That ours end where floats can lie is a kindness of ours."""
    sample = ["sample", "--mixture", "three-1d", "--steps", "5", "--n", "16", "--scheme", "heun", "--quiet", "--out"]
    file = whole("a.safetensors")
    length = int.from_bytes(file[:8], "little")
    good(*sample, "right.npy", "--score", "a.safetensors")
    for more in range(1, 8):
        with open("odd.safetensors", "wb") as f:
            f.write((length + more).to_bytes(8, "little") + file[8:8 + length] + b" " * more + file[8 + length:])
        good(*sample, "odd.npy", "--score", "odd.safetensors")
        expect(whole("odd.npy") == whole("right.npy"), f"{more} more blanks in the header change nothing")


def a_network_that_does_not_fit_gets_one_line():
    sample = ["sample", "--scheme", "heun", "--out", "x.npy", "--mixture"]
    bad([*sample, "ring-8", "--score", "a.safetensors"], 2, "dimension 1, and ring-8 has 2")
    with open("noise.safetensors", "wb") as f:
        f.write(whole("a.safetensors")[3:])
    spoil("a.safetensors", "beyond.safetensors", time="t", time_from="-5", time_to="7")
    spoil("a.safetensors", "unknown.safetensors", schedule="nonsense")
    spoil("a.safetensors", "wide.safetensors", data_rms="1e300")
    os.mkfifo("pipe")
    for words in ([*sample, "three-1d"], ["law", "--scheme", "heun", "--steps", "3", "--mixture", "three-1d"],
                  ["likelihood", "--points", "near.csv", "--mixture", "three-1d"],
                  ["score-net", "--quick", "--no-plot", "--out", "net"],
                  ["budget", "--quick", "--no-plot", "--out", "net", "--mixture", "three-1d"]):
        for name, code, says in (
                ("whole", 2, 'metadata "format": another kind of file'), ("none.safetensors", 4, "cannot read"),
                ("pipe", 2, "it is no plain file"), ("/dev/null", 2, "it is no plain file"),
                ("noise.safetensors", 2, "no safetensors file"), ("beyond.safetensors", 2, 'metadata "time_from"'),
                ("unknown.safetensors", 2, "metadata \"schedule\": no schedule 'nonsense'"),
                ("wide.safetensors", 2, 'metadata "data_rms"')):
            bad([*words, "--score", name], code, f"fokker {words[0]}: --score {name}: {says}")
    bad([*sample, "three-1d", "--schedule", "edm", "--score", "a.safetensors"], 2, "trained for lambda")


main(python_alone_reproduces_the_network, a_network_drives_samplers_and_laws,
     the_likelihood_of_a_network_has_its_score_as_a_part, a_network_of_other_data_is_told,
     a_network_on_another_schedule_is_told, a_network_brings_its_own_schedule, a_header_may_have_any_length,
     what_a_scheme_takes_from_the_data_beside_a_network_is_told, a_network_that_does_not_fit_gets_one_line)
