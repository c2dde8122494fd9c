"""Questions about single numbers of the rows of `unit_rows`, where sums don't do: ranks, quantiles of events, splits.

Each is a query over `unit_rows`. Of a quantile the units are the clusters.
"""

from __future__ import annotations

from messages.aggregations import Absence

from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.tallies import of_slots
from analytics.warehouse.unit_rows import UnitRows

_POOLED_VALUE = """SELECT value
FROM
(
    SELECT {number} AS value FROM unit_rows WHERE {analysed} AND {present}
    UNION ALL
    SELECT toFloat64(0) AS value FROM numbers({{zeros:UInt64}})
)
ORDER BY value
LIMIT 1 OFFSET {{rank:UInt64}}"""
_OBSERVATION_COUNTS = """SELECT segment, variation, sum(length({values})) AS observations
FROM unit_rows
WHERE {analysed}
GROUP BY segment, variation
HAVING observations > 0
ORDER BY segment, variation"""
_ORDER_STATISTICS = """SELECT rank, value
FROM
(
    SELECT value, row_number() OVER (ORDER BY value) AS rank
    FROM
    (
        SELECT arrayJoin({values}) AS value
        FROM unit_rows
        WHERE {analysed} AND variation = {{variation:String}}
    )
)
WHERE has({{ranks:Array(UInt64)}}, rank)
ORDER BY rank"""
_CLUSTER_TOTALS = """SELECT
    count() AS n,
    sum(below) AS below_sum,
    sum(below * below) AS below_sum_sq,
    sum(size) AS size_sum,
    sum(size * size) AS size_sum_sq,
    sum(below * size) AS below_size_sum
FROM
(
    SELECT
        toFloat64(sum(length({values}))) AS size,
        toFloat64(sum(arrayCount(value -> value <= {{threshold:Float64}}, {values}))) AS below
    FROM unit_rows
    WHERE {analysed} AND variation = {{variation:String}}
    GROUP BY {key}
    HAVING size > 0
)"""
_RANDOM_SPLITS = """SELECT
    split,
    bitAnd(sipHash64(user_key, {{seed:UInt64}}, split), 1) AS half,
    count() AS units,
    sum(there) AS with_value,
    avg(value) AS mean,
    varPopStable(value) * count() AS squares
FROM
(
    SELECT user_key, toUInt8({present}) AS there, if(there, {number}, 0.) AS value
    FROM unit_rows
    WHERE {analysed}
)
ARRAY JOIN range({{splits:UInt32}}) AS split
WHERE there OR {absent_counts}
GROUP BY split, half
ORDER BY split, half"""
_WHOLE_UNITS = """NOT several AND unit IN
(
    SELECT unit
    FROM unit_rows
    GROUP BY unit
    HAVING unit != '' AND NOT max(several) AND min(variation) = max(variation)
)"""


def pooled_value(rows: UnitRows, window: MetricWindow) -> str:
    """The value at `rank` of all units' numbers in order, with `zeros` more that are 0."""
    return _POOLED_VALUE.format(analysed=_analysed(rows), **_number(rows, window))


def observation_counts(rows: UnitRows, window: MetricWindow) -> str:
    """Values of events by group."""
    return _OBSERVATION_COUNTS.format(analysed=_analysed(rows), values=_values(rows, window))


def order_statistics(rows: UnitRows, window: MetricWindow) -> str:
    """The values at `ranks` (1 is the smallest) of one variation."""
    return _ORDER_STATISTICS.format(analysed=_analysed(rows), values=_values(rows, window))


def cluster_totals(rows: UnitRows, window: MetricWindow) -> str:
    """Over the units of one variation that have values: how many, those at or below the threshold, and products."""
    key = "unit" if rows.scope.by_unit else "user_key"
    return _CLUSTER_TOTALS.format(analysed=_analysed(rows), values=_values(rows, window), key=key)


def random_splits(rows: UnitRows, window: MetricWindow) -> str:
    """Every unit in both halves of many random splits: per split and half the units, those with a value, and mean and
    squares of the values; a unit without an event is a 0 unless the metric leaves it out."""
    absent_counts = int(window.aggregation.absence is Absence.ZERO)
    return _RANDOM_SPLITS.format(analysed=_analysed(rows), absent_counts=absent_counts, **_number(rows, window))


def _number(rows: UnitRows, window: MetricWindow) -> dict[str, str]:
    position = rows.positions()[window]
    return {
        "number": of_slots(position.tally.number, position.slots),
        "present": of_slots(position.tally.present, position.slots),
    }


def _values(rows: UnitRows, window: MetricWindow) -> str:
    return f"lists[{rows.positions()[window].list}]"


def _analysed(rows: UnitRows) -> str:
    return _WHOLE_UNITS if rows.scope.by_unit else "NOT several"
