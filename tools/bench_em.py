# SPDX-License-Identifier: GPL-3.0-or-later
"""Euler-Maruyama with the exact score of a mixture, as it is written with arrays (tools/bench_em.c):
products of matrices where there are any, no temporary array twice, blocks that stay in the cache."""
from bench_peer import receive, serve

STEPS, K, DIM, FULL = map(int, receive(4))
STEP = receive(3 * STEPS)
LOG_NORM = receive(STEPS * K)
MEAN = receive(STEPS * K * DIM)
PRECISION = receive(STEPS * K * (DIM * DIM if FULL else 1))
POINTS = 256
START = receive(POINTS * DIM)
STILL = [0, STEPS // 2, STEPS - 1]
BLOCK = 4096 // DIM
PILOT = 4096


def with_numpy():
    import numpy as np

    step = np.array(STEP).reshape(STEPS, 3)
    log_norm = np.array(LOG_NORM).reshape(STEPS, K)
    mean = np.array(MEAN).reshape(STEPS, K, DIM)
    rng = np.random.Generator(np.random.SFC64(1))
    if FULL:
        precision = np.array(PRECISION).reshape(STEPS, K, DIM, DIM)
    else:
        precision = np.array(PRECISION).reshape(STEPS, K)

    def isotropic(i):
        """log density of a component: c + a |x|^2 + x.b; the pull towards it p m - p x."""
        p, m = precision[i], mean[i]
        a, b = -0.5 * p, (p[:, None] * m).T.copy()
        c = log_norm[i] - 0.5 * p * (m * m).sum(1)
        towards = np.concatenate([p[:, None] * m, p[:, None], np.ones((K, 1))], 1)
        return a, b, c, towards

    def score_isotropic(frozen, x, out):
        a, b, c, towards = frozen
        e = x @ b
        e += np.einsum("ij,ij->i", x, x)[:, None] * a
        e += c
        e -= e.max(1, keepdims=True)
        np.exp(e, out=e)
        sums = e @ towards
        np.multiply(x, sums[:, DIM : DIM + 1], out=out)
        np.subtract(sums[:, :DIM], out, out=out)
        out /= sums[:, DIM + 1 :]

    def full(i):
        p, m = precision[i], mean[i]
        return p, m, log_norm[i]

    def score_full(frozen, x, out):
        p, m, c = frozen
        away = x[None] - m[:, None]  # (K, n, DIM)
        pull = away @ p
        e = np.einsum("kni,kni->kn", away, pull)
        e *= -0.5
        e += c[:, None]
        e -= e.max(0)
        np.exp(e, out=e)
        e /= e.sum(0)
        np.einsum("kn,kni->ni", e, pull, out=out)
        np.negative(out, out=out)

    frozen = [full(i) if FULL else isotropic(i) for i in range(STEPS)]
    score_of = score_full if FULL else score_isotropic

    def block(n):
        x = rng.standard_normal((n, DIM))
        score, z = np.empty((n, DIM)), np.empty((n, DIM))
        for (a, b, c), at in zip(step, frozen):
            score_of(at, x, score)
            rng.standard_normal(out=z)
            x *= a
            score *= b
            z *= c
            x += score
            x += z
        return x

    def run(n):
        for first in range(0, n, BLOCK):
            block(min(BLOCK, n - first))

    def still(i):
        """The mean square where step i takes the points that all start from, without noise."""
        x = np.array(START).reshape(POINTS, DIM)
        score = np.empty_like(x)
        score_of(frozen[i], x, score)
        return np.mean((step[i, 0] * x + step[i, 1] * score) ** 2)

    def answer():
        m2 = np.mean(block(PILOT) ** 2)
        exact = [(v, 5e-11 * v) for v in map(still, STILL)]
        return (m2, 6 * 0.75 * m2 * (2 / PILOT) ** 0.5, *(x for pair in exact for x in pair))

    return run, answer


serve({"numpy": with_numpy})
