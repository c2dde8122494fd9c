"""How far the truth has to be from the hypothesis for a test to say so: the drift, in each mode.

A drift is the expected Z at the planned size. An effect is two-sided, a margin one-sided at the same alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from stats import distributions
from stats.design.requests import PlanRequest
from stats.metrics import Mode
from stats.sequential.always_valid import mixture_variance, one_sided_critical, sequence_point
from stats.sequential.boundaries import crossing, planned_bounds
from stats.sequential.inference import sample_inflation

LEVEL_MAX = 0.999
_inflation_of_looks = lru_cache(maxsize=256)(sample_inflation)
"""The same for each size and effect that a plan asks about; of a hundred looks it takes most of a second."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The test of a request, tuned to `n_star` units of all arms where its mode is."""

    request: PlanRequest
    n_star: float | None

    @property
    def one_sided(self) -> bool:
        return self.request.guardrail is not None

    @property
    def level(self) -> float:
        """The two-sided level at which each side has its error rate."""
        alpha = self.request.alpha_each
        return min(2.0 * alpha, LEVEL_MAX) if self.one_sided else alpha

    @property
    def fixed_drift(self) -> float:
        """z₁₋α/₂ + z₁₋β, or z₁₋α + z₁₋β."""
        return distributions.critical(self.level) + distributions.upper_quantile(1.0 - self.request.power)

    def critical(self, units: float) -> float:
        """The Z that decides when this many units of all arms are the last: of `group` that of the last look."""
        if self.request.mode is Mode.FIXED:
            return distributions.critical(self.level)
        if self.request.mode is Mode.GROUP:
            return self._bounds()[-1]
        alpha = self.request.alpha_each
        # The sequence knows units by their share of N* alone.
        rho2, scale = mixture_variance(alpha, 1e9), 1e9 * units / (self.n_star or units / 2.0)
        if self.one_sided:
            return one_sided_critical(max(round(scale), 1), alpha, rho2)
        return sequence_point(0.0, 1.0, max(round(scale), 1), alpha, rho2).z_equivalent

    def inflation(self, units: float) -> tuple[float, float | None]:
        """Units at most, and on average under the effect, as factors of a fixed test's; none for `always_valid`."""
        if self.request.mode is Mode.FIXED:
            return 1.0, 1.0
        if self.request.mode is Mode.ALWAYS_VALID:
            drift = self.critical(units) + distributions.upper_quantile(1.0 - self.request.power)
            return (drift / self.fixed_drift) ** 2, None
        found = _inflation_of_looks(
            self._information(),
            self._bounds(),
            self.request.alpha_each,
            self.request.power,
            two_sided=not self.one_sided,
        )
        return found.maximum, found.expected

    def power(self, units: float, drift: float) -> float:
        """The chance to say so by this many units, on the side of the effect."""
        if self.request.mode is not Mode.GROUP:
            return distributions.upper_p(self.critical(units) - drift)
        stops = crossing(self._information(), self._bounds(), drift, two_sided=not self.one_sided)
        return min(1.0, math.fsum(stops.upper))

    def _information(self) -> tuple[float, ...]:
        return tuple(look / self.request.looks for look in range(1, self.request.looks + 1))

    def _bounds(self) -> tuple[float, ...]:
        return planned_bounds(self.request.looks, self.level, self.request.boundary)
