"""Experiments whose truth is known: what they plan, the units that come, and how often people look."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from analytics.catalog.entries import Experiment, Metric, MetricUse, Plan, Role
from messages.aggregations import BY_NUMBER

from benchmarks.simulated_reader import DAY, ENVIRONMENT, SimulatedEvents, SimulatedUnits

HOUR = DAY // 24
START = 1_767_225_600_000
PLAN_DAYS = 14
BASELINE = 0.2
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

    `kinds`: of its metrics, by their aggregation. `margin`: all of them are guardrails with it; None: goals. `size`:
    the planned units of all variations; twice as many come. `every`: milliseconds between two readings.
    """

    plan: Plan
    kinds: tuple[str, ...] = ("conversion",)
    lift: float = 0.0
    margin: float | None = None
    size: int = 2_000
    every: int = DAY
    weights: tuple[int, int] = (1, 1)

    @property
    def moments(self) -> range:
        """When it is read: to twice its plan."""
        return range(START + self.every, START + 2 * PLAN_DAYS * DAY + 1, self.every)

    @property
    def metrics(self) -> list[Metric]:
        keys = [f"metric-{number}" for number in range(len(self.kinds))]
        return [
            Metric(key, key, key, AGGREGATIONS[kind], higher_is_better=True, event=key)
            for key, kind in zip(keys, self.kinds, strict=True)
        ]

    def experiment(self) -> Experiment:
        role: Role = "guardrail" if self.margin is not None else "goal"
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
            shares=dict(zip((CONTROL, TREATMENT), self.weights, strict=True)),
            control=CONTROL,
            metrics=tuple(MetricUse(each.key, role, self.margin) for each in self.metrics),
            plan=replace(self.plan, planned_units=self.size),
        )


def simulated_units(scenario: Scenario, random: np.random.Generator) -> SimulatedUnits:
    """Units come evenly over the time that is read; what they do happens within a day of it."""
    count = 2 * scenario.size
    exposed_at = np.sort(START + random.integers(0, 2 * PLAN_DAYS * DAY, count))
    treated = random.random(count) < scenario.weights[1] / sum(scenario.weights)
    events = {}
    for metric, kind in zip(scenario.metrics, scenario.kinds, strict=True):
        rate = BASELINE * np.where(treated, 1.0 + scenario.lift, 1.0)
        amounts = np.ones(count) if kind == "conversion" else random.exponential(20.0, count)
        values = np.where(random.random(count) < rate, amounts, np.nan)
        events[metric.event] = SimulatedEvents(values, exposed_at + random.integers(0, DAY, count))
    return SimulatedUnits(exposed_at, treated.astype(np.int64), events)
