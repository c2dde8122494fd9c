"""Sums over the units of an experiment, for all metrics at once: one query over the rows of `unit_rows`.

By segment, day (UTC) of the first exposure, variation, and whether a unit saw several. Where the units are not users,
users come together by unit first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messages.aggregations import Absence

from analytics.warehouse.fixed_point import ONE, ONE_WHOLE, total, total_product, usable, whole
from analytics.warehouse.placement import on_shard
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.tallies import Tally, of_slots, with_slots
from analytics.warehouse.unit_rows import Position, UnitRows

_SUMS = """SELECT{apart}
    segment,
    toDate(fromUnixTimestamp64Milli(first_at, 'UTC'), 'UTC') AS day,
    variation,
    several,
    lacking,
    count() AS units,
    sum(users) AS users,
    max(first_at) AS last_at{sums}
FROM {units}
GROUP BY{apart} segment, day, variation, several, lacking
ORDER BY{apart} segment, day, variation, several, lacking"""
_USERS = """    SELECT{apart}
        segment,
        first_at,
        variation,
        several,
        0 AS lacking,
        1 AS users{columns}
    FROM {rows}"""
_CLUSTERS = """    SELECT
        argMin(user_segment, (user_first_at, user_key)) AS segment,
        min(user_first_at) AS first_at,
        toUInt8(max(user_several) OR min(user_variation) != max(user_variation)) AS several,
        if(several, '', any(user_variation)) AS variation,
        toUInt8(unit = '') AS lacking,
        count() AS users{columns}
    FROM (/* on each shard */
        SELECT
            user_key,
            unit,
            segment AS user_segment,
            first_at AS user_first_at,
            variation AS user_variation,
            several AS user_several{inner}
        FROM {rows}
    /* together */)
    GROUP BY unit"""


@dataclass(frozen=True, slots=True)
class Sums:
    """What is summed: the rows' windows, or some of them, and whether their numbers are cut at `floor` and `cap`.
    `apart`: a column of the rows by which sums come apart too, where units are users."""

    rows: UnitRows
    cut: Mapping[MetricWindow, bool]
    apart: str = ""

    def text(self, rows: str) -> str:
        """The query over `rows`, a table or a query in parentheses."""
        sums = [column for each in self._summed() for column in each.sums() + each.step_sums()]
        return _SUMS.format(apart=self._apart, sums=_listed(sums, 4), units=self.table(rows))

    def table(self, rows: str, *, named: bool = False) -> str:
        """The units as a table of another query: of users on each shard, which has all of them; those of other units
        come from all shards."""
        units = self._units(rows, named)
        return f"(\n{units}\n)" if self.rows.scope.by_unit else on_shard(units)

    def _units(self, rows: str, named: bool) -> str:
        """The units that are summed, one row each. `named`: with their `key`, and the list of windows that keep one."""
        clustered = self.rows.scope.by_unit
        summed = self._summed()
        inner = [column for each in summed for column in each.of_user() + each.steps_of_user()]
        columns = list(inner)
        if clustered:
            columns = [column for each in summed for column in each.of_unit() + each.steps_of_unit()]
        if named:
            columns.append(f"{'unit' if clustered else 'user_key'} AS key")
            for window, each in self.rows.positions().items():
                if each.list:
                    column = f"{prefix_of(self.rows, window)}list"
                    inner.append(f"lists[{each.list}] AS {column}_of_user")
                    of_unit = f"arraySort(arrayFlatten(groupArray({column}_of_user)))"
                    columns.append(f"{of_unit if clustered else f'lists[{each.list}]'} AS {column}")
        if clustered:
            return _CLUSTERS.format(columns=_listed(columns, 8), inner=_listed(inner, 12), rows=rows)
        return _USERS.format(apart=self._apart, columns=_listed(columns, 8), rows=rows)

    @property
    def _apart(self) -> str:
        return f" {self.apart}," if self.apart else ""

    def _summed(self) -> list[_Summed]:
        position, clustered = self.rows.positions(), self.rows.scope.by_unit
        return [
            _Summed(number, window, position[window], self.cut[window], clustered)
            for number, window in enumerate(self.rows.windows)
            if window in self.cut and not position[window].list
        ]


def prefix_of(rows: UnitRows, window: MetricWindow) -> str:
    """What the columns of a window's sums begin with."""
    return f"m{rows.windows.index(window)}_"


@dataclass(frozen=True, slots=True)
class _Summed:
    """The columns of one window, from the user's row to the sums over all units."""

    number: int
    window: MetricWindow
    position: Position
    cut: bool
    clustered: bool

    @property
    def _is_ratio(self) -> bool:
        return self.window.aggregation.summary == "ratio"

    @property
    def _is_of_unit(self) -> bool:
        """Whether the users' slots come together to a number of the unit."""
        return self.clustered and self.window.per == "unit" and not self._is_ratio

    def _column(self, name: str) -> str:
        return f"m{self.number}_{name}"

    @property
    def _steps(self) -> range:
        """Of a funnel, whose first slot is how many of them a user took."""
        return range(1, len(self.window.steps) + 1)

    def of_user(self) -> list[str]:
        """The user's number, whether there is one, and the same of before."""
        if self._is_ratio:
            return self._pair(self.position.slots)
        tally = self.position.tally
        if self._is_of_unit:
            kept = (f"numbers[{self.position.slots + slot}]" for slot in range(len(tally.slots)))
            return [
                column
                for slot, number in enumerate(kept)
                for column in (
                    f"toUInt8(NOT {usable(number)}) AS {self._column('odd')}{slot}",
                    f"{whole(f'if({usable(number)}, {number}, 0.)')} AS {self._column('slot')}{slot}",
                )
            ]
        found = self._value("", numbers_from(tally, self.position.slots))
        return found + (self._value("x_", numbers_from(tally, self.position.before)) if self.position.before else [])

    def _value(self, prefix: str, of: tuple[str, str]) -> list[str]:
        (number, present), name = of, self._column(prefix)
        over = _OVER.format(y=number) if self.cut else "0"
        capped = f"if({over}, {_CUT.format(y=number)}, {number})" if self.cut else number
        return [
            f"toUInt8({present}) AS {name}there",
            f"toUInt8({name}there AND NOT {usable(number)}) AS {name}odd",
            f"toUInt8({name}there AND {over}) AS {name}over",
            f"{whole(f'if({name}there AND NOT {name}odd, {capped}, 0.)')} AS {name}whole",
        ]

    def _pair(self, first: int) -> list[str]:
        tally, name = self.position.tally, self._column("")
        above, below = of_slots("$0", first), of_slots("$1", first)
        return [
            f"toUInt8({of_slots(tally.present, first)}) AS {name}there",
            f"toUInt8({name}there AND NOT ({usable(above)} AND {usable(below)})) AS {name}odd",
            f"{whole(f'if({name}there AND NOT {name}odd, {above}, 0.)')} AS {name}above",
            f"{whole(f'if({name}there AND NOT {name}odd, {below}, 0.)')} AS {name}below",
        ]

    def of_unit(self) -> list[str]:
        """The unit's columns of those of its users: above the line their numbers, below it how many they are."""
        name, tally = self._column(""), self.position.tally
        if self._is_of_unit:
            slots = [f"{name}unit{slot}" for slot in range(len(tally.slots))]
            odd = " OR ".join(f"max({name}odd{slot})" for slot in range(len(tally.slots)))
            together = [
                f"if({odd}, nan, toFloat64({tally.together}(toInt256({name}slot{slot}))) / {ONE}) AS {each}"
                for slot, each in enumerate(slots)
            ]
            return together + self._value("", (with_slots(tally.number, slots), with_slots(tally.present, slots)))
        if self._is_ratio:
            return [
                f"max({name}there) AS {name}there",
                f"sum({name}odd) AS {name}odd",
                f"sum(toInt256({name}above)) AS {name}above",
                f"sum(toInt256({name}below)) AS {name}below",
            ]
        counted = "count()" if self.window.aggregation.absence is Absence.ZERO else f"sum({name}there)"
        return [
            f"toUInt8({counted} > 0) AS {name}counts",
            f"sum({name}odd) AS {name}odd",
            f"sum({name}there) AS {name}measured",
            f"sum({name}over) AS {name}over",
            f"sum(toInt256({name}whole)) AS {name}above",
            f"toInt256({counted}) * toInt256('{ONE_WHOLE}') AS {name}below",
        ]

    def sums(self) -> list[str]:
        name = self._column("")
        of_users = self.clustered and not self._is_ratio and not self._is_of_unit
        there = "counts" if of_users else "there"
        found = [f"sum({name}{there}) AS {name}units", f"sum({name}odd) AS {name}strange"]
        if of_users:
            found += [f"sum({name}measured) AS {name}users_measured", f"sum({name}over) AS {name}users_capped"]
        if self._is_ratio or of_users:
            for alias, left, right in _PAIRS:
                expression = total_product(name + left, name + right) if right else total(name + left)
                found.append(f"{expression} AS {name}{alias}")
            return found
        found.append(f"sum({name}over) AS {name}capped")
        if not self.window.aggregation.binary or self.position.before:
            found += [
                f"{total(name + 'whole')} AS {name}sum",
                f"{total_product(name + 'whole', name + 'whole')} AS {name}squares",
            ]
        if self.position.before:
            found += self._covariate()
        return found

    def steps_of_user(self) -> list[str]:
        """Whether the user took each."""
        taken = of_slots("$0", self.position.slots)
        return [f"toUInt8({taken} >= {step}) AS {self._column('step')}{step}" for step in self._steps]

    def steps_of_unit(self) -> list[str]:
        """How many of its users took each, or whether one did."""
        name, together = self._column(""), "max" if self._is_of_unit else "sum"
        return [f"{together}({name}step{step}) AS {name}taken{step}" for step in self._steps]

    def step_sums(self) -> list[str]:
        name, of = self._column(""), "taken" if self.clustered else "step"
        return [f"sum({name}{of}{step}) AS {name}reached{step}" for step in self._steps]

    def _covariate(self) -> list[str]:
        """Over the units that have a number: those with one or a history where an absent one is a zero."""
        y, x = self._column(""), self._column("x_")
        zero = self.window.aggregation.absence is Absence.ZERO
        counts = f"({y}there OR {x}there)" if zero else f"{y}there"
        kept = f"if({counts}, {x}whole, 0)"
        return [
            f"sum({x}odd) AS {x}strange",
            f"countIf({counts}) AS {x}units",
            f"countIf({counts} AND {x}there) AS {x}history",
            f"{total(kept)} AS {x}sum",
            f"{total_product(kept, kept)} AS {x}squares",
            f"{total_product(kept, y + 'whole')} AS {x}products",
            f"{total(f'if({counts} AND {x}there, {y}whole, 0)')} AS {x}history_sum",
        ]


_PAIRS = (
    ("num_sum", "above", ""),
    ("num_sum_sq", "above", "above"),
    ("den_sum", "below", ""),
    ("den_sum_sq", "below", "below"),
    ("num_den_sum", "above", "below"),
)


_CUT = "least(greatest({y}, {{floor:Float64}}), {{cap:Float64}})"
_OVER = "(({y} > {{cap:Float64}} OR {y} < {{floor:Float64}}) AND NOT ({{spared:UInt8}} AND {y} = 0))"


def _listed(columns: Sequence[str], indent: int) -> str:
    return "".join(f",\n{' ' * indent}{each}" for each in columns)


def numbers_from(tally: Tally, first: int) -> tuple[str, str]:
    """SQL of the number and of whether there is one, of the slots from `first` on."""
    return of_slots(tally.number, first), of_slots(tally.present, first)
