"""One row per user of an experiment with all that any of its metrics needs: the one read of exposures and events.

The events of all metrics and the exposed users are put one under the other and grouped by user, which needs no join;
what a metric keeps of its events stands in `tallies`. Results are sums over these rows (`unit_sums`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.warehouse.event_arrays import EventArrays, Part
from analytics.warehouse.event_facts import EventFacts
from analytics.warehouse.key_ranges import KeyRange
from analytics.warehouse.placement import over_rows
from analytics.warehouse.scopes import ExposureScope, MetricWindow
from analytics.warehouse.tallies import TALLIES, Tally, filled
from analytics.warehouse.units import some_candidates_query, some_units_query, units_parameters, units_query

_ROWS = """SELECT
    user_key,
    first_at,
    segment,
    variation,
    several,
    unit,
    {numbers} AS numbers,
    {lists} AS lists{gone}
FROM
(
    SELECT
        user_key,
        first_at,
        segment,
        variation,
        several,
        unit{exposed_at}{gone}{words}
    FROM
    (
        SELECT
            user_key,
            max(first_at) AS first_at,
            max(segment) AS segment,
            max(variation) AS variation,
            max(several) AS several,
            max(unit) AS unit{exposed_max}{gathered}{made_gone}
        FROM
        (
{sources}
        )
        GROUP BY user_key
        HAVING {kept}
    )
)"""
_EXPOSED = """            SELECT
                user_key,
                1 AS exposed,
                toUnixTimestamp64Milli(exposed_user.first_at) AS first_at,
                toString(segment) AS segment,
                toString(only_variation) AS variation,
                toUInt8(several) AS several,
                {unit} AS unit{exposed_at}{nothing}
            FROM units AS exposed_user"""
_EXPOSED_AT = """,
                toUnixTimestamp64Milli(exposed_user.exposed_at) AS exposed_at"""
_NEVER_EXPOSED = """
                toInt64(0) AS exposed_at,"""
_NO_EVENT = """,
                toUInt16(0) AS kind,
                toInt64(0) AS moment,
                0. AS amount"""
_NO_FACTS = """,
                CAST([], 'Array(UInt8)') AS passed,
                CAST([], 'Array(Array(UInt128))') AS facets"""
_FACTS = """,
                {passed} AS passed,
                {facets} AS facets"""
_EVENTS = """            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit,$exposed_at
                toUInt16(2 * indexOf({names:Array(String)}, metric) + isNotNull(value)) AS kind,
                toUnixTimestamp64Milli(occurred_at) AS moment,
                ifNull(value, 1.) AS amount$facts$copy
            FROM events_metric$final
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND metric IN {names:Array(String)}
                AND $which"""
_SINCE = """occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
                AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')"""
_COPY = """,
                event_id,
                first_wins"""
_NO_COPY = """,
                '' AS event_id,
                toUInt64(0) AS first_wins"""
_FORMERLY = """            UNION ALL
            SELECT
                user_key,
                0 AS exposed,
                toInt64(0) AS first_at,
                '' AS segment,
                '' AS variation,
                toUInt8(0) AS several,
                '' AS unit{nothing}
            FROM ({before})"""
_NOBODY = "SELECT '' AS user_key WHERE 0"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a window's slots stand in `numbers`, and its list in `lists`; 1 is the first, 0: there is none.

    `before`, `list_before`: those of the same events before the first exposure.
    """

    tally: Tally
    slots: int
    before: int = 0
    list: int = 0
    list_before: int = 0


@dataclass(frozen=True, slots=True)
class UnitRows:
    """The rows of a scope for some windows. `covariates`: also what came before the first exposure, with
    `joint` of ratios and quantiles too."""

    scope: ExposureScope
    windows: tuple[MetricWindow, ...]
    covariates: bool = False
    joint: bool = False

    @property
    def names(self) -> list[str]:
        """Of the events that any window needs."""
        return sorted({name for each in self.windows for name in each.names})

    @property
    def facts(self) -> EventFacts:
        """What is asked of the events' properties."""
        return EventFacts.of(self.windows)

    def positions(self) -> dict[MetricWindow, Position]:
        found: dict[MetricWindow, Position] = {}
        slots, lists = 1, 0
        for window in self.windows:
            tally = TALLIES[window.aggregation.name]
            before = slots + len(tally.slots) if self._has_before(window) else 0
            of_list = (lists + 1, lists + 2 if before else 0) if tally.list else (0, 0)
            lists = max(lists, *of_list)
            found[window] = Position(tally, slots, before, *of_list)
            slots += len(tally.slots) * (2 if before else 1)
        return found

    def parameters(self) -> dict[str, Any]:
        """As server-side parameters."""
        lookback = max((each.lookback for each in self.windows if self._has_before(each)), default=0)
        since = max(self.scope.start - lookback * 1000, 0)
        return units_parameters(self.scope) | {"names": self.names, "since": since} | self.facts.columns()[1]

    def query(self, body: str) -> str:
        """`body`, a query over `unit_rows`, with the rows in front of it."""
        return over_rows(f"units AS\n(\n{units_query(self.scope)}\n),\nunit_rows AS\n(\n{self.text()}\n)", body)

    def of_some(self, only: str, candidates: str, before: str) -> str:
        """The rows of the users for whom the condition `only` holds (see `some_units_query`), and as `gone` those who
        take part no more although the query `before` names them."""
        units = some_units_query(self.scope, only, candidates)
        return f"WITH\nunits AS\n(\n{units}\n)\n{self.text(only=only, before=before)}"

    def whole(self) -> str:
        """The rows of all users, nobody gone."""
        return f"WITH\nunits AS\n(\n{units_query(self.scope)}\n)\n{self.text(before=_NOBODY)}"

    @property
    def in_ranges(self) -> bool:
        """Whether `of_range` can be asked: of one flag's users, in no other scope."""
        return self.scope.units in ("units", "units_from_events") and self.scope.beside is None

    def of_range(self, part: KeyRange) -> str:
        """The rows of the users in a range of keys, nobody gone."""
        units = some_units_query(self.scope, part.condition, some_candidates_query(part.condition))
        return f"WITH\nunits AS\n(\n{units}\n)\n{self.text(before=_NOBODY, within=part.condition)}"

    def text(self, *, only: str = "", before: str = "", within: str = "") -> str:
        """The rows' query, over `units`; with the condition `only` of the present's events of some users; with `within`
        of the events of those for whom it holds."""
        apart = bool(self.scope.trigger)
        nothing = self._nothing(bool(only))
        exposed = _EXPOSED.format(
            unit="toString(unit)" if self.scope.by_unit else "''",
            exposed_at=_EXPOSED_AT if apart else "",
            nothing=nothing,
        )
        arrays = EventArrays(self.names, self.facts, copies=bool(only), trigger=apart)
        words = arrays.words(self._parts()) if self.windows else {}
        events = self._events(only, within) if self.windows else ""
        return _ROWS.format(
            numbers=self._array(self._numbers(), "Array(Float64)"),
            lists=self._array(self._lists(), "Array(Array(Float64))"),
            exposed_at=",\n        exposed_at" if apart else "",
            exposed_max=",\n            max(exposed_at) AS exposed_at" if apart else "",
            words="".join(f",\n        {sql} AS {name}" for name, sql in words.items()),
            gathered=arrays.gathered() if self.windows else "",
            sources="\n".join(each for each in (exposed, self._formerly(before, nothing), events) if each),
            kept=f"max(exposed) OR user_key IN ({before})" if before else "max(exposed)",
            gone=",\n        gone" if before else "",
            made_gone=",\n            toUInt8(NOT max(exposed)) AS gone" if before else "",
        )

    def _events(self, only: str, within: str) -> str:
        passed, facets = self.facts.columns()[0]
        parts = {
            "$exposed_at": _NEVER_EXPOSED if self.scope.trigger else "",
            "$facts": _FACTS.format(passed=passed, facets=facets) if self.facts.any else "",
            "$copy": _COPY if only else "",
            "$final": "" if only else " FINAL",
            # A copy that is too early may be the one that counts, and windows leave it out then.
            "$which": only or _SINCE + (f"\n                AND {within}" if within else ""),
        }
        text = _EVENTS
        for name, part in parts.items():
            text = text.replace(name, part)
        return text

    def _nothing(self, copies: bool) -> str:
        """The columns of an event where there is none."""
        if not self.windows:
            return ""
        return _NO_EVENT + _NO_FACTS * self.facts.any + _NO_COPY * copies

    @staticmethod
    def _formerly(before: str, nothing: str) -> str:
        """Of those who have nothing left there is nothing else."""
        return _FORMERLY.format(before=before, nothing=nothing) if before and before != _NOBODY else ""

    def _has_before(self, window: MetricWindow) -> bool:
        return self.covariates and (self.joint or window.aggregation.per_unit)

    def _parts(self) -> list[Part]:
        """Each window; what came before apart."""
        parts = []
        for number, window in enumerate(self.windows):
            tally = TALLIES[window.aggregation.name]
            parts.append(Part(window, tally, f"after_{number}", before=False))
            if self._has_before(window):
                parts.append(Part(window, tally, f"before_{number}", before=True))
        return parts

    def _numbers(self) -> list[str]:
        return [filled(slot, each.words) for each in self._parts() for slot in each.tally.slots]

    def _lists(self) -> list[str]:
        return [filled(each.tally.list, each.words) for each in self._parts() if each.tally.list]

    @staticmethod
    def _array(expressions: list[str], kind: str) -> str:
        inner = ", ".join(expressions)
        return f"CAST([{inner}], '{kind}')"
