"""What a calibration tells: rates with the bands that they must lie in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured rate with the band that it must lie in (both ends included)."""

    quantity: str
    setting: str
    measured: float
    low: float
    high: float

    @property
    def ok(self) -> bool:
        return self.low <= self.measured <= self.high
