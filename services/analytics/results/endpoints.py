"""`GET /v1/experiments/{experiment}/results` and what belongs to it, `GET /v1/flags/{key}/exposures`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.instants import instant
from analytics.results.documents import ResultDocument, result_document
from analytics.results.explanation import ExplainedResultDocument, explained
from analytics.results.exposures import Bucket, ExposureReport, ExposuresDocument, expected_shares, flag_exposures
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, Instant, Where, json_response, rendered
from analytics.results.mismatch_documents import LocatedRatioDocument, located_ratio_document
from analytics.results.mismatch_sources import located_ratio
from analytics.results.scope import scope_of
from analytics.results.segment_documents import (
    DailyDocument,
    SegmentedDocument,
    daily_document,
    segmented_document,
)
from analytics.results.segments import SegmentAnalyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.exposures import ExposureReader


@dataclass(frozen=True, slots=True)
class Period:
    """The query parameters of an exposure report."""

    start: Instant = None
    end: Instant = None
    limit: Annotated[int, Query(ge=0, le=200, description="Recent decisions to show")] = 50
    bucket: Annotated[Bucket | None, Query(description="Of the series; when left out, as narrow as 500 fill")] = None


Explain = Annotated[bool, Query(description="Add each query with its parameters and answer")]
SegmentedBy = Annotated[
    str,
    Query(
        min_length=1,
        max_length=256,
        description="A context attribute at the first exposure, or $day, $weekday, $sdk_key, $config_version; "
        "or $days_since_exposure",
    ),
]
Attribute = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=256,
        description="A context attribute at the first exposure, beside day, SDK key and config version",
    ),
]
ReportPeriod = Annotated[Period, Depends()]


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, warehouse: Warehouse, clock: Clock
) -> APIRouter:
    router = new_router("results", authenticator.actor, prefix="/v1")
    _add_results(router, authenticator, inquiries)

    @router.get(
        "/flags/{key}/exposures",
        summary="Who saw which variation of a flag",
        responses={**PROBLEMS, 200: {"model": ExposuresDocument}},
        response_class=Response,
    )
    async def exposures_of_flag(
        key: str, where: Where, period: ReportPeriod, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Counts and shares per variation beside those that an experiment under way expects, a time series, and the
        latest decisions, from `start` (default: seven days ago) until before `end` (default: now)."""
        environment = inquiries.measured(actor, where, "exposures:read")
        variations = inquiries.catalog.flag_variations(environment, key)
        start, end = instant(period.start, "start"), instant(period.end, "end")
        report = ExposureReport.between(key, variations, start, end, clock.now()).by(period.bucket)
        experiments = inquiries.catalog.entries(environment.id).experiments.values()
        report = replace(report, expected=expected_shares(experiments, key))
        async with inquiries.turn(actor, environment):
            return json_response(await flag_exposures(ExposureReader(warehouse), environment, report, period.limit))

    return router


def _add_results(router: APIRouter, authenticator: Authenticator, inquiries: Inquiries) -> None:
    @router.get(
        "/experiments/{experiment}/results",
        summary="Results of an experiment",
        responses={**PROBLEMS, 200: {"model": ResultDocument | ExplainedResultDocument}},
        response_class=Response,
    )
    async def experiment_results(
        asked: Asked, explain: Explain = False, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Per metric and variation: units, mean or rate, difference and lift with intervals, p-value and method;
        health, decision, exposures per day and a summary in words."""
        inquiry = inquiries.about(actor, asked)
        async with inquiries.turn(actor, inquiry.environment):
            analysis = await inquiry.analyst.analyse(inquiry.experiment, inquiry.environment, inquiry.time)

            def document() -> ResultDocument | ExplainedResultDocument:
                result = result_document(analysis)
                return explained(result, inquiry.reader.queries) if explain else result

            return await rendered(document)

    @router.get(
        "/experiments/{experiment}/results/segments",
        summary="Results per segment",
        responses={**PROBLEMS, 200: {"model": SegmentedDocument}},
        response_class=Response,
    )
    async def segmented_results(asked: Asked, by: SegmentedBy, actor: Actor = Depends(authenticator.actor)) -> Response:
        """The results of each of the 20 largest segments, p-values adjusted over all of them, and the sample-ratio
        check of each segment."""
        inquiry = inquiries.about(actor, asked)
        analyst = SegmentAnalyst(inquiry.reader, inquiry.analyst)
        async with inquiries.turn(actor, inquiry.environment):
            analysis = await analyst.by_segment(inquiry.experiment, inquiry.environment, inquiry.time, by)
            return await rendered(lambda: segmented_document(analysis))

    @router.get(
        "/experiments/{experiment}/results/sample-ratio",
        summary="Sample ratio, and where a mismatch comes from",
        responses={**PROBLEMS, 200: {"model": LocatedRatioDocument}},
        response_class=Response,
    )
    async def located_sample_ratio(
        asked: Asked, by: Attribute = None, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """The check of the expected shares, and of the 50 largest slices by day, SDK key, config version and
        the attribute `by`: what each has of the deviation, and whether the others agree without it."""
        inquiry = inquiries.about(actor, asked)
        experiment, environment, time = inquiry.experiment, inquiry.environment, inquiry.time
        scope = scope_of(experiment, environment, time.as_of)
        async with inquiries.turn(actor, environment):
            located = await located_ratio(inquiry.reader, scope, experiment, by)
            return await rendered(lambda: located_ratio_document(experiment, environment, time, located))

    @router.get(
        "/experiments/{experiment}/results/over-time",
        summary="Results as they grew, day by day",
        responses={**PROBLEMS, 200: {"model": DailyDocument}},
        response_class=Response,
    )
    async def results_over_time(asked: Asked, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Per metric and day (UTC): the results of all units that came in until the end of that day."""
        inquiry = inquiries.about(actor, asked)
        analyst = SegmentAnalyst(inquiry.reader, inquiry.analyst)
        async with inquiries.turn(actor, inquiry.environment):
            analysis = await analyst.over_time(inquiry.experiment, inquiry.environment, inquiry.time)
            return await rendered(lambda: daily_document(analysis))
