"""The sample-ratio check: the exact test, the evidence at any time, and where a mismatch comes from."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats as reference
from stats import InvalidInputError, SampleRatioResult, Status, check_sample_ratio, check_segment_ratios, slice_ratios
from stats.judgement import multinomial
from stats.judgement.multinomial import chi_square_test, exact_p, shares_differ, simulated_p
from stats.sequential.multinomial import CONCENTRATIONS, log_evidence

from benchmarks import calibration_sample_ratio

EVEN = {"a": 1, "b": 1}


def tables(units: int, arms: int) -> list[list[int]]:
    return [list(each) for each in itertools.product(range(units + 1), repeat=arms) if sum(each) == units]


def enumerated_p(seen: list[int], shares: list[float]) -> float:
    """By scipy's probabilities of every table there is."""
    every = reference.multinomial.pmf(tables(sum(seen), len(seen)), sum(seen), shares)
    return float(every[every <= reference.multinomial.pmf(seen, sum(seen), shares) * (1 + 1e-7)].sum())


@pytest.mark.parametrize(
    ("seen", "shares"),
    [
        ([9, 1, 2], [1 / 3, 1 / 3, 1 / 3]),
        ([0, 0, 25], [1 / 3, 1 / 3, 1 / 3]),
        ([3, 30, 7], [0.1, 0.5, 0.4]),
        ([7, 30, 3], [0.4, 0.5, 0.1]),
        ([1, 2, 3, 12], [0.25, 0.25, 0.25, 0.25]),
        ([6, 0, 11, 1], [0.05, 0.15, 0.5, 0.3]),
    ],
)
def test_the_exact_p_is_that_of_every_table(seen: list[int], shares: list[float]) -> None:
    assert exact_p(seen, shares) == pytest.approx(enumerated_p(seen, shares), rel=1e-10)


@pytest.mark.parametrize(("rare", "others", "share"), [(3, 1_900, 0.01), (30, 170_000, 0.0001), (0, 1_000, 0.5)])
def test_of_two_arms_it_is_the_binomial(rare: int, others: int, share: float) -> None:
    wanted = reference.binomtest(rare, rare + others, share).pvalue
    assert exact_p([rare, others], [share, 1 - share]) == pytest.approx(wanted, rel=1e-8)


def test_it_is_exact_until_every_arm_expects_twenty() -> None:
    weights = {"rare": 1, "most": 99}
    before = check_sample_ratio({"rare": 9, "most": 1_990}, weights)
    after = check_sample_ratio({"rare": 9, "most": 1_991}, weights)
    assert (before.method, after.method) == ("exact", "chi_square")
    assert before.p_value == pytest.approx(reference.binomtest(9, 1_999, 0.01).pvalue, rel=1e-8)
    assert after.p_value == pytest.approx(float(reference.chisquare([9, 1_991], [20, 1_980]).pvalue))


def test_too_many_tables_are_simulated_at_a_bounded_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    many = check_sample_ratio({f"v{n}": 12 + n % 5 for n in range(20)}, {f"v{n}": 1 for n in range(20)})
    assert many.method == "simulated"
    assert many.p_value == pytest.approx(float(reference.chisquare(many.observed).pvalue), abs=0.02)
    seen, shares = [2, 14, 20], [0.2, 0.3, 0.5]
    assert simulated_p(seen, shares) == pytest.approx(enumerated_p(seen, shares), abs=0.005)
    assert simulated_p(seen, shares) == simulated_p(seen, shares)
    monkeypatch.setattr(multinomial, "EXACT_TABLES_MAX", 10)
    odd = check_sample_ratio({"a": 28, "b": 3, "c": 4}, {"a": 1, "b": 1, "c": 1})
    assert odd.method == "simulated"
    assert odd.p_value == pytest.approx(1 / 200_001, abs=3e-5)


def test_the_exact_p_has_a_logarithm_where_it_underflows() -> None:
    lost = check_sample_ratio({"rare": 1_500, "most": 0}, {"rare": 1, "most": 99})
    assert (lost.method, lost.p_value) == ("exact", 0.0)
    assert lost.log10_p == pytest.approx(1_500 * math.log10(0.01))


@pytest.mark.parametrize(
    ("seen", "shares"), [([52, 48], [0.5, 0.5]), ([3, 9, 30], [0.2, 0.3, 0.5]), ([0, 7], [0.1, 0.9])]
)
def test_the_evidence_is_a_mixture_of_dirichlet_multinomials(seen: list[int], shares: list[float]) -> None:
    given = np.array(shares)
    priors = [given * each / given.min() for each in CONCENTRATIONS]
    units = np.array(sum(seen))
    marginal = [reference.dirichlet_multinomial.pmf(np.array(seen), prior, units) for prior in priors]
    wanted = np.mean(marginal) / reference.multinomial.pmf(seen, sum(seen), shares)
    assert float(log_evidence(seen, shares)) == pytest.approx(math.log(wanted), abs=1e-9)


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.95, 0.05], [0.2, 0.3, 0.5]])
def test_true_shares_give_an_evidence_of_one_on_average(shares: list[float]) -> None:
    every = tables(15, len(shares))
    chance = reference.multinomial.pmf(every, 15, shares)
    assert float(chance @ np.exp(log_evidence(every, shares))) == pytest.approx(1.0, rel=1e-9)


def test_the_evidence_of_large_counts_keeps_its_digits() -> None:
    """By n·KL − ½ log of what the prior had and the units have, as for any smooth prior."""
    units = 10**10
    found = float(log_evidence([units // 2 + 200_000, units // 2 - 200_000], [0.5, 0.5]))
    bent = [0.5 * math.log(2 * each / (units + 2 * each)) + 8.0 * units / (units + 2 * each) for each in CONCENTRATIONS]
    assert found == pytest.approx(float(np.logaddexp.reduce(bent)) - math.log(len(bent)), abs=0.01)


def watched(days: list[dict[str, int]], weights: dict[str, float] | None = None) -> SampleRatioResult:
    """What is read at the end of the last of the days."""
    total = {arm: sum(day.get(arm, 0) for day in days) for arm in ("a", "b")}
    arrivals = {f"2026-01-{number:02}": day for number, day in enumerate(days, 1)}
    return check_sample_ratio(total, weights or EVEN, arrivals=arrivals)


def test_an_alarm_does_not_go_away_with_more_data() -> None:
    days = [{"a": 100, "b": 100}, {"a": 400, "b": 250}, *({"a": 300, "b": 318} for _ in range(20))]
    read = [watched(days[: number + 1]) for number in range(len(days))]
    p_values = [each.sequential.p_value for each in read if each.sequential is not None]
    assert p_values == sorted(p_values, reverse=True)
    assert [each.mismatch for each in read] == [False] + [True] * 21
    assert read[-1].sequential is not None
    assert read[-1].sequential.since == "2026-01-02"
    assert read[-1].p_value is not None
    assert read[-1].p_value > 0.001, "a single look at the end would not see it"


def test_equal_shares_with_more_units_are_more_evidence_whatever_the_method() -> None:
    """At 10 expected units in the rare arm the exact test was left, and an alarm with it."""
    read = [check_sample_ratio({"a": 2 * n, "b": 998 * n}, {"a": 1, "b": 99}) for n in range(1, 12)]
    assert {each.method for each in read} == {"exact", "chi_square"}
    p_values = [each.sequential.p_value for each in read if each.sequential is not None]
    assert p_values == sorted(p_values, reverse=True)
    alarms = [each.mismatch is True for each in read]
    assert alarms == sorted(alarms)
    assert alarms[-1]


def test_one_look_and_all_looks_stand_side_by_side() -> None:
    result = watched([{"a": 45_325, "b": 44_675}])
    assert result.p_value == pytest.approx(float(reference.chisquare([45_325, 44_675]).pvalue))
    odd = check_sample_ratio({"a": 90_350, "b": 9_650}, {"a": 9, "b": 1})
    assert odd.p_value is not None
    assert odd.p_value < odd.threshold
    assert odd.sequential is not None
    assert odd.sequential.p_value > odd.p_value
    assert (odd.mismatch, odd.blocks_decision) == (False, False)


def test_sample_ratio_corners() -> None:
    nobody = check_sample_ratio({}, EVEN)
    assert (nobody.status, nobody.mismatch, nobody.p_value) == (Status.INSUFFICIENT_DATA, None, None)
    stranger = check_sample_ratio({"a": 500, "b": 500, "ghost": 7}, EVEN)
    assert (stranger.status, stranger.notices[0].subject) == (Status.UNEXPECTED_TRAFFIC_IN_ZERO_WEIGHT_ARM, "ghost")
    assert stranger.p_value == pytest.approx(1.0)
    missing = check_sample_ratio({"a": 1_000}, EVEN)
    assert (missing.observed, missing.mismatch) == ((1_000, 0), True)
    for weights in ({"a": 1.0}, {"a": 1.0, "b": 0.0}):
        alone = check_sample_ratio({"a": 100}, weights)
        assert (alone.status, alone.mismatch, alone.p_value) == (Status.NOT_APPLICABLE, None, None)
        assert not alone.blocks_decision
    for nothing in ({}, {"a": 0.0}):
        with pytest.raises(InvalidInputError, match="expected_weights"):
            check_sample_ratio({"a": 1}, nothing)
    with pytest.raises(InvalidInputError, match=r"counts\.a"):
        check_sample_ratio({"a": -1}, EVEN)
    with pytest.raises(InvalidInputError, match=r"arrivals\.monday\.a"):
        check_sample_ratio({"a": 1}, EVEN, arrivals={"monday": {"a": -1}})


def test_weights_have_any_scale_and_arms_any_order() -> None:
    first = check_sample_ratio({"a": 700, "b": 310}, {"a": 2, "b": 1})
    second = check_sample_ratio({"b": 310, "a": 700}, {"b": 10, "a": 20})
    assert first.sequential is not None
    assert second.sequential is not None
    assert first.sequential.log10_evidence == pytest.approx(second.sequential.log10_evidence, rel=1e-9)
    assert first.p_value == pytest.approx(second.p_value)


def test_an_alarm_says_when_the_shares_changed() -> None:
    changed = watched([{"a": 1_000, "b": 1_010}, {"a": 1_800, "b": 200}])
    assert Status.ALLOCATION_CHANGED in {each.status for each in changed.notices}
    steady = watched([{"a": 1_200, "b": 800}, {"a": 1_210, "b": 790}])
    assert [each.status for each in steady.notices] == [Status.SRM_BLOCKS_DECISION]
    assert not shares_differ([[3, 0], [0, 3]], 0.05), "too few units to say"
    assert not shares_differ([], 0.05)


def test_shares_that_differ_are_found_by_homogeneity() -> None:
    rows = [[300, 280, 310], [290, 330, 300], [40, 35, 38]]
    wanted = reference.chi2_contingency(rows).pvalue
    assert shares_differ(rows, wanted * 1.001)
    assert not shares_differ(rows, wanted * 0.999)


def test_segments_share_the_sample_ratio_alarm() -> None:
    counts = {f"day {day}": {"a": 1_000, "b": 1_000} for day in range(9)} | {"day 9": {"a": 1_000, "b": 1_150}}
    results = check_segment_ratios(counts, EVEN)
    assert [result.threshold for result in results.values()] == pytest.approx([0.0001] * 10)
    assert results["day 9"].p_value == pytest.approx(0.00122, abs=5e-5)
    assert not results["day 9"].mismatch
    assert check_segment_ratios({}, EVEN) == {}


def test_the_slice_that_loses_units_is_found() -> None:
    counts = {f"key {number}": {"a": 2_000 + number, "b": 2_000} for number in range(5)}
    counts["broken"] = {"a": 2_000, "b": 1_400}
    first, *others = slice_ratios(counts, EVEN, rest={"a": 90, "b": 100})
    assert (first.name, first.ratio.mismatch) == ("broken", True)
    assert not any(each.ratio.mismatch for each in others)
    assert first.excess == {"a": 300.0, "b": -300.0}
    assert first.p_elsewhere == pytest.approx(float(chi_square_test([10_100, 10_100], [0.5, 0.5])[2]))
    assert all(each.p_elsewhere is not None and each.p_elsewhere < 1e-4 for each in others)
    parts = sum(each.contribution or 0.0 for each in (first, *others))
    assert parts == pytest.approx(1.0 + 5.0 / 300.0, abs=2e-3), "what is in no slice deviates the other way"


def test_slices_of_equal_shares_have_no_part_in_a_deviation() -> None:
    only = slice_ratios({"all": {"a": 50, "b": 50}}, EVEN)
    assert (only[0].contribution, only[0].p_elsewhere) == (None, None)


def test_false_alarms_stay_below_the_threshold() -> None:
    """The quick form of `make calibrate`."""
    outside = [row for row in calibration_sample_ratio.run(quick=True) if not row.ok]
    assert not outside
