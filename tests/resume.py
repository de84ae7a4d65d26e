# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker sample --checkpoint: runs killed at random moments, as nothing can catch, and started again
write the files of a run that nobody disturbed; files that are not of the run are refused. And what
--histogram counts and averages is what the samples are."""
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

FOKKER = os.path.abspath(os.environ["FOKKER"])
rng = random.Random()


def expect(true, *told):
    if not true:
        sys.exit(f"resume.py: {told}")


def good(*args):
    done = subprocess.run([FOKKER, *args], capture_output=True, text=True)
    expect(done.returncode == 0, args, done.returncode, done.stderr)


def refused(says, *args):
    done = subprocess.run([FOKKER, *args], capture_output=True, text=True)
    lines = done.stderr.splitlines()
    expect(done.returncode == 2 and len(lines) == 1 and says in lines[0], args, done.returncode, lines)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def interrupted(kills, *args):
    """Start the run, kill it, start it again, each time with other instructions; then let it end. How often
    there was something kept."""
    kept = 0
    for k in range(kills):
        with open(".state.fokker-tmp", "w") as file:
            file.write("what a run leaves that is killed while it writes")
        isa = ["portable", "avx2", "avx512"][k % 3]
        run = subprocess.Popen([FOKKER, *args], stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, FOKKER_ISA=isa))
        began = time.monotonic()
        while not os.path.exists("state") and run.poll() is None:
            time.sleep(0.005)  # until the first time, however slow the machine
        try:
            run.wait(rng.uniform(0, 0.7))
            break  # done before its time
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
            kept += os.path.exists("state")
    good(*args)
    expect(not [name for name in os.listdir() if "state" in name], "the checkpoint, or a part, is still there")
    return kept


def killed_runs_end_with_the_same_files():
    cases = [
        (["--scheme", "euler-maruyama", "--steps", "100", "--histogram", "60", "--n", "15000000"], "csv"),
        (["--scheme", "heun-sde", "--steps", "300", "--final", "denoise", "--n", "2000017"], "npy"),
    ]
    times = 0
    for args, ending in cases:
        args = ["sample", "--mixture", "three-1d", *args, "--threads", "1"]
        good(*args, "--out", f"want.{ending}")
        kept = interrupted(3, *args, "--checkpoint", "state", "--out", f"got.{ending}")
        expect(kept >= 1, "nothing was ever kept")
        times += kept
        expect(read(f"want.{ending}") == read(f"got.{ending}"), args, "another file")
        expect(read("want.json") == read("got.json"), args, "another record")
    return times


def files_of_other_runs_are_refused():
    args = ["sample", "--mixture", "three-1d", "--scheme", "euler-maruyama", "--steps", "100",
            "--n", "1000000000", "--histogram", "60", "--checkpoint", "state", "--out", "x.csv"]
    run = subprocess.Popen([FOKKER, *args])
    while not os.path.exists("state") and run.poll() is None:
        time.sleep(0.005)
    run.kill()
    run.wait()
    state = read("state")
    expect(not os.path.exists("x.csv"), "a killed run left its output")
    another = list(args)
    another[another.index("100")] = "101"
    refused("is of another run", *another)
    refused("is of another run", *args, "--seed", "2")
    head = state.index(b"\n", state.index(b"\n", state.index(b"\n") + 1) + 1) + 1
    sampled = state.index(b"\n", state.index(b"\n") + 1) + 1  # what came of the first particles, in 16 digits
    other = bytes([state[sampled] ^ 1])
    for name, bytes_, says in [("other", state[:sampled] + other + state[sampled + 1:], "other numbers"),
                               ("short", state[:-1], "damaged"), ("long", state + b"x", "damaged"),
                               ("flipped", state[:head + 50] + bytes([state[head + 50] ^ 1]) + state[head + 51:], "damaged"),
                               ("empty", b"", "no run to go on with"), ("text", b"hello\n", "no run to go on with")]:
        with open(name, "wb") as file:
            file.write(bytes_)
        refused(says, *[name if a == "state" else a for a in args])
        expect(read(name) == bytes_, name, "was touched")
    os.mkfifo("pipe")
    for name in "pipe", ".", "/dev/null":
        refused("it is no plain file", *[name if a == "state" else a for a in args])
    refused("a file of its own", *[("x.csv" if a == "state" else a) for a in args])
    refused("adaptive", "sample", "--mixture", "three-1d", "--scheme", "rk45", "--checkpoint", "s", "--out", "x.npy")
    os.remove("state")


def histograms_and_moments_are_those_of_the_samples():
    args = ["sample", "--mixture", "full-2d", "--scheme", "heun-sde", "--steps", "9", "--n", "10007"]
    good(*args, "--out", "all.npy")
    good(*args, "--histogram", "37", "--range=-1.7,2.385", "--out", "counts.csv")
    x = struct.unpack("<20014d", read("all.npy")[-8 * 20014:])
    rows = [[float(v) for v in line.split(",")] for line in open("counts.csv") if line[0] in "01"]
    record = json.load(open("counts.json"))
    expect(len(rows) == 2 * 39, len(rows))
    for axis in range(2):
        mine = x[axis::2]
        for _, low, high, count in (r for r in rows if r[0] == axis):
            expect(count == sum(low <= v < high for v in mine), axis, low, high, count)
        mean = math.fsum(mine) / len(mine)
        var = math.fsum((v - mean) ** 2 for v in mine) / (len(mine) - 1)
        found = record["moments"][axis]
        expect(abs(found["mean"] - mean) < 1e-14 and abs(found["var"] - var) < 1e-13 * var, found, mean, var)
    refused("--histogram", *args, "--range", "1,2", "--out", "x.csv")
    refused("lower one first", *args, "--histogram", "3", "--range", "2,1", "--out", "x.csv")
    refused("another --range", *args, "--histogram", "3", "--range", "1,1.0000000000000002", "--out", "x.csv")
    refused("another --range", *args, "--histogram", "3", "--range=-1.7e308,1.7e308", "--out", "x.csv")
    refused("at most", *args, "--histogram", "4294967295", "--out", "x.csv")
    with open("far.json", "w") as file:
        json.dump({"dim": 1, "components": [{"weight": 1, "mean": [1e18], "var": [1]}]}, file)
    refused("another --range", "sample", "--mixture", "far.json", "--scheme", "euler", "--histogram", "3", "--out",
            "x.csv")
    refused(".csv", *args, "--histogram", "3", "--out", "x.npy")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    killed = killed_runs_end_with_the_same_files()
    files_of_other_runs_are_refused()
    histograms_and_moments_are_those_of_the_samples()
    print(f"killed {killed} times with a checkpoint, and the same bytes")
