# SPDX-License-Identifier: GPL-3.0-or-later
"""The distances of tools/bench_stat.c by SciPy."""
from bench_peer import receive, serve

WHICH, N = map(int, receive(2))
POINTS = receive(N)


def ks():
    import numpy as np
    from scipy.special import ndtr
    from scipy.stats import ks_1samp

    x = np.array(POINTS)
    return lambda: ks_1samp(x, ndtr, method="asymp").statistic


def energy():
    import numpy as np
    from scipy.spatial.distance import cdist

    x, y = np.array(POINTS).reshape(2, -1, 2)

    def mean(a, b):  # by blocks of rows: the whole matrix of distances would leave the cache
        return sum(cdist(a[i : i + 100], b).sum() for i in range(0, len(a), 100)) / (len(a) * len(b))

    return lambda: 2 * mean(x, y) - mean(x, x) - mean(y, y)


def w1():
    import numpy as np
    from scipy.stats import wasserstein_distance

    x, y = np.array(POINTS).reshape(2, -1)
    return lambda: wasserstein_distance(x, y)


def sliced():
    import numpy as np
    import scipy  # the baseline has this name; NumPy does the work

    x, y = np.array(POINTS).reshape(2, -1, 2)
    angle = np.pi * (np.arange(64) + 0.5) / 64
    u = np.array([np.cos(angle), np.sin(angle)])
    return lambda: np.abs(np.sort(x @ u, axis=0) - np.sort(y @ u, axis=0)).mean()


def with_scipy():
    distance = [energy, ks, w1, None, sliced][WHICH]()

    def run(amount):
        for _ in range(amount):
            distance()

    return run, lambda: (distance(), 1e-11)


serve({"scipy": with_scipy})
