# SPDX-License-Identifier: GPL-3.0-or-later
"""The score of many points (tools/bench_empirical.c) as it is written with arrays."""
from bench_peer import receive, serve

POINTS, DIM, N, S, SIGMA = receive(5)
POINTS, DIM, N = int(POINTS), int(DIM), int(N)
MEAN = receive(POINTS * DIM)
X = receive(DIM * N)


def with_numpy():
    import numpy as np

    mean = S * np.array(MEAN).reshape(POINTS, DIM)
    x = np.array(X).reshape(DIM, N).T.copy()
    half_square = 0.5 * (mean * mean).sum(1)

    def score():
        e = x @ mean.T  # log weights but for a term that is common to a row
        e -= half_square
        e /= SIGMA**2
        e -= e.max(1, keepdims=True)
        np.exp(e, out=e)
        return (e @ mean / e.sum(1, keepdims=True) - x) / SIGMA**2

    def run(amount):
        for _ in range(amount):
            score()

    return run, lambda: ((SIGMA * score()).__pow__(2).mean(), 1e-10)


serve({"numpy": with_numpy})
