"""One picture from several queries, although rows come in between them.

Units and all metrics are of one read, so they fit each other by themselves. What is asked beside it (how the exposures
look) may be of a moment later, which shows where there are few.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope

TRIES = 3
FEW_UNITS = 10_000


class Measured(Protocol):
    """What was found about the units. `problem`: why it could not be measured, empty if it was."""

    @property
    def problem(self) -> str: ...


MeasuredT = TypeVar("MeasuredT", bound=Measured)


async def consistent_read(
    reader: ExperimentReader, scope: ExposureScope, measure: Callable[[UnitCounts], Awaitable[list[MeasuredT]]]
) -> tuple[UnitCounts, list[MeasuredT]]:
    """The units of the scope and what `measure` finds about them, asked again when few units came in meanwhile.

    Where they come in faster than that, the last try stands: its queries lie moments apart. A problem of a measurement
    is worth another try, because answers of different moments may not fit each other; one that comes again is the
    data's own. Raises WarehouseError.
    """
    before = len(reader.queries)
    problems: list[str] = []
    for attempt in range(TRIES):
        del reader.queries[before:]
        counts = await reader.unit_counts(scope)
        measured = await measure(counts)
        if attempt == TRIES - 1 or scope.as_of < END_OF_TIME:
            break
        found = [each.problem for each in measured]
        settled = not any(found) or found == problems
        problems = found
        if settled and (_many(counts) or await _unchanged(reader, scope, counts)):
            break
        reader.forget(scope)
    return counts, measured


def _many(counts: UnitCounts) -> bool:
    return sum(counts.units.values()) > FEW_UNITS


async def _unchanged(reader: ExperimentReader, scope: ExposureScope, counts: UnitCounts) -> bool:
    """Another picture, of nothing but the units."""
    again = await reader.unit_counts_now(scope)
    reader.queries.pop()
    return again == counts
