"""Phases and pauses of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bucketing.flagset import Condition, Experiment, Holdout


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of an experiment, from `start_at` until before `stop_at` (epoch milliseconds; None: it goes on).

    `shares` and `traffic` in hundredths of a percent; `bucket_by` empty: users."""

    number: int
    start_at: int
    stop_at: int | None
    shares: dict[str, int]
    control: str
    traffic: int
    audience: Condition | None
    bucket_by: str
    holdouts: tuple[Holdout, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until before `end` (epoch milliseconds; None: it goes on)."""

    start: int
    end: int | None


def phase_of(experiment: Experiment, control: str) -> Phase:
    shares = {share.variation: share.weight for share in experiment.shares}
    return Phase(
        number=experiment.phase,
        start_at=experiment.start_at,
        stop_at=experiment.stop_at,
        shares=shares,
        control=control_of(shares, control),
        traffic=experiment.traffic,
        audience=experiment.audience,
        bucket_by=experiment.bucket_by or "",
        holdouts=experiment.holdouts,
    )


def control_of(shares: Mapping[str, int], named: str) -> str:
    """The first variation, where the named one is none of them."""
    return named if named in shares else next(iter(shares))
