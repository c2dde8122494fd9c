"""Which exposures count in a phase, and which in none because the experiment was paused, beside a plain computation."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from analytics.catalog.entries import Experiment
from analytics.catalog.phases import Phase, Span
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.results.inquiries import PhaseNotFound, in_phase
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader

from tests.analytics.answers import written
from tests.integration.test_analytics_results import (
    ENVIRONMENT,
    EXPERIMENT,
    HOUR,
    NOW,
    START,
    STOP,
    World,
    catalog_of,
    exposure,
    load,
    messages_of,
)

SECOND = START + 30 * HOUR
PAUSES = (Span(START + 10 * HOUR, START + 20 * HOUR), Span(START + 25 * HOUR, START + 35 * HOUR))


def phase(number: int, start: int, stop: int | None, treatment: int) -> Phase:
    return Phase(
        number=number,
        start_at=start,
        stop_at=stop,
        shares={"control": 10_000 - treatment, "treatment": treatment},
        control="control",
        traffic=8000,
        audience=None,
        bucket_by="",
        holdouts=(),
    )


PHASED: Experiment = replace(
    EXPERIMENT,
    assigns=True,
    metrics=(),
    start_at=SECOND,
    shares={"control": 3000, "treatment": 7000},
    phase=2,
    phases=(phase(1, START, SECOND, 5000), phase(2, SECOND, STOP, 7000)),
)


def world_of(seed: int) -> World:
    """Users exposed in both phases, also to another variation, late in the old one, or by sources that do not say."""
    random.seed(seed)
    world = World()
    for number in range(400):
        user = f"user-{number}"
        for _ in range(random.choice([1, 2, 3])):
            at = START + random.randrange(-5 * 60, 80 * 60) * 60_000
            late = random.random() < 0.1
            said = 1 if at < SECOND or late else 2
            variation = random.Random(f"{user}-{said}").choice(["control", "treatment"])
            member: dict[str, Any] = {"experiment": "checkout-test"}
            if number % 3:
                member["experiments"] = [{"key": "checkout-test", "phase": said}]
            world.exposures.append(exposure(user, variation, at) | member)
    return world


def counted(world: World, experiment: Experiment) -> dict[str, int]:
    """The units of one variation each."""
    seen: dict[str, set[str]] = {}
    for each in world.exposures:
        at, said = each["timestamp"], each.get("experiments")
        assert experiment.start_at is not None and experiment.stop_at is not None  # noqa: PT018
        if not experiment.start_at <= at < experiment.stop_at:
            continue
        if said is not None and len(experiment.phases) > 1 and said[0]["phase"] != experiment.phase:
            continue
        if any(span.start <= at < (span.end or STOP) for span in experiment.pauses):
            continue
        seen.setdefault(each["user_key"], set()).add(each["variation"])
    only = [next(iter(each)) for each in seen.values() if len(each) == 1]
    return {name: only.count(name) for name in ("control", "treatment")}


async def test_each_phase_counts_its_own_units_outside_of_pauses(warehouse: Warehouse) -> None:
    world = world_of(5)
    await load(warehouse, messages_of(world, 5))
    paused = replace(PHASED, pauses=PAUSES)
    unphased = replace(PHASED, phase=1, phases=PHASED.phases[:1], start_at=START, pauses=PAUSES)
    open_end = replace(paused, pauses=(*PAUSES, Span(START + 40 * HOUR, None)))
    found = []
    for experiment in (PHASED, in_phase(PHASED, 1), paused, in_phase(paused, 1), open_end, unphased):
        analyst = Analyst(ExperimentReader(warehouse), catalog_of(experiment, []))
        analysis = await analyst.analyse(experiment, ENVIRONMENT, AnalysisTime(NOW))
        assert analysis.units == counted(world, experiment)
        found.append(analysis.units)
    # Each of them is another question.
    assert len({tuple(each.values()) for each in found}) == len(found)


async def test_a_result_tells_the_phases_and_the_pauses_of_its_own(warehouse: Warehouse) -> None:
    paused = replace(PHASED, pauses=PAUSES)
    analyst = Analyst(ExperimentReader(warehouse), catalog_of(paused, []))
    first = written(result_document(await analyst.analyse(in_phase(paused, 1), ENVIRONMENT, AnalysisTime(NOW))))
    told = first["experiment"]
    assert (told["phase"], told["status"], told["shares"]) == (1, "stopped", {"control": 50.0, "treatment": 50.0})
    assert [(each["phase"], each["traffic"]) for each in told["phases"]] == [(1, 80.0), (2, 80.0)]
    assert told["phases"][0]["stop_at"] == told["stop_at"] == told["phases"][1]["start_at"]
    assert len(told["pauses"]) == 2
    assert told["pauses"][1]["end"] == told["stop_at"]
    assert "It was paused 2 times: exposures of then count for nobody." in first["summary"]
    with pytest.raises(PhaseNotFound):
        in_phase(paused, 3)
