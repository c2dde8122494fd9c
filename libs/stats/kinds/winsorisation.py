"""Capping outliers at one percentile of all arms together.

Source: Tukey 1962; the cap is pooled, because a cap per arm would hide a real effect in the tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stats import validation
from stats.errors import InvalidInputError

OF = ("all", "nonzero")


@dataclass(frozen=True, slots=True)
class Winsorising:
    """How an outcome was capped: at `cap`, the pooled `percentile` (0.99 is the 99th), `units_capped` units.

    `floor` is the cap from below at the pooled `lower_percentile`, None without one; `units_capped` counts both sides.
    `of`: the percentiles are those of `all` values, or of the `nonzero` ones.
    """

    percentile: float
    cap: float
    units_capped: int
    lower_percentile: float | None = None
    floor: float | None = None
    of: str = "all"

    def __post_init__(self) -> None:
        validation.fraction(self.percentile, "winsorising.percentile")
        validation.finite(self.cap, "winsorising.cap")
        if (self.lower_percentile is None) != (self.floor is None):
            raise InvalidInputError("winsorising.floor", "needs its percentile, and the percentile its floor")
        if self.lower_percentile is not None and self.floor is not None:
            validation.fraction(self.lower_percentile, "winsorising.lower_percentile")
            if validation.finite(self.floor, "winsorising.floor") > self.cap:
                raise InvalidInputError("winsorising.floor", "must not be above the cap")
        if self.of not in OF:
            raise InvalidInputError("winsorising.of", f"must be one of {', '.join(OF)}")
        object.__setattr__(self, "units_capped", validation.count(self.units_capped, "winsorising.units_capped"))

    def share_capped(self, units: int) -> float:
        """The share of all units above the cap."""
        if self.units_capped > units:
            raise InvalidInputError("winsorising.units_capped", "must not exceed the units of all arms")
        return self.units_capped / units if units else 0.0


def pooled_cap(values: Sequence[float], percentile: float) -> float:
    """The smallest value that at least this share of all values does not exceed (inverted distribution).

    ClickHouse's quantileExactLow over both arms is the same up to ties in rank.
    """
    validation.fraction(percentile, "percentile")
    if len(values) == 0:
        raise InvalidInputError("values", "must not be empty")
    return float(np.quantile(np.asarray(values, dtype=np.float64), percentile, method="inverted_cdf"))
