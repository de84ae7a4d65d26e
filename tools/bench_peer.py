# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of tools/bench_peer.c: a script calls serve() with its contestants. By itself it says which
libraries there are."""
import os
import sys
import time
from array import array

THREADS = int(sys.argv[1])
# Before any library is loaded: pools of several of them at once wait for one another.
for pool in ("OMP", "OPENBLAS", "MKL"):
    os.environ[pool + "_NUM_THREADS"] = str(THREADS)


def receive(n):
    """The next n numbers that the lab sent, as array('d')."""
    return array("d", sys.stdin.buffer.read(8 * n))


def answer_to(made, makers, verb, name, amount=None):
    if name not in made:
        made[name] = makers[name]()
    run, answer = made[name]
    if verb == "has":
        return "yes"
    if verb == "answer":
        return " ".join("%r" % float(x) for x in answer())
    clock = time.thread_time if THREADS == 1 else time.perf_counter
    begin = clock()
    run(int(amount))
    return repr(clock() - begin)


def serve(makers):
    """makers: name -> function that imports what it needs and returns (run, answer); run(amount)
    does so much work, answer() returns what it computes, each number followed by how far off it may be."""
    made = {}
    for line in sys.stdin.buffer:
        try:
            said = answer_to(made, makers, *line.decode().split())
        except Exception as e:  # whatever it is, the lab says that this contestant is missing
            said = "no " + (str(e) or type(e).__name__).replace("\n", " ")
        print(said, flush=True)


def versions():
    import platform
    from importlib import metadata

    said = [platform.python_version()]
    for library in ("numpy", "scipy", "torch"):
        try:
            said.append(library + " " + metadata.version(library))
        except metadata.PackageNotFoundError:
            pass
    try:  # whose matrix products it has; NumPy tells it since 1.25
        import numpy

        blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        said[1] += " (%s %s)" % (blas["name"], blas["version"])
    except Exception:
        pass
    return ", ".join(said)


if __name__ == "__main__":
    print(versions(), flush=True)
    sys.stdin.buffer.read()
