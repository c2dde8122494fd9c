"""The interaction of two experiments against an ordinary least-squares fit and plain computations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from stats import BinarySummary, Interaction, InvalidInputError, MeanSummary, Status, adjust_interactions, interaction

CONTROLS, TREATMENTS = ("off", "plain"), ("on", "bold")
CELLS = [(one, other) for one in ("off", "on") for other in ("plain", "bold")]


def summary(values: np.ndarray) -> MeanSummary:
    return MeanSummary(len(values), float(values.sum()), float((values**2).sum()))


def drawn(seed: int, sizes: tuple[int, ...] = (80, 120, 60, 200)) -> dict[tuple[str, str], np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        cell: random.normal(10 + (cell == TREATMENTS) * 2, 1 + index, size)
        for index, (cell, size) in enumerate(zip(CELLS, sizes, strict=True))
    }


def asked(cells: dict[tuple[str, str], np.ndarray]) -> Interaction:
    return interaction({cell: summary(each) for cell, each in cells.items()}, controls=CONTROLS, treatments=TREATMENTS)


def test_of_means_it_is_the_contrast_with_satterthwaites_degrees_of_freedom() -> None:
    cells = drawn(1)
    parts = {cell: each.var(ddof=1) / len(each) for cell, each in cells.items()}
    with_treatment = cells["on", "bold"].mean() - cells["off", "bold"].mean()
    with_control = cells["on", "plain"].mean() - cells["off", "plain"].mean()
    se = math.sqrt(sum(parts.values()))
    df = sum(parts.values()) ** 2 / sum(each**2 / (len(cells[cell]) - 1) for cell, each in parts.items())

    found = asked(cells)

    assert found.status is Status.OK
    assert found.n == 460
    assert found.effect_with_control == pytest.approx(with_control, rel=1e-9)
    assert found.effect_with_treatment == pytest.approx(with_treatment, rel=1e-9)
    assert found.difference == pytest.approx(with_treatment - with_control, rel=1e-9)
    assert found.se == pytest.approx(se, rel=1e-9)
    assert found.df == pytest.approx(df, rel=1e-9)
    p = 2 * scipy_stats.t.sf(abs(with_treatment - with_control) / se, df)
    assert found.p_value == pytest.approx(p, rel=1e-9)
    assert found.log10_p == pytest.approx(math.log10(p), rel=1e-9)
    assert found.upper == pytest.approx(with_treatment - with_control + scipy_stats.t.ppf(0.975, df) * se, rel=1e-9)


def test_it_is_the_coefficient_of_the_product_in_a_regression() -> None:
    """With variances as they are in each cell, of the saturated model (White's HC2 is exact there)."""
    cells = drawn(2)
    y = np.concatenate([cells[each] for each in CELLS])
    one = np.concatenate([np.full(len(cells[each]), each[0] == "on", float) for each in CELLS])
    other = np.concatenate([np.full(len(cells[each]), each[1] == "bold", float) for each in CELLS])
    design = np.column_stack([np.ones_like(y), one, other, one * other])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    weights = (y - design @ beta) ** 2 / (1 - leverage)
    robust = inverse @ (design.T * weights) @ design @ inverse

    found = asked(cells)

    assert found.difference == pytest.approx(beta[3], rel=1e-9)
    assert found.se == pytest.approx(math.sqrt(robust[3, 3]), rel=1e-9)


def test_of_rates_it_is_a_z_test_on_unpooled_variances() -> None:
    counts = {("off", "plain"): (400, 40), ("off", "bold"): (380, 60), ("on", "plain"): (410, 55)}
    counts["on", "bold"] = (395, 30)
    rates = {cell: conversions / n for cell, (n, conversions) in counts.items()}
    se = math.sqrt(sum(rates[cell] * (1 - rates[cell]) / n for cell, (n, _) in counts.items()))
    difference = (rates["on", "bold"] - rates["off", "bold"]) - (rates["on", "plain"] - rates["off", "plain"])

    cells = {cell: BinarySummary(*each) for cell, each in counts.items()}
    found = interaction(cells, controls=CONTROLS, treatments=TREATMENTS)

    assert found.df is None
    assert found.se == pytest.approx(se, rel=1e-9)
    assert found.p_value == pytest.approx(2 * scipy_stats.norm.sf(abs(difference) / se), rel=1e-9)


def test_what_the_data_do_not_give_is_null_with_a_reason() -> None:
    cells = drawn(3)
    whole = {cell: summary(each) for cell, each in cells.items()}
    missing = {cell: each for cell, each in whole.items() if cell != ("on", "bold")}
    constant = dict.fromkeys(CELLS, MeanSummary(10, 10.0, 10.0))
    rare = dict.fromkeys(CELLS, BinarySummary(1000, 3))

    found = [interaction(each, controls=CONTROLS, treatments=TREATMENTS) for each in ({}, missing, constant, rare)]

    insufficient = Status.INSUFFICIENT_DATA
    assert [each.status for each in found] == [insufficient, insufficient, Status.ZERO_VARIANCE, insufficient]
    assert [each.p_value for each in found] == [None] * 4
    assert found[3].difference == 0.0
    with pytest.raises(InvalidInputError):
        interaction(whole, controls=CONTROLS, treatments=TREATMENTS, alpha=0.0)


def test_false_discoveries_are_controlled_over_those_that_were_tested() -> None:
    found = [asked(drawn(seed, (30, 30, 30, 30))) for seed in range(12)]
    untested = interaction({}, controls=CONTROLS, treatments=TREATMENTS)

    adjusted = adjust_interactions([found[0], untested, *found[1:]])

    expected = scipy_stats.false_discovery_control([each.p_value for each in found])
    assert adjusted[1] is None
    assert [each for each in adjusted if each is not None] == pytest.approx(list(expected), rel=1e-9)


def test_without_an_interaction_it_is_found_as_often_as_alpha() -> None:
    random = np.random.default_rng(4)
    found = []
    for _ in range(2000):
        cells = {cell: random.exponential(5, 60) + (cell[0] == "on") + 2 * (cell[1] == "bold") for cell in CELLS}
        found.append(asked(cells).p_value)

    share = sum(p is not None and p < 0.05 for p in found) / len(found)
    assert share == pytest.approx(0.05, abs=0.015)
