# SPDX-License-Identifier: GPL-3.0-or-later
"""What two schemes ask of one-dimensional data at a node: the mean posterior variance and E|score|."""
import math
from functools import lru_cache


@lru_cache(maxsize=None)
def facts(mixture, node):
    """The variance by the trapezium rule, whose error falls like exp(-2 pi d/h): the poles of x0hat lie d > 0.1
    standard deviations off the axis, h is 1/40 of one. E|score| is the total variation of the density, from its
    turns, found by bisection."""
    s, sigma = float(node.s), float(node.sigma)
    parts = [(w, m[0], c[0][0], s * s * c[0][0] + sigma * sigma) for w, m, c in mixture.parts]
    low = min(s * m - 10 * math.sqrt(V) for _, m, _, V in parts)
    high = max(s * m + 10 * math.sqrt(V) for _, m, _, V in parts)
    count = int((high - low) / min(math.sqrt(V) for *_, V in parts) * 40)

    def densities(x):
        return [w * math.exp(-((x - s * m) ** 2) / (2 * V)) / math.sqrt(2 * math.pi * V) for w, m, _, V in parts]

    def slope(x):
        return -sum(p * (x - s * m) / V for p, (_, m, _, V) in zip(densities(x), parts))

    terms, turns, last, rising = [], [0.0], low, True
    for i in range(count + 1):
        x = low + (high - low) * i / count
        p = densities(x)
        centres = [m + s * v / V * (x - s * m) for _, m, v, V in parts]
        mean = sum(q * c for q, c in zip(p, centres)) / sum(p)
        terms.append(sum(q * (sigma**2 * v / V + (c - mean) ** 2) for q, c, (_, _, v, V) in zip(p, centres, parts)))
        if (slope(x) > 0) != rising:
            a, b = last, x
            for _ in range(60):
                middle = (a + b) / 2
                a, b = (middle, b) if (slope(middle) > 0) == rising else (a, middle)
            turns.append(math.fsum(densities(a)))
            rising = not rising
        last = x
    turns.append(0.0)
    return math.fsum(terms) * (high - low) / count, math.fsum(abs(a - b) for a, b in zip(turns, turns[1:]))
