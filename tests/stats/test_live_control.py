"""A live control: strata by their information, a margin that is tolerated, and a test that holds at any time."""

from __future__ import annotations

import math
from typing import Any

import pytest
from stats import BinarySummary, Direction, Guardrail, InvalidInputError, MeanSummary, RatioSummary, Status
from stats.analysis.live_control import LiveControl, Tolerance, control_live

from benchmarks.calibration_rollouts import QUICK_ROLLOUTS, rollouts_live

TOLERANCE = Tolerance(Guardrail(0.02), Direction.INCREASE, 0.05)


def mean(n: int, of: float, variance: float = 1.0) -> MeanSummary:
    return MeanSummary.from_moments(n, of, variance)


def found(tolerance: Tolerance = TOLERANCE, before: float = 0.0, **strata: Any) -> LiveControl:
    return control_live(strata, tolerance, before)


def test_strata_are_weighed_by_what_they_know() -> None:
    """By hand: v = s²(1/nt + 1/nc) is 0.02 and 0.04, so the weights are 2/3 and 1/3."""
    absolute = Tolerance(Guardrail(0.5, relative=False), Direction.INCREASE, 0.05)
    seen = found(absolute, a=(mean(100, 9.0), mean(100, 10.0)), b=(mean(50, 19.7), mean(50, 20.0)))
    assert [each.weight for each in seen.strata] == pytest.approx([2 / 3, 1 / 3])
    assert seen.difference == pytest.approx(-2 / 3 - 0.1)
    assert (seen.treatment_units, seen.control_units) == (150, 150)
    assert seen.lower is not None
    assert seen.upper is not None
    assert seen.lower < -2 / 3 - 0.1 < seen.upper


def test_a_change_of_shares_and_of_the_day_looks_like_no_effect() -> None:
    """The new variation has its units in the stage in which everybody does worse."""
    seen = found(a=(mean(100, 10.0), mean(9_900, 10.0)), b=(mean(9_000, 5.0), mean(1_000, 5.0)))
    assert seen.difference == pytest.approx(0.0)
    assert not seen.harmed


@pytest.mark.parametrize(
    ("direction", "treatment", "harmed"),
    [
        (Direction.INCREASE, 8.0, True),
        (Direction.INCREASE, 12.0, False),
        (Direction.DECREASE, 8.0, False),
        (Direction.DECREASE, 12.0, True),
    ],
)
def test_harm_is_below_zero_whichever_way_is_better(direction: Direction, treatment: float, harmed: bool) -> None:
    seen = found(Tolerance(Guardrail(0.02), direction, 0.05), a=(mean(1_000, treatment), mean(1_000, 10.0)))
    assert seen.harmed is harmed
    assert seen.difference is not None
    assert (seen.difference < 0) is harmed


@pytest.mark.parametrize(
    ("margin", "harmed"),
    [(Guardrail(0.1), True), (Guardrail(0.3), False), (Guardrail(1.0, False), True), (Guardrail(3.0, False), False)],
    ids=["relative", "relative and enough", "absolute", "absolute and enough"],
)
def test_harm_within_the_margin_is_tolerated(margin: Guardrail, harmed: bool) -> None:
    seen = found(Tolerance(margin, Direction.INCREASE, 0.05), a=(mean(1_000, 8.0), mean(1_000, 10.0)))
    assert seen.harmed is harmed


def test_a_rate_has_the_variance_of_the_margin() -> None:
    """Farrington and Manning, by hand: at pt = 0.98 pc all 180 outcomes of 2,000 give pc = 180/1980."""
    seen = found(a=(BinarySummary(1_000, 80), BinarySummary(1_000, 100)))
    pc = 180 / 1_980
    pt = 0.98 * pc
    z = (0.98 * 0.1 - 0.08) / math.sqrt(pt * (1 - pt) / 1_000 + 0.98**2 * pc * (1 - pc) / 1_000)
    growth = 2_000 * ((-2 * math.log(0.05)) + math.log1p(-2 * math.log(0.05))) / 10_000
    x = z * math.sqrt(growth / (growth + 1))
    evidence = 2 * 0.5 * math.erfc(-x / math.sqrt(2)) * math.exp(x * x / 2) / math.sqrt(growth + 1)
    assert seen.p_value == pytest.approx(min(1.0, 1 / evidence), rel=1e-9)


def test_what_was_shown_stays_shown() -> None:
    later = found(before=-3.0, a=(mean(1_000, 10.0), mean(1_000, 10.0)))
    assert (later.harmed, later.log10_p) == (True, -3.0)
    assert later.p_value == pytest.approx(0.001)
    nothing = found(before=-3.0)
    assert (nothing.harmed, nothing.status) == (True, Status.INSUFFICIENT_DATA)


@pytest.mark.parametrize(
    ("arms", "status"),
    [
        ((mean(10, 1.0), mean(1_000, 10.0)), Status.INSUFFICIENT_DATA),
        ((BinarySummary(1_000, 1), BinarySummary(1_000, 2)), Status.INSUFFICIENT_DATA),
        ((BinarySummary(0, 0), BinarySummary(1_000, 200)), Status.INSUFFICIENT_DATA),
        ((mean(100, 1.0, 0.0), mean(100, 1.0, 0.0)), Status.ZERO_VARIANCE),
        ((RatioSummary(100, 0, 0, 0, 0, 0), RatioSummary(100, 0, 0, 0, 0, 0)), Status.UNDEFINED_ZERO_DENOMINATOR),
    ],
    ids=["few", "few outcomes", "nobody", "constant", "nothing below the line"],
)
def test_a_stratum_that_can_not_be_compared_waits_and_harms_no_other(arms: tuple[Any, Any], status: Status) -> None:
    alone = found(a=arms)
    assert (alone.status, alone.p_value, alone.harmed, alone.difference) == (status, 1.0, False, None)
    good = (type(arms[0]) is BinarySummary and (BinarySummary(1_000, 20), BinarySummary(1_000, 100))) or (
        mean(1_000, 8.0),
        mean(1_000, 10.0),
    )
    both = found(a=arms, b=good)
    assert both.harmed
    assert [each.weight for each in both.strata] == [0.0, 1.0]


@pytest.mark.parametrize("value", [1e-300, 1e55, 5e-324], ids=str)
def test_no_size_makes_a_figure_that_is_none(value: float) -> None:
    seen = found(a=(mean(1_000, value, value), mean(1_000, 2 * value, value)))
    figures = (seen.difference, seen.lower, seen.upper, seen.p_value, seen.log10_p)
    assert all(each is None or math.isfinite(each) for each in figures)


def test_different_kinds_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        found(a=(mean(100, 1.0), BinarySummary(100, 5)))
    with pytest.raises(InvalidInputError):
        found(Tolerance(Guardrail(0.0), Direction.INCREASE, 1.5), a=(mean(100, 1.0), mean(100, 1.0)))


def test_simulated_rollouts_are_rolled_back_where_they_harm_and_nowhere_else() -> None:
    """The short form of `make calibrate`."""
    healthy, as_tolerated, regression = (row.measured for row in rollouts_live(quick=True))
    assert (healthy, regression) == (0.0, 1.0)
    assert as_tolerated <= 1 / QUICK_ROLLOUTS
