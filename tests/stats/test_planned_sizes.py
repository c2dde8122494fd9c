"""Planned sizes: against formulas of the textbooks, and against simulated experiments that read by the plan."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as reference
from stats import Boundary, Direction, Guardrail, Mode, PlanRequest, plan
from stats.sequential.always_valid import mixture_variance, one_sided_critical, sequence_point
from stats.sequential.boundaries import planned_bounds

Z = reference.norm.ppf
MEANS = {"baseline": 50.0, "sd": 20.0}
LIFT = {**MEANS, "effect_relative": 0.02}


def planned(**fields: object) -> PlanRequest:
    return PlanRequest(**fields)  # type: ignore[arg-type]


def drift_at(units: int, distance: float, factor: float = 1.0) -> float:
    """The expected Z of a contrast of two equal arms of `MEANS`, the control's weight being `factor`."""
    return distance / (20.0 * math.sqrt((1.0 + factor**2) / (units / 2)))


def test_an_absolute_effect_needs_what_the_same_lift_needs() -> None:
    lift, amount = plan(planned(**LIFT)), plan(planned(**MEANS, effect_absolute=1.0))
    assert (lift.units_total, lift.mde_over_time) == (amount.units_total, amount.mde_over_time)
    rate = plan(planned(baseline=0.1, effect_absolute=-0.01))
    assert rate.units_total == plan(planned(baseline=0.1, effect_relative=-0.1)).units_total
    assert plan(planned(baseline=0.0, sd=3.0, effect_absolute=1.0, planned_units=100)).at_planned_units is not None


def test_an_always_valid_size_is_where_its_sequence_has_the_power() -> None:
    found = plan(planned(**LIFT, mode=Mode.ALWAYS_VALID))
    half = found.units_total / 2
    critical = sequence_point(0.0, 1.0, found.units_total, 0.05, mixture_variance(0.05, half)).z_equivalent
    assert reference.norm.sf(critical - drift_at(found.units_total, 1.0)) == pytest.approx(0.8, abs=1e-4)
    assert found.inflation == pytest.approx(found.units_total / plan(planned(**LIFT)).units_total, rel=1e-3)
    assert found.units_expected is None


@pytest.mark.parametrize("n_star", [500.0, 20_000.0, 1e7])
def test_a_sequence_that_is_tuned_elsewhere_needs_more(n_star: float) -> None:
    found = plan(planned(**LIFT, mode=Mode.ALWAYS_VALID, n_star=n_star))
    critical = sequence_point(0.0, 1.0, found.units_total, 0.05, mixture_variance(0.05, n_star)).z_equivalent
    assert reference.norm.sf(critical - drift_at(found.units_total, 1.0)) == pytest.approx(0.8, abs=1e-4)


def test_who_looks_daily_at_an_always_valid_plan_finds_the_effect_as_often_as_planned() -> None:
    found = plan(planned(**LIFT, mode=Mode.ALWAYS_VALID))
    days, runs = 28, 4000
    generator = np.random.default_rng(7)
    drift = drift_at(found.units_total, 1.0)
    steps = generator.normal(drift / days, math.sqrt(1.0 / days), (runs, days))
    z = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, days + 1) / days)
    rho2 = mixture_variance(0.05, found.units_total / 2)
    units = [found.units_total * day // days for day in range(1, days + 1)]
    bounds = [sequence_point(0.0, 1.0, each, 0.05, rho2).z_equivalent for each in units]
    share = float(np.mean((z > np.array(bounds)).any(axis=1)))
    assert 0.79 < share < 0.90


@pytest.mark.parametrize("boundary", list(Boundary))
def test_a_group_plan_has_its_power_at_its_looks(boundary: Boundary) -> None:
    found = plan(planned(**LIFT, mode=Mode.GROUP, looks=4, boundary=boundary))
    bounds = np.array(planned_bounds(4, 0.05, boundary))
    steps = np.random.default_rng(3).normal(drift_at(found.units_total, 1.0) / 4, 0.5, (40_000, 4))
    z = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, 5) / 4)
    assert float(np.mean((z > bounds).any(axis=1))) == pytest.approx(0.8, abs=0.01)


def test_a_fixed_margin_is_proven_by_the_textbook_s_size() -> None:
    absolute = plan(planned(**MEANS, guardrail=Guardrail(1.0, relative=False)))
    assert absolute.units_total == math.ceil(4 * ((Z(0.95) + Z(0.8)) * 20.0 / 1.0) ** 2)
    relative = plan(planned(**MEANS, guardrail=Guardrail(0.02)))
    spread = 2 * 20.0**2 * (1 + 0.98**2)
    assert relative.units_total == math.ceil(((Z(0.95) + Z(0.8)) / 1.0) ** 2 * spread)
    worse = plan(planned(**MEANS, guardrail=Guardrail(0.02), direction=Direction.DECREASE))
    assert worse.units_total > relative.units_total
    rate = plan(planned(baseline=0.2, guardrail=Guardrail(0.01, relative=False)))
    assert rate.units_total == math.ceil(4 * (Z(0.95) + Z(0.8)) ** 2 * 0.16 / 0.01**2)


def test_a_margin_in_a_sequential_plan_is_proven_by_its_one_sided_test() -> None:
    margin = {**MEANS, "guardrail": Guardrail(1.0, relative=False)}
    always = plan(planned(**margin, mode=Mode.ALWAYS_VALID))
    rho2 = mixture_variance(0.05, always.units_total / 2)
    critical = one_sided_critical(always.units_total, 0.05, rho2)
    assert reference.norm.sf(critical - drift_at(always.units_total, 1.0)) == pytest.approx(0.8, abs=1e-4)
    group = plan(planned(**margin, mode=Mode.GROUP, looks=3))
    bounds = np.array(planned_bounds(3, 0.1, Boundary.OBRIEN_FLEMING))
    steps = np.random.default_rng(5).normal(drift_at(group.units_total, 1.0) / 3, math.sqrt(1 / 3), (40_000, 3))
    z = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, 4) / 3)
    assert float(np.mean((z > bounds).any(axis=1))) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "aim",
    [
        {**MEANS, "effect_relative": 0.02},
        {**MEANS, "guardrail": Guardrail(0.02)},
        {**MEANS, "guardrail": Guardrail(0.02), "direction": Direction.DECREASE},
        {**MEANS, "guardrail": Guardrail(1.0, relative=False)},
        {"baseline": 0.1, "effect_relative": 0.05},
        {"baseline": 0.1, "guardrail": Guardrail(0.05)},
    ],
    ids=["mean", "margin", "margin-of-less", "absolute-margin", "rate", "margin-of-rate"],
)
def test_the_planned_size_has_the_planned_power_and_finds_the_planned_effect(
    mode: Mode, aim: dict[str, object]
) -> None:
    looks = {"looks": 4} if mode is Mode.GROUP else {}
    size = plan(planned(**aim, **looks, mode=mode, rho=0.3)).units_total
    found = plan(planned(**aim, **looks, mode=mode, rho=0.3, planned_units=size)).at_planned_units
    assert found is not None
    assert found.power == pytest.approx(0.8, abs=3e-3)
    wanted = 0.05 if aim["baseline"] == 0.1 else 0.02
    assert found.mde_relative == pytest.approx(wanted, rel=2e-3)


def test_days_are_those_of_the_traffic_and_not_fewer_than_the_minimum() -> None:
    total = plan(planned(**LIFT)).units_total
    assert plan(planned(**LIFT, units_per_day=1000.0, days_min=7.0)).days == math.ceil(total / 1000)
    assert plan(planned(**LIFT, units_per_day=1e6, days_min=7.0)).days == 7
