"""How far an experiment is on its plan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import validation


@dataclass(frozen=True, slots=True)
class Progress:
    """Units of both arms of the comparison; days may be fractions.

    `planned_units` None: no size was planned. `units_per_day` is the present traffic, None if unknown. `reached`: the
    plan's size is (None: it is once the planned units are, False without a size). `stopped`: no more units come.
    """

    units: int
    planned_units: int | None = None
    days_run: float = 0.0
    days_min: float = 0.0
    units_per_day: float | None = None
    reached: bool | None = None
    stopped: bool = False

    def __post_init__(self) -> None:
        validation.count(self.units, "progress.units")
        if self.planned_units is not None:
            validation.positive(
                validation.count(self.planned_units, "progress.planned_units"), "progress.planned_units"
            )
        for name in ("days_run", "days_min"):
            validation.non_negative(getattr(self, name), f"progress.{name}")
        if self.units_per_day is not None:
            validation.non_negative(self.units_per_day, "progress.units_per_day")

    @property
    def complete(self) -> bool:
        """True once the plan's size is reached."""
        if self.reached is not None:
            return self.reached
        return self.planned_units is not None and self.units >= self.planned_units

    @property
    def early(self) -> bool:
        """True before the minimum run time is over."""
        return self.days_run < self.days_min

    @property
    def days_left(self) -> float | None:
        """Days to the plan at the present traffic; None if there is no plan or no traffic."""
        wait = max(0.0, self.days_min - self.days_run)
        if self.complete:
            return wait
        if self.planned_units is None or not self.units_per_day:
            return None
        missing = max(0, self.planned_units - self.units)
        return max(wait, math.ceil(missing / self.units_per_day))
