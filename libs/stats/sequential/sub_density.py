"""The density of a group-sequential statistic among the paths that have not crossed yet.

In the score scale S(t) = Z·√t the increments are independent and normal: S(t') − S(t) has mean
drift·(t' − t) and variance t' − t. The density is carried from look to look on Gauss–Legendre nodes.
Source: Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, "Group Sequential Methods", chapter 19.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Vector = NDArray[np.float64]

NODES_PER_PANEL = 12
PANEL_WIDTH = 4.0
REACH = 8.5
"""Standard deviations beyond which a path's probability (below 1e-16) is neglected."""
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(NODES_PER_PANEL)


@dataclass(frozen=True, slots=True)
class SubDensity:
    """Paths alive after a look at information `time`: probability `mass` at each score in `scores`."""

    time: float
    drift: float
    scores: Vector
    mass: Vector

    @classmethod
    def start(cls, drift: float) -> SubDensity:
        """Before the first look: all paths at score 0."""
        return cls(0.0, drift, np.zeros(1), np.ones(1))

    def above(self, bound_z: float, time: float) -> float:
        """P(alive until now, and Z at `time` ≥ bound_z)."""
        return float(self.mass @ special.ndtr(-self._standardised(bound_z, time)))

    def below(self, bound_z: float, time: float) -> float:
        """P(alive until now, and Z at `time` ≤ bound_z)."""
        return float(self.mass @ special.ndtr(self._standardised(bound_z, time)))

    def advance(self, lower_z: float, upper_z: float, time: float, next_time: float | None) -> SubDensity:
        """The paths with lower_z < Z < upper_z at `time`, on nodes fine enough for the next step."""
        step = time - self.time
        finest = min(step, next_time - time) if next_time is not None else step
        root, centre = math.sqrt(time), self.drift * time
        low = max(lower_z * root, centre - REACH * root)
        high = min(upper_z * root, centre + REACH * root)
        if high <= low:
            return SubDensity(time, self.drift, np.zeros(1), np.zeros(1))
        scores, weights = _panels(low, high, PANEL_WIDTH * math.sqrt(finest))
        deviates = (scores[:, None] - self.scores[None, :] - self.drift * step) / math.sqrt(step)
        density = np.exp(-0.5 * deviates * deviates) @ self.mass / (_ROOT_TWO_PI * math.sqrt(step))
        return SubDensity(time, self.drift, scores, weights * density)

    def _standardised(self, bound_z: float, time: float) -> Vector:
        step = time - self.time
        result: Vector = (bound_z * math.sqrt(time) - self.scores - self.drift * step) / math.sqrt(step)
        return result


def _panels(low: float, high: float, width: float) -> tuple[Vector, Vector]:
    """Composite Gauss–Legendre nodes and weights on [low, high], panels at most `width` wide."""
    count = max(1, math.ceil((high - low) / width))
    half = (high - low) / count / 2.0
    centres = low + half * (2.0 * np.arange(count) + 1.0)
    return (centres[:, None] + half * _NODES).ravel(), np.tile(half * _WEIGHTS, count)
