"""Ship, roll back, keep running, inconclusive or unhealthy: fixed rules, the one that applied told in every answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stats.judgement.families import Family
from stats.judgement.progress import Progress
from stats.judgement.readings import Reading, State, is_complete, read
from stats.judgement.sample_ratio import SampleRatioResult
from stats.results import Comparison, MetricResult
from stats.statuses import Notice, Status, notice


class Verdict(StrEnum):
    """What to do with a treatment now."""

    SHIP = "ship"
    ROLL_BACK = "roll_back"
    KEEP_RUNNING = "keep_running"
    INCONCLUSIVE = "inconclusive"
    UNHEALTHY = "unhealthy"


RULES = {
    Verdict.UNHEALTHY: "The sample-ratio check or another check of the data says that the figures can't be trusted.",
    Verdict.ROLL_BACK: "A guardrail deteriorated, or a goal reads as worse after adjusting for its family. "
    "Harm that is known early may end the experiment before its minimum run time.",
    Verdict.SHIP: "A goal reads as better after adjusting for its family, none as worse, every guardrail is proven "
    "not worse than its margin, and the minimum run time is over.",
    Verdict.INCONCLUSIVE: "The plan is over, and neither a benefit with all guardrails proven nor harm is clear. "
    "What is not proven is not harm.",
    Verdict.KEEP_RUNNING: "The plan is not over, and nothing that would end it before is clear.",
}
"""In their order: the first that applies decides."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one treatment, the sentences that led to it, and the rule that applied."""

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
    """Apply `RULES` to one treatment over its goals and guardrails.

    `family` are the adjusted goals; without it each reads by its own p. `health_problems` are sentences
    about the data that forbid a decision (units in several arms, exposures before the start, …).
    """
    judged = [_Judged(each.called, read(each, arm, progress, family), each.comparison(arm)) for each in results]
    unhealthy = list(health_problems)
    notices: tuple[Notice, ...] = ()
    if sample_ratio is not None and sample_ratio.blocks_decision:
        notices = (notice(Status.SRM_BLOCKS_DECISION),)
        unhealthy.append(notices[0].message)
    if unhealthy:
        verdict, reasons = Verdict.UNHEALTHY, unhealthy
    else:
        verdict, reasons = _judge(judged, progress)
    days_left = progress.days_left if verdict in (Verdict.KEEP_RUNNING, Verdict.UNHEALTHY) else None
    return Decision(arm, verdict, tuple(reasons), RULES[verdict], days_left, notices)


@dataclass(frozen=True, slots=True)
class _Judged:
    metric: str
    reading: Reading
    comparison: Comparison

    @property
    def guardrail(self) -> str | None:
        """The guardrail's state, None for a goal."""
        return self.comparison.guardrail.state if self.comparison.guardrail is not None else None


def _judge(judged: Sequence[_Judged], progress: Progress) -> tuple[Verdict, list[str]]:
    goals = [one for one in judged if one.guardrail is None]
    harmed = [f"The guardrail {one.metric} deteriorated." for one in judged if one.guardrail == "deteriorated"]
    worse = [f"{one.metric} reads as worse." for one in goals if one.reading.state is State.WORSE]
    if harmed or worse:
        return Verdict.ROLL_BACK, [*harmed, *worse]
    better = [f"{one.metric} reads as better." for one in goals if one.reading.state is State.BETTER]
    tolerated = [
        f"The guardrail {one.metric} is worse than the control, by less than its margin allows."
        for one in judged
        if one.reading.state is State.WITHIN_MARGIN
        and one.reading.against_control is not None
        and one.reading.against_control.state is State.WORSE
    ]
    unproven = [
        f"The guardrail {one.metric} is not proven yet."
        for one in judged
        if one.guardrail is not None and one.guardrail != "pass"
    ]
    if better and not unproven and not progress.early:
        return Verdict.SHIP, [*better, *tolerated]
    reasons = [*better, *unproven, *tolerated]
    if not better:
        reasons.append("No goal reads as better." if goals else "No goal is measured.")
    if progress.early:
        reasons.append(f"The minimum run time of {progress.days_min:g} days is not over.")
    if progress.stopped:
        return Verdict.INCONCLUSIVE, [*reasons, "The experiment was stopped: no more units come."]
    complete = bool(judged) and all(is_complete(one.comparison, progress) for one in judged)
    if complete and not progress.early:
        return Verdict.INCONCLUSIVE, [*reasons, "The planned size is reached."]
    return Verdict.KEEP_RUNNING, reasons
