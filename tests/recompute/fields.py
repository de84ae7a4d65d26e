# SPDX-License-Identifier: GPL-3.0-or-later
"""Mixtures of Gaussians in one and two dimensions, their score by the softmax of the components' log
densities, and vectors that let a scheme read as its paper prints it."""
import json
import math


class Vector(tuple):
    """Coordinates of all particles, one particle after the other."""

    def __add__(self, other):
        return Vector([a + b for a, b in zip(self, other)])

    def __sub__(self, other):
        return Vector([a - b for a, b in zip(self, other)])

    def __rmul__(self, c):
        c = float(c)
        return Vector([c * a for a in self])


class Mixture:
    def __init__(self, parts):
        """parts: (weight, mean, covariance), mean and rows of the covariance as lists."""
        self.parts, self.dim, self.cache = parts, len(parts[0][1]), {}

    def write(self, path):
        parts = [{"weight": w, "mean": m, "cov": c} for w, m, c in self.parts]
        with open(path, "w", encoding="ascii") as f:
            json.dump({"dim": self.dim, "components": parts}, f)
        return path

    def marginal(self, s, sigma):
        """(log of weight and norm, mean, inverse covariance) of each component of s x_0 + sigma eps"""
        if (s, sigma) not in self.cache:
            found = []
            for w, m, c in self.parts:
                V = [[s * s * a + sigma * sigma * (i == j) for j, a in enumerate(row)] for i, row in enumerate(c)]
                if self.dim == 1:
                    det, inverse = V[0][0], [[1 / V[0][0]]]
                else:
                    det = V[0][0] * V[1][1] - V[0][1] * V[1][0]
                    inverse = [[V[1][1] / det, -V[0][1] / det], [-V[1][0] / det, V[0][0] / det]]
                found.append((math.log(w) - math.log(det) / 2, [s * a for a in m], inverse))
            self.cache[s, sigma] = found
        return self.cache[s, sigma]

    def score(self, x, node):
        parts, out, dim = self.marginal(float(node.s), float(node.sigma)), [], self.dim
        for first in range(0, len(x), dim):
            logs, pulls = [], []
            for log_norm, mean, inverse in parts:
                away = [x[first + i] - mean[i] for i in range(dim)]
                pull = [sum(a * b for a, b in zip(row, away)) for row in inverse]
                logs.append(log_norm - sum(a * b for a, b in zip(pull, away)) / 2)
                pulls.append(pull)
            top = max(logs)
            share = [math.exp(l - top) for l in logs]
            total = sum(share)
            out += [-sum(p * pull[i] for p, pull in zip(share, pulls)) / total for i in range(dim)]
        return Vector(out)

    def eps(self, x, node):
        return -node.sigma * self.score(x, node)

    def x0hat(self, x, node):
        return (1 / node.s) * (x + node.sigma**2 * self.score(x, node))


THREE = Mixture([(0.3, [-2.0], [[0.4**2]]), (0.5, [0.5], [[0.25**2]]), (0.2, [1.8], [[0.6**2]])])
LONG = Mixture([  # correlations of 0.9, -0.8 and 0.3; the first has condition 19
    (0.385, [-1.3, 0.7], [[0.36, 0.27], [0.27, 0.25]]),
    (0.415, [0.9, 1.1], [[0.09, -0.12], [-0.12, 0.25]]),
    (0.2, [0.4, -1.6], [[0.49, 0.0735], [0.0735, 0.1225]]),
])
