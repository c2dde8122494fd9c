"""`GET /v1/experiments/{experiment}/results` and what belongs to it, `GET /v1/flags/{key}/exposures`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from service_kit.clock import Clock

from analytics.instants import instant
from analytics.results.documents import ResultDocument, result_document
from analytics.results.explanation import ExplainedResultDocument, explained
from analytics.results.exposures import ExposureReport, ExposuresDocument, flag_exposures
from analytics.results.questions import (
    PROBLEMS,
    Instant,
    Question,
    Where,
    Who,
    find_environment,
    json_response,
    ready_catalog,
)
from analytics.results.segment_documents import (
    DailyDocument,
    SegmentedDocument,
    daily_document,
    segmented_document,
)
from analytics.results.segmenting import SegmentAnalyst
from analytics.warehouse.exposures import ExposureReader

router = APIRouter(prefix="/v1", tags=["results"])


@dataclass(frozen=True, slots=True)
class Period:
    """The query parameters of an exposure report."""

    start: Instant = None
    end: Instant = None
    limit: Annotated[int, Query(ge=0, le=200, description="Recent decisions to show")] = 50


@router.get(
    "/experiments/{experiment}/results",
    summary="Results of an experiment",
    responses={**PROBLEMS, 200: {"model": ResultDocument | ExplainedResultDocument}},
    response_class=Response,
)
async def experiment_results(
    question: Question,
    explain: Annotated[bool, Query(description="Add each query with its parameters and answer")] = False,
) -> Response:
    """Per metric and variation: units, mean or rate, difference and lift with intervals, p-value and method; health,
    decision, exposures per day and a summary in words."""
    analysis = await question.analyst.analyse(question.experiment, question.environment, question.moment)
    result = result_document(analysis)
    return json_response(explained(result, question.reader.questions) if explain else result)


@router.get(
    "/experiments/{experiment}/results/segments",
    summary="Results per segment",
    responses={**PROBLEMS, 200: {"model": SegmentedDocument}},
    response_class=Response,
)
async def segmented_results(
    question: Question,
    by: Annotated[
        str,
        Query(
            min_length=1,
            max_length=256,
            description="A context attribute at the first exposure, or $day, $sdk_key, $config_version",
        ),
    ],
) -> Response:
    """The results of each of the 20 largest segments, p-values adjusted over all of them, and the sample-ratio check
    of each segment."""
    analyst = SegmentAnalyst(question.reader, question.analyst)
    analysis = await analyst.by_segment(question.experiment, question.environment, question.moment, by)
    return json_response(segmented_document(analysis))


@router.get(
    "/experiments/{experiment}/results/over-time",
    summary="Results as they grew, day by day",
    responses={**PROBLEMS, 200: {"model": DailyDocument}},
    response_class=Response,
)
async def results_over_time(question: Question) -> Response:
    """Per metric and day (UTC): the results of all units that came in until the end of that day."""
    analyst = SegmentAnalyst(question.reader, question.analyst)
    return json_response(
        daily_document(await analyst.over_time(question.experiment, question.environment, question.moment))
    )


@router.get(
    "/flags/{key}/exposures",
    summary="Who saw which variation of a flag",
    responses={**PROBLEMS, 200: {"model": ExposuresDocument}},
    response_class=Response,
)
async def exposures_of_flag(
    request: Request,
    caller: Who,
    key: str,
    place: Where,
    period: Annotated[Period, Depends()],
) -> Response:
    """Counts and shares per variation, a time series, and the latest decisions, from `start` (default: seven days
    ago) until before `end` (default: now)."""
    where = find_environment(request, caller, place)
    variations = ready_catalog(request).flag_variations(where, key)
    clock: Clock = request.app.state.clock
    start, end = instant(period.start, "start"), instant(period.end, "end")
    report = ExposureReport.between(key, variations, start, end, clock.now())
    reader = ExposureReader(request.app.state.warehouse)
    return json_response(await flag_exposures(reader, where, report, period.limit))
