"""`GET /v1/metrics/{metric}/preview`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.problems import NotFound
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.catalog.entries import Environment, Metric
from analytics.held_answers import HeldAnswers
from analytics.metrics.documents import MetricPreviewDocument, preview_document, users_of
from analytics.metrics.preview import metric_days
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response
from analytics.results.scope import window_of
from analytics.warehouse.metric_days import MetricDaysReader

HELD_SECONDS = 30.0
Days = Annotated[int, Query(ge=1, le=60, description="So many days, with today")]


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, reader: MetricDaysReader, clock: Clock
) -> APIRouter:
    router = new_router("metrics", authenticator.actor, prefix="/v1/metrics")
    held: HeldAnswers[tuple[str, str, int], tuple[Metric, MetricPreviewDocument]] = HeldAnswers(
        clock, seconds=HELD_SECONDS
    )

    async def preview(environment: Environment, metric: Metric, days: int) -> MetricPreviewDocument:
        now = clock.now()
        today = datetime.fromtimestamp(now / 1000, UTC).date()
        first = today - timedelta(days=days - 1)
        asked = {
            "organization": environment.organization_id,
            "environment": environment.id,
            "start": _begins(first),
            "stop": _begins(today + timedelta(days=1)),
        }
        rows, seen = await reader.days(asked, window_of(metric), metric.quantile)
        wanted = [(first + timedelta(days=number)).isoformat() for number in range(days)]
        users = users_of(metric, inquiries.catalog.entries(environment.id))
        return preview_document(metric, environment, metric_days(metric, rows, seen, wanted), users, now)

    @router.get(
        "/{metric}/preview",
        summary="A metric over everybody, day by day",
        responses={**PROBLEMS, 200: {"model": MetricPreviewDocument}},
        response_class=Response,
    )
    async def preview_of_metric(
        metric: str, where: Where, days: Days = 14, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """What it measures in a sentence; per day (UTC) its value over all users who had anything at all, its events
        and their users; and which experiments and rollouts of the environment use it."""
        environment = inquiries.measured(actor, where)
        found = inquiries.catalog.metric(environment.id, metric)
        if found is None:
            raise NotFound("no such metric in this environment", code="metric_not_found")

        async def make() -> tuple[Metric, MetricPreviewDocument]:
            async with inquiries.turn(actor, environment):
                return found, await preview(environment, found, days)

        name = (environment.id, metric, days)
        definition, document = await held.get(name, make)
        if definition != found:
            held.forget(name)
            _, document = await held.get(name, make)
        return json_response(document)

    return router


def _begins(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
