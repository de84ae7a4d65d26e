#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands as people use them: right input gives what it should, and every wrong one gives one
line on standard error, nothing on standard output, its exit code, and leaves no file behind."""
import csv
import fcntl
import json
import math
import os
import pty
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

FOKKER = os.path.abspath(os.environ["FOKKER"])
USAGE, MISSING, FILE = 2, 3, 4
checks = 0
failed = 0


def run(*words, env=None, stdout=subprocess.PIPE):
    return subprocess.run([FOKKER, *words], stdout=stdout, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **(env or {})}, timeout=120)


def expect(true, what, found=None):
    global checks, failed
    checks += 1
    if not true:
        failed += 1
        print(f"FAILED: {what}" + ("" if found is None else f"\n    found: {found!r}"))


def good(*words):
    done = run(*words)
    expect(done.returncode == 0 and done.stderr == "", f"{words} succeeds in silence",
           (done.returncode, done.stderr))
    return done.stdout


def bad(words, code, *parts):
    """One line, with all of `parts` in it, and no file."""
    done = run(*words)
    lines = done.stderr.splitlines()
    expect(done.returncode == code, f"{words} exits with {code}", (done.returncode, done.stderr))
    expect(len(lines) == 1 and lines[0].startswith("fokker"), f"{words} prints one line", lines)
    expect(done.stdout == "", f"{words} prints nothing else", done.stdout[:80])
    for part in parts:
        expect(part in done.stderr, f"{words} says {part!r}", done.stderr)
    expect(os.listdir(".") == ["plain"], f"{words} leaves no file", os.listdir("."))


def rows(text):
    """The head's comments, and the rows of a CSV as dictionaries of numbers."""
    head = [line for line in text.splitlines() if line.startswith("#")]
    body = [line for line in text.splitlines() if line and not line.startswith("#")]
    return head, [{k: float(v) if v else math.nan for k, v in row.items()}
                  for row in csv.DictReader(body)]


def near(a, b, bound=4e-16):
    return abs(a - b) <= bound * abs(b)


def commands():
    """As `fokker help` lists them: the lines after the heading, up to the blank one."""
    lines = good("help").split("Commands")[1].split("\n\n")[0].split("\n")[1:]
    names = [line.split()[0] for line in lines]
    expect(all(len(line.split()) > 2 and len(line) < 101 for line in lines), "each with what it does", lines)
    expect({"list", "schedule", "chain", "verify"} <= set(names), "the commands are there", names)
    return names


def every_command_helps_and_refuses_alike():
    for name in commands():
        text = good(name, "--help")
        expect(text.startswith(f"Usage: fokker {name}"), f"{name} --help", text[:60])
        example = text.split("\nExample:\n  ")[-1].split("\n")[0]
        expect(example.startswith(f"fokker {name}"), f"{name} has an example", example)
        expect(good("help", name) == text, f"help {name} is {name} --help")
        expect(good(name, "--version").startswith("fokker "), f"{name} --version")
        expect(good(name, "-h") == text, f"{name} -h is {name} --help")
        bad([name, "--no-such-option"], USAGE, f"fokker {name}: no option '--no-such-option'")
        bad([name, "--threads", "0"], USAGE, "--threads is a whole number from 1 up, not '0'")
        bad([name, "--threads"], USAGE, "--threads needs a value")
        bad([name, "--quiet=1"], USAGE, "--quiet takes no value")
        bad([name, "--thraeds", "2"], USAGE, "try --threads")
        if name in ("list", "schedule", "chain"):
            good(*example.split()[1:])


def the_dispatcher_names_near_commands():
    bad(["schedul"], USAGE, "no command 'schedul'; try schedule")
    bad(["hcain"], USAGE, "try chain")
    bad(["help", "verfy"], USAGE, "try verify")
    expect(run().returncode == USAGE, "no command at all is bad usage")
    expect(good("--version").startswith("fokker "), "fokker --version")
    expect(good("--help") == good("help") == good("-h"), "fokker --help, -h are fokker help")
    for isa, code in (("avx1024", USAGE), ("", 0), ("portable", 0)):
        done = run("list", "grids", env={"FOKKER_ISA": isa})
        expect(done.returncode == code and len(done.stderr.splitlines()) == (code == USAGE)
               and (code == 0 or "portable, avx2 or avx512" in done.stderr), f"FOKKER_ISA={isa}", done)


def list_prints_every_name_in_text_and_json():
    kinds = ["schedules", "chains", "schemes", "grids", "mixtures", "experiments", "claims"]
    everything = json.loads(good("list", "--json"))
    expect(len({(e["kind"], e["name"]) for e in everything}) == len(everything), "names differ")
    for kind in kinds:
        found = json.loads(good("list", kind, "--json"))
        expect(len(found) > 0, f"there are {kind}")
        expect(found == [e for e in everything if e["kind"] + "s" == kind], f"list {kind} --json")
        lines = good("list", kind).splitlines()
        expect(len(lines) == len(found), f"one line each of {kind}", lines)
        for line, entry in zip(lines, found):
            name = line.split()[0].split(":")[0]
            expect(name == entry["name"] and f"[{entry['source']}]" in line or not entry["source"],
                   f"the line of {entry['name']}", line)
    # an experiment is a command that draws: each is listed, and each that is listed can be run
    drawing = {name for name in commands() if "--no-plot" in good(name, "--help")}
    listed = {e["name"] for e in everything if e["kind"] == "experiment"}
    expect(listed == drawing, "the experiments listed are the commands that draw", (listed, drawing))
    expect({"band", "budget", "convergence"} <= listed, "the experiments are there", listed)
    names = {e["name"] for e in everything}
    for name in ["vp-linear", "edm", "ddpm-linear", "euler-maruyama", "rk8pd", "karras", "three-1d",
                 "ring-8"]:
        expect(name in names, f"{name} is listed")
    karras = next(e for e in everything if e["name"] == "karras")
    expect(karras["parameters"] == {"rho": 7.0}, "parameters with defaults", karras)
    bad(["list", "schedule-s"], USAGE, "no list 'schedule-s'; try schedules")
    bad(["list", "zzz"], USAGE, "try schedules, chains, schemes")


def schedule_prints_coefficients_to_the_last_bit():
    head, found = rows(good("schedule", "--schedule", "vp-linear", "--t", "0.1,0.5"))
    expect(head[0] == "# command: fokker schedule --schedule vp-linear --t 0.1,0.5", "head", head)
    expect(head[1].startswith("# version: fokker "), "version", head)
    for row, t in zip(found, (0.1, 0.5)):  # int beta = 0.1 t + 19.9 t^2 / 2
        y = 0.1 * t + 19.9 * t * t / 2
        expect(row["t"] == t and near(row["s"], math.exp(-y / 2)), f"s({t})", row)
        expect(near(row["sigma"] ** 2, -math.expm1(-y), 2e-15), f"sigma({t})", row)
        expect(near(row["g2"], 0.1 + 19.9 * t) and near(row["f"], -row["g2"] / 2), f"g2({t})", row)
        expect(near(row["lambda"], math.log(row["s"] / row["sigma"]), 2e-15), f"lambda({t})", row)
    _, ends = rows(good("schedule", "--schedule", "vp-cosine", "--t", "0,1"))
    expect(ends[0]["lambda"] == math.inf and ends[1]["g2"] == math.inf, "infinite ends", ends)
    head, _ = rows(good("schedule", "--sched=vp-linear", "--thr", "2", "--t", "0.5", "--quiet",
                        "--out=-"))
    expect(head[0] == "# command: fokker schedule --schedule vp-linear --t 0.5",
           "options in full, less those that change no number", head)
    _, mine = rows(good("schedule", "--schedule", "vp-linear:beta1=10,beta0=0.2", "--t", "0.25"))
    expect(near(mine[0]["g2"], 2.65), "parameters are taken", mine)

    bad(["schedule"], USAGE, "--t is needed")
    bad(["schedule", "--t", "1.5"], USAGE, "1.5", "[0, 1]", "vp-linear")
    bad(["schedule", "--t", "-0.5"], USAGE, "-0.5", "[0, 1]")
    bad(["schedule", "--t", "0.5,,1"], USAGE, "--t takes finite numbers")
    bad(["schedule", "--t", "0.5x"], USAGE, "'0.5x'")
    bad(["schedule", "--t", "nan"], USAGE, "'nan'")
    bad(["schedule", "--t", "0.5", "0.6"], USAGE, "'0.6' is one word too many")
    bad(["schedule", "--t", "0", "--schedule", "vp-liner"], USAGE, "try vp-linear")
    bad(["schedule", "--t", "0", "--schedule", "ve:sigma=1"], USAGE, "try sigma_min or sigma_max")
    bad(["schedule", "--t", "0", "--schedule", "vp-linear:beta0=fast"], USAGE, "'fast'")
    bad(["schedule", "--t", "0", "--schedule", "vp-linear:beta0=-1"], USAGE, "beta0")


def chain_prints_a_chain_that_a_plain_product_gives_too():
    _, found = rows(good("chain", "--chain", "ddpm-linear", "--index", "0,1,999"))
    abar, want = 1.0, {}
    for i in range(1000):
        beta = 1e-4 + (0.02 - 1e-4) * i / 999
        before, abar = abar, abar * (1 - beta)
        want[i] = (beta, abar, beta * (1 - before) / (1 - abar))
    for row in found:
        beta, product, posterior = want[int(row["i"])]
        # a thousand roundings of the plain product: 1000 * 2^-53 = 1.1e-13
        expect(near(row["beta"], beta, 1e-15), "beta", row)
        expect(near(row["alpha_bar"], product, 1.2e-13), "alpha_bar", row)
        expect(near(row["posterior_variance"], posterior, 1e-11) or posterior == 0, "variance", row)
        expect(near(row["alpha"], 1 - beta, 1e-15), "alpha", row)
    expect([row["i"] for row in found] == [0, 1, 999], "indices", found)

    bad(["chain"], USAGE, "--index is needed")
    bad(["chain", "--index", "1000"], USAGE, "--index 1000", "0 to 999")
    bad(["chain", "--index", "-1"], USAGE, "'-1'")
    bad(["chain", "--index", "1.5"], USAGE, "'1.5'")
    bad(["chain", "--index", "0", "--chain", "cosin"], USAGE, "try cosine")
    bad(["chain", "--index", "0", "--chain", "cosine:T=0"], USAGE, "T")
    bad(["chain", "--index", "0", "--chain", "cosine:T=2.5"], USAGE, "T")


def files_are_whole_or_absent():
    words = ["schedule", "--t", "0.5"]
    for out in ("plain/x", "plain/y/x"):
        bad([*words, "--out", out], FILE, f"{out}: 'plain' is a file, not a folder")
    bad([*words, "--out", "none/x.csv"], FILE, "there is no folder 'none'")
    bad([*words, "--out", "."], FILE, "'.' is a folder")
    bad([*words, "--out", ""], USAGE, "--out is empty")
    bad([*words, "--out", "/dev/full"], FILE, "No space left on device")
    text = good(*words)
    expect(good(*words, "--out", "x.csv") == "", "--out prints nothing")
    with open("x.csv") as written:
        expect(written.read() == text, "--out writes what would be printed, the head too")
    expect(sorted(os.listdir(".")) == ["plain", "x.csv"], "one file", os.listdir("."))
    os.remove("x.csv")


def output_that_is_lost_is_told():
    """Whatever the command, and whatever it prints: one line, exit code 4."""
    commands_to_try = [["--help"], ["--version"], ["help", "list"], ["schedule", "--t", "0.5"],
                       ["list"], ["list", "--json"], ["chain", "--index", "0"], ["verify", "C05"],
                       ["certify", "euler"], ["schedules", "--quick", "--no-plot", "--out", "s"]]
    for name in commands():
        commands_to_try += [[name, "--help"], [name, "--version"]]
    with open("/dev/full", "w") as full:
        for words in commands_to_try:
            done = run(*words, stdout=full)
            lines = done.stderr.splitlines()
            expect(done.returncode == FILE and len(lines) == 1 and "standard output" in lines[0]
                   and "No space left on device" in lines[0],
                   f"{words} tells that standard output is full", (done.returncode, done.stderr))
    shutil.rmtree("s")
    closed = subprocess.run(["sh", "-c", f"{shlex.quote(FOKKER)} schedule --t 0.5 --out x.csv >&-"],
                            stderr=subprocess.PIPE, timeout=120)
    expect(closed.returncode == 0 and closed.stderr == b"",
           "who prints nothing needs no standard output", closed)
    os.remove("x.csv")
    # the next descriptor, of a file or of bench's peer, is not taken for standard output
    for words in (["schedule", "--t", "0.5"], ["bench", "em-d1k3", "--turn", "0.001", "--rounds", "5"]):
        closed = subprocess.run(["sh", "-c", f"{shlex.join([FOKKER, *words])} >&-"],
                                stderr=subprocess.PIPE, text=True, timeout=120)
        expect(closed.returncode == FILE and "standard output: could not" in closed.stderr.splitlines()[-1],
               f"{words} tells that there is no standard output", closed)


def a_file_beyond_the_limit_of_its_size_is_told():
    """ulimit -f: one line, exit code 4, and no half file."""
    for words in (["sample", "--mixture", "ring-8", "--scheme", "heun", "--out", "x.npy"],
                  ["sample", "--mixture", "ring-8", "--scheme", "heun", "--out", "x.csv"],
                  ["train", "--mixture", "ring-8", "--steps", "9", "--out", "x.safetensors"]):
        done = subprocess.run([FOKKER, *words], capture_output=True, text=True, timeout=120,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        lines = done.stderr.splitlines()
        expect(done.returncode == FILE and len(lines) == 1 and words[-1] in lines[0]
               and "File too large" in lines[0], f"{words} tells that the file is too large", done)
        expect(os.listdir(".") == ["plain"], f"{words} leaves no half file", os.listdir("."))


def start(words, action, number):
    """A command that finds `number` with the action given, once its own handlers stand: whoever ran
    these tests may have had the signal ignored (nohup, a job in the background)."""
    runs = subprocess.Popen([FOKKER, *words], stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: (signal.signal(signal.SIGTERM, signal.SIG_DFL),
                                                signal.signal(number, action)))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:  # the caught signals are a bit mask in hexadecimal
        with open(f"/proc/{runs.pid}/status") as file:
            caught = next((line for line in file if line.startswith("SigCgt")), "SigCgt 0").split()[1]
        waited_for = signal.SIGTERM if action == signal.SIG_IGN else number
        if int(caught, 16) >> (waited_for - 1) & 1:
            return runs
        time.sleep(0.005)
    runs.kill()
    expect(False, f"{words} catches {number.name}", caught)
    return runs


def a_signal_ends_a_command_with_130():
    os.mkfifo("pipe")  # a writer waits for a reader who never comes
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        waits = start(["schedule", "--t", "0.5", "--out", "pipe"], signal.SIG_DFL, number)
        waits.send_signal(number)
        expect(waits.wait(timeout=10) == 130, f"{number.name} gives 130", waits.returncode)
        waits.stderr.close()
    os.remove("pipe")


def a_signal_that_was_ignored_on_entry_stays_ignored():
    os.mkfifo("pipe")
    for number in (signal.SIGINT, signal.SIGHUP):
        waits = start(["schedule", "--t", "0.5", "--out", "pipe"], signal.SIG_IGN, number)
        waits.send_signal(number)
        reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)  # opens whether or not it lives
        _, told = waits.communicate(timeout=10)
        written = os.read(reader, 4096).decode()
        os.close(reader)
        expect(waits.returncode == 0 and told == "" and written.count("\n") > 3,
               f"with {number.name} ignored the command goes on", (waits.returncode, told, written))
    os.remove("pipe")


def verify_checks_its_words_before_it_runs():
    bad(["verify", "C99999"], USAGE, "no claim 'C99999'; try")
    bad(["verify", "--kind", "order-ly"], USAGE, "exact, order or statistical")
    bad(["verify", "--seed", "-1"], USAGE, "--seed", "'-1'")
    bad(["verify", "--seed", "18446744073709551615"], USAGE, "9223372036854775807")
    bad(["band", "--n", "99999999999999999999"], USAGE, "--n is at most 9223372036854775807")
    bad(["band", "--n", "1e17"], USAGE, "--n is at most 9223372036854775807, or 2^53 where it has")
    bad(["verify", "--json", "plain/x"], FILE, "'plain' is a file")
    bad(["verify", "--junit", "none/x"], FILE, "no folder 'none'")


def verify_runs_one_claim_and_writes_the_ledger():
    ids = [entry["name"] for entry in json.loads(good("list", "claims", "--json"))]
    first = next(i for i in ids if not any(other.startswith(i + "-") for other in ids))
    text = good("verify", first, "--seed", "random", "--json", "l.json", "--junit", "l.xml")
    expect("1 of 1 claims hold" in text and first in text, "the tally", text)
    seed = text.split("seed ")[-1].split(":")[0]
    with open("l.json") as file:
        ledger = json.load(file)
    keys = "id statement observed expected margin se n seed status controls".split()
    expect(len(ledger) == 1 and list(ledger[0])[:10] == keys, "the ledger's keys, in order", ledger)
    entry = ledger[0]
    expect(entry["id"] == first and entry["status"] == "HOLDS", "it holds", entry)
    expect(str(entry["seed"]) == seed, "the random seed is printed and kept", (entry, seed))
    expect(entry["controls"] and all(list(c)[:4] == ["name", "observed", "status", "caught"]
                                     and c["caught"] and c["status"] == "FAILS"
                                     for c in entry["controls"]), "controls caught", entry)
    with open("l.xml") as file:
        expect('tests="1" failures="0"' in file.read(), "JUnit")
    again = good("verify", first, "--seed", seed, "--json", "-")
    with open("l.json") as file:
        expect(again == file.read(), "the same seed gives the same ledger")
    os.remove("l.json")
    os.remove("l.xml")
    family = next(i for i in ids if any(other.startswith(i + "-") for other in ids))
    of_it = [i for i in ids if i == family or i.startswith(family + "-")]
    ran = [entry["id"] for entry in json.loads(good("verify", family, "--json", "-"))]
    expect(ran == of_it, f"{family} brings its further checks", ran)


def a_terminal_gets_the_ledger_in_lines_that_fit_and_a_pipe_in_one_line_a_claim():
    words = ["verify", "C05", "C08", "C16"]
    plain = good(*words)
    expect(max(len(line) for line in plain.splitlines()) > 100, "there is something to break", plain)
    for columns, variable in ((80, None), (60, "110"), (200, None), (1000, None)):
        controller, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
        if variable:
            env["COLUMNS"] = variable
        shown = subprocess.Popen([FOKKER, *words], stdout=terminal, stderr=subprocess.PIPE, env=env)
        os.close(terminal)
        text = b""
        try:
            while more := os.read(controller, 4096):
                text += more
        except OSError:  # the terminal's last writer has gone
            pass
        os.close(controller)
        expect(shown.wait(timeout=120) == 0 and shown.stderr.read() == b"", "it is shown")
        shown.stderr.close()
        lines = text.decode().splitlines()
        longest = max(len(line) for line in lines)
        expect(longest <= int(variable or columns), f"lines fit {variable or columns}", lines)
        expect(" ".join(lines).split() == plain.split(), "every word is there, in order", lines)
        if columns == 1000:
            expect(lines == plain.splitlines(), "what fits is not broken", lines)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("plain", "w") as file:
            file.write("a plain file\n")
        every_command_helps_and_refuses_alike()
        the_dispatcher_names_near_commands()
        list_prints_every_name_in_text_and_json()
        schedule_prints_coefficients_to_the_last_bit()
        chain_prints_a_chain_that_a_plain_product_gives_too()
        files_are_whole_or_absent()
        output_that_is_lost_is_told()
        a_file_beyond_the_limit_of_its_size_is_told()
        a_signal_ends_a_command_with_130()
        a_signal_that_was_ignored_on_entry_stays_ignored()
        verify_checks_its_words_before_it_runs()
        verify_runs_one_claim_and_writes_the_ledger()
        a_terminal_gets_the_ledger_in_lines_that_fit_and_a_pipe_in_one_line_a_claim()
        os.chdir("/")
    print(f"{checks} checks, {failed} failed")
    return 1 if failed or not checks else 0


sys.exit(main())
