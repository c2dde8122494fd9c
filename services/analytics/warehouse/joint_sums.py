"""Sums of a metric and of what its units did before, all with each other: what several covariates, ratios, quantiles
and units that are not users need to be adjusted.

One vector per unit: the parts of the metric first (one number; of a ratio what is above and below the line; of a
quantile the values at or below a threshold, and how many there are; of users in units their numbers and how many they
are), then the covariates, each with whether there was one. Sums and products are whole, as in `fixed_point`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messages.aggregations import Absence
from stats import InvalidInputError

from analytics.warehouse.aggregates import NO_CAPS, Caps, Group
from analytics.warehouse.client import Row
from analytics.warehouse.fixed_point import SIZE_MAX, total, total_product, usable, whole
from analytics.warehouse.placement import ON_SHARD, TOGETHER
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.tallies import Tally, of_slots
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_values import THRESHOLD, analysed

_SUMS = """SELECT
    segment,
    variation,
    count() AS n,
    sum(odd) AS strange,
    [{sums}] AS sums,
    [{products}] AS products
FROM {begin}
    SELECT {together_segment} AS segment, variation, {together_odd} AS odd, {columns}
    FROM
    (
        SELECT
            user_key,
            first_at,
            unit,
            segment,
            variation,
            {numbers},
            toUInt8(NOT ({usable})) AS strange_user,
            {wholes}
        FROM
        (
            SELECT user_key, first_at, unit, {segment} AS segment, variation, numbers, lists
            FROM unit_rows
            WHERE {analysed}
        )
    )
    WHERE {kept}
    {grouped}
{end}
GROUP BY segment, variation
ORDER BY segment, variation"""


@dataclass(frozen=True, slots=True)
class JointSums:
    """Of `n` units: Σv and Σvv′ of their vectors, in 2^-64 and 2^-128. `names` are the parts' of the vector."""

    n: int
    names: tuple[str, ...]
    sums: tuple[int, ...]
    products: Mapping[tuple[int, int], int]

    def merged(self, other: JointSums) -> JointSums:
        """Of both parts' units."""
        return JointSums(
            self.n + other.n,
            self.names,
            tuple(one + two for one, two in zip(self.sums, other.sums, strict=True)),
            {key: each + other.products[key] for key, each in self.products.items()},
        )


@dataclass(frozen=True, slots=True)
class JointRequest:
    """A metric and its covariates by name. `caps` are the metric's, before the exposure too. With `days`, segments are
    days, and each of `days` holds all before it, too."""

    target: MetricWindow
    covariates: tuple[tuple[str, MetricWindow], ...]
    caps: Caps = NO_CAPS
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JointRead:
    """`rows` hold the windows of the metric and of the covariates, with what was before."""

    rows: UnitRows
    asked: JointRequest

    @property
    def _cut(self) -> bool:
        return self.asked.caps != NO_CAPS

    @property
    def _by_user_in_units(self) -> bool:
        return self.rows.scope.by_unit and self.asked.target.aggregation.per_unit

    def parts(self) -> list[tuple[str, str]]:
        """Name and SQL of each part of a user's vector."""
        parts = self._of_target()
        for name, window in self.asked.covariates:
            parts += self._of_covariate(name, window)
        return parts

    def _of_target(self) -> list[tuple[str, str]]:
        window, position = self.asked.target, self.rows.positions()[self.asked.target]
        if position.list:
            held = f"lists[{position.list}]"
            below = f"arrayCount(value -> value <= {THRESHOLD}, {held})"
            return [("below", f"toFloat64({below})"), ("size", f"toFloat64(length({held}))")]
        if window.aggregation.summary == "ratio":
            return [("above", of_slots("$0", position.slots)), ("below", of_slots("$1", position.slots))]
        number = ("y", self._number(position.tally, position.slots, cut=self._cut))
        if not self._by_user_in_units:
            return [number]
        counts = "1." if window.aggregation.absence is Absence.ZERO else f"toFloat64({self._present()})"
        return [number, ("users", counts)]

    def _of_covariate(self, name: str, window: MetricWindow) -> list[tuple[str, str]]:
        position = self.rows.positions()[window]
        if position.list:
            held = f"lists[{position.list_before}]"
            below = f"arrayCount(value -> value <= {THRESHOLD}, {held})"
            return [(f"{name}: below", f"toFloat64({below})"), (f"{name}: size", f"toFloat64(length({held}))")]
        there = (f"{name}: has history", f"toFloat64({of_slots(position.tally.present, position.before)})")
        if window.aggregation.summary == "ratio":
            above, below = of_slots("$0", position.before), of_slots("$1", position.before)
            return [(f"{name}: above", above), (f"{name}: below", below), there]
        number = self._number(position.tally, position.before, cut=self._cut and window == self.asked.target)
        return [(name, number)] if window.aggregation.binary else [(name, number), there]

    @staticmethod
    def _number(tally: Tally, first: int, *, cut: bool) -> str:
        number = of_slots(tally.number, first)
        if cut:
            over = f"({number} > {{cap:Float64}} OR {number} < {{floor:Float64}})"
            spared = f"({{spared:UInt8}} AND {number} = 0)"
            number = (
                f"if({spared} OR NOT {over}, {number}, least(greatest({number}, {{floor:Float64}}), {{cap:Float64}}))"
            )
        return f"if({of_slots(tally.present, first)}, {number}, 0.)"

    def _present(self) -> str:
        position = self.rows.positions()[self.asked.target]
        return of_slots(position.tally.present, position.slots)

    def _kept(self) -> str:
        """Units that have no number are not among them where the metric leaves them out."""
        position = self.rows.positions()[self.asked.target]
        if position.list:
            return "size_kept > 0"
        return "there_kept" if self.asked.target.aggregation.absence is Absence.LEFT_OUT else "1"

    def text(self) -> str:
        """The query over `unit_rows`."""
        parts = self.parts()
        count = len(parts)
        position = self.rows.positions()[self.asked.target]
        kept = (
            f"length(lists[{position.list}]) AS size_kept"
            if position.list
            else f"toUInt8({self._present()}) AS there_kept"
        )
        numbers = [f"{sql} AS n{index}" for index, (_, sql) in enumerate(parts)]
        by_unit = self.rows.scope.by_unit
        columns = ", ".join(
            f"sum(toInt256(w{each})) AS v{each}" if by_unit else f"w{each} AS v{each}" for each in range(count)
        )
        days = bool(self.asked.days)
        apart = days or bool(position.list)  # a quantile's values are in the segments of their users
        return _SUMS.format(
            begin="(" if by_unit else ON_SHARD,
            end=")" if by_unit else TOGETHER,
            sums=", ".join(total(f"v{each}") for each in range(count)),
            products=", ".join(total_product(f"v{i}", f"v{j}") for i, j in _pairs(count)),
            segment="arrayJoin(arrayFilter(day -> day >= segment, {days:Array(String)}))" if days else "segment",
            together_segment="argMin(segment, (first_at, user_key))" if by_unit and not apart else "segment",
            together_odd="max(strange_user)" if by_unit else "strange_user",
            columns=columns,
            numbers=",\n            ".join([*numbers, kept]),
            usable=" AND ".join(usable(f"n{each}") for each in range(count)),
            wholes=",\n            ".join(
                f"{whole(f'if(strange_user, 0., n{each})')} AS w{each}" for each in range(count)
            ),
            analysed=analysed(self.rows),
            kept=self._kept(),
            grouped="GROUP BY unit, variation" + ", segment" * apart if by_unit else "",
        )

    def read(self, answer: Sequence[Row]) -> dict[Group, JointSums]:
        """By group. Raises InvalidInputError."""
        strange = sum(row["strange"] for row in answer)
        if strange:
            raise InvalidInputError("value", f"{strange} units have a number that is none or beyond {SIZE_MAX:g}")
        names = tuple(name for name, _ in self.parts())
        found = {}
        for row in answer:
            products = dict(zip(_pairs(len(names)), map(int, row["products"]), strict=True))
            products |= {(j, i): each for (i, j), each in products.items()}
            found[row["segment"], row["variation"]] = JointSums(row["n"], names, tuple(map(int, row["sums"])), products)
        return found


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(count) for j in range(i, count)]
