"""The score interval of a difference keeps its digits however small the rates and however large the arms."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from itertools import product

import pytest
from stats import BinarySummary
from stats.comparison.proportion_intervals import score_difference

Z = 1.96
LARGEST = 10**12


@pytest.mark.parametrize("units", [10**power for power in range(1, 13)])
@pytest.mark.parametrize("converted", ["none", "all"])
def test_of_two_arms_that_do_not_vary_it_is_known(units: int, converted: str) -> None:
    """Where nobody converts, the rates most likely under d are 0 and d: d² = z²·d(1 − d)/n."""
    arm = BinarySummary(units, 0 if converted == "none" else units)
    bound = Z**2 / (units + Z**2)
    assert score_difference(arm, arm, Z) == pytest.approx((-bound, bound), rel=1e-13)


def counts(units: int) -> set[int]:
    return {each for each in (0, 1, 2, units // 2, units - 1, units) if 0 <= each <= units}


@pytest.mark.parametrize(("nt", "nc"), list(product([1, 5, 10**4, 10**9, LARGEST], repeat=2)))
def test_it_holds_the_difference_and_mirrors(nt: int, nc: int) -> None:
    for xt, xc, z in product(counts(nt), counts(nc), (0.5, Z, 6.0)):
        treatment, control = BinarySummary(nt, xt), BinarySummary(nc, xc)
        lower, upper = score_difference(treatment, control, z)
        difference = treatment.rate - control.rate
        room = 1e-9 * abs(difference) + 1e-15
        assert -1.0 <= lower <= difference + room
        assert difference - room <= upper <= 1.0
        assert score_difference(control, treatment, z) == pytest.approx((-upper, -lower), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        pytest.param(
            BinarySummary(10**9, 1), BinarySummary(LARGEST, 1), id="one of a billion beside one of a trillion"
        ),
        pytest.param(BinarySummary(LARGEST, 3), BinarySummary(10**6, 0), id="a small arm without conversions"),
        pytest.param(BinarySummary(10**8, 40), BinarySummary(10**8, 22), id="dozens of a hundred million"),
        pytest.param(BinarySummary(LARGEST, LARGEST - 7), BinarySummary(10**9, 10**9), id="nearly all of a trillion"),
        pytest.param(BinarySummary(45_489, 8_279), BinarySummary(44_700, 8_502), id="an everyday experiment"),
    ],
)
def test_it_is_what_sixty_digits_give(treatment: BinarySummary, control: BinarySummary) -> None:
    for bound in score_difference(treatment, control, Z):
        inside, outside = (_excess(treatment, control, bound, by) for by in (-1e-9, 1e-9))
        assert inside < 0 < outside


def _excess(treatment: BinarySummary, control: BinarySummary, bound: float, by: float) -> Decimal:
    """(difference − d)² − z²·Var at a d that lies farther out than the bound, by a share of the way from the middle."""
    with localcontext() as context:
        context.prec = 60
        difference = _rate(treatment) - _rate(control)
        delta = difference + (Decimal(bound) - difference) * (1 + Decimal(by))
        pc = _likeliest(treatment, control, delta)
        pt = pc + delta
        variance = pc * (1 - pc) / control.n + pt * (1 - pt) / treatment.n
        return (difference - delta) ** 2 - Decimal(Z) ** 2 * variance


def _likeliest(treatment: BinarySummary, control: BinarySummary, delta: Decimal) -> Decimal:
    """By halving on a scale of ratios, on which small rates are as far apart as large ones."""
    low, high = max(Decimal(0), -delta), min(Decimal(1), 1 - delta)

    def slope(pc: Decimal) -> Decimal:
        pt = pc + delta
        return (control.conversions - control.n * pc) * pt * (1 - pt) + (
            treatment.conversions - treatment.n * pt
        ) * pc * (1 - pc)

    width = high - low
    left, right = Decimal("1e-50"), Decimal(1) - Decimal("1e-50")
    if slope(low + width * left) <= 0:
        return low
    if slope(low + width * right) >= 0:
        return high
    for _ in range(400):
        middle = (left * right).sqrt() if right > 4 * left else (left + right) / 2
        if slope(low + width * middle) > 0:
            left = middle
        else:
            right = middle
    return low + width * left


def _rate(summary: BinarySummary) -> Decimal:
    return Decimal(summary.conversions) / Decimal(summary.n)


def test_sixty_digits_can_disagree() -> None:
    treatment, control = BinarySummary(10**8, 40), BinarySummary(10**8, 22)
    lower, _ = score_difference(treatment, control, Z)
    wrong = lower * 1.01
    assert not (_excess(treatment, control, wrong, -1e-9) < 0 < _excess(treatment, control, wrong, 1e-9))
    assert math.isfinite(lower)
