"""`GET /v1/usage/sdks` and `GET /v1/activity`."""

from __future__ import annotations

from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.catalog.entries import Environment
from analytics.held_answers import HeldAnswers
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response
from analytics.usage.activity_documents import (
    MINUTES,
    ActivityDocument,
    CallersDocument,
    caller_documents,
    key_documents,
    latest,
    minute_documents,
)
from analytics.warehouse.activity import ActivityReader

HELD_SECONDS = 2.0
"""Pages ask every second or so, and all of them get the same."""
_HOUR = 3600
Hours = Annotated[int, Query(ge=1, le=720, description="SDKs and keys of at least so many hours, up to now")]


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, reader: ActivityReader, clock: Clock
) -> APIRouter:
    router = new_router("usage", authenticator.actor, prefix="/v1")
    callers: HeldAnswers[tuple[str, int], CallersDocument] = HeldAnswers(clock, seconds=HELD_SECONDS)
    activity: HeldAnswers[str, ActivityDocument] = HeldAnswers(clock, seconds=HELD_SECONDS)

    async def callers_of(environment: Environment, hours: int) -> CallersDocument:
        now = clock.now() // 1000
        start = now - hours * _HOUR
        sdks, keys = await reader.callers(
            environment.organization_id, environment.id, start - start % _HOUR, now + _HOUR, now - _HOUR
        )
        return CallersDocument(
            project=environment.project_key,
            environment=environment.key,
            hours=hours,
            last_evaluation_at=latest(sdks, "asked_at"),
            last_exposure_at=latest(keys, "last_exposure_at"),
            last_metric_event_at=latest(keys, "last_metric_at"),
            sdks=caller_documents(sdks),
            keys=key_documents(keys, inquiries.catalog.entries(environment.id).sdk_keys),
        )

    async def activity_of(environment: Environment) -> ActivityDocument:
        stop = clock.now() // 60_000 * 60 + 60
        start = stop - MINUTES * 60
        usage, events = await reader.minutes(environment.organization_id, environment.id, start, stop)
        return ActivityDocument(
            project=environment.project_key,
            environment=environment.key,
            minutes=minute_documents(usage, events, start),
        )

    @router.get(
        "/usage/sdks",
        summary="Which SDKs ask, and when last",
        responses={**PROBLEMS, 200: {"model": CallersDocument}},
        response_class=Response,
    )
    async def sdks_of_environment(
        where: Where, hours: Hours = 24, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """By SDK and version, the latest first: its last evaluation and how many in the last hour. By SDK key: when
        exposures, metric events and usage were received last, and anything at all, however many hours are asked about.
        Edges report usage by the minute."""
        environment = inquiries.measured(actor, where, "exposures:read")

        async def make() -> CallersDocument:
            async with inquiries.turn(actor, environment):
                return await callers_of(environment, hours)

        return json_response(await callers.get((environment.id, hours), make))

    @router.get(
        "/activity",
        summary="What goes on now",
        responses={**PROBLEMS, 200: {"model": ActivityDocument}},
        response_class=Response,
    )
    async def activity_of_environment(where: Where, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Evaluations with errors and received events, minute by minute of the last hour."""
        environment = inquiries.measured(actor, where, "exposures:read")

        async def make() -> ActivityDocument:
            async with inquiries.turn(actor, environment):
                return await activity_of(environment)

        return json_response(await activity.get(environment.id, make))

    return router
