#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker train --checkpoint and --resume: a training killed at any moment, and in the writing of its
checkpoint, goes on to the files of one that nobody disturbed; on other data it does not go on."""
import json
import os
import random
import resource
import signal
import subprocess
import time

from trained.common import FOKKER, SMALL, bad, expect, good, main, spoil, tensors, whole, write_json

rng = random.Random(2385)


def same_results(a, b, what):
    for ending in "safetensors", "csv", "json":
        left, right = (b"\n".join(x for x in whole(f"{n}.{ending}").split(b"\n") if x[:1] != b"#")
                       for n in (a, b))
        expect(left == right, f"{what}: the same .{ending} as without the interruptions")


def remains(name):
    """Of a run that was killed: the step of its checkpoint, -1 where there is none; results of the last alone."""
    step = int(tensors("state")[0]["step"]) if os.path.exists("state") else -1
    expect(step == 400 or not any(os.path.exists(f"{name}.{e}") for e in ("safetensors", "csv", "json")),
           "no half training leaves results", step)
    return step


def unfinished():
    return [name for name in os.listdir() if name.startswith(".") and "fokker-" in name]


def training(words, name):
    """From its beginning, or from where the checkpoint has it: by the same command, or by what it says itself."""
    first = [*words, "--checkpoint", "state"]
    if os.path.exists("state"):
        first = rng.choice((first, ["--resume", "state"], ["--resume", "state", "--checkpoint", "state"]))
    return [FOKKER, "train", *first, "--threads", "1", "--out", f"{name}.safetensors"]


def started(words, name):
    return subprocess.Popen(training(words, name), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def cut(words, name, until, how):
    """Start it or go on with it, and send the signal; False where it was done before that."""
    child = started(words, name)
    until(child)
    child.send_signal(how)
    told = child.communicate(timeout=60)[1].decode()
    if child.returncode == 0:
        return False
    if child.returncode == 130:
        says = "fokker train: interrupted" + ("; to go on: fokker train --resume state\n" if os.path.exists("state")
                                              else " before its first checkpoint\n")
        expect(told == says or (told == "" and until == at_once), "it says how to go on", told)
    # at once: before there is a handler, or before it has anything to say
    expect(child.returncode in ((-how,) if how == signal.SIGKILL else (-how, 130)), how, child.returncode)
    expect(child.returncode != 130 or not unfinished(), "no file remains half written", unfinished())
    for file in set(unfinished()) - {".state.fokker-tmp"}:  # that is the next one's to remove
        os.remove(file)
    return True


def at_once(child):
    pass


def rows_of(n, pause=0):
    """Until so many rows of the learning curve are told, and seconds more."""
    def until(child):
        for _ in range(n):
            child.stdout.readline()
        time.sleep(pause)
    return until


def ended(words, name, like, what):
    if not os.path.exists(f"{name}.json"):
        expect(started(words, name).wait(60) == 0, f"{what}: and to its end")
    same_results(like, name, what)
    expect(not unfinished(), f"{what}: nothing half written is left", unfinished())
    for file in "state", f"{name}.safetensors", f"{name}.csv", f"{name}.json":
        os.remove(file)


def a_training_interrupted_at_any_moment_ends_with_the_same_file():
    words = ["--mixture", "three-1d", *SMALL]
    kinds = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    times = 0
    for first in kinds:
        step = -1
        # at once, twice soon after one another, and twice at any of the 50 rows of the curve
        for n, row in enumerate((0, rng.randrange(1, 6), 1, rng.randrange(50), rng.randrange(50))):
            until = rows_of(row, rng.uniform(0, 0.02)) if n else at_once
            if not cut(words, "b", until, first if n < 2 else rng.choice(kinds)):
                break
            now = remains("b")
            expect(now >= step and now % 8 in (0, -1 % 8), "checkpoints go forward, row by row", (step, now))
            times, step = times + (now > 0), now
        ended(words, "b", "a", f"first by signal {first}")
    expect(times >= 3, "cut under way", times)


def a_checkpoint_is_of_one_training():
    """The same command goes on with it, and one of another training leaves it as it is."""
    whole_state = whole("whole")
    words = ["train", "--mixture", "three-1d", *SMALL, "--checkpoint", "whole", "--out", "g.safetensors"]
    told = good(*words).splitlines()
    expect(told[0] == "going on from step 400, which whole holds" and len(told) == 2, "nothing is left to do", told)
    same_results("a", "g", "again")
    good(*words, "--schedule", "vp-linear:beta1=20,beta0=0.1")  # which is the same one
    same_results("a", "g", "by another name")
    for key, other in (("hidden", "24,17"), ("output", "eps"), ("steps", "401"), ("batch", "97"), ("rate", "1.1e-2"),
                       ("decay", "1e-9"), ("average", "0.9"), ("warmup", "21"), ("seed", "2386"), ("weight", "snr"),
                       ("objective", "ism"), ("time", "t"), ("schedule", "vp-cosine"), ("schedule", "vp-linear:beta1=20.1"), ("even-in", "lambda"),
                       ("optimiser", "adam"), ("mixture", "bimodal-1d")):
        bad([*words, f"--{key}", other], 2, "--checkpoint whole is of another training (its",
            f'"{key.replace("-", "_")}" differs)')
    bad(["train", "--resume", "whole", "--checkpoint", "a.safetensors", "--out", "g.safetensors"], 2,
        "--checkpoint a.safetensors is there already")
    bad(["train", "--mixture", "three-1d", "--checkpoint", "a.safetensors", "--out", "g.safetensors"], 2,
        "--checkpoint a.safetensors: metadata", "another kind of file")
    os.rename("whole", "whole.safetensors")
    bad(["train", "--mixture", "three-1d", *SMALL, "--out", "whole.safetensors"], 2,
        "--out whole.safetensors is the checkpoint of a training")
    os.rename("whole.safetensors", "whole")
    expect(whole("whole") == whole_state, "it stays as it was")
    for file in "g.safetensors", "g.csv", "g.json":
        os.remove(file)


def without_a_checkpoint_an_interruption_says_so():
    child = subprocess.Popen([FOKKER, "train", "--mixture", "three-1d", *SMALL, "--out", "no.safetensors"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    told = child.communicate(timeout=60)[1]
    says = b"fokker train: interrupted; without --checkpoint FILE nothing is kept to go on from\n"
    expect(child.returncode == 130 and told == says, "one line", (child.returncode, told))


def a_training_that_goes_on_writes_where_it_was_to_write():
    os.makedirs("out/train")
    other = os.path.join("out", "train", "three-1d.safetensors")  # where a training that names no file writes
    with open(other, "wb") as file:
        file.write(b"another network")
    expect(cut(["--mixture", "three-1d", *SMALL], "named", rows_of(5), signal.SIGTERM), "cut")
    told = good("train", "--resume", "state", "--threads", "1")
    expect("named.safetensors" in told.splitlines()[-1], "it says where", told)
    same_results("a", "named", "without --out")
    expect(whole(other) == b"another network" and os.listdir("out/train") == ["three-1d.safetensors"],
           "and the weights of others stay", os.listdir("out/train"))
    os.remove("state")


def a_checkpoint_with_a_bit_changed_is_damaged():
    words = ["train", "--mixture", "three-1d", *SMALL, "--out", "g.safetensors", "--checkpoint", "hurt"]
    state, numbers = whole("whole"), 8 + int.from_bytes(whole("whole")[:8], "little")
    at = [numbers + rng.randrange(len(state) - numbers) // 4 * 4 + rng.randrange(2) for _ in range(6)]  # in mantissas
    at += [state.index(text) + len(text) for text in (b'"curve":"[[8,', b'"seed":"2', b'"command":"fokker tr')]
    for place in at:
        hurt = bytearray(state)
        hurt[place] ^= 1
        with open("hurt", "wb") as file:
            file.write(hurt)
        for how in words, ["train", "--resume", "hurt", "--out", "g.safetensors"]:
            bad(how, 2, "hurt: damaged: remove it to start anew")
        expect(whole("hurt") == hurt, "it stays as it was")
    os.rename("hurt", "hurt.safetensors")
    bad(["train", "--mixture", "three-1d", *SMALL, "--out", "hurt.safetensors"], 2, "is the checkpoint of a training")
    os.remove("hurt.safetensors")


def a_build_of_other_numbers_does_not_go_on():
    words = ["train", "--mixture", "three-1d", *SMALL, "--out", "g.safetensors", "--checkpoint", "theirs"]
    first = int(tensors("whole")[0]["first_step"], 16)
    spoil("whole", "theirs", first_step=f"{first ^ 1:016x}")
    state = whole("theirs")
    for how in words, ["train", "--resume", "theirs", "--out", "g.safetensors"]:
        bad(how, 2, "theirs: begun by a fokker that computes other numbers: remove it to start anew, or go on with")
    expect(whole("theirs") == state, "it stays as it was")
    spoil("whole", "theirs")
    for isa in "portable", "avx2":  # these are no other numbers
        good("train", "--resume", "theirs", "--out", "g.safetensors", env={**os.environ, "FOKKER_ISA": isa})
    for file in "theirs", "g.safetensors", "g.csv", "g.json":
        os.remove(file)


def an_interruption_names_the_file_that_holds_the_training():
    """That is the one of --resume, until the first row is kept in another."""
    words = ["--mixture", "three-1d", "--steps", "4", "--batch", "200000", "--hidden", "64,64"]  # long rows
    on = [FOKKER, "train", "--resume", "state", "--checkpoint", "other"]
    for command, lines, kept in (([FOKKER, "train", *words, "--checkpoint", "state", "--out", "two.safetensors"], 2,
                                  "state"), (on, 1, "state"), (on, 3, "other")):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        told = [child.stdout.readline() for _ in range(lines)]
        child.send_signal(signal.SIGTERM)
        error = child.communicate(timeout=60)[1]
        expect(child.returncode == 130 and error == f"fokker train: interrupted; to go on: fokker train --resume {kept}\n"
               and os.path.exists(kept), f"it names {kept}", (told, error))
        expect(os.path.exists("other") == (kept == "other"), "which it then is", os.listdir())
    os.remove("state"), os.remove("other")


def a_checkpoint_stays_whole_where_writing_it_fails():
    """No file may grow beyond half of a checkpoint: the writing fails, of the first one and of a later one."""
    words = ["--mixture", "three-1d", *SMALL]
    half = os.path.getsize("whole") // 2
    for before in (None, 5):
        if before:
            expect(cut(words, "f", rows_of(before), signal.SIGTERM), "cut")
        state = whole("state") if os.path.exists("state") else None
        expect((state is None) == (before is None), "a checkpoint, but for the first")
        done = subprocess.run(training(words, "f"), capture_output=True, text=True,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (half, half)))
        expect(done.returncode == 4 and not unfinished(), "nothing half remains", (done, unfinished()))
        expect(len(done.stderr.splitlines()) == 1 and "state: could not be written whole" in done.stderr,
               "one line", done.stderr)
        expect((whole("state") if os.path.exists("state") else None) == state, "the checkpoint is that from before")
        remains("f")
    ended(words, "f", "a", "cut in writing")


def a_training_goes_on_with_its_own_data_alone():
    words = ["--mixture", "own.json", "--hidden", "8", "--steps", "40", "--batch", "32", "--warmup", "5"]
    own = {"dim": 1, "components": [{"weight": 0.4, "mean": [-1.3], "std": 0.5},
                                    {"weight": 0.6, "mean": [0.9], "std": 0.3}]}
    write_json("own.json", own)
    good("train", *words, "--quiet", "--out", "o.safetensors")
    expect(cut(words, "r", rows_of(5), signal.SIGKILL), "cut")
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


main(a_training_interrupted_at_any_moment_ends_with_the_same_file, a_checkpoint_is_of_one_training,
     without_a_checkpoint_an_interruption_says_so, a_training_that_goes_on_writes_where_it_was_to_write,
     a_checkpoint_with_a_bit_changed_is_damaged, a_build_of_other_numbers_does_not_go_on,
     an_interruption_names_the_file_that_holds_the_training, a_checkpoint_stays_whole_where_writing_it_fails,
     a_training_goes_on_with_its_own_data_alone)
