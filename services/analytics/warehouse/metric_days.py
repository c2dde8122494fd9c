"""A metric day by day over everybody, whatever they were exposed to: the numbers of `tallies`, of each user and day."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.event_arrays import EventArrays, Part
from analytics.warehouse.event_facts import EventFacts
from analytics.warehouse.fixed_point import number, total, usable, whole
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.sql import query, taken
from analytics.warehouse.tallies import TALLIES, filled, of_slots

_DAYS = """SELECT
    toString(day) AS day,
    sum(chosen_events) AS events,
    countIf({present}) AS units,
    {total} AS total,
    {above} AS above,
    {below} AS below,
    {quantile} AS quantile
FROM
(
    SELECT
        day,
        length({prefix}_moments_of) AS chosen_events,
        CAST([{numbers}], 'Array(Float64)') AS numbers,
        CAST({list}, 'Array(Float64)') AS list
    FROM
    (
        SELECT
            day,
            toInt64(0) AS first_at,
            arrayFilter((moment, chosen) -> chosen, moments, {prefix}_chosen) AS {prefix}_moments_of,
            {words}
        FROM
        (
            SELECT
                day,
                user_key,
                groupArray(kind) AS kinds,
                groupArray(moment) AS moments,
                groupArray(amount) AS amounts{gathered}
            FROM
            (
                SELECT
                    toDate(occurred_at, 'UTC') AS day,
                    user_key,
                    toUInt16(2 * indexOf({{names:Array(String)}}, metric) + isNotNull(value)) AS kind,
                    toUnixTimestamp64Milli(occurred_at) AS moment,
                    ifNull(value, 1.) AS amount{facts}
                FROM events_metric FINAL
                WHERE organization_id = {{organization:String}}
                    AND environment_id = {{environment:String}}
                    AND metric IN {{names:Array(String)}}
                    AND occurred_at >= fromUnixTimestamp64Milli({{start:Int64}}, 'UTC')
                    AND occurred_at < fromUnixTimestamp64Milli({{stop:Int64}}, 'UTC')
            )
            GROUP BY day, user_key
        )
    )
)
GROUP BY day
ORDER BY day"""
_PREFIX = "m"


class MetricDaysReader:
    """Raises WarehouseError."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def days(
        self, environment: dict[str, Any], window: MetricWindow, quantile: float
    ) -> tuple[list[Row], dict[str, int]]:
        """By day: events, units with one, the total of their numbers, a ratio's above and below, a quantile; and by day
        how many users had anything at all. Numbers that are too large to be summed count as 0. Windows after exposures
        are left out: there is none here. `environment`: organization, environment, start, stop."""
        sql, parameters = _text(replace(window, start=0, end=0), quantile)
        given = environment | parameters
        seen = query("seen_per_day")
        rows, found = await asyncio.gather(
            self._warehouse.rows(sql, taken(sql, given)), self._warehouse.rows(seen, taken(seen, environment))
        )
        sums = [row | {name: number(int(row[name])) for name in ("total", "above", "below")} for row in rows]
        return sums, {row["day"]: row["seen"] for row in found}


def _text(window: MetricWindow, level: float) -> tuple[str, dict[str, Any]]:
    names = sorted(set(window.names))
    facts = EventFacts.of((window,))
    tally = TALLIES[window.aggregation.name]
    part = Part(window, tally, _PREFIX, before=False)
    words = EventArrays(names, facts, copies=False, trigger=False).words((part,))
    (passed, facets), parameters = facts.columns()
    is_ratio, is_quantile = window.aggregation.name == "ratio", bool(tally.list)
    is_summed = not is_ratio and not is_quantile
    text = _DAYS.format(
        prefix=_PREFIX,
        present="notEmpty(list)" if is_quantile else of_slots(tally.present, 1),
        total=_exact(f"if({of_slots(tally.present, 1)}, {of_slots(tally.number, 1)}, 0.)") if is_summed else "'0'",
        above=_exact("numbers[1]") if is_ratio else "'0'",
        below=_exact("numbers[2]") if is_ratio else "'0'",
        # A level can't be a server-side parameter; as a float it is a number, whatever it was.
        quantile=f"quantileExactArray({float(level)!r})(list)" if is_quantile else "0.",
        numbers=", ".join(filled(each, part.words) for each in tally.slots),
        list=filled(tally.list, part.words) if is_quantile else "[]",
        words=",\n            ".join(f"{sql} AS {name}" for name, sql in words.items()),
        gathered=",\n                groupArray(passed) AS passes,\n                groupArray(facets) AS facets_found"
        if facts.any
        else "",
        facts=f",\n                    {passed} AS passed,\n                    {facets} AS facets"
        if facts.any
        else "",
    )
    return text, parameters | {"names": names}


def _exact(value: str) -> str:
    """SQL: the sum of a double over all rows, whoever adds them."""
    return total(whole(f"if({usable(value)}, {value}, 0.)"))
