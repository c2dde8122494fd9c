"""Simulate guarded rollouts, looked at again and again by the monitor's own findings.

Only the sums that a look reads are simulated. Each rollout has five steps and three guards: a rate, a mean with a long
tail, and errors that SDKs report; the rate moves with the time of day, so that steps differ while nobody is harmed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import WHOLE_SHARE, Guard, GuardedRollout, Stage
from analytics.monitoring.findings import Asked, findings_of, strongest
from analytics.monitoring.observations import Measured, Observation, Sides
from messages.aggregations import AGGREGATIONS
from messages.verdicts import GuardFinding, VerdictAction
from numpy.typing import NDArray
from stats import BinarySummary, MeanSummary, Summary
from stats.comparison.proportion_intervals import wilson

from benchmarks.calibration_rows import Row

SEED = 20261130
ROLLOUTS, QUICK_ROLLOUTS, BATCH = 2_000, 12, 50
SHARES = (100, 500, 2_500, 5_000, 7_500)
STEP_MINUTES, UNITS_PER_MINUTE, LOOK_SECONDS = 15, 1_000, 60
LOOKS_PER_STEP = STEP_MINUTES * 60 // LOOK_SECONDS
UNITS_PER_LOOK = UNITS_PER_MINUTE * LOOK_SECONDS // 60
RATE, ERROR_RATE, SWING = 0.10, 0.01, 0.3
VALUE_MEAN, VALUE_SPREAD = 3.0, 1.0
MARGIN, REGRESSION, HEALTHY_MOST, FOUND_LEAST = 0.02, 0.20, 0.05, 0.90
METRICS = {
    "orders": Metric("m1", "orders", "Orders", AGGREGATIONS["conversion"], higher_is_better=True, event="order"),
    "spent": Metric("m2", "spent", "Spent", AGGREGATIONS["sum"], higher_is_better=True, event="order"),
}
GUARDS = (
    Guard("orders", VerdictAction.ROLL_BACK, "orders", margin=MARGIN),
    Guard("spent", VerdictAction.ROLL_BACK, "spent", margin=MARGIN),
    Guard("errors", VerdictAction.ROLL_BACK, built_in="sdk_errors", margin=MARGIN),
)
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """So many rollouts of one kind: units with the new variation convert less by `loss` and err more by it."""

    loss: float
    number: int
    rollouts: int


@dataclass(frozen=True, slots=True)
class _Side:
    """Of the units that came until each look of one step: how many, with an order, what they spent, with an error."""

    units: Counts
    orders: Counts
    spent: NDArray[np.float64]
    squares: NDArray[np.float64]
    errors: Counts

    def at(self, look: int) -> tuple[Summary, ...]:
        units = int(self.units[look])
        return (
            BinarySummary(units, int(self.orders[look])),
            MeanSummary(units, float(self.spent[look]), float(self.squares[look])),
            BinarySummary(units, int(self.errors[look])),
        )


def rollouts_live(quick: bool = False) -> Iterator[Row]:
    """Of healthy rollouts, and of those with harm as large as the margins tolerate, few are rolled back; of those with
    a regression nearly all."""
    rollouts = QUICK_ROLLOUTS if quick else ROLLOUTS
    cases = (
        ("nobody is harmed", 0.0),
        ("harm as tolerated", MARGIN),
        (f"a regression of {REGRESSION:.0%}", REGRESSION),
    )
    pool = None if quick else ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))
    with pool or nullcontext():
        for name, loss in cases:
            batches = [
                Batch(loss, number, min(BATCH, rollouts - first))
                for number, first in enumerate(range(0, rollouts, BATCH))
            ]
            told = (pool.map if pool else map)(simulated, batches)
            yield _row(name, loss, [look for found in told for look in found])


def _row(name: str, loss: float, looks: Sequence[int | None]) -> Row:
    back = [look for look in looks if look is not None]
    low, high = wilson(BinarySummary(len(looks), len(back)), 0.05)
    setting, rate = f"{name}; 95 %: {low:.4f} … {high:.4f}", len(back) / len(looks)
    if loss != REGRESSION:
        return Row("rolled back", setting, rate, 0.0, HEALTHY_MOST, len(looks))
    minutes = np.median(back) * LOOK_SECONDS / 60 if back else math.nan
    return Row("rolled back", f"{setting}, after {minutes:.0f} min", rate, FOUND_LEAST, 1.0, len(looks))


def simulated(batch: Batch) -> list[int | None]:
    """Of each rollout of the batch the look (from 1) that rolled it back; None: none did."""
    random = np.random.default_rng((SEED, round(batch.loss * 1e6), batch.number))
    return [_rolled_back(batch.loss, random) for _ in range(batch.rollouts)]


def _rolled_back(loss: float, random: np.random.Generator) -> int | None:
    began = random.uniform(0.0, 24.0 * 60.0)
    ended: dict[str, dict[int, Sides]] = {each.id: {} for each in GUARDS}
    before: Mapping[str, GuardFinding] = {}
    for place, share in enumerate(SHARES):
        new, rest = _step(share, began + place * STEP_MINUTES, loss, random)
        rollout = _rollout(place)
        for look in range(LOOKS_PER_STEP):
            sides = dict(zip(ended, zip(new.at(look), rest.at(look), strict=True), strict=True))
            measured = {name: Measured({**ended[name], place: sides[name]}) for name in ended}
            findings = findings_of(Asked(rollout, METRICS), Observation(0, 0, measured=measured), before)
            if strongest(findings) is VerdictAction.ROLL_BACK:
                return place * LOOKS_PER_STEP + look + 1
            before = {each.guard: each for each in findings}
        for name, stages in ended.items():
            stages[place] = sides[name]
    return None


def _step(share: int, began: float, loss: float, random: np.random.Generator) -> tuple[_Side, _Side]:
    minutes = began + np.arange(LOOKS_PER_STEP) * LOOK_SECONDS / 60.0
    rate = RATE * (1.0 + SWING * np.sin(2.0 * np.pi * minutes / (24.0 * 60.0)))
    came = random.binomial(UNITS_PER_LOOK, share / WHOLE_SHARE, LOOKS_PER_STEP)
    new = _side(came, rate * (1.0 - loss), ERROR_RATE * (1.0 + loss), random)
    return new, _side(UNITS_PER_LOOK - came, rate, np.float64(ERROR_RATE), random)


def _side(
    came: Counts, rate: NDArray[np.float64], error_rate: float | np.float64, random: np.random.Generator
) -> _Side:
    orders = random.binomial(came, rate)
    of_look = np.repeat(np.arange(len(came)), orders)
    values = random.lognormal(VALUE_MEAN, VALUE_SPREAD, len(of_look))
    spent = np.bincount(of_look, values, len(came))
    squares = np.bincount(of_look, values * values, len(came))
    errors = random.binomial(came, error_rate)
    return _Side(came.cumsum(), orders.cumsum(), spent.cumsum(), squares.cumsum(), errors.cumsum())


def _rollout(place: int) -> GuardedRollout:
    return GuardedRollout(
        id="r",
        key="r",
        environment_id="e",
        flag="f",
        rule="",
        variation="new",
        state="running",
        revision=place,
        stages=tuple(Stage(share, number, None) for number, share in enumerate(SHARES[: place + 1])),
        guards=GUARDS,
        alpha=0.05,
        by_unit=False,
    )
