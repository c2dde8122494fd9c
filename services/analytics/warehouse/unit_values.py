"""Questions about single numbers of the rows of `unit_rows`, where sums don't do: ranks, quantiles of events, splits.

Each is a query over `unit_rows`. Of a quantile the units are the clusters.
"""

from __future__ import annotations

from messages.aggregations import Absence

from analytics.warehouse.fixed_point import total, total_product, usable, whole
from analytics.warehouse.placement import ON_SHARD, TOGETHER
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.tallies import of_slots
from analytics.warehouse.unit_rows import UnitRows

_POOLED_CAPS = """SELECT
    count() AS numbers,
    minIf(value, rank >= ceil({{lower:Float64}} * total)) AS floor,
    minIf(value, rank >= ceil({{upper:Float64}} * total)) AS cap
FROM
(
    SELECT value, row_number() OVER (ORDER BY value) AS rank, count() OVER () AS total
    FROM
    (
        SELECT {number} AS value FROM unit_rows WHERE {analysed} AND {present}
        UNION ALL
        SELECT toFloat64(0) AS value FROM numbers({{zeros:UInt64}})
    )
    WHERE value != 0 OR NOT {{spared:UInt8}}
)"""
_HELD = """
    SELECT {segment} AS segment, variation, {key} AS cluster, {values} AS held
    FROM unit_rows
    WHERE {analysed}
"""
_OBSERVATION_COUNTS = """SELECT segment, variation, sum(length(held)) AS observations
FROM {held}
GROUP BY segment, variation
HAVING observations > 0
ORDER BY segment, variation"""
_ORDER_STATISTICS = """SELECT segment, variation, rank, value
FROM
(
    SELECT segment, variation, value, row_number() OVER (PARTITION BY segment, variation ORDER BY value) AS rank
    FROM (SELECT segment, variation, arrayJoin(held) AS value FROM {held})
)
WHERE has(
    arrayZip({{segments:Array(String)}}, {{arms:Array(String)}}, {{ranks:Array(UInt64)}}),
    (segment, variation, rank))
ORDER BY segment, variation, rank"""
_CLUSTER_TOTALS = """SELECT
    segment,
    variation,
    count() AS n,
    sum(below) AS below_sum,
    sum(below * below) AS below_sum_sq,
    sum(size) AS size_sum,
    sum(size * size) AS size_sum_sq,
    sum(below * size) AS below_size_sum
FROM {clusters}
GROUP BY segment, variation
ORDER BY segment, variation"""
_CLUSTERS = """
    SELECT
        segment,
        variation,
        toFloat64(sum(length(held))) AS size,
        toFloat64(sum(arrayCount(value -> value <= {threshold}, held))) AS below
    FROM ({held})
    GROUP BY segment, variation, cluster
    HAVING size > 0
"""
THRESHOLD = (
    "{thresholds:Array(Float64)}"
    "[indexOf(arrayZip({segments:Array(String)}, {arms:Array(String)}), (segment, variation))]"
)
"""SQL: that of the row's group."""
_RANDOM_SPLITS = """SELECT
    split,
    bitAnd(sipHash64(user_key, {{seed:UInt64}}, split), 1) AS half,
    count() AS units,
    sum(there) AS with_value,
    sum(odd) AS strange,
    {sum} AS sum,
    {squares} AS squares
FROM {halved}
ARRAY JOIN range({{splits:UInt32}}) AS split
WHERE there OR {absent_counts}
GROUP BY split, half
ORDER BY split, half"""
_HALVED = """
    SELECT
        user_key,
        toUInt8({present}) AS there,
        toUInt8(there AND NOT {usable}) AS odd,
        {whole} AS value
    FROM unit_rows
    WHERE {analysed}
"""
_WHOLE_UNITS = """NOT several AND unit IN
(
    SELECT unit
    FROM unit_rows
    GROUP BY unit
    HAVING unit != '' AND NOT max(several) AND min(variation) = max(variation)
)"""


def pooled_caps(rows: UnitRows, window: MetricWindow) -> str:
    """The smallest numbers that the shares `lower` and `upper` of all units' numbers do not exceed; `zeros` more are 0;
    with `spared` only of the numbers that are not 0."""
    return _POOLED_CAPS.format(analysed=analysed(rows), **_number(rows, window))


def observation_counts(rows: UnitRows, window: MetricWindow, *, cumulative: bool) -> str:
    """Values of events by group. `cumulative`: segments are days, and each of `days` holds all before it, too."""
    return _OBSERVATION_COUNTS.format(held=_of_users(rows, _held(rows, window, cumulative)))


def order_statistics(rows: UnitRows, window: MetricWindow, *, cumulative: bool) -> str:
    """The values at `ranks` (1 is the smallest) of the groups `segments` and `arms`, one each."""
    return _ORDER_STATISTICS.format(held=_of_users(rows, _held(rows, window, cumulative)))


def cluster_totals(rows: UnitRows, window: MetricWindow, *, cumulative: bool) -> str:
    """Over the units of a group that have values: how many, those at or below its threshold, and products."""
    clusters = _CLUSTERS.format(held=_held(rows, window, cumulative), threshold=THRESHOLD)
    return _CLUSTER_TOTALS.format(clusters=_of_users(rows, clusters))


def random_splits(rows: UnitRows, window: MetricWindow) -> str:
    """Every unit in both halves of many random splits: per split and half the units, those with a value, and the sum
    and the squares of the values, whole (`fixed_point`); a unit without an event is a 0 unless the metric leaves it
    out."""
    absent_counts = int(window.aggregation.absence is Absence.ZERO)
    of_unit = _number(rows, window)
    number = of_unit["number"]
    halved = _HALVED.format(
        present=of_unit["present"],
        usable=usable(number),
        whole=whole(f"if(there AND NOT odd, {number}, 0.)"),
        analysed=analysed(rows),
    )
    return _RANDOM_SPLITS.format(
        absent_counts=absent_counts,
        halved=_of_users(rows, halved),
        sum=total("value"),
        squares=total_product("value", "value"),
    )


def _number(rows: UnitRows, window: MetricWindow) -> dict[str, str]:
    position = rows.positions()[window]
    return {
        "number": of_slots(position.tally.number, position.slots),
        "present": of_slots(position.tally.present, position.slots),
    }


def _of_users(rows: UnitRows, text: str) -> str:
    """As a table: where the units are users, each shard has all of a unit's rows."""
    return f"({text})" if rows.scope.by_unit else f"{ON_SHARD}{text}{TOGETHER}"


def _held(rows: UnitRows, window: MetricWindow, cumulative: bool) -> str:
    return _HELD.format(
        segment="arrayJoin(arrayFilter(day -> day >= segment, {days:Array(String)}))" if cumulative else "segment",
        key="unit" if rows.scope.by_unit else "user_key",
        values=f"lists[{rows.positions()[window].list}]",
        analysed=analysed(rows),
    )


def analysed(rows: UnitRows) -> str:
    """SQL: which rows are of units that are analysed."""
    return _WHOLE_UNITS if rows.scope.by_unit else "NOT several"
