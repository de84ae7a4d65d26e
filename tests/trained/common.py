# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts about fokker train and its networks share: running the command, counting what is as
expected, and reading a weights file by nothing but Python."""
import csv
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

FOKKER = os.path.abspath(os.environ["FOKKER"])
SMALL = ["--hidden", "24,16", "--steps", "400", "--batch", "96", "--warmup", "20", "--rate", "1e-2",
         "--average", "0.98", "--seed", "2385"]
checks = failed = 0


def run(*words, **how):
    return subprocess.run([FOKKER, *words], capture_output=True, text=True, timeout=300, **how)


def expect(true, what, found=None):
    global checks, failed
    checks += 1
    if not true:
        failed += 1
        print(f"FAILED: {what}" + ("" if found is None else f"\n    found: {found!r}"))


def good(*words, **how):
    done = run(*words, **how)
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


def fnv(data):
    hash_ = 0xcbf29ce484222325
    for byte in data:
        hash_ = (hash_ ^ byte) * 0x100000001b3 % 2**64
    return hash_


def spoil(path, new, **changed):
    """The safetensors file, as `new`, with these metadata instead, and the checksum that then is right."""
    data = whole(path)
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header["__metadata__"].update(changed)
    if header["__metadata__"].pop("checksum", None):
        numbers = data[8 + length:]
        sealed = json.dumps(header["__metadata__"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        for name, t in header.items():
            if name != "__metadata__":
                sealed += name.encode() + numbers[slice(*t["data_offsets"])]
        header["__metadata__"]["checksum"] = f"{fnv(sealed):016x}"
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(new, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data[8 + length:])


def write_json(path, data, **how):
    with open(path, "w") as f:
        json.dump(data, f, **how)


def vp_linear(t):
    log_s = -0.5 * t * (0.1 + 0.5 * 19.9 * t)
    return math.exp(log_s), math.sqrt(-math.expm1(2 * log_s))


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


def main(*tests):
    """Each in turn, in a new folder with a trained network, a.safetensors, and its checkpoint, whole. A test
    returns what it had to leave out, if anything."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        good("train", "--mixture", "three-1d", *SMALL, "--quiet", "--checkpoint", "whole", "--out", "a.safetensors")
        skipped = [word for test in tests for word in test() or ()]
        os.chdir("/")
    print(f"{checks - failed} of {checks} checks passed"
          + "".join(f"; {word}: not installed, not tried" for word in skipped))
    sys.exit(failed > 0)
