"""Marks of an experiment beside its results: with time, path and reason; they exclude nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import Experiment, experiment_of
from analytics.catalog.phases import Phase, Span
from analytics.reports.composition import report_of
from analytics.reports.content import Grid
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.disturbances import disturbances_document
from analytics.results.documents import ResultDocument, result_document
from analytics.results.health import HealthCheck
from bucketing.flagset import Experiment as EngineExperiment
from bucketing.flagset import ExperimentMode, Share
from messages.documents import experiment_document
from messages.generated import config_pb2 as pb

from tests.analytics.report_cases import documents_of
from tests.analytics.result_cases import DAY, ENVIRONMENT, NOW, START, catalog, experiment, reader

SEGMENT = pb.Disturbance(
    at=START + DAY,
    cause="accepted",
    reason="fraud",
    entity="segment",
    key="payers",
    effects=[
        pb.DisturbanceEffect(
            kind="audience",
            fields=["included"],
            path=[
                pb.DisturbanceHop(entity="segment", key="payers"),
                pb.DisturbanceHop(entity="experiment", key="checkout-test"),
            ],
        )
    ],
)
OFF = pb.Disturbance(
    at=START + 2 * DAY,
    cause="switched_off",
    entity="flag",
    key="checkout",
    effects=[
        pb.DisturbanceEffect(
            kind="switched_off", fields=["enabled"], path=[pb.DisturbanceHop(entity="flag", key="checkout")]
        )
    ],
)


def disturbed(*marks: pb.Disturbance, count: int | None = None) -> Experiment:
    engine = EngineExperiment("x", "f", ExperimentMode.ASSIGNS, (Share("a", 5000), Share("b", 5000)), START)
    wire = pb.Experiment(
        status=pb.EXPERIMENT_STATUS_RUNNING,
        document=experiment_document(engine),
        disturbances=marks,
        disturbance_count=len(marks) if count is None else count,
    )
    told = experiment_of("env-1", wire)
    return replace(
        experiment("always_valid"),
        disturbances=told.disturbances,
        earlier_disturbances=told.earlier_disturbances,
    )


async def result(chosen: Experiment, as_of: int | None = None) -> ResultDocument:
    analysis = await Analyst(reader(3000), catalog()).analyse(chosen, ENVIRONMENT, AnalysisTime(NOW, as_of))
    return result_document(analysis)


def check_of(found: ResultDocument) -> HealthCheck:
    return next(each for each in found.health if each.name == "disturbances")


@pytest.mark.parametrize(
    ("chosen", "as_of", "state", "finding", "total"),
    [
        (disturbed(), None, "ok", "Nothing disturbed it.", 0),
        (disturbed(SEGMENT), START + DAY // 2, "ok", "Nothing disturbed it.", 0),
        (
            disturbed(SEGMENT),
            None,
            "warning",
            (
                "It was disturbed once while it ran. The last: 2026-01-06T10:00:00.000Z by the segment `payers` "
                "(audience: segment payers → experiment checkout-test), accepted: fraud."
            ),
            1,
        ),
        (
            disturbed(SEGMENT, OFF, count=1200),
            None,
            "warning",
            (
                "It was disturbed 1,200 times while it ran. The last: 2026-01-07T10:00:00.000Z by the flag `checkout` "
                "(switched off: flag checkout), switched off."
            ),
            1200,
        ),
    ],
    ids=["none", "later than what is asked for", "one", "more than travel"],
)
async def test_a_check_warns_of_what_disturbed_it(
    chosen: Experiment, as_of: int | None, state: str, finding: str, total: int
) -> None:
    found = await result(chosen, as_of)
    check = check_of(found)
    assert (check.state, check.finding) == (state, finding)
    assert found.disturbances.total == total
    assert found.decisions == (await result(disturbed(), as_of)).decisions


async def test_the_answer_and_the_report_tell_when_what_on_which_path_and_why() -> None:
    found = await result(disturbed(SEGMENT))
    [mark] = found.disturbances.marks
    assert (mark.at, mark.cause, mark.reason) == ("2026-01-06T10:00:00.000Z", "accepted", "fraud")
    [effect] = mark.effects
    assert [(hop.entity, hop.key) for hop in effect.path] == [("segment", "payers"), ("experiment", "checkout-test")]
    report = report_of(replace(await documents_of(), results=found))
    health = next(each for each in report.sections if each.title == "Health")
    grid = next(each for each in health.blocks if isinstance(each, Grid) and each.caption.startswith("What disturbed"))
    [row] = grid.rows
    assert [getattr(cell, "text", "") for cell in row.cells] == [
        "2026-01-06 10:00 UTC",
        "segment payers",
        "audience: segment payers → experiment checkout-test",
        "fraud",
    ]


@pytest.mark.parametrize(("phase", "told"), [(1, ["accepted"]), (2, ["switched_off"])])
def test_a_mark_is_of_the_phase_that_it_was_made_in(phase: int, told: list[str]) -> None:
    both = disturbed(SEGMENT, OFF)
    border = START + DAY + DAY // 2
    start, stop = (START, border) if phase == 1 else (border, None)
    document = disturbances_document(replace(both, phase=phase, start_at=start, stop_at=stop), NOW)
    assert [each.cause for each in document.marks] == told
    assert document.total == 1


async def test_a_report_says_which_phase_it_is_of_and_when_it_was_paused() -> None:
    asked = experiment()
    assert asked.start_at is not None
    present = Phase(2, asked.start_at, None, asked.shares, asked.control, 10_000, None, "", ())
    pauses = (Span(asked.start_at + DAY, asked.start_at + 2 * DAY), Span(asked.start_at + 3 * DAY, None))
    phased = replace(asked, status="paused", phase=2, phases=(replace(present, number=1), present), pauses=pauses)
    analysis = await Analyst(reader(), catalog()).analyse(phased, ENVIRONMENT, AnalysisTime(NOW))
    document = result_document(analysis)
    assert "It was paused 2 times: exposures of then count for nobody. It is paused now." in document.summary
    report = report_of(replace(await documents_of(), results=document))
    assert "· phase 2 of 2, from " in report.where
    assert report.where.endswith(" to now")
