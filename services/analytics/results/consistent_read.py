"""One picture from several queries, although rows come in between them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from service_kit.problems import Unavailable
from stats import InvalidInputError

from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope

TRIES = 3
T = TypeVar("T")


async def consistent_read(
    reader: ExperimentReader, scope: ExposureScope, measure: Callable[[UnitCounts], Awaitable[T]]
) -> tuple[UnitCounts, T]:
    """The units of the scope and what `measure` finds about them, asked again when units came in meanwhile.

    Where they come in faster than that, the last try stands: its queries lie moments apart. Raises WarehouseError,
    and Unavailable when even then the answers can't belong together.
    """
    before = len(reader.queries)
    for attempt in range(TRIES):
        del reader.queries[before:]
        counts = await reader.unit_counts(scope)
        last = attempt == TRIES - 1
        try:
            measured = await measure(counts)
        except InvalidInputError as error:
            if last:
                raise Unavailable("the events come in too fast to be read together", code="unsteady") from error
            continue
        if last or scope.as_of < END_OF_TIME or await _unchanged(reader, scope, counts):
            break
    return counts, measured


async def _unchanged(reader: ExperimentReader, scope: ExposureScope, counts: UnitCounts) -> bool:
    again = await reader.unit_counts(scope)
    reader.queries.pop()
    return again == counts
