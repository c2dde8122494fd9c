"""The analysed units of an experiment, one line each with its number of every metric: what the sums of results are of.

A line comes from the same query of units as the sums do (`unit_sums`), so the one adds up to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pyarrow as pa
from messages.aggregations import Absence

from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.fixed_point import ONE
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums, prefix_of

_LINES = """SELECT key, variation, fromUnixTimestamp64Milli(first_at, 'UTC') AS since{values}
FROM {units}
WHERE NOT several AND NOT lacking
ORDER BY key
LIMIT {{lines_max:UInt64}}"""
Part = Literal["", "above", "below", "list"]
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class UnitLines:
    """`key`, `variation`, `since` (the first exposure, or the trigger event after it), then the parts of each window,
    in the rows' order: its number; what is above and below the line of a ratio, and of users who come together by
    unit; the values of a quantile.

    `matured`: of windows whose number only units have that were there before that moment (epoch milliseconds).
    """

    rows: UnitRows
    matured: Mapping[MetricWindow, int]

    def parts(self, window: MetricWindow) -> tuple[Part, ...]:
        if self.rows.positions()[window].list:
            return ("list",)
        by_user = self.rows.scope.by_unit and window.per == "user"
        if by_user or window.aggregation.summary == "ratio":
            return ("above", "below")
        return ("",)

    async def read(
        self, warehouse: Warehouse, lines_max: int, consume: Callable[[Iterator[pa.RecordBatch]], AnswerT]
    ) -> AnswerT:
        """What `consume` makes, in a thread, of the first lines by key. Raises WarehouseError."""
        sql = self.rows.query(self._text())
        given = self.rows.parameters() | self._moments() | {"lines_max": lines_max}
        parameters = taken(sql, given)
        return await warehouse.stream(sql, parameters, lambda blocks: consume(_whole(blocks)))

    def _text(self) -> str:
        units = Sums(self.rows, dict.fromkeys(self.rows.windows, False)).table("unit_rows", named=True)
        values = [self._value(window, part) for window in self.rows.windows for part in self.parts(window)]
        return _LINES.format(units=units, values="".join(f",\n    {each}" for each in values))

    def _value(self, window: MetricWindow, part: Part) -> str:
        name = prefix_of(self.rows, window)
        matured = f"first_at < {{{name}before:Int64}}" if window in self.matured else "1"
        if part == "list":
            # An array can't be null.
            return f"if({matured}, {name}list, []) AS {name}part_list"
        there = f"{name}counts" if self.rows.scope.by_unit and part and not self._is_ratio(window) else f"{name}there"
        absent = "0." if window.aggregation.absence is Absence.ZERO else "NULL"
        number = f"toFloat64({name}{part or 'whole'}) / {ONE}"
        # What can't be summed is no number in results either.
        return f"multiIf(NOT ({matured}) OR {name}odd, NULL, {there}, {number}, {absent}) AS {name}part_{part}"

    @staticmethod
    def _is_ratio(window: MetricWindow) -> bool:
        return window.aggregation.summary == "ratio"

    def _moments(self) -> dict[str, Any]:
        return {f"{prefix_of(self.rows, window)}before": moment for window, moment in self.matured.items()}


def _whole(blocks: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from blocks
    except pa.ArrowException as error:
        raise WarehouseUnavailable("the answer broke off") from error
