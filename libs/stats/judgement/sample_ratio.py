"""Sample ratio mismatch: do the arms have the shares of units that were configured?

Two answers stand side by side. The fixed one holds if this is the only look: Pearson's chi-square for given shares
(Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments"), exact while an expected
count is small. The sequential one raises the alarm: it holds however often one looks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stats import validation
from stats.distributions import LOG_10
from stats.errors import InvalidInputError
from stats.judgement.multinomial import chi_square_test, exact_log_p, shares_differ, simulated_p
from stats.sequential.multinomial import log_evidence
from stats.statuses import Notice, Status, notice

ALARM_THRESHOLD = 0.001
EXACT_BELOW_EXPECTED = 20.0
ARMS_MAX = 100


@dataclass(frozen=True, slots=True)
class SequentialRatio:
    """What all looks so far say together: `p_value` is the smallest of them and never rises.

    `log10_evidence`: of the counts as they are now, for other shares against the configured ones. `since`: the moment,
    of those that were given, at whose end the alarm began; None without one, and for one that begins now.
    """

    p_value: float
    log10_p: float
    log10_evidence: float
    since: str | None


@dataclass(frozen=True, slots=True)
class SampleRatioResult:
    """The check over the arms with a positive weight; `arms`, `observed` and `expected_share` run in parallel.

    `statistic`, `p_value` and what belongs to them are of this one look, by `method`: `chi_square`, `exact`,
    `simulated` or `none`. `mismatch` is the alarm of the sequential test, None when nothing can be said.
    """

    status: Status
    arms: tuple[str, ...]
    observed: tuple[int, ...]
    observed_share: tuple[float, ...]
    expected_share: tuple[float, ...]
    threshold: float
    method: str
    statistic: float | None
    df: int | None
    p_value: float | None
    log10_p: float | None
    sequential: SequentialRatio | None
    mismatch: bool | None
    max_abs_deviation: float | None
    notices: tuple[Notice, ...] = ()

    @property
    def blocks_decision(self) -> bool:
        """An alarm blocks the decision, never the display."""
        return self.mismatch is True


@dataclass(frozen=True, slots=True)
class _Tested:
    method: str
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    log10_p: float | None = None


NOTHING_TESTED = _Tested("none")


def check_sample_ratio(
    counts: Mapping[str, int],
    expected_weights: Mapping[str, float],
    threshold: float = ALARM_THRESHOLD,
    *,
    arrivals: Mapping[str, Mapping[str, int]] | None = None,
) -> SampleRatioResult:
    """Compare units per arm with the configured weights (any positive scale).

    An arm that is configured and has no units counts as 0; one that has units and no weight is told and left out. With
    one arm of positive weight there is nothing to compare (`not_applicable`). `arrivals`: how many of the units were
    new in each period, in the order of time; what a look at the end of each would have said is not forgotten by later
    ones.
    """
    threshold = validation.fraction(threshold, "threshold")
    shares = _shares(expected_weights)
    observed = {arm: validation.count(n, f"counts.{arm}") for arm, n in counts.items()}
    units = tuple(observed.get(arm, 0) for arm in shares)
    strangers = [arm for arm, n in observed.items() if n > 0 and arm not in shares]
    notices = [notice(Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM, arm) for arm in strangers]
    tested, sequential, alarm = NOTHING_TESTED, None, None
    if len(shares) < 2:
        notices.insert(0, notice(Status.NOT_APPLICABLE))
    elif not sum(units):
        notices.append(notice(Status.INSUFFICIENT_DATA))
    else:
        periods = {name: _counted(each, shares, f"arrivals.{name}") for name, each in (arrivals or {}).items()}
        tested = _test(units, tuple(shares.values()))
        sequential = _sequential(units, periods, tuple(shares.values()), threshold)
        alarm = sequential.p_value < threshold
        if alarm:
            notices.append(notice(Status.SRM_BLOCKS_DECISION))
        if alarm and shares_differ(periods.values(), ALARM_THRESHOLD):
            notices.append(notice(Status.ALLOCATION_CHANGED))
    observed_share = tuple(n / sum(units) for n in units) if sum(units) else ()
    gaps = [abs(seen - share) for seen, share in zip(observed_share, shares.values(), strict=False)]
    return SampleRatioResult(
        status=notices[0].status if notices else Status.OK,
        arms=tuple(shares),
        observed=units,
        observed_share=observed_share,
        expected_share=tuple(shares.values()),
        threshold=threshold,
        method=tested.method,
        statistic=tested.statistic,
        df=tested.df,
        p_value=tested.p_value,
        log10_p=tested.log10_p,
        sequential=sequential,
        mismatch=alarm,
        max_abs_deviation=max(gaps) if gaps else None,
        notices=tuple(notices),
    )


def check_segment_ratios(
    counts: Mapping[str, Mapping[str, int]],
    expected_weights: Mapping[str, float],
    threshold: float = ALARM_THRESHOLD,
) -> dict[str, SampleRatioResult]:
    """The same check in each segment, at threshold / number of segments (Bonferroni)."""
    if not counts:
        return {}
    each = validation.fraction(threshold, "threshold") / len(counts)
    return {segment: check_sample_ratio(units, expected_weights, each) for segment, units in counts.items()}


def _shares(expected_weights: Mapping[str, float]) -> dict[str, float]:
    """The arms with a positive weight, their weights scaled to add up to 1."""
    weights: dict[str, float] = {}
    for arm, weight in expected_weights.items():
        field = f"expected_weights.{arm}"
        weights[arm] = validation.outcome_sum(validation.non_negative(weight, field), field)
    positive = {arm: weight for arm, weight in weights.items() if weight > 0.0}
    if not 1 <= len(positive) <= ARMS_MAX:
        raise InvalidInputError("expected_weights", f"needs 1 to {ARMS_MAX} arms with a positive weight")
    scale = math.fsum(positive.values())
    return {arm: weight / scale for arm, weight in positive.items()}


def _counted(units: Mapping[str, int], shares: Mapping[str, float], field: str) -> tuple[int, ...]:
    return tuple(validation.count(units.get(arm, 0), f"{field}.{arm}") for arm in shares)


def _test(units: Sequence[int], shares: Sequence[float]) -> _Tested:
    statistic, df, p_value, log10_p = chi_square_test(units, shares)
    if sum(units) * min(shares) >= EXACT_BELOW_EXPECTED:
        return _Tested("chi_square", statistic, df, p_value, log10_p)
    exact = exact_log_p(units, shares)
    log_p = math.log(simulated_p(units, shares)) if exact is None else exact
    return _Tested("simulated" if exact is None else "exact", statistic, df, math.exp(log_p), log_p / LOG_10)


def _sequential(
    units: Sequence[int], periods: Mapping[str, Sequence[int]], shares: Sequence[float], threshold: float
) -> SequentialRatio:
    seen = np.array([*periods.values(), [0] * len(shares)], dtype=np.float64).cumsum(axis=0)
    seen[-1] = units
    evidence = log_evidence(seen, shares) / LOG_10
    log10_p = min(0.0, -float(evidence.max()))
    alarms = np.flatnonzero(evidence[:-1] > -math.log10(threshold))
    since = list(periods)[int(alarms[0])] if len(alarms) else None
    return SequentialRatio(10.0**log10_p, log10_p, float(evidence[-1]), since)
