"""How far an experiment is in its plan, and when it can be read at the present traffic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stats import Mode

from analytics.catalog.entries import Experiment
from analytics.results.recorded_looks import OfficialLook
from analytics.results.timetable import DecisionPoint, mode_of, timetable
from analytics.warehouse.scopes import END_OF_TIME

DAY_MILLISECONDS = 86_400_000
RECENT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgress:
    """Units of all variations; times in epoch milliseconds.

    `decided_at`: the moment of the last look; `since`: units by variation that came after it. `complete`: the plan is
    over. `stopped_early`: the experiment ended before. `readable_at` None: it can be read now, or nobody knows when.
    """

    mode: Mode
    units: int
    planned_units: int | None
    looks_taken: int
    looks_planned: int
    next_look_units: int | None
    decided_at: int | None
    since: Mapping[str, int]
    complete: bool
    stopped: bool
    days_run: float
    minimum_days: float
    units_per_day: float | None
    readable_at: int | None

    @property
    def stopped_early(self) -> bool:
        return self.stopped and not self.complete and (self.planned_units is not None or self.looks_planned > 0)

    @property
    def early(self) -> bool:
        """The minimum run time is not over."""
        return self.days_run < self.minimum_days


@dataclass(frozen=True, slots=True)
class Traffic:
    """The units of an experiment until `moment`, and by day (UTC, ISO) and variation when they came in."""

    moment: int
    units: Mapping[str, int]
    days: Mapping[str, Mapping[str, int]]

    @property
    def total(self) -> int:
        return sum(self.units.values())

    def per_day(self, start: int) -> float | None:
        """Over the last whole days of the run, at most seven; of a younger one, over its time so far."""
        today = datetime.fromtimestamp(self.moment / 1000, UTC).date()
        first = datetime.fromtimestamp(start / 1000, UTC).date() + timedelta(days=1)
        whole = [today - timedelta(days=back) for back in range(1, RECENT_DAYS + 1)]
        recent = [sum(self.days.get(each.isoformat(), {}).values()) for each in whole if each >= first]
        if recent:
            return sum(recent) / len(recent)
        run = (self.moment - start) / DAY_MILLISECONDS
        return self.total / run if run > 0 else None


def progress_of(experiment: Experiment, traffic: Traffic, looks: Sequence[OfficialLook]) -> PlanProgress:
    plan, points = experiment.plan, timetable(experiment)
    start = experiment.start_at if experiment.start_at is not None else traffic.moment
    stop = experiment.stop_at if experiment.stop_at is not None else traffic.moment
    stopped = experiment.stop_at is not None and stop <= traffic.moment
    last = looks[-1] if looks else None
    following = next((each for each in points if each.stage > (last.stage if last else 0)), None)
    per_day = traffic.per_day(start) if not stopped else None
    earliest = start + round(plan.minimum_days * DAY_MILLISECONDS)
    return PlanProgress(
        mode=mode_of(plan),
        units=traffic.total,
        planned_units=plan.planned_units or None,
        looks_taken=last.stage if last else 0,
        looks_planned=len(points),
        next_look_units=following.units if following else None,
        decided_at=last.reached_at if last else None,
        since={name: max(count - last.units.get(name, 0), 0) for name, count in traffic.units.items()} if last else {},
        complete=following is None if points else 0 < plan.planned_units <= traffic.total,
        stopped=stopped,
        days_run=max((min(stop, traffic.moment) - start) / DAY_MILLISECONDS, 0.0),
        minimum_days=float(plan.minimum_days),
        units_per_day=per_day,
        readable_at=None if stopped else _readable_at(following, traffic, per_day, earliest),
    )


def _readable_at(following: DecisionPoint | None, traffic: Traffic, per_day: float | None, earliest: int) -> int | None:
    """The next decision point at the present traffic, and not before the minimum run time is over."""
    awaited: list[float] = []
    if following is not None:
        if following.at is not None:
            awaited.append(following.at)
        if following.units is not None and per_day:
            missing = max(following.units - traffic.total, 0)
            awaited.append(traffic.moment + DAY_MILLISECONDS * missing / per_day)
        if not awaited:
            return None
    moment = max(min(awaited, default=0.0), earliest)
    return math.ceil(moment) if traffic.moment < moment < END_OF_TIME else None
