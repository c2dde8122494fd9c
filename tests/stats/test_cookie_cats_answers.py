"""The demo's known answers, from the sufficient statistics of its real data."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import pytest
from stats import BinarySummary, MeanSummary, MetricSpec, Status, analyse_metric, check_sample_ratio

DATA = Path(__file__).parents[2] / "examples" / "cookie_cats" / "cookie_cats.csv.gz"
Players = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def players() -> Players:
    arms: Players = defaultdict(list)
    with gzip.open(DATA, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            arms[row["version"]].append(row)
    return {arm: arms[arm] for arm in ("gate_30", "gate_40")}


def test_sample_ratio(players: Players) -> None:
    counts = {arm: len(rows) for arm, rows in players.items()}
    assert counts == {"gate_30": 44_700, "gate_40": 45_489}
    result = check_sample_ratio(counts, {"gate_30": 50, "gate_40": 50})
    assert result.p_value == pytest.approx(0.0086, abs=5e-5)
    assert result.mismatch is False


@pytest.mark.parametrize(
    ("column", "rates", "chi_square", "p_value"),
    [
        ("retention_1", (0.44819, 0.44228), 3.1830, 0.07441),
        ("retention_7", (0.19020, 0.18200), 10.0132, 0.001554),
    ],
)
def test_retention(
    players: Players, column: str, rates: tuple[float, float], chi_square: float, p_value: float
) -> None:
    arms = {
        arm: BinarySummary(len(rows), sum(row[column].lower() == "true" for row in rows))
        for arm, rows in players.items()
    }
    result = analyse_metric(MetricSpec(column), arms, control="gate_30")
    (comparison,) = result.comparisons
    assert tuple(arm.mean for arm in result.arms) == pytest.approx(rates, abs=5e-6)
    assert comparison.fixed_horizon.test.method == "pearson_chi_square"
    assert comparison.fixed_horizon.test.statistic == pytest.approx(chi_square, abs=5e-5)
    assert comparison.fixed_horizon.test.p_value == pytest.approx(p_value, rel=5e-4)
    assert comparison.p_value == comparison.fixed_horizon.test.p_value


def test_rounds(players: Players) -> None:
    arms = {}
    for arm, rows in players.items():
        rounds = [int(row["sum_gamerounds"]) for row in rows]
        arms[arm] = MeanSummary(len(rounds), sum(rounds), sum(value * value for value in rounds))
    result = analyse_metric(MetricSpec("rounds"), arms, control="gate_30")
    (comparison,) = result.comparisons
    assert result.status is Status.OK
    assert tuple(arm.mean for arm in result.arms) == pytest.approx((52.4563, 51.2988), abs=5e-5)
    assert comparison.fixed_horizon.test.statistic == pytest.approx(-0.88544, abs=5e-6)
    assert comparison.fixed_horizon.test.df == pytest.approx(58_595.5, abs=0.05)
    assert comparison.fixed_horizon.test.p_value == pytest.approx(0.37592, abs=5e-6)
