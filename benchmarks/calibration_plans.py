"""Simulate experiments through the API's own path, read hour by hour or day by day to twice their plan.

What counts is what a person would be told: the decision, the reading, the interval of the lift, the guardrail's state
and the alarm of the sample ratio, at any reading. Only the events are simulated; everything else is `Analyst`. Of each
experiment those readings are made that can say something new; some experiments are read at every moment too, and must
have told the same.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby, islice
from multiprocessing import get_context
from typing import Any

import numpy as np
from analytics.results.analysis import Analysis
from scipy.stats import binom
from stats import Comparison, Verdict

from benchmarks.calibration_rows import Row
from benchmarks.calibration_scenarios import HOUR, MODES, Scenario, simulated_units
from benchmarks.simulated_reader import DAY, SimulatedExperiment, SimulatedUnits
from benchmarks.telling_moments import telling_moments

ALPHA = 0.05
SEED = 20261129
LIFT, MARGIN = 0.25, 0.2
EXPERIMENTS, BATCH = 2_000, 50
RHYTHMS = {"daily": DAY, "hourly": HOUR}
CHECKED, CHECKED_QUICKLY = {DAY: 20, HOUR: 3}, {DAY: 1, HOUR: 0}
"""How many experiments of each case are read at every moment too."""


@dataclass(slots=True)
class Told:
    """Whether any reading of one experiment said so."""

    decided: bool = False
    significant: bool = False
    alarmed: bool = False
    uncovered: bool = False
    inconsistent: bool = False
    passed: bool = False
    deteriorated: bool = False

    def add(self, analysis: Analysis, lift: float) -> None:
        self.decided |= any(each.verdict in (Verdict.SHIP, Verdict.ROLL_BACK) for each in analysis.decisions)
        self.significant |= any(each.significant for each in analysis.judgement.readings.values())
        self.alarmed |= bool(analysis.sample_ratio.mismatch)
        for metric in analysis.metrics:
            for comparison in metric.result.comparisons if metric.result is not None else ():
                self.uncovered |= not _covers(comparison, lift)
                self.inconsistent |= not _agrees(comparison)
                if comparison.guardrail is not None:
                    self.passed |= comparison.guardrail.state == "pass"
                    self.deteriorated |= comparison.guardrail.state == "deteriorated"


@dataclass(frozen=True, slots=True)
class Falsehood:
    """Something false that an experiment may tell, by its name in `Told`, and how often it may."""

    name: str
    quantity: str
    rate: float = ALPHA


@dataclass(frozen=True, slots=True)
class Case:
    """An experiment and what is false about it. `setting`: in words; `number`: of its random numbers."""

    setting: str
    scenario: Scenario
    falsehoods: tuple[Falsehood, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Experiments of a case that are simulated together; the first `checked` of them are read at every moment too."""

    case: Case
    number: int
    experiments: int
    checked: int


def cases() -> list[Case]:
    """Every mode, read daily and hourly: without effect, with a lift, with harm at the margin, without harm."""
    nothing = (
        Falsehood("decided", "A/A told to ship or roll back"),
        Falsehood("significant", "A/A called better or worse"),
        Falsehood("alarmed", "A/A with an alarm of the ratio", 0.001),
    )
    lifted = (
        Falsehood("uncovered", f"lift {LIFT:+.0%} ever outside its interval"),
        Falsehood("inconsistent", "interval of lift and p disagree", 0.0),
    )
    at_margin = (Falsehood("passed", "harm at the margin passes"),)
    unharmed = (Falsehood("deteriorated", "no harm called deteriorated"),)
    found: list[Case] = []
    for mode, plan in MODES.items():
        for rhythm, every in RHYTHMS.items():
            empty = Scenario(plan, every=every)
            found.append(Case(f"{mode}, {rhythm}", replace(empty, kinds=("conversion", "sum")), nothing))
            for kind, word in (("conversion", "rate"), ("sum", "amount")):
                one, setting = replace(empty, kinds=(kind,)), f"{word}, {mode}, {rhythm}"
                found.append(Case(setting, replace(one, lift=LIFT), lifted))
                found.append(Case(setting, replace(one, margin=MARGIN, lift=-MARGIN), at_margin))
                found.append(Case(setting, replace(one, margin=MARGIN), unharmed))
    return [replace(each, number=number) for number, each in enumerate(found)]


def run(quick: bool) -> Iterator[Row]:
    """The rows; `quick` with fewer experiments, and bands as wide as that asks for."""
    if quick:
        yield from _rows(8, CHECKED_QUICKLY, lambda batches: map(tell_batch, batches))
        return
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        yield from _rows(EXPERIMENTS, CHECKED, lambda batches: processes.map(tell_batch, batches))


def tell_batch(batch: Batch) -> list[Told]:
    """What each experiment told. Raises AssertionError if one that is read at every moment tells something else."""
    case, scenario = batch.case, batch.case.scenario
    random = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(case.number, batch.number)))
    told = []
    for number in range(batch.experiments):
        units = simulated_units(scenario, random)
        found = _read(scenario, units, telling_moments(scenario, units))
        told.append(found)
        whole = _read(scenario, units, scenario.moments) if number < batch.checked else found
        for each in case.falsehoods:
            if getattr(whole, each.name) != getattr(found, each.name):
                raise AssertionError(f"{case.setting}: readings that were left out tell another {each.name}")
    return told


def tell(scenario: Scenario, repeats: int, random: np.random.Generator) -> list[Told]:
    """What that many experiments told when they were read at every moment."""
    return [_read(scenario, simulated_units(scenario, random), scenario.moments) for _ in range(repeats)]


def rows_of(case: Case, told: Sequence[Told]) -> Iterator[Row]:
    """A row per falsehood: up to what a true rate as large as allowed exceeds by chance once in a thousand times."""
    for each in case.falsehoods:
        found = sum(getattr(one, each.name) for one in told)
        most = int(binom.isf(0.001, len(told), each.rate)) if each.rate else 0
        yield Row(each.quantity, case.setting, found / len(told), 0.0, most / len(told), len(told))


def _rows(
    experiments: int, checked: Mapping[int, int], answered: Callable[[list[Batch]], Iterable[list[Told]]]
) -> Iterator[Row]:
    batches = [each for case in cases() for each in _batches(case, experiments, checked[case.scenario.every])]
    answers = iter(answered(batches))
    for case, mine in groupby(batches, lambda batch: batch.case):
        yield from rows_of(case, [each for told in islice(answers, len(list(mine))) for each in told])


def _batches(case: Case, experiments: int, checked: int) -> Iterator[Batch]:
    for number, first in enumerate(range(0, experiments, BATCH)):
        yield Batch(case, number, min(BATCH, experiments - first), checked if number == 0 else 0)


class _AtOnce(ThreadPoolExecutor):
    """Runs what it is given in the thread that gives it: one experiment has nobody to wait for it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def _read(scenario: Scenario, units: SimulatedUnits, moments: Iterable[int]) -> Told:
    """One experiment, read at moments in their order."""

    async def read() -> Told:
        asyncio.get_running_loop().set_default_executor(_AtOnce())
        experiment = SimulatedExperiment(scenario.experiment(), scenario.metrics, units)
        told = Told()
        for at in moments:
            told.add(await experiment.read(at), scenario.lift)
        return told

    return asyncio.run(read())


def _covers(comparison: Comparison, lift: float) -> bool:
    shown = comparison.lift
    if shown.excluded is not None:
        return not shown.excluded[0] < lift < shown.excluded[1]
    return shown.lower is None or shown.upper is None or shown.lower <= lift <= shown.upper


def _agrees(comparison: Comparison) -> bool:
    """The lift's set excludes 0 exactly when p is below alpha."""
    if comparison.p_value is None or comparison.lift.kind is None:
        return True
    return _covers(comparison, 0.0) is (comparison.p_value >= comparison.alpha)
