"""What a look's sums say of each guard: pure, so that a simulation asks the very same code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from messages.verdicts import FindingArm, FindingState, FindingStratum, GuardFinding, VerdictAction
from stats import Direction, Guardrail, InvalidInputError, Status
from stats.analysis.live_control import ComparedStratum, LiveControl, Tolerance, control_live
from stats.distributions import LOG_10
from stats.sequential.multinomial import log_evidence

from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import WHOLE_SHARE, Guard, GuardedRollout
from analytics.monitoring import sentences
from analytics.monitoring.hypotheses import hypothesis_of, metric_of
from analytics.monitoring.observations import Measured, Observation

STATISTIC = "stratified_always_valid"
RATIO_STATISTIC = "sequential_multinomial"
SILENCE_STATISTIC = "silence"
DEFAULT_SILENCE_SECONDS = 300
NOTHING_FOUND: Mapping[str, GuardFinding] = {}
_UNKNOWN = "This monitor does not know what the guard watches; bring it to the control plane's version."


@dataclass(frozen=True, slots=True)
class Asked:
    """A rollout with the environment's metrics by their keys. `silence_seconds`: where a guard says none."""

    rollout: GuardedRollout
    metrics: Mapping[str, Metric]
    silence_seconds: int = DEFAULT_SILENCE_SECONDS


def findings_of(
    asked: Asked, seen: Observation, before: Mapping[str, GuardFinding] = NOTHING_FOUND
) -> tuple[GuardFinding, ...]:
    """One finding for each guard, in their order; `before` are those of the look before, by guard. Never raises for
    what one guard's numbers are."""
    return tuple(_finding(asked, guard, seen, before.get(guard.id)) for guard in asked.rollout.guards)


def strongest(findings: tuple[GuardFinding, ...]) -> VerdictAction:
    return max((each.action for each in findings), default=VerdictAction.NONE)


def _finding(asked: Asked, guard: Guard, seen: Observation, before: GuardFinding | None) -> GuardFinding:
    if guard.built_in == "no_data":
        return _silence(asked, guard, seen)
    hypothesis = hypothesis_of(asked.rollout, guard, metric_of(guard, asked.metrics))
    # An answer to another hypothesis says nothing to this one.
    least = before.log10_p or 0.0 if before is not None and before.hypothesis == hypothesis else 0.0
    try:
        if guard.built_in == "sample_ratio":
            return _ratio(asked.rollout, guard, seen, (hypothesis, least))
        return _compared(asked, guard, seen, (hypothesis, least))
    except (InvalidInputError, ArithmeticError) as error:
        return _not_estimable(guard, f"Its numbers can't be computed with ({error}).", (hypothesis, least))


def _compared(asked: Asked, guard: Guard, seen: Observation, known: tuple[str, float]) -> GuardFinding:
    hypothesis, least = known
    metric = metric_of(guard, asked.metrics)
    if metric is None:
        there = f"There is no metric `{guard.metric}` in this environment." if guard.metric else _UNKNOWN
        return _not_estimable(guard, there, known)
    measured = seen.measured.get(guard.id, Measured())
    if measured.problem:
        return _not_estimable(guard, measured.problem, known)
    direction = Direction.INCREASE if metric.higher_is_better else Direction.DECREASE
    alpha = asked.rollout.alpha_of_guard
    tolerance = Tolerance(Guardrail(guard.margin, guard.relative), direction, alpha)
    strata = {str(index): sides for index, sides in measured.stages.items() if _compares(asked.rollout, index)}
    found = control_live(strata, tolerance, least)
    state, sentence = _judged(guard, metric, found, alpha)
    return GuardFinding(
        guard=guard.id,
        state=state,
        statistic=STATISTIC,
        sentence=sentence,
        action=guard.action if state is FindingState.HARMED else VerdictAction.NONE,
        new=FindingArm(found.treatment_units, found.treatment_mean),
        rest=FindingArm(found.control_units, found.control_mean),
        estimate=found.difference,
        lower=found.lower,
        upper=found.upper,
        p=found.p_value,
        log10_p=found.log10_p,
        alpha_used=alpha,
        data_until=seen.data_until,
        hypothesis=hypothesis,
        strata=tuple(_stratum(each) for each in found.strata),
    )


def _compares(rollout: GuardedRollout, index: int) -> bool:
    return index < len(rollout.stages) and rollout.stages[index].compares


def _judged(guard: Guard, metric: Metric, found: LiveControl, alpha: float) -> tuple[FindingState, str]:
    if found.harmed and found.status is Status.OK:
        return FindingState.HARMED, sentences.harmed(metric, guard, found, alpha)
    if found.harmed:
        return FindingState.HARMED, sentences.harmed_before(metric, guard)
    if found.status is Status.OK:
        return FindingState.HEALTHY, sentences.healthy(metric, guard, found)
    if guard.built_in == "sdk_errors" and found.treatment_units and not _any(found):
        return FindingState.HEALTHY, sentences.no_errors(found)
    return FindingState.INSUFFICIENT, sentences.insufficient(metric, found)


def _any(found: LiveControl) -> bool:
    return any(each.treatment.mean or each.control.mean for each in found.strata)


def _stratum(each: ComparedStratum) -> FindingStratum:
    return FindingStratum(
        stage=int(each.name),
        new=FindingArm(each.treatment.n, each.treatment.mean),
        rest=FindingArm(each.control.n, each.control.mean),
        estimate=each.difference,
        weight=each.weight,
    )


def _ratio(rollout: GuardedRollout, guard: Guard, seen: Observation, known: tuple[str, float]) -> GuardFinding:
    """Each stage against its share. The n-th has 1/(n(n + 1)) of the error rate, which add up to no more than all."""
    hypothesis, least = known
    strata, worst, number = [], 0.0, None
    for index, stage in enumerate(rollout.stages):
        counted = seen.units.get(index, (0, 0))
        if not stage.compares or not sum(counted):
            continue
        share = stage.share / WHOLE_SHARE
        part = math.log((index + 1) * (index + 2))
        log10_p = min(0.0, part - float(log_evidence(counted, (share, 1.0 - share)))) / LOG_10
        if number is None or log10_p < worst:
            worst, number = log10_p, index
        new, rest = counted
        strata.append(FindingStratum(stage=index, new=FindingArm(new), rest=FindingArm(rest)))
    least = min(least, worst)
    mismatch = least < math.log10(rollout.alpha_of_guard)
    state = FindingState.HARMED if mismatch else FindingState.HEALTHY
    if number is None:
        sentence = "Units were not split as their shares say before, and that stays shown."
        sentence = sentence if mismatch else "No unit has come in a stage that splits them."
        state = state if mismatch else FindingState.INSUFFICIENT
    else:
        sentence = sentences.ratio(rollout.stages[number], number, seen.units[number], mismatch=mismatch)
    return GuardFinding(
        guard=guard.id,
        state=state,
        statistic=RATIO_STATISTIC,
        sentence=sentence,
        action=guard.action if mismatch else VerdictAction.NONE,
        new=FindingArm(sum(each.new.units for each in strata)),
        rest=FindingArm(sum(each.rest.units for each in strata)),
        p=10.0**least,
        log10_p=least,
        alpha_used=rollout.alpha_of_guard,
        data_until=seen.looked_at,
        hypothesis=hypothesis,
        strata=tuple(strata),
    )


def _silence(asked: Asked, guard: Guard, seen: Observation) -> GuardFinding:
    seconds = guard.silence_seconds or asked.silence_seconds
    began = asked.rollout.stages[-1].started_at if asked.rollout.stages else seen.looked_at
    since = max(began, seen.heard_at or 0)
    silent = asked.rollout.state == "running" and seen.looked_at - since >= seconds * 1000
    return GuardFinding(
        guard=guard.id,
        state=FindingState.NO_DATA if silent else FindingState.HEALTHY,
        statistic=SILENCE_STATISTIC,
        sentence=sentences.silent(seen.heard_at, seconds) if silent else sentences.heard(seen.heard_at),
        action=guard.action if silent else VerdictAction.NONE,
        data_until=seen.looked_at,
    )


def _not_estimable(guard: Guard, sentence: str, known: tuple[str, float]) -> GuardFinding:
    hypothesis, least = known
    return GuardFinding(
        guard=guard.id,
        state=FindingState.NOT_ESTIMABLE,
        statistic=STATISTIC,
        sentence=sentence,
        p=10.0**least,
        log10_p=least,
        hypothesis=hypothesis,
    )
