"""How flags are used, as the API tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.instants import rfc3339
from analytics.warehouse.client import Row
from analytics.warehouse.usage import HOUR, UsageScope

POINTS = 24
"""Of the picture of a flag in a list."""
SERIES_POINTS_MAX = 400
HOURS_MAX = 2160
_MINUTE_WIDTHS = (60, 300, 900)
_MINUTES_HOURS_MAX = 24


@dataclass(frozen=True, slots=True)
class Window:
    """The hours that are asked about, up to the present one, in points of so many seconds. `minutes`: they are shorter
    than an hour."""

    start: int
    stop: int
    width: int

    @property
    def minutes(self) -> bool:
        return self.width < HOUR

    @property
    def points(self) -> int:
        return (self.stop - self.start) // self.width

    @classmethod
    def of_list(cls, hours: int, now: int) -> Window:
        """At least so many hours, in 24 points of whole hours. `now` in epoch milliseconds."""
        width = -(-hours // POINTS) * HOUR
        stop = now // 1000 // HOUR * HOUR + HOUR
        return cls(stop - POINTS * width, stop, width)

    @classmethod
    def of_series(cls, hours: int, now: int) -> Window:
        """At least so many hours, in at most 400 points."""
        widths: Sequence[int] = _MINUTE_WIDTHS if hours <= _MINUTES_HOURS_MAX else ()
        fitting = next((each for each in widths if hours * HOUR // each <= SERIES_POINTS_MAX), None)
        width = fitting or -(-hours // SERIES_POINTS_MAX) * HOUR
        stop = now // 1000 // HOUR * HOUR + HOUR
        points = -(-hours * HOUR // width)
        return cls(stop - points * width, stop, width)

    def scope(self, organization: str, environment: str) -> UsageScope:
        return UsageScope(organization, environment, self.start, self.stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationCount:
    """`variation` null: no variation was served, because what was held was still right (`CACHED`) or by an error; `…`:
    all beyond the hundred that were served most."""

    variation: str | None
    evaluations: int
    named: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagUsageDocument:
    """`named`: evaluations in which the flag was asked for by name; the others were in bulk answers. `points`: all
    evaluations from `start` until before `end`, 24 numbers of `point_seconds`, the oldest first."""

    flag: str
    start: str
    end: str
    point_seconds: int
    evaluations: int
    named: int
    last_named_at: str | None
    last_asked_at: str | None
    variations: list[VariationCount]
    points: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagUsagePage:
    items: list[FlagUsageDocument]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    reason: str
    error: str | None
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkCount:
    """`sdk` null: it did not say what it is."""

    sdk: str | None
    evaluations: int
    last_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationSeries:
    variation: str | None
    points: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSeriesDocument:
    """One flag over the time; `series` has a number for each point of `point_seconds`, the oldest first."""

    flag: str
    project: str
    environment: str
    start: str
    end: str
    point_seconds: int
    evaluations: int
    named: int
    variations: list[VariationCount]
    reasons: list[ReasonCount]
    sdks: list[SdkCount]
    series: list[VariationSeries]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFlagDocument:
    """A key that was asked for and is no flag's. `flag` null: those that were not told by name. `exists`: by now it
    is one's."""

    flag: str | None
    evaluations: int
    first_at: str | None
    last_at: str | None
    last_sdk: str | None
    sdks: list[str]
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFlagPage:
    items: list[UnknownFlagDocument]
    next_cursor: str | None


def moment(seconds: int) -> str | None:
    return rfc3339(seconds * 1000) if seconds else None


def flag_documents(
    totals: Iterable[Row], points: Iterable[Row], keys: Sequence[str], window: Window
) -> list[FlagUsageDocument]:
    """One for each of these flags, in their order; zeros where nobody asked."""
    by_flag = {row["flag"]: row for row in totals}
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in points:
        rows[row["flag"]].append(row)
    return [_flag(key, by_flag.get(key), rows[key], window) for key in keys]


def _flag(key: str, total: Row | None, rows: list[Row], window: Window) -> FlagUsageDocument:
    evaluations = sum(row["evaluations"] for row in rows)
    series = [0] * window.points
    for row in rows:
        series[row["point"]] += row["evaluations"]
    return FlagUsageDocument(
        flag=key,
        start=rfc3339(window.start * 1000),
        end=rfc3339(window.stop * 1000),
        point_seconds=window.width,
        evaluations=evaluations,
        named=sum(row["named"] for row in rows),
        last_named_at=moment(total["named_at"]) if total else None,
        last_asked_at=moment(total["asked_at"]) if total else None,
        variations=variation_counts(rows),
        points=series,
    )


def variation_counts(rows: Iterable[Row]) -> list[VariationCount]:
    """Shares are of the evaluations that served a variation."""
    found: dict[str, list[int]] = {}
    for row in rows:
        count = found.setdefault(row["variation"], [0, 0])
        count[0] += row["evaluations"]
        count[1] += row["named"]
    served = sum(evaluations for variation, (evaluations, _) in found.items() if variation)
    return [
        VariationCount(
            variation=variation or None,
            evaluations=evaluations,
            named=named,
            share=evaluations / served if variation and served else None,
        )
        for variation, (evaluations, named) in sorted(found.items())
    ]


def reason_counts(rows: Iterable[Row]) -> list[ReasonCount]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        found[row["reason"], row["error"]] += row["evaluations"]
    return [
        ReasonCount(reason=reason, error=error or None, evaluations=count)
        for (reason, error), count in sorted(found.items())
    ]


def variation_series(rows: Iterable[Row], window: Window) -> list[VariationSeries]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["variation"], [0] * window.points)[row["point"]] += row["evaluations"]
    return [VariationSeries(variation=name or None, points=points) for name, points in sorted(found.items())]


def sdk_counts(rows: Iterable[Row]) -> list[SdkCount]:
    return [
        SdkCount(sdk=row["sdk"] or None, evaluations=row["evaluations"], last_at=moment(row["asked_at"]))
        for row in rows
    ]


def unknown_documents(rows: Iterable[Row], known: Mapping[str, object]) -> list[UnknownFlagDocument]:
    return [
        UnknownFlagDocument(
            flag=row["flag"] or None,
            evaluations=row["evaluations"],
            first_at=moment(row["first_at"]),
            last_at=moment(row["last_at"]),
            last_sdk=row["last_sdk"] or None,
            sdks=[each for each in row["sdks"] if each],
            exists=row["flag"] in known,
        )
        for row in rows
    ]
