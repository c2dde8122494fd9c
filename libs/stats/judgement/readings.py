"""What one comparison may be read as: the one answer that sentence, colour, decision, report and export follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stats.errors import InvalidInputError
from stats.judgement.families import Family, FamilyMember
from stats.judgement.progress import Progress
from stats.metrics import Direction
from stats.results import Comparison, GuardrailBlock, MetricResult
from stats.statuses import Status


class State(StrEnum):
    """What a comparison says now; `better` and `worse` are in the metric's direction.

    A guardrail with a margin answers its own question: `within_margin` is proven not worse than the margin allows (and
    not proven better than the control), `worse` is harm as its watch proves it, `unclear` is neither.
    """

    TOO_EARLY = "too_early"
    BETTER = "better"
    WITHIN_MARGIN = "within_margin"
    WORSE = "worse"
    UNCLEAR = "unclear"
    NOT_ESTIMABLE = "not_estimable"


@dataclass(frozen=True, slots=True)
class AgainstControl:
    """What the difference from the control says in the plan's mode: better, worse or unclear, and by which p.

    `adjusted_p`: over the family, or over all guardrails of the experiment; it decides where it is known.
    """

    state: State
    p_value: float
    adjusted_p: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The state, by which method, and the figures behind it: each of the question that the state answers.

    `adjusted_p` is the p after adjusting for the family, None without one; it decides where it is known. `complete`:
    the plan's size is reached. `units_needed`: at how many units of the comparison the plan says more (the planned
    size, or the next look); None if nothing is waited for. `against_control`: of a guardrail with a margin, which may
    be worse than the control by less than the margin allows; it decides nothing.
    """

    state: State
    method: str
    p_value: float | None
    adjusted_p: float | None
    alpha: float
    complete: bool
    units: int
    units_needed: int | None
    against_control: AgainstControl | None = None

    @property
    def significant(self) -> bool:
        """True for better and worse, and for nothing else."""
        return self.state in (State.BETTER, State.WORSE)


def read(
    result: MetricResult, arm: str, progress: Progress, family: Family | None = None, segment: str | None = None
) -> Reading:
    """The reading of one treatment in one metric; `family` is the one that the metric belongs to, if it has one."""
    comparison = _comparison_of(result, arm)
    complete = is_complete(comparison, progress)
    against = None
    if complete or comparison.decided_by != "fixed":
        member = family.member(result.metric, arm, segment) if family else None
        against = _against_control(result.direction, comparison, member)
    found = _found(comparison, against, complete=complete)
    return Reading(
        state=found.state,
        method=found.method,
        p_value=found.p_value,
        adjusted_p=found.adjusted_p,
        alpha=comparison.alpha,
        complete=complete,
        units=comparison.n_treatment + comparison.n_control,
        units_needed=_units_needed(comparison, progress, complete=complete),
        against_control=against if comparison.guardrail is not None else None,
    )


def is_complete(comparison: Comparison, progress: Progress) -> bool:
    """Whether the plan's size is reached; `fixed` also asks that the analysis was told so."""
    if comparison.decided_by == "fixed":
        return comparison.complete and (progress.planned_units is None or progress.complete)
    return comparison.complete or progress.complete


@dataclass(frozen=True, slots=True)
class _Found:
    state: State
    method: str
    p_value: float | None = None
    adjusted_p: float | None = None


def _against_control(direction: str, comparison: Comparison, member: FamilyMember | None) -> AgainstControl | None:
    """None while the mode says nothing, or where no test exists."""
    p_value = comparison.p_value
    if p_value is None:
        return None
    adjusted_p = member.adjusted_p if member is not None else _over_guardrails(comparison)
    deciding = p_value if adjusted_p is None else adjusted_p
    side = _side(comparison)
    if deciding >= comparison.alpha or side == 0.0:
        return AgainstControl(State.UNCLEAR, p_value, adjusted_p)
    right = (side > 0.0) == (direction == Direction.INCREASE.value)
    return AgainstControl(State.BETTER if right else State.WORSE, p_value, adjusted_p)


def _found(comparison: Comparison, against: AgainstControl | None, *, complete: bool) -> _Found:
    method, guardrail = _method(comparison), comparison.guardrail
    if guardrail is not None and guardrail.state == "deteriorated":
        adjusted = _shared(guardrail, guardrail.deterioration_p or 0.0, comparison.alpha)
        return _Found(State.WORSE, "always_valid_watch", guardrail.deterioration_p, adjusted)
    if against is None:
        waits = comparison.fixed_horizon.test.p_value is not None or comparison.status is Status.INSUFFICIENT_DATA
        return _Found(State.TOO_EARLY if waits and not complete else State.NOT_ESTIMABLE, method)
    if guardrail is not None and not (guardrail.state == "pass" and against.state is State.BETTER):
        # Every guardrail has to pass by itself, so the p of its margin needs no adjustment.
        return _Found(_GUARDED.get(guardrail.state, State.UNCLEAR), guardrail.method, guardrail.p_value)
    return _Found(against.state, method, against.p_value, against.adjusted_p)


_GUARDED = {"pass": State.WITHIN_MARGIN, "too_early": State.TOO_EARLY}


def _over_guardrails(comparison: Comparison) -> float | None:
    """A guardrail's p after adjusting for all guardrails of the experiment, which have one error rate together."""
    guardrail, p_value = comparison.guardrail, comparison.p_value
    if guardrail is None or p_value is None:
        return None
    return _shared(guardrail, p_value, comparison.alpha)


def _shared(guardrail: GuardrailBlock, p_value: float, alpha: float) -> float:
    return min(1.0, p_value * alpha / guardrail.deterioration_alpha)


def _side(comparison: Comparison) -> float:
    """The side of 0 on which the deciding interval lies, or else the estimate."""
    for interval in (comparison.difference, comparison.lift):
        if interval.lower is not None and interval.lower > 0.0:
            return 1.0
        if interval.upper is not None and interval.upper < 0.0:
            return -1.0
    estimate = comparison.difference.estimate or 0.0
    return float(estimate > 0.0) - float(estimate < 0.0)


def _method(comparison: Comparison) -> str:
    if comparison.sequential is not None:
        return comparison.sequential.method
    return comparison.fixed_horizon.test.method if comparison.decided_by == "fixed" else comparison.decided_by


def _units_needed(comparison: Comparison, progress: Progress, *, complete: bool) -> int | None:
    if complete:
        return None
    if comparison.look is not None:
        return comparison.look.next_look_units
    return progress.planned_units


def _comparison_of(result: MetricResult, arm: str) -> Comparison:
    try:
        return result.comparison(arm)
    except KeyError:
        raise InvalidInputError("arm", f"{arm!r} is not among the treatments of {result.metric}") from None
