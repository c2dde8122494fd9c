"""Aggregations: how the events of a unit become a number. One row each; all else derives from it.

A new one is a row here, its tally in `analytics/warehouse/tallies.py`, its vectors in
`tests/vectors/aggregations/`, its value in `proto/` and in a migration of the control plane, and a file in
`libs/stats` if no summary there fits. `tests/contract` names what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from messages.generated import config_pb2 as pb


class Absence(Enum):
    """What a unit without an event is."""

    ZERO = "zero"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One row of the table of aggregations. `summary` is the kind of the statistics' summary (`stats.KINDS`).

    `cappable`: a unit's number may be capped at a pooled percentile. `parameter` is the field of a metric that it
    needs and others may not have. `window_required`: the metric needs the end of a window; for all others a window is
    optional.
    """

    name: str
    meaning: str
    summary: str
    absence: Absence
    cappable: bool = False
    parameter: str | None = None
    window_required: bool = False

    @property
    def wire_name(self) -> str:
        """Its value in `proto/`."""
        return f"AGGREGATION_{self.name.upper()}"

    @property
    def binary(self) -> bool:
        """A unit is 0 or 1, and the mean is a rate."""
        return self.summary == "binary"

    @property
    def per_unit(self) -> bool:
        """Each unit has one number, so that covariates, random splits and sample sizes are known for it."""
        return self.summary in ("binary", "mean")


_ROWS = (
    Aggregation("conversion", "1 with an event, else 0", "binary", Absence.ZERO),
    Aggregation("count", "its events", "mean", Absence.ZERO, cappable=True),
    Aggregation("sum", "the sum of its events' values; 0 without one", "mean", Absence.ZERO, cappable=True),
    Aggregation(
        "mean",
        "the mean of its events' values; units without one are left out",
        "mean",
        Absence.LEFT_OUT,
        cappable=True,
    ),
    Aggregation(
        "ratio", "values over the values of another event", "ratio", Absence.ZERO, parameter="denominator_event"
    ),
    Aggregation(
        "quantile",
        "the quantile of the values",
        "quantile",
        Absence.LEFT_OUT,
        parameter="quantile",
    ),
    Aggregation("retention", "1 with an event in the window, else 0", "binary", Absence.ZERO, window_required=True),
    Aggregation(
        "funnel", "1 when its steps were taken in their order, else 0", "binary", Absence.ZERO, parameter="steps"
    ),
    Aggregation(
        "distinct", "the different values of a property", "mean", Absence.ZERO, cappable=True, parameter="property"
    ),
    Aggregation("days", "the days (UTC) with an event", "mean", Absence.ZERO, cappable=True),
)
AGGREGATIONS = {row.name: row for row in _ROWS}
"""By name."""
BY_NUMBER = {pb.Aggregation.Value(row.wire_name): row for row in _ROWS}
"""By the value's number in `proto/`."""
