"""The exposures of a flag: counts, shares, a time series and the latest decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from service_kit.problems import FieldError, InvalidInput

from analytics.catalog.entries import Environment, Experiment
from analytics.instants import rfc3339
from analytics.warehouse.client import Row
from analytics.warehouse.exposures import ExposureReader

_DAY_MILLISECONDS = 86_400_000
_DEFAULT_DAYS = 7
_POINTS_MAX = 500
Bucket = Literal["hour", "day"]
BUCKETS: Mapping[Bucket, int] = {"hour": 3600, "day": 86_400}
_BUCKETS_SECONDS = (60, 300, 900, 3600, 21_600, 86_400, 604_800)


@dataclass(frozen=True, slots=True)
class ExpectedShares:
    """By variation, of an experiment by its key."""

    experiment: str
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """Which flag and time (epoch milliseconds, `start <= time < end`), and the width of the series' buckets."""

    flag: str
    variations: tuple[str, ...]
    start: int
    end: int
    bucket_seconds: int
    expected: ExpectedShares | None = None

    @classmethod
    def between(
        cls, flag: str, variations: tuple[str, ...], start: int | None, end: int | None, now: int
    ) -> ExposureReport:
        """In buckets of which there are few enough. Raises InvalidInput when `start` is not before `end`."""
        # An event may carry a clock that is a little ahead.
        end = now + _DAY_MILLISECONDS if end is None else end
        start = min(end, now) - _DEFAULT_DAYS * _DAY_MILLISECONDS if start is None else start
        if start >= end:
            raise InvalidInput([FieldError("start", "after_end", "must be before `end`")])
        seconds = (end - start) / 1000
        width = next((each for each in _BUCKETS_SECONDS if seconds / each <= _POINTS_MAX), None)
        return cls(flag, variations, start, end, width or _whole_days(seconds))

    def by(self, bucket: Bucket | None) -> ExposureReport:
        """In hours or days. Raises InvalidInput where these would be too many."""
        if bucket is None:
            return self
        width = BUCKETS[bucket]
        if (self.end - self.start) / 1000 / width > _POINTS_MAX:
            raise InvalidInput([FieldError("bucket", "too_many", f"would be more than {_POINTS_MAX} in this time")])
        return replace(self, bucket_seconds=width)


def expected_shares(experiments: Iterable[Experiment], flag: str) -> ExpectedShares | None:
    """What the one experiment under way on the flag expects; with none or several nobody knows."""
    found = [each for each in experiments if each.flag == flag and each.under_way]
    if len(found) != 1:
        return None
    whole = sum(found[0].shares.values())
    return ExpectedShares(found[0].key, {name: weight / whole for name, weight in found[0].shares.items()})


def _whole_days(seconds: float) -> int:
    return 86_400 * (int(seconds / 86_400 / _POINTS_MAX) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposedVariation:
    """`variation` `…`: all beyond the hundred with most exposures. `share`: of the exposures. `expected_share`: of the
    units, null where no one experiment under way expects any."""

    variation: str
    exposures: int
    units: int
    share: float | None
    expected_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesVariation:
    variation: str
    exposures: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    time: str
    variations: list[SeriesVariation]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposedExperiment:
    key: str
    phase: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentExposure:
    """One of the latest exposures, as it was sent. `experiments` null: the sender did not say."""

    event_id: str
    user_key: str
    variation: str
    experiment: str | None
    experiments: list[ExposedExperiment] | None
    unit_key: str | None
    config_version: int
    override: bool
    context: dict[str, Any]
    occurred_at: str
    received_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposuresDocument:
    """Who saw which variation of a flag from `start` until before `end`."""

    flag: str
    project: str
    environment: str
    start: str
    end: str
    exposures: int
    expected_by: str | None
    variations: list[ExposedVariation]
    bucket_seconds: int
    series: list[SeriesPoint]
    recent: list[RecentExposure]


async def flag_exposures(
    reader: ExposureReader, environment: Environment, report: ExposureReport, recent: int
) -> ExposuresDocument:
    """Raises WarehouseError."""
    asked = {
        "organization": environment.organization_id,
        "environment": environment.id,
        "flag": report.flag,
        "start": report.start,
        "stop": report.end,
    }
    totals, series, latest = await asyncio.gather(
        reader.totals(asked), reader.series(asked, report.bucket_seconds), reader.recent(asked, recent)
    )
    exposures = sum(row["exposures"] for row in totals)
    by_variation = {row["variation"]: row for row in totals}
    names = [*report.variations, *(name for name in by_variation if name not in report.variations)]
    return ExposuresDocument(
        flag=report.flag,
        project=environment.project_key,
        environment=environment.key,
        start=rfc3339(report.start),
        end=rfc3339(report.end),
        exposures=exposures,
        expected_by=report.expected.experiment if report.expected else None,
        variations=[_variation(name, by_variation.get(name), exposures, report.expected) for name in names],
        bucket_seconds=report.bucket_seconds,
        series=_series(series),
        recent=[_recent(row) for row in latest],
    )


def _variation(name: str, row: Row | None, total: int, expected: ExpectedShares | None) -> ExposedVariation:
    count = row["exposures"] if row else 0
    return ExposedVariation(
        variation=name,
        exposures=count,
        units=row["units"] if row else 0,
        share=count / total if total else None,
        expected_share=expected.shares.get(name, 0.0) if expected else None,
    )


def _series(rows: list[Row]) -> list[SeriesPoint]:
    points: dict[datetime, list[SeriesVariation]] = {}
    for row in rows:
        point = SeriesVariation(variation=row["variation"], exposures=row["exposures"], units=row["units"])
        points.setdefault(row["bucket"], []).append(point)
    return [SeriesPoint(time=_text(bucket), variations=values) for bucket, values in sorted(points.items())]


def _recent(row: Row) -> RecentExposure:
    try:
        context = msgspec.json.decode(row["context"])
    except msgspec.MsgspecError:
        context = {}
    return RecentExposure(
        event_id=row["event_id"],
        user_key=row["user_key"],
        variation=row["variation"],
        experiment=row["experiment"] or None,
        experiments=_experiments(row["experiments"]),
        unit_key=row["unit_key"] or None,
        config_version=row["config_version"],
        override=row["override"],
        context=context,
        occurred_at=_text(row["occurred_at"]),
        received_at=_text(row["received_at"]),
    )


def _experiments(text: str) -> list[ExposedExperiment] | None:
    return msgspec.json.decode(text, type=list[ExposedExperiment]) if text else None


def _text(value: datetime) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return rfc3339(round(aware.timestamp() * 1000))
