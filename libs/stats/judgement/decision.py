"""Ship, roll back, keep running, or unhealthy: one fixed rule, told in every answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stats import validation
from stats.errors import InvalidInputError
from stats.judgement.families import Family
from stats.judgement.sample_ratio import SampleRatioResult
from stats.metrics import Direction
from stats.results import Comparison, MetricResult
from stats.statuses import Notice, Status, notice


class Verdict(StrEnum):
    """What to do with a treatment now."""

    SHIP = "ship"
    ROLL_BACK = "roll_back"
    KEEP_RUNNING = "keep_running"
    UNHEALTHY = "unhealthy"


RULE = (
    "1. unhealthy, if the sample-ratio check blocks or health problems were told. "
    "2. roll back, if a guardrail deteriorated or a goal metric moved significantly the wrong way. "
    "3. ship, if a goal metric moved significantly the right way (after adjusting for the family, if there is "
    "one), every guardrail passes, and the minimum run time is over. "
    "4. roll back, if the planned units are reached without that: the treatment has not earned its place. "
    "5. else keep running. A result of the mode `fixed` decides only once the planned units, if any, are reached."
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the experiment is. Units of both arms of the comparison; days may be fractions.

    `planned_units` None: no size was planned. `units_per_day` is the present traffic, None if unknown.
    """

    units: int
    planned_units: int | None = None
    days_run: float = 0.0
    days_min: float = 0.0
    units_per_day: float | None = None

    def __post_init__(self) -> None:
        validation.count(self.units, "progress.units")
        if self.planned_units is not None:
            validation.positive(
                validation.count(self.planned_units, "progress.planned_units"), "progress.planned_units"
            )
        for name in ("days_run", "days_min"):
            validation.non_negative(getattr(self, name), f"progress.{name}")
        if self.units_per_day is not None:
            validation.non_negative(self.units_per_day, "progress.units_per_day")

    @property
    def complete(self) -> bool:
        """True when the planned units are reached and the minimum run time is over."""
        enough = self.planned_units is not None and self.units >= self.planned_units
        return enough and self.days_run >= self.days_min

    @property
    def days_left(self) -> float | None:
        """Days to the plan at the present traffic; None if there is no plan or no traffic."""
        wait = max(0.0, self.days_min - self.days_run)
        if self.planned_units is None:
            return None
        missing = max(0, self.planned_units - self.units)
        if missing == 0:
            return wait
        if not self.units_per_day:
            return None
        return max(wait, math.ceil(missing / self.units_per_day))


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one treatment, the sentences that led to it, and the rule they follow."""

    arm: str
    verdict: Verdict
    reasons: tuple[str, ...]
    rule: str
    days_left: float | None
    notices: tuple[Notice, ...] = ()


def decide(
    arm: str,
    results: Sequence[MetricResult],
    progress: Progress,
    *,
    sample_ratio: SampleRatioResult | None = None,
    family: Family | None = None,
    health_problems: Sequence[str] = (),
) -> Decision:
    """Apply `RULE` to one treatment over all its metrics (goals and guardrails).

    `family` are the adjusted goals; without it raw significance decides. `health_problems` are sentences
    about the data that forbid a decision (units in several arms, exposures before the start, …).
    """
    unhealthy = list(health_problems)
    notices: tuple[Notice, ...] = ()
    if sample_ratio is not None and sample_ratio.blocks_decision:
        notices = (notice(Status.SRM_BLOCKS_DECISION),)
        unhealthy.append(notices[0].message)
    judged = [_Judged(result, _comparison_of(result, arm), family) for result in results]
    if unhealthy:
        return Decision(arm, Verdict.UNHEALTHY, tuple(unhealthy), RULE, progress.days_left, notices)
    verdict, reasons = _judge(judged, progress)
    days_left = progress.days_left if verdict is Verdict.KEEP_RUNNING else None
    return Decision(arm, verdict, tuple(reasons), RULE, days_left)


@dataclass(frozen=True, slots=True)
class _Judged:
    result: MetricResult
    comparison: Comparison
    family: Family | None

    @property
    def is_guardrail(self) -> bool:
        return self.comparison.guardrail is not None

    def moved(self, progress: Progress) -> float:
        """+1: significantly the right way, -1: significantly the wrong way, 0: neither."""
        if self.result.mode == "fixed" and progress.planned_units is not None and not progress.complete:
            return 0.0
        if not self._significant() or self.comparison.difference.estimate is None:
            return 0.0
        rising = self.comparison.difference.estimate > 0.0
        return 1.0 if rising == (self.result.direction == Direction.INCREASE.value) else -1.0

    def _significant(self) -> bool:
        if self.family is not None:
            for member in self.family.members:
                if member.metric == self.result.metric and member.arm == self.comparison.arm:
                    if member.significant is not None:
                        return member.significant
                    break
        return bool(self.comparison.significant)


def _judge(judged: Sequence[_Judged], progress: Progress) -> tuple[Verdict, list[str]]:
    guardrails = [one for one in judged if one.is_guardrail]
    goals = [one for one in judged if not one.is_guardrail]
    harmed = [one.result.metric for one in guardrails if _state(one) == "deteriorated"]
    worse = [one.result.metric for one in goals if one.moved(progress) < 0.0]
    better = [one.result.metric for one in goals if one.moved(progress) > 0.0]
    unproven = [one.result.metric for one in guardrails if _state(one) != "pass"]
    if harmed or worse:
        reasons = [f"The guardrail {name} deteriorated." for name in harmed]
        return Verdict.ROLL_BACK, [*reasons, *(f"{name} moved significantly the wrong way." for name in worse)]
    early = progress.days_run < progress.days_min
    if better and not unproven and not early:
        return Verdict.SHIP, [f"{name} moved significantly the right way." for name in better]
    waiting = [f"{name} moved significantly the right way." for name in better]
    waiting += [f"The guardrail {name} is not proven yet." for name in unproven]
    if early:
        waiting.append(f"The minimum run time of {progress.days_min:g} days is not over.")
    if progress.complete:
        if not better:
            waiting.append("The planned units are reached and no goal metric moved significantly the right way.")
        return Verdict.ROLL_BACK, waiting
    if not better:
        waiting.append("No goal metric has moved significantly yet.")
    return Verdict.KEEP_RUNNING, waiting


def _state(judged: _Judged) -> str | None:
    block = judged.comparison.guardrail
    return block.state if block is not None else None


def _comparison_of(result: MetricResult, arm: str) -> Comparison:
    try:
        return result.comparison(arm)
    except KeyError:
        raise InvalidInputError("arm", f"{arm!r} is not among the treatments of {result.metric}") from None
