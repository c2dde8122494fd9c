"""Forms of a question that mean the same, and what is told of one that can't be answered."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats as scipy_stats
from scipy.optimize import brentq
from stats.conformance.names import Named, figure_called, plain
from stats.conformance.runner import compute, run_case
from stats.errors import InvalidInputError
from statsmodels.stats import contingency_tables

RATES = {"control": {"n": 1000, "conversions": 100}, "treatment": {"n": 1000, "conversions": 130}}
ARMS = {"control": {"n": 50, "mean": 10.0, "sd": 3.0}, "treatment": {"n": 60, "mean": 11.0, "variance": 16.0}}


def ask(category: str, inputs: dict[str, Any], **options: Any) -> dict[str, Any]:
    return compute({"category": category, "inputs": inputs, "options": options})


@pytest.mark.parametrize(
    "options",
    [
        {"sides": 1},
        {"sided": 1},
        {"sided": 1.0},
        {"sided": "one"},
        {"sides": "one-sided"},
        {"tails": 1},
        {"alternative": "larger"},
        {"alternative": "one.sided"},
        {"one_sided": True},
    ],
    ids=str,
)
def test_one_side_is_understood_however_it_is_told(options: dict[str, Any]) -> None:
    expected = ask("gs_rpact", {"information": [0.4, 1.0]}, alpha=0.025, sides=1, type="asP")
    assert ask("gs_rpact", {"information": [0.4, 1.0]}, alpha=0.025, type="asP", **options) == expected
    assert expected["z_bounds"][0] == pytest.approx(2.2238750, abs=1e-6)


@pytest.mark.parametrize("options", [{}, {"sides": 2}, {"sided": "two"}, {"alternative": "two-sided"}], ids=str)
def test_two_sides_are_the_usual_ones(options: dict[str, Any]) -> None:
    expected = ask("gs_rpact", {"information": [0.4, 1.0]}, alpha=0.05, sides=2, type="asP")
    assert ask("gs_rpact", {"information": [0.4, 1.0]}, alpha=0.05, type="asP", **options) == expected


@pytest.mark.parametrize("name", ["deltaWT", "delta_wt", "Delta.WT", "delta-wt", "delta", "shape"])
@pytest.mark.parametrize("among_inputs", [True, False])
def test_an_option_is_found_by_its_usual_names(name: str, among_inputs: bool) -> None:
    inputs, options = {"information_rates": [0.3, 0.8, 1.0]}, {"alpha": 0.025, "type": "WT"}
    (inputs if among_inputs else options)[name] = 0.24  # type: ignore[assignment]
    assert ask("gs_rpact", inputs, **options)["total_alpha"] == pytest.approx(0.025, abs=1e-12)


def test_what_is_asked_for_comes_before_its_other_names() -> None:
    both = Named({"deltaWT": 0.24, "delta": 0.5}, {"alpha": 0.1})
    assert (both["deltaWT"], both["delta"], both["sig_level" if "sig_level" in both else "alpha"]) == (0.24, 0.5, 0.1)
    assert (list(both), len(both), "nothing" in both) == (["deltaWT", "delta"], 2, False)
    assert figure_called("criticalValues", {"z_bounds": []}) == "z_bounds"
    assert figure_called("P.Value", {"p_value": 1.0}) == "p_value"
    assert figure_called("novelty", {"p_value": 1.0}) is None
    assert plain("Delta.W-T_ ") == "deltawt"


def test_a_look_that_adds_nothing_has_no_bound_of_a_planned_shape_either() -> None:
    answer = ask("gs_rpact", {"information": [0.4, 0.4, 1.0]}, alpha=0.05, type="WT", deltaWT=0.25)
    assert answer["z_bounds"][1] is None
    assert answer["status"] == "no_new_information_at_look_2"
    assert answer["cumulative_alpha"][0] == answer["cumulative_alpha"][1]
    assert answer["total_alpha"] == pytest.approx(0.05, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "other", "options"),
    [
        ("P", "Pocock", {}),
        ("OF", "obrien_fleming", {}),
        ("WT", "wang-tsiatis", {"deltaWT": 0.1}),
        ("HP", "haybittle peto", {}),
        ("asOF", "sfLDOF", {}),
        ("asHSD", "sfHSD", {"gammaA": -4}),
        ("asKD", "alpha*t^2", {"gammaA": 2}),
    ],
)
def test_inference_after_any_design(kind: str, other: str, options: dict[str, Any]) -> None:
    """Stagewise p and median-unbiased drift of a stop at the second look, by the looks' joint normal distribution."""
    times = [0.3, 0.8, 1.0]
    inputs = {"information": times, "stop_look": 2, "z": 2.2}
    answer = ask("gs_inference", inputs, alpha=0.05, type=kind, **options)
    design = ask("gs_rpact", {"information": times}, alpha=0.05, type=kind, **options)
    first = design["z_bounds"][0]
    joint = scipy_stats.multivariate_normal(cov=np.array([[1.0, math.sqrt(0.3 / 0.8)], [math.sqrt(0.3 / 0.8), 1.0]]))

    def extreme(drift: float) -> float:
        shift = drift * np.sqrt(times[:2])
        above = scipy_stats.norm.sf(first - shift[0])
        alive = joint.cdf(np.array([first, 40.0]) - shift, lower_limit=np.array([-first, 2.2]) - shift)
        return float(above + alive)

    assert answer["stagewise_p_two_sided"] == pytest.approx(2.0 * extreme(0.0), abs=1e-6)
    assert answer["stagewise_p_one_sided"] == pytest.approx(extreme(0.0), abs=1e-6)
    assert answer["theta_median_unbiased"] == pytest.approx(brentq(lambda d: extreme(d) - 0.5, 0.0, 5.0), abs=1e-5)
    again = ask("gs_inference", inputs, alpha=0.05, type=other, **options)
    assert again["theta_median_unbiased"] == pytest.approx(answer["theta_median_unbiased"], abs=1e-9)
    assert ask("gs_inference", {**inputs, "z": -2.2}, alpha=0.05, type=kind, **options)[
        "stagewise_p_one_sided"
    ] == pytest.approx(1.0 - extreme(0.0), abs=1e-6)


def test_planned_shapes_at_unequal_looks() -> None:
    uneven = {"information": [0.3, 0.8, 1.0]}
    for category, kind in (("gs_pocock", "P"), ("gs_obf", "OF")):
        assert ask(category, uneven)["z_bounds"] == ask("gs_rpact", uneven, type=kind)["z_bounds"]


def test_inflation_of_one_number_of_looks() -> None:
    many = ask("gs_inflation", {"looks": [2, 4]}, alpha=0.05, power=0.8, boundary="pocock")
    one = ask("gs_inflation", {"looks": 4}, alpha=0.05, beta=0.2, boundary="pocock")
    assert one == pytest.approx(many["4"])
    assert one["inflation"] == pytest.approx(1.202, abs=5e-4)


def test_arms_by_their_moments_are_arms() -> None:
    answer = ask("mean_welch", ARMS)
    expected = scipy_stats.ttest_ind_from_stats(11.0, 4.0, 60, 10.0, 3.0, 50, equal_var=False)
    assert (answer["t"], answer["p_value"]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    pooled = scipy_stats.ttest_ind_from_stats(11.0, 4.0, 60, 10.0, 3.0, 50, equal_var=True)
    assert ask("mean_welch", ARMS, usevar="pooled")["p_value"] == pytest.approx(pooled.pvalue, rel=1e-9)
    assert ask("mean_welch", ARMS, equal_var=False) == answer
    one = scipy_stats.ttest_ind_from_stats(11.0, 4.0, 60, 10.0, 3.0, 50, equal_var=True, alternative="greater")
    assert ask("mean_welch", ARMS, usevar="pooled", alternative="greater")["p_value"] == pytest.approx(one.pvalue)


def test_one_sided_rates_the_other_way() -> None:
    answer = ask("binary_2x2", RATES, alternative="smaller")
    exact = scipy_stats.fisher_exact(np.array([[130, 870], [100, 900]]), alternative="less").pvalue
    assert answer["p_value_fisher"] == pytest.approx(exact, rel=1e-9)
    assert answer["p_value"] + ask("binary_2x2", RATES, alternative="larger")["p_value"] == pytest.approx(1.0)
    assert answer["ci_wald"][0] == -math.inf
    assert ask("ratio", RATIOS, alternative="larger")["p_value"] == pytest.approx(ask("ratio", RATIOS)["p_value"] / 2)


RATIOS = {
    arm: {"n": 60, "num_sum": total, "num_sum_sq": 104.0, "den_sum": 302.0, "den_sum_sq": 1772.0, "num_den_sum": 250.0}
    for arm, total in (("control", 35.0), ("treatment", 40.0))
}


def test_margins_are_relative_or_absolute() -> None:
    absolute = ask("guardrail", ARMS, margin_abs=1.0, direction="increase_is_good")
    relative = ask("guardrail", ARMS, margin_rel=0.1, direction="increase_is_good")
    assert ask("guardrail", ARMS, margin=1.0, direction="higher is better") == absolute
    assert ask("guardrail", ARMS, margin=0.1, margin_kind="relative", direction="increase_is_good") == relative
    assert ask("guardrail", ARMS, margin=0.1, relative=True, direction="decrease is bad") == relative
    still = {arm: {"n": 9, "sum": 9.0, "sum_sq": 9.0} for arm in ("control", "treatment")}
    assert ask("guardrail", still, low=-1, upp=1) == {"status": "zero_variance", "p_value": None}


def test_non_inferiority_sizes() -> None:
    size = ask("power", {"sd": 4.0, "margin_abs": 0.5}, alpha=0.025, power=0.9)["n_per_arm"]
    assert ask("power", {"sd": 4.0, "margin_abs": 0.5}, alpha=0.05, sides=2, power=0.9)["n_per_arm"] == size
    reached = ask("power", {"sd": 4.0, "margin_abs": 0.5, "n_per_arm": size}, alpha=0.025)["power"]
    assert reached == pytest.approx(0.9, abs=1e-9)
    relative = ask("power", {"sd": 4.0, "mean": 5.0, "margin_rel": 0.1}, alpha=0.025, power=0.9)["n_per_arm"]
    assert relative == pytest.approx(size * (0.9**2 + 1.0) / 2.0, rel=1e-9)


def test_units_may_be_told_in_total() -> None:
    per_arm = ask("power", {"effect_size": 0.3, "n_per_arm": 100})
    assert ask("power", {"effect_size": 0.3, "n_total": 200}) == per_arm
    assert ask("power", {"effect_size": 0.3, "n_total": 200}, test="z")["power"] == per_arm["power_z"]
    assert ask("power", {"effect_size": 0.3}, rho=0.5)["n_per_arm_cuped"] == pytest.approx(
        0.75 * ask("power", {"effect_size": 0.3})["n_per_arm"]
    )
    assert ask("power", {"mean": 10.0, "mde_rel": 0.05, "sd": 2.0}) == ask("power", {"delta": 0.5, "sd": 2.0})


def test_one_arm_that_should_have_units() -> None:
    assert ask("srm", {"observed": [9, 4], "weights": [1, 0]})["status"] == "not_applicable"
    assert ask("edge", {"observed": [9, 4], "weights": [1, 0]})["p_value"] is None


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("gs_rpact", {"information": [0.5, 1.0]}, {"sided": 3, "type": "asP"}, "sides"),
    ("gs_rpact", {"information": [0.5, 1.0]}, {"sides": True, "type": "asP"}, "sides"),
    ("gs_rpact", {"information": [0.5, 1.0]}, {"type": "WT"}, "deltaWT"),
    ("gs_rpact", {"information": [0.5, 1.0]}, {"type": "asUser"}, "userAlphaSpending"),
    ("gs_rpact", {}, {"type": "asP"}, "information"),
    (
        *("gs_rpact", {"information": [0.5, 1.0]}),
        {"sided": 1, "type": "P", "futilityBounds": [0.1, 0.2], "bindingFutility": True},
        "futilityBounds",
    ),
    ("gs_inflation", {"information": [0.5, 0.5, 1.0]}, {"type_of_design": "P"}, "information"),
    ("gs_inference", {"information": [0.5, 0.5, 1.0], "stop_look": 2, "z": 2}, {"type": "P"}, "stop_look"),
    ("gs_inference", {"looks": 3, "stop_look": 0, "z": 2}, {"boundary": "pocock"}, "stop_look"),
    ("mean_welch", ARMS, {"confidence": 0.2}, "confidence"),
    ("guardrail", ARMS, {"margin": 1, "margin_kind": "wide"}, "margin_kind"),
    ("guardrail", ARMS, {}, "margin_abs"),
    ("guardrail", ARMS, {"low": 1, "upp": 0}, "upp"),
    ("power", {"effect_size": 0.1, "n_control": 10}, {}, "n_treatment"),
    ("power", {"n_total": 9, "units_per_day": 9, "traffic_share": 2}, {}, "traffic_share"),
    ("power", {"units_per_day": 0, "n_total": 9}, {}, "units_per_day"),
    ("power", {"sd": 1.0}, {}, "n_control"),
    ("power", {"n_per_arm": 1.5, "sd": 1.0}, {"power": 0.05, "alpha": 0.1}, "power"),
    ("srm", {"observed": [9, 4.5], "weights": [1, 0]}, {}, "counts.arm 1"),
    ("srm", {"observed": [9, 4], "weights": [1, -1]}, {}, "weights"),
    ("mean_karm", {"arms": [{"n": 9, "mean": 1.0}, {"n": 9, "mean": 2.0, "sd": 1}]}, {}, "sd"),
]


@pytest.mark.parametrize(
    ("category", "inputs", "options", "field"), REFUSED, ids=[f"{one[0]} {one[1]} {one[2]}" for one in REFUSED]
)
def test_what_cannot_be_answered_is_told(
    category: str, inputs: dict[str, Any], options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        ask(category, inputs, **options)
    assert refusal.value.field == field
    assert not run_case({"category": category, "inputs": inputs, "options": options, "expected": {"p": 1}}, 0).ok


def test_arms_that_never_vary() -> None:
    still = [{"n": 9, "sum": 9.0, "sum_sq": 9.0}, {"n": 9, "sum": 9.0, "sum_sq": 9.0}]
    answer = ask("mean_karm", {"arms": still})
    assert (answer["classical"]["status"], answer["classical"]["p_value"]) == ("zero_variance", None)
    two = dict(zip(("control", "treatment"), still, strict=True))
    assert "t_pooled" not in ask("mean_welch", two)


def test_gsdesigns_default_design_spends_beta_too() -> None:
    """gsDesign(): three looks, test.type 4, Hwang, Shih and DeCani with −4 and −2; as its manual prints it."""
    design = {"test.type": 4, "alpha": 0.025, "beta": 0.1, "sfu": "HSD", "sfupar": -4, "sfl": "HSD", "sflpar": -2}
    found = ask("gs_rpact", {"k": 3}, **design)
    assert [round(each, 2) for each in found["z_bounds"]] == [3.01, 2.55, 2.0]
    assert [round(each, 2) for each in found["lower_bounds"]] == [-0.24, 0.94, 2.0]
    assert round(found["inflation"], 2) == 1.07
    assert found["total_alpha"] == pytest.approx(0.025, abs=1e-10)
    assert found["power"] == pytest.approx(0.9, abs=1e-9)


@pytest.mark.parametrize("binding", [True, False])
def test_a_design_with_futility_has_its_errors_in_a_simulation(binding: bool) -> None:
    times = [0.3, 0.7, 1.0]
    options = {"alpha": 0.025, "beta": 0.2, "sided": 1, "typeOfDesign": "asOF", "typeBetaSpending": "bsOF"}
    found = ask("gs_rpact", {"information": times}, bindingFutility=binding, **options)
    _simulated(found, times, 0.025, 0.2, binding=binding)
    assert len(found["futility_bounds"]) == 2


@pytest.mark.parametrize(("upper", "lower"), [(0.0, 0.0), (0.25, 0.0), (0.4, 0.5)])
def test_pampallona_and_tsiatis_have_their_errors_in_a_simulation(upper: float, lower: float) -> None:
    times = [0.25, 0.5, 0.75, 1.0]
    options = {"alpha": 0.05, "beta": 0.1, "sided": 1, "typeOfDesign": "PT", "deltaPT1": upper, "deltaPT0": lower}
    found = ask("gs_rpact", {"informationRates": times}, **options)
    _simulated(found, times, 0.05, 0.1, binding=True)
    assert found["lower_bounds"][-1] == pytest.approx(found["z_bounds"][-1])


def _simulated(found: dict[str, Any], times: list[float], alpha: float, beta: float, *, binding: bool) -> None:
    """Both errors of 200,000 paths; who crosses a bound that binds has stopped."""
    rng = np.random.default_rng(6)
    for drift, chance in ((0.0, alpha), (found["drift"], 1.0 - beta)):
        steps = np.diff([0.0, *times])
        scores = np.cumsum(rng.normal(drift * steps, np.sqrt(steps), (200_000, len(times))), axis=1) / np.sqrt(times)
        alive, won = np.ones(len(scores), bool), np.zeros(len(scores), bool)
        for look in range(len(times)):
            won |= alive & (scores[:, look] >= found["z_bounds"][look])
            lower = found["lower_bounds"][look] if binding or drift else -math.inf
            alive &= ~won & (scores[:, look] > lower)
        assert won.mean() == pytest.approx(chance, abs=4e-3)


def test_futility_of_two_sides_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        ask("gs_rpact", {"k": 3}, sided=2, typeOfDesign="PT", alpha=0.05, beta=0.1)
    assert refusal.value.field == "sides"


@pytest.mark.parametrize(("b", "c"), [(12, 5), (40, 70), (3, 0), (7, 7)])
def test_mcnemar_is_that_of_statsmodels(b: int, c: int) -> None:
    table = [[101, b], [c, 59]]
    for among in ({"table": table}, {"a": 101, "b": b, "c": c, "d": 59}):
        found = ask("mcnemar", among)
        assert found == ask("binary_2x2", among, test="mcnemar")
        for name, exact, corrected in (
            ("p_value", False, False),
            ("p_value_corrected", False, True),
            ("p_value_exact", True, False),
        ):
            expected = contingency_tables.mcnemar(table, exact=exact, correction=corrected)
            if not (corrected and b == c):
                assert found[name] == pytest.approx(expected.pvalue, rel=1e-9)
        assert found["diff"] == pytest.approx((b - c) / (160 + b + c))
    assert ask("mcnemar", {"b": 0, "c": 0})["status"] == "insufficient_data"
