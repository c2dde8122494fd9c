"""Simulate experiments through the API's own path, read hour by hour or day by day to twice their plan.

What counts is what a person would be told: the decision, the reading, the interval of the lift, the guardrail's state
and the alarm of the sample ratio, at any reading. Only the events are simulated; everything else is `Analyst`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from analytics.catalog.entries import Experiment, Metric, MetricUse, Plan, Role
from analytics.results.analysis import Analysis
from messages.aggregations import BY_NUMBER
from scipy.stats import binom
from stats import Comparison, Verdict

from benchmarks.calibration_rows import Row
from benchmarks.simulated_reader import DAY, ENVIRONMENT, SimulatedEvents, SimulatedExperiment, SimulatedUnits

HOUR = DAY // 24
START = 1_767_225_600_000
PLAN_DAYS = 14
ALPHA = 0.05
SEED = 20261129
BASELINE = 0.2
LIFT, MARGIN = 0.25, 0.2
CONTROL, TREATMENT = "off", "on"
AGGREGATIONS = {each.name: each for each in BY_NUMBER.values()}
MODES = {
    "fixed": Plan(mode="fixed"),
    "group": Plan(mode="group", planned_looks=5),
    "group, pocock": Plan(mode="group", planned_looks=4, boundary="pocock"),
    "always valid": Plan(mode="always_valid"),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """An experiment's metrics, the true lift of them all, and how often people look.

    `size`: the planned units of all variations; twice as many come. `margin`: of the guardrail, if there is one.
    """

    plan: Plan
    goals: int = 1
    lift: float = 0.0
    margin: float | None = None
    size: int = 2_000
    every: int = DAY
    weights: tuple[int, int] = (1, 1)

    @property
    def metrics(self) -> list[Metric]:
        """Rates and amounts in turn."""
        return [_metric(number) for number in range(1 if self.margin is not None else self.goals)]

    def experiment(self) -> Experiment:
        role: Role = "guardrail" if self.margin is not None else "goal"
        uses = tuple(MetricUse(each.key, role, self.margin) for each in self.metrics)
        shares = dict(zip((CONTROL, TREATMENT), self.weights, strict=True))
        return Experiment(
            id="experiment-1",
            key="calibration",
            name="Calibration",
            environment_id=ENVIRONMENT.id,
            flag="flag",
            assigns=True,
            status="running",
            start_at=START,
            stop_at=None,
            shares=shares,
            control=CONTROL,
            metrics=uses,
            plan=replace(self.plan, planned_units=self.size),
        )


@dataclass(slots=True)
class Told:
    """What all readings of one experiment said together."""

    decided: bool = False
    significant: bool = False
    passed: bool = False
    deteriorated: bool = False
    alarmed: bool = False
    covered: bool = True
    consistent: bool = True

    def add(self, analysis: Analysis, lift: float) -> None:
        self.decided |= any(each.verdict in (Verdict.SHIP, Verdict.ROLL_BACK) for each in analysis.decisions)
        self.significant |= any(each.significant for each in analysis.judgement.readings.values())
        self.alarmed |= bool(analysis.sample_ratio.mismatch)
        for metric in analysis.metrics:
            for comparison in metric.result.comparisons if metric.result is not None else ():
                self.covered &= _covers(comparison, lift)
                self.consistent &= _agrees(comparison)
                if comparison.guardrail is not None:
                    self.passed |= comparison.guardrail.state == "pass"
                    self.deteriorated |= comparison.guardrail.state == "deteriorated"


async def read_through(scenario: Scenario, random: np.random.Generator) -> Told:
    """One experiment, read from its start to twice its plan."""
    experiment = SimulatedExperiment(scenario.experiment(), scenario.metrics, simulated_units(scenario, random))
    told = Told()
    for at in range(START + scenario.every, START + 2 * PLAN_DAYS * DAY + 1, scenario.every):
        told.add(await experiment.read(at), scenario.lift)
    return told


def tell(scenario: Scenario, repeats: int, random: np.random.Generator) -> list[Told]:
    """What that many experiments said."""

    async def all_of_them() -> list[Told]:
        return [await read_through(scenario, random) for _ in range(repeats)]

    return asyncio.run(all_of_them())


def _covers(comparison: Comparison, lift: float) -> bool:
    shown = comparison.lift
    if shown.excluded is not None:
        return not shown.excluded[0] < lift < shown.excluded[1]
    return shown.lower is None or shown.upper is None or shown.lower <= lift <= shown.upper


def _agrees(comparison: Comparison) -> bool:
    """The lift's set excludes 0 exactly when p is below alpha; Fisher's exact test has no such set."""
    exact = comparison.fixed_horizon.test.method == "fisher_exact"
    if exact or comparison.p_value is None or comparison.lift.kind is None:
        return True
    return _covers(comparison, 0.0) is (comparison.p_value >= comparison.alpha)


def _metric(number: int) -> Metric:
    name = "conversion" if number % 2 == 0 else "sum"
    key = f"metric-{number}"
    return Metric(key, key, key, AGGREGATIONS[name], higher_is_better=True, event=key)


def simulated_units(scenario: Scenario, random: np.random.Generator) -> SimulatedUnits:
    """Units come evenly over the time that is read; what they do happens within a day of it."""
    count = 2 * scenario.size
    span = 2 * PLAN_DAYS * DAY
    exposed_at = np.sort(START + random.integers(0, span, count))
    treated = random.random(count) < scenario.weights[1] / sum(scenario.weights)
    events = {}
    for number, metric in enumerate(scenario.metrics):
        rate = BASELINE * np.where(treated, 1.0 + scenario.lift, 1.0)
        amounts = np.ones(count) if number % 2 == 0 else random.exponential(20.0, count)
        values = np.where(random.random(count) < rate, amounts, np.nan)
        events[metric.event] = SimulatedEvents(values, exposed_at + random.integers(0, DAY, count))
    return SimulatedUnits(exposed_at, treated.astype(np.int64), events)


def run(quick: bool) -> Iterator[Row]:
    """The rows; `quick` with fewer experiments, and bands as wide as that asks for."""
    random = np.random.default_rng(SEED)
    daily, hourly = (5, 1) if quick else (300, 30)
    for name, plan in MODES.items():
        for every, repeats in ((DAY, daily), (HOUR, hourly)):
            scenario = Scenario(plan, goals=2, every=every)
            setting = f"{name}, {'daily' if every == DAY else 'hourly'}, {repeats} experiments"
            yield from _without_effect(setting, tell(scenario, repeats, random))
            if every == DAY:
                yield from _with_effects(setting, scenario, repeats, random)


def _without_effect(setting: str, told: Sequence[Told]) -> Iterator[Row]:
    yield _row("A/A told to ship or roll back", setting, told, lambda each: each.decided)
    yield _row("A/A called better or worse", setting, told, lambda each: each.significant)
    yield _row("A/A with an alarm of the ratio", setting, told, lambda each: each.alarmed, 0.001)


def _with_effects(setting: str, scenario: Scenario, repeats: int, random: np.random.Generator) -> Iterator[Row]:
    moved = tell(replace(scenario, goals=1, lift=LIFT), repeats, random)
    yield _row(f"lift {LIFT:+.0%} ever outside its interval", setting, moved, lambda each: not each.covered)
    yield _row("interval of lift and p disagree", setting, moved, lambda each: not each.consistent, 0.0)
    at_margin = tell(replace(scenario, margin=MARGIN, lift=-MARGIN), repeats, random)
    yield _row("harm at the margin passes", setting, at_margin, lambda each: each.passed)
    unharmed = tell(replace(scenario, margin=MARGIN), repeats, random)
    yield _row("no harm called deteriorated", setting, unharmed, lambda each: each.deteriorated)


def _row(quantity: str, setting: str, told: Sequence[Told], asked: Callable[[Told], bool], rate: float = ALPHA) -> Row:
    """Up to what a true rate as large as this exceeds by chance at most once in a thousand times."""
    found = sum(map(asked, told))
    most = int(binom.isf(0.001, len(told), rate)) if rate else 0
    return Row(quantity, setting, found / len(told), 0.0, most / len(told))
