"""Bounds at looks that are not equally spaced, against designs that rpact publishes.

Source of the figures: the literals of rpact's own tests (rpact-com/rpact, tests/testthat/
test-f_design_group_sequential.R), which give bounds on Z and the alpha spent by each look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from stats.sequential.boundaries import crossing, haybittle_peto_bounds, wang_tsiatis_bounds
from stats.sequential.spending import bounds_for_spent, gamma_spending, pocock_spending, power_spending, spending_bounds

QUARTERS = (0.25, 0.5, 0.75, 1.0)
UNEVEN = (0.3, 0.8, 1.0)


@pytest.mark.parametrize(
    ("information", "alpha", "shape", "two_sided", "bounds"),
    [
        (UNEVEN, 0.025, 0.24, True, (3.2029374, 2.4819703, 2.3420706)),
        (UNEVEN, 0.025, 0.39, False, (2.4761792, 2.2229286, 2.1690292)),
        ((0.3, 0.6, 0.8, 1.0), 0.025, 0.48, True, (2.6416137, 2.6052458, 2.5902992, 2.5787648)),
        ((0.3, 0.6, 0.8, 1.0), 0.025, 0.18, True, (3.4563925, 2.7688119, 2.5253005, 2.3512665)),
        ((1 / 3, 2 / 3, 1.0), 0.025, 0.0, False, (3.4710914, 2.4544323, 2.0040356)),
    ],
)
def test_wang_tsiatis_has_the_constant_of_its_own_looks(
    information: Sequence[float], alpha: float, shape: float, two_sided: bool, bounds: Sequence[float]
) -> None:
    found = wang_tsiatis_bounds(information, alpha, shape, two_sided=two_sided)
    assert found == pytest.approx(bounds, abs=2e-6)
    assert crossing(information, found, two_sided=two_sided).total == pytest.approx(alpha, abs=1e-12)


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("shape", [0.0, 0.1, 0.24, 0.5, 0.7])
@pytest.mark.parametrize("information", [UNEVEN, (0.05, 0.5, 0.55, 1.0), (0.9, 1.0), (0.2, 0.7)])
def test_no_spacing_spends_more_than_alpha(information: Sequence[float], shape: float, two_sided: bool) -> None:
    found = wang_tsiatis_bounds(information, 0.025, shape, two_sided=two_sided)
    assert crossing(information, found, two_sided=two_sided).total == pytest.approx(0.025, abs=1e-12)


def test_the_total_alpha_is_that_of_the_multivariate_normal() -> None:
    """An integration that shares nothing with the recursion: the looks' joint normal distribution."""
    bounds = np.array(wang_tsiatis_bounds(UNEVEN, 0.025, 0.24))
    times = np.array(UNEVEN)
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    mean = np.zeros(3)
    within = multivariate_normal.cdf(
        bounds, mean, covariance, lower_limit=-bounds, maxpts=2_000_000, abseps=1e-9, releps=1e-9, rng=1
    )
    assert 1.0 - within == pytest.approx(0.025, abs=1e-6)


def test_haybittle_peto_on_one_side() -> None:
    bounds = haybittle_peto_bounds(QUARTERS, 0.025, two_sided=False)
    assert bounds == pytest.approx((3.0, 3.0, 3.0, 1.9827514), abs=1e-6)
    spent = crossing(QUARTERS, bounds, two_sided=False).cumulative
    assert spent == pytest.approx((0.001349898, 0.0024617416, 0.0033695882, 0.025), abs=1e-8)


def test_alpha_spending_on_one_side() -> None:
    user = bounds_for_spent(QUARTERS, (0.01, 0.02, 0.03, 0.05), two_sided=False)
    assert user.bounds == pytest.approx((2.3263479, 2.2192994, 2.1201347, 1.8189562), abs=1e-6)
    linear = spending_bounds((0.2, 0.4, 1.0), 0.03, gamma_spending(0.0), two_sided=False)
    assert linear.bounds == pytest.approx((2.5121443, 2.4228747, 2.0280392), abs=1e-6)
    power = spending_bounds((0.3, 0.7, 1.0), 0.03, power_spending(2.2), two_sided=False)
    assert power.bounds == pytest.approx((2.8594012, 2.2435708, 1.9735737), abs=1e-6)
    pocock = spending_bounds((0.35, 0.7, 1.0), 0.13, pocock_spending, two_sided=False)
    assert pocock.bounds == pytest.approx((1.5446617, 1.4828682, 1.4620058), abs=1e-6)


def test_futility_bounds_that_bind_lower_the_bounds() -> None:
    bounds = wang_tsiatis_bounds(QUARTERS, 0.025, 0.4, two_sided=False, floors=[0.5244] * 3)
    assert bounds == pytest.approx((2.4958485, 2.328709, 2.2361766, 2.1727623), abs=1e-6)
    late = bounds_for_spent(QUARTERS, (0.0, 0.0, 0.0, 0.025), two_sided=False, floors=(0.0, 0.5, 1.0))
    assert late.bounds[:3] == (None, None, None)
    assert late.bounds[3] == pytest.approx(1.8848634, abs=1e-6)
    floors = (-1.2569879, -0.17011271)
    pocock = spending_bounds((0.35, 0.7, 1.0), 0.13, pocock_spending, two_sided=False, floors=floors)
    assert pocock.bounds == pytest.approx((1.5446617, 1.4827312, 1.4588737), abs=1e-6)


def test_a_bound_of_the_last_look_alone_is_the_fixed_one() -> None:
    assert wang_tsiatis_bounds((0.7,), 0.05, 0.3) == pytest.approx((1.959964,), abs=1e-6)
    assert math.isclose(wang_tsiatis_bounds((0.7,), 0.05, 0.3, two_sided=False)[0], 1.6448536, abs_tol=1e-6)
