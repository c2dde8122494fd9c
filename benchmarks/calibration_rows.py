"""What a calibration tells: rates with the bands that they must lie in."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number with the band that it must lie in (both ends included). `repeats`: of a rate, how many
    independent cases it is of."""

    quantity: str
    setting: str
    measured: float
    low: float
    high: float
    repeats: int | None = None

    @property
    def ok(self) -> bool:
        return self.low <= self.measured <= self.high

    @property
    def error(self) -> float | None:
        """The standard error of a rate."""
        if self.repeats is None:
            return None
        return math.sqrt(self.measured * (1.0 - self.measured) / self.repeats)
