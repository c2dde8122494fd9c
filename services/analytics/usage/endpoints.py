"""`GET /v1/usage/flags`, `/v1/usage/flags/{key}` and `/v1/usage/unknown-flags`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.pagination import RequestedPage, page_of
from service_kit.problems import FieldError, InvalidInput
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.catalog.entries import Environment
from analytics.instants import rfc3339
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response
from analytics.usage.documents import (
    HOURS_MAX,
    FlagSeriesDocument,
    FlagUsagePage,
    UnknownFlagPage,
    Window,
    flag_documents,
    reason_counts,
    sdk_counts,
    unknown_documents,
    variation_counts,
    variation_series,
)
from analytics.warehouse.usage import UsageReader, UsageScope

FLAGS_MAX = 200
LAST = "~"
"""Behind every key."""
Hours = Annotated[int, Query(ge=1, le=HOURS_MAX, description="At least so many hours, up to the present one")]
Flags = Annotated[
    str | None,
    Query(
        max_length=30_000,
        pattern="^[A-Za-z0-9._,-]*$",
        description=f"Keys of up to {FLAGS_MAX} flags, with commas; those nobody asked for, too",
    ),
]


def build_router(*, authenticator: Authenticator, inquiries: Inquiries, reader: UsageReader, clock: Clock) -> APIRouter:
    router = new_router("usage", authenticator.actor, prefix="/v1/usage")

    def measured(actor: Actor, where: Where, window: Window) -> tuple[Environment, UsageScope]:
        environment = inquiries.measured(actor, where, "exposures:read")
        return environment, window.scope(environment.organization_id, environment.id)

    @router.get(
        "/flags",
        summary="How often flags were evaluated",
        responses={**PROBLEMS, 200: {"model": FlagUsagePage}},
        response_class=Response,
    )
    async def usage_of_flags(
        where: Where,
        page: RequestedPage,
        hours: Hours = 168,
        flags: Flags = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """By flag: evaluations by variation, when it was asked for last, and 24 points over the time. Without `flags`
        those that were asked for, by key and in pages."""
        window = Window.of_list(hours, clock.now())
        named = _named(flags)
        environment, scope = measured(actor, where, window)
        async with inquiries.turn(actor, environment):
            totals = await reader.flags(scope, named, page.after or "", FLAGS_MAX if named else page.fetch)
            given, cursor = (totals, None) if named else page_of(totals, page, lambda row: str(row["flag"]))
            keys = named or [row["flag"] for row in given]
            points = await reader.points(scope, keys, window.width) if keys else []
        return json_response(FlagUsagePage(items=flag_documents(given, points, keys, window), next_cursor=cursor))

    @router.get(
        "/flags/{key}",
        summary="How a flag was evaluated over time",
        responses={**PROBLEMS, 200: {"model": FlagSeriesDocument}},
        response_class=Response,
    )
    async def usage_of_flag(
        key: str, where: Where, hours: Hours = 168, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Evaluations by variation, reason and SDK, and a series by variation, by the minute for some hours."""
        window = Window.of_series(hours, clock.now())
        environment, scope = measured(actor, where, window)
        async with inquiries.turn(actor, environment):
            rows, sdks = await asyncio.gather(
                reader.points(scope, [key], window.width, minutes=window.minutes), reader.sdks(scope, key)
            )
        document = FlagSeriesDocument(
            flag=key,
            project=environment.project_key,
            environment=environment.key,
            start=rfc3339(window.start * 1000),
            end=rfc3339(window.stop * 1000),
            point_seconds=window.width,
            evaluations=sum(row["evaluations"] for row in rows),
            named=sum(row["named"] for row in rows),
            variations=variation_counts(rows),
            reasons=reason_counts(rows),
            sdks=sdk_counts(sdks),
            series=variation_series(rows, window),
        )
        return json_response(document)

    @router.get(
        "/unknown-flags",
        summary="Keys that were asked for and are no flag's",
        responses={**PROBLEMS, 200: {"model": UnknownFlagPage}},
        response_class=Response,
    )
    async def unknown_flags(
        where: Where, page: RequestedPage, hours: Hours = 168, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """By key, in pages: how often, since when, when last and by which SDKs. An edge tells the first hundred keys of
        an SDK key in an hour by name; further ones stand together under null, at the end."""
        window = Window.of_list(hours, clock.now())
        environment, scope = measured(actor, where, window)
        async with inquiries.turn(actor, environment):
            rows = await reader.unknown(scope, page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["flag"] or LAST))
        items = unknown_documents(given, inquiries.catalog.entries(environment.id).flags)
        return json_response(UnknownFlagPage(items=items, next_cursor=cursor))

    return router


def _named(flags: str | None) -> list[str]:
    """Raises InvalidInput for none and too many."""
    if flags is None:
        return []
    keys = [each for each in dict.fromkeys(flags.split(",")) if each]
    if not 1 <= len(keys) <= FLAGS_MAX:
        raise InvalidInput([FieldError("flags", "out_of_range", f"must be 1 to {FLAGS_MAX} keys with commas")])
    return keys
