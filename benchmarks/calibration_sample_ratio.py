"""Simulate the sample-ratio check as the API makes it: false alarms at one look and at any, and its power.

Counts are drawn with numpy, and of many experiments at once. Verdicts are those of `sample_ratio_of`, which results are
made with: it is asked about every experiment that may be an alarm by the evidence of its days or hours, computed at
once, and about some of the others.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from analytics.catalog.entries import Experiment, Plan
from analytics.results.sample_ratio import sample_ratio_of
from analytics.warehouse.aggregates import UnitCounts
from numpy.typing import NDArray
from scipy import special
from scipy.stats import binom
from stats import SampleRatioResult
from stats.sequential.multinomial import log_evidence

from benchmarks.calibration_rows import Row

SEED = 20261128
THRESHOLD = 0.001
ALARM = -math.log(THRESHOLD)
LOW, HIGH = 0.85 * THRESHOLD, 1.15 * THRESHOLD
DAYS, PLAN_DAYS = 60, 14
ASKED_ANYWAY = 100
MANY = 10_000
Counts = NDArray[np.int64]


def run(quick: bool) -> Iterator[Row]:
    """The rows; `quick` with fewer experiments, and bands as wide as that asks for."""
    random = np.random.default_rng(SEED)
    scale = 40 if quick else 1
    yield from one_look(random, 1_000_000 // scale, quick)
    yield from daily(random, 60_000 // scale)
    yield from hourly(random, 20_000 // scale)
    yield from late(random, 40_000 // scale)
    yield from power(random, 2_000 // scale)
    yield from endless(random, 20_000 // scale)


def one_look(random: np.random.Generator, repeats: int, quick: bool) -> Iterator[Row]:
    """False alarms of the p of a single look."""
    slack = 4.0 * math.sqrt(THRESHOLD / repeats) if quick else 0.0
    for weights, units in (((5000, 5000), 100_000), ((9000, 1000), 100_000), ((3334, 3333, 3333), 60_000)):
        rate = _false_at_one_look(random, weights, units, repeats)
        yield Row(
            "sample ratio, p of one look",
            _setting(weights, f"{units:,} units"),
            rate,
            LOW - slack,
            HIGH + slack,
            repeats,
        )
    for weights, units in (((5000, 5000), 35), ((9900, 100), 1_500)):
        rate = _false_at_one_look(random, weights, units, repeats)
        yield Row(
            "sample ratio, exact p of one look", _setting(weights, f"{units:,} units"), rate, 0.0, HIGH + slack, repeats
        )


def daily(random: np.random.Generator, repeats: int) -> Iterator[Row]:
    """Experiments that ever raise an alarm when they are read at the end of each day."""
    for weights in ((5000, 5000), (9900, 100), (2500, 2500, 2500, 2500)):
        new = random.multinomial(400, _shares(weights), (repeats, DAYS))
        rate = _alarmed(random, new, weights)
        yield Row(
            "sample-ratio alarm, read daily", _setting(weights, f"{DAYS} days"), rate, 0.0, _most(repeats), repeats
        )


def hourly(random: np.random.Generator, repeats: int) -> Iterator[Row]:
    """The same, read at each hour until twice the plan: units of the day so far count as they are."""
    weights = (5000, 5000)
    new = random.multinomial(30, _shares(weights), (repeats, 2 * PLAN_DAYS * 24))
    rate = _alarmed(random, new, weights)
    yield Row(
        "sample-ratio alarm, read hourly",
        _setting(weights, f"{2 * PLAN_DAYS} days"),
        rate,
        0.0,
        _most(repeats),
        repeats,
    )


def late(random: np.random.Generator, repeats: int) -> Iterator[Row]:
    """Read daily while three in ten exposures arrive one or two days late, so that past days still change."""
    weights, delays = (5000, 5000), (0.7, 0.2, 0.1)
    arrived = [random.multinomial(round(400 * each), _shares(weights), (repeats, DAYS)) for each in delays]
    complete = np.add.reduce(arrived).cumsum(axis=1)
    until_yesterday = _day_before(complete - arrived[2])
    until_today = complete - arrived[1] - arrived[2] - _day_before(arrived[2])
    seen = [log_evidence(each, _shares(weights)).max(axis=1) for each in (complete, until_yesterday, until_today)]
    rate = float((np.maximum.reduce(seen) > ALARM).mean())
    yield Row(
        "sample-ratio alarm, late exposures", _setting(weights, f"{DAYS} days"), rate, 0.0, _most(repeats), repeats
    )


def power(random: np.random.Generator, repeats: int) -> Iterator[Row]:
    """Alarms that are right: 51 % in place of 50 %, 55 %, and a rare arm that loses a fifth of its units."""
    for weights, true, per_day in (
        ((5000, 5000), (0.51, 0.49), 2_500),
        ((5000, 5000), (0.55, 0.45), 100),
        ((9900, 100), (0.992, 0.008), 2_500),
    ):
        rate = _alarmed(random, random.multinomial(per_day, true, (repeats, 30)), weights)
        units = f"{true[0]:.1%} in place of {weights[0] / 100:g} %, {30 * per_day:,} units"
        yield Row("sample-ratio mismatch found", units, rate, 0.85, 1.0, repeats)


def endless(random: np.random.Generator, repeats: int) -> Iterator[Row]:
    """Read whenever the units have grown by 7 %, from 20 to 20 million: as near to a run without an end as it pays."""
    weights = (5000, 5000)
    sizes = np.unique(np.geomspace(20.0, 2e7, 205).astype(np.int64))
    steps = np.diff(sizes, prepend=0)
    first = random.binomial(steps, _shares(weights)[0], (repeats, len(steps)))
    rate = _alarmed(random, np.stack([first, steps - first], axis=-1), weights)
    setting = _setting(weights, f"{len(steps)} looks to 20 million units")
    yield Row("sample-ratio alarm, without an end", setting, rate, 0.0, _most(repeats), repeats)


def _most(repeats: int) -> float:
    """Of few experiments what a true rate of .001 exceeds by chance once in a thousand times."""
    return HIGH if repeats >= MANY else float(binom.isf(0.001, repeats, THRESHOLD)) / repeats


def _day_before(counts: Counts) -> Counts:
    """Of each day, what was counted on the day before."""
    return np.pad(counts, ((0, 0), (1, 0), (0, 0)))[:, :-1]


def _false_at_one_look(random: np.random.Generator, weights: Sequence[int], units: int, repeats: int) -> float:
    """Equal tables give equal answers, so each is asked once; and only those that chi-square finds odd at all."""
    tables, times = np.unique(random.multinomial(units, _shares(weights), repeats), axis=0, return_counts=True)
    expected = units * _shares(weights)
    odd = special.chdtrc(len(weights) - 1, ((tables - expected) ** 2 / expected).sum(axis=1)) < 20 * THRESHOLD
    alarms = 0
    for table, count in zip(tables[odd], times[odd], strict=True):
        p_value = _checked(weights, table[None, :]).p_value
        alarms += int(count) if p_value is not None and p_value < THRESHOLD else 0
    return alarms / repeats


def _alarmed(random: np.random.Generator, new: Counts, weights: Sequence[int]) -> float:
    """The share of experiments (first axis) that have an alarm at the end of any period (second axis)."""
    ever = log_evidence(new.cumsum(axis=1), _shares(weights)).max(axis=1) > ALARM
    asked = np.union1d(np.flatnonzero(ever)[:ASKED_ANYWAY], random.choice(len(new), min(len(new), ASKED_ANYWAY)))
    for each in asked.tolist():
        if _checked(weights, new[each]).mismatch != bool(ever[each]):
            raise AssertionError(f"the evidence of experiment {each} says {ever[each]}, its result says otherwise")
    return float(ever.mean())


def _checked(weights: Sequence[int], new: Counts) -> SampleRatioResult:
    """What the API answers of an experiment whose periods brought these units."""
    names = [f"v{number}" for number in range(len(weights))]
    days: dict[str, Mapping[str, int]] = {
        f"{number:04}": dict(zip(names, map(int, row), strict=True)) for number, row in enumerate(new)
    }
    units = {("", name): int(count) for name, count in zip(names, new.sum(axis=0), strict=True)}
    return sample_ratio_of(_experiment(names, weights), UnitCounts(units, days, 0, 0))


def _experiment(names: Sequence[str], weights: Sequence[int]) -> Experiment:
    return Experiment(
        id="exp-1",
        key="null",
        name="Null",
        environment_id="env-1",
        flag="null",
        assigns=True,
        status="running",
        start_at=0,
        stop_at=None,
        shares=dict(zip(names, weights, strict=True)),
        control=names[0],
        metrics=(),
        plan=Plan(),
    )


def _shares(weights: Sequence[int]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.asarray(weights, dtype=np.float64) / sum(weights)
    return result


def _setting(weights: Sequence[int], rest: str) -> str:
    return f"{'/'.join(f'{each / 100:g}' for each in weights)}, {rest}"


if __name__ == "__main__":
    for row in run(quick="--quick" in sys.argv):
        print(f"{row.quantity:<36} {row.setting:<50} {row.measured:.5f}  {'ok' if row.ok else 'OUTSIDE'}", flush=True)
