# SPDX-License-Identifier: GPL-3.0-or-later
"""Polynomials, integrals and linear systems in the digits of the axes."""
import math
from decimal import Decimal

ONE = Decimal(1)


def polynomial(roots):
    """Coefficients of prod (x - root), lowest first."""
    p = [ONE]
    for root in roots:
        p = [a - root * b for a, b in zip([Decimal(0)] + p, p + [Decimal(0)])]
    return p


def lagrange(nodes, j):
    """The polynomial that is 1 at node j and 0 at the others."""
    others = nodes[:j] + nodes[j + 1 :]
    scale = math.prod((nodes[j] - x for x in others), start=ONE)
    return [a / scale for a in polynomial(others)]


def value(p, x):
    total = Decimal(0)
    for a in reversed(p):
        total = total * x + a
    return total


def gauss_legendre(n):
    """Nodes and weights on [0, 1], by Newton's iteration on the Legendre polynomial."""
    rule = []
    for k in range(n):
        x = Decimal(math.cos(math.pi * (k + 0.75) / (n + 0.5)))
        for _ in range(6):
            p, q = x, ONE
            for m in range(2, n + 1):
                p, q = ((2 * m - 1) * x * p - (m - 1) * q) / m, p
            slope = n * (x * p - q) / (x * x - 1)
            x -= p / slope
        rule.append(((1 + x) / 2, 1 / ((1 - x * x) * slope * slope)))
    return rule


def solve(A, b):
    """A x = b by Gauss's elimination."""
    rows = [row[:] + [y] for row, y in zip(A, b)]
    n = len(rows)
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [a / rows[i][i] for a in rows[i]]
        for r in range(n):
            if r != i:
                rows[r] = [a - rows[r][i] * c for a, c in zip(rows[r], rows[i])]
    return [row[n] for row in rows]
