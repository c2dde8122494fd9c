"""Sample ratio mismatch: do the arms have the shares of units that were configured?

Source: Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments"; the test
is Pearson's chi-square for given shares, exact multinomial when an expected count is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.statuses import Notice, Status, notice

ALARM_THRESHOLD = 0.001
EXACT_BELOW_EXPECTED = 10.0
EXACT_TABLES_MAX = 200_000
ARMS_MAX = 100


@dataclass(frozen=True, slots=True)
class SampleRatioResult:
    """The check over the arms with a positive weight; `arms`, `observed` and `expected` run in parallel.

    `mismatch` is None when nothing can be said yet. `p_value` is the exact one when `method` is `exact`.
    `blocks_decision` is true on an alarm that the caller's rule of repetition confirms.
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
    mismatch: bool | None
    blocks_decision: bool
    max_abs_deviation: float | None
    notices: tuple[Notice, ...] = ()


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
    previous_alarm: bool | None = None,
) -> SampleRatioResult:
    """Compare units per arm with the configured weights (any positive scale).

    An arm that is configured and has no units counts as 0; one that has units and no weight is told and
    left out. `previous_alarm`: None for a single check; for a check repeated daily, whether the one
    before was an alarm, since only two in a row block the decision.
    """
    threshold = validation.fraction(threshold, "threshold")
    shares = _shares(expected_weights)
    observed = {arm: validation.count(n, f"counts.{arm}") for arm, n in counts.items()}
    units = tuple(observed.get(arm, 0) for arm in shares)
    strangers = [arm for arm, n in observed.items() if n > 0 and arm not in shares]
    tested = _test(units, tuple(shares.values())) if sum(units) else NOTHING_TESTED
    alarm = None if tested.p_value is None else tested.p_value < threshold
    blocks = alarm is True and previous_alarm is not False
    notices = [notice(Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM, arm) for arm in strangers]
    if alarm is None:
        notices.append(notice(Status.INSUFFICIENT_DATA))
    if blocks:
        notices.append(notice(Status.SRM_BLOCKS_DECISION))
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
        mismatch=alarm,
        blocks_decision=blocks,
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
    if not 2 <= len(positive) <= ARMS_MAX:
        raise InvalidInputError("expected_weights", f"needs 2 to {ARMS_MAX} arms with a positive weight")
    scale = math.fsum(positive.values())
    return {arm: weight / scale for arm, weight in positive.items()}


def _test(units: Sequence[int], shares: Sequence[float]) -> _Tested:
    statistic, df, p_value, log10_p = chi_square_test(units, shares)
    few = sum(units) * min(shares) < EXACT_BELOW_EXPECTED
    exact = exact_p(units, shares) if few else None
    if exact is not None:
        return _Tested("exact", statistic, df, exact, math.log10(exact) if exact > 0.0 else -math.inf)
    return _Tested("chi_square", statistic, df, p_value, log10_p)


def chi_square_test(units: Sequence[int], shares: Sequence[float]) -> tuple[float, int, float, float]:
    """Σ(observed − expected)²/expected with df = arms − 1: (statistic, df, p, log10 p)."""
    total = sum(units)
    if total == 0:
        raise InvalidInputError("counts", "must hold at least one unit")
    statistic = math.fsum((n - total * s) ** 2 / (total * s) for n, s in zip(units, shares, strict=True))
    df = len(units) - 1
    return statistic, df, float(special.chdtrc(df, statistic)), distributions.log10_chi_square_p(statistic, df)


def exact_p(units: Sequence[int], shares: Sequence[float]) -> float | None:
    """P of all tables that are not more likely than this one (exact multinomial; binomial for two arms).

    None when there are more than 200,000 tables to count.
    """
    total = sum(units)
    if math.comb(total + len(units) - 1, len(units) - 1) > EXACT_TABLES_MAX:
        return None
    tables = np.array(list(_tables(total, len(units))), dtype=np.float64)
    seen = _log_probability(np.array([units], dtype=np.float64), shares)[0]
    every = _log_probability(tables, shares)
    # Equally likely tables differ in the last digits, hence the relative allowance.
    return min(1.0, math.fsum(np.exp(every[every <= seen + 1e-7])))


def _log_probability(tables: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    total = float(tables[0].sum())
    logs = special.gammaln(total + 1.0) - special.gammaln(tables + 1.0).sum(axis=1)
    result: np.ndarray = logs + tables @ np.log(np.asarray(shares))
    return result


def _tables(total: int, arms: int) -> Iterator[tuple[int, ...]]:
    if arms == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _tables(total - first, arms - 1):
            yield (first, *rest)
