"""What one read says about the units of a scope: counts, and the sums of each metric, by segment and variation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stats import InvalidInputError

from analytics.warehouse.aggregates import CovariateMoments, Group, Moments, UnitCounts, UserCounts
from analytics.warehouse.client import Row
from analytics.warehouse.fixed_point import SIZE_MAX, ExactSums, centred, number, product
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import prefix_of

_PAIRS = ("num_sum", "num_sum_sq", "den_sum", "den_sum_sq", "num_den_sum")


@dataclass(frozen=True, slots=True)
class Picture:
    """`answer`: the rows of `unit_sums`, by segment, day, variation."""

    rows: UnitRows
    answer: Sequence[Row]

    def unit_counts(self) -> UnitCounts:
        units: dict[Group, int] = {}
        days: dict[str, dict[str, int]] = {}
        for row in self._analysed():
            group = row["segment"], row["variation"]
            units[group] = units.get(group, 0) + row["units"]
            day = days.setdefault(row["day"].isoformat(), {})
            day[row["variation"]] = day.get(row["variation"], 0) + row["units"]
        return UnitCounts(
            units,
            days,
            sum(row["units"] for row in self.answer if row["several"] and not row["lacking"]),
            max((row["last_at"] for row in self.answer), default=0),
            sum(row["users"] for row in self.answer if row["lacking"]),
        )

    def moments(self, window: MetricWindow) -> dict[Group, Moments]:
        """Of the units that have a number."""
        column = self._columns(window)
        binary = window.aggregation.binary
        found = {}
        for group, rows in self._groups().items():
            units = column("units", rows)
            self._require_usable(column("strange", rows))
            if not units:
                continue
            exact = ExactSums(units, units << 64, units << 128)
            if not binary:
                exact = ExactSums(units, column("sum", rows), column("squares", rows))
            found[group] = Moments(units, exact.mean, exact.centred_squares, column("capped", rows))
        return found

    def covariate_moments(self, window: MetricWindow) -> dict[Group, CovariateMoments]:
        """Of the units that have a number or, where an absent one is a zero, a history."""
        column = self._columns(window)
        found = {}
        for group, rows in self._groups().items():
            units = column("x_units", rows)
            self._require_usable(column("strange", rows) + column("x_strange", rows))
            if not units:
                continue
            y = ExactSums(units, column("sum", rows), column("squares", rows))
            x = ExactSums(units, column("x_sum", rows), column("x_squares", rows))
            found[group] = CovariateMoments(
                units,
                y.mean,
                x.mean,
                y.centred_squares,
                x.centred_squares,
                centred(units, column("x_products", rows), x.sum, y.sum),
                column("x_history", rows),
                number(column("x_history_sum", rows)),
            )
        return found

    def sums(self, window: MetricWindow) -> dict[Group, dict[str, float]]:
        """The fields of a ratio's summary."""
        column = self._columns(window)
        found: dict[Group, dict[str, float]] = {}
        for group, rows in self._groups().items():
            units = column("units", rows)
            self._require_usable(column("strange", rows))
            if units:
                of = {"num_sum": number, "den_sum": number}
                found[group] = {"n": units} | {each: of.get(each, product)(column(each, rows)) for each in _PAIRS}
        return found

    def steps(self, window: MetricWindow) -> dict[Group, tuple[int, ...]]:
        """Of a funnel: how many units took each step with all before it; users, where those have the numbers."""
        column = self._columns(window)
        return {
            group: tuple(column(f"reached{step}", rows) for step in range(1, len(window.steps) + 1))
            for group, rows in self._groups().items()
        }

    def users(self, window: MetricWindow) -> UserCounts:
        """Of the users whose numbers come together by unit."""
        column = self._columns(window)
        analysed = self._analysed()
        return UserCounts(column("users_measured", analysed), column("users_capped", analysed))

    def _analysed(self) -> list[Row]:
        return [row for row in self.answer if not row["several"] and not row["lacking"]]

    def _groups(self) -> dict[Group, list[Row]]:
        groups: dict[Group, list[Row]] = {}
        for row in self._analysed():
            groups.setdefault((row["segment"], row["variation"]), []).append(row)
        return groups

    def _columns(self, window: MetricWindow) -> Callable[[str, list[Row]], int]:
        prefix = prefix_of(self.rows, window)
        return lambda name, rows: sum(int(row[prefix + name]) for row in rows)

    @staticmethod
    def _require_usable(strange: int) -> None:
        if strange:
            raise InvalidInputError("value", f"{strange} units have a number that is none or beyond {SIZE_MAX:g}")
