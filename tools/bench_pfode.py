# SPDX-License-Identifier: GPL-3.0-or-later
"""The probability-flow ODE of a mixture by SciPy's RK45 (tools/bench_pfode.c): many particles as one
system, since its steps cost more than their arithmetic."""
from bench_peer import receive, serve

K, PILOT, BETA0, BETA1, T0, T1, TOLERANCE, VAR = receive(8)
K, PILOT, DIM = int(K), int(PILOT), 2
WEIGHT = receive(K)
MEAN = receive(K * DIM)
START = receive(PILOT * DIM)
END = receive(PILOT * DIM)
BLOCK = 512


def with_scipy():
    import numpy as np
    from scipy.integrate import solve_ivp

    log_weight, mean = np.log(WEIGHT), np.array(MEAN).reshape(K, DIM)
    start, end = np.array(START).reshape(PILOT, DIM), np.array(END).reshape(PILOT, DIM)

    def drift(t, flat):
        beta = BETA0 + (BETA1 - BETA0) * t
        y = BETA0 * t + (BETA1 - BETA0) * t * t / 2
        s, var = np.exp(-y / 2), np.exp(-y) * VAR - np.expm1(-y)
        x = flat.reshape(-1, DIM)
        e = x @ (mean.T * (s / var))  # |x|^2 is the same in all
        e += log_weight - 0.5 * s * s / var * (mean * mean).sum(1)
        e -= e.max(1, keepdims=True)
        np.exp(e, out=e)
        e /= e.sum(1, keepdims=True)
        score = (s * (e @ mean) - x) / var
        return (-0.5 * beta * (x + score)).ravel()

    def flow(x):
        run = solve_ivp(drift, (T0, T1), x.ravel(), "RK45", t_eval=[T1], rtol=TOLERANCE, atol=TOLERANCE)
        return run.y[:, -1].reshape(-1, DIM)

    def block(first, n):
        return flow(start[first % PILOT : first % PILOT + n])

    def run(n):
        for first in range(0, n, BLOCK):
            block(first, min(BLOCK, n - first))

    def answer():
        ends = np.concatenate([block(first, BLOCK) for first in range(0, PILOT, BLOCK)])
        return np.hypot(*(ends - end).T).mean(), 5e-6

    return run, answer


serve({"scipy": with_scipy})
