"""`GET /v1/attributes`."""

from __future__ import annotations

import asyncio
from typing import Annotated

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Query, Response
from service_kit.clock import Clock
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.attributes.documents import AttributesDocument, attribute_documents
from analytics.attributes.seen import seen_attributes
from analytics.catalog.entries import Environment
from analytics.held_answers import HeldAnswers
from analytics.instants import rfc3339
from analytics.results.inquiries import PROBLEMS, Inquiries, Where, json_response
from analytics.warehouse.contexts import ContextReader, SampleSize

SIZE = SampleSize(units=5_000, contexts=20, bytes=32 * 1024 * 1024)
HELD_SECONDS = 60.0
HELD_MAX = 100
_DAY_MILLISECONDS = 86_400_000
Days = Annotated[int, Query(ge=1, le=30, description="From the exposures of so many days")]


def build_router(
    *, authenticator: Authenticator, inquiries: Inquiries, reader: ContextReader, clock: Clock
) -> APIRouter:
    router = new_router("attributes", authenticator.actor, prefix="/v1")
    held: HeldAnswers[tuple[Environment, int], AttributesDocument] = HeldAnswers(
        clock, seconds=HELD_SECONDS, count_max=HELD_MAX
    )

    async def catalogue(environment: Environment, days: int) -> AttributesDocument:
        now = clock.now()
        asked = {
            "organization": environment.organization_id,
            "environment": environment.id,
            "since": now - days * _DAY_MILLISECONDS,
        }
        estimated, rows = await reader.recent(asked, SIZE)

        def document() -> AttributesDocument:
            found = seen_attributes(rows, environment.pii_attributes)
            return AttributesDocument(
                project=environment.project_key,
                environment=environment.key,
                days=days,
                computed_at=rfc3339(now),
                units=len(rows),
                units_estimated=estimated,
                attributes=attribute_documents(found, environment, len(rows)),
            )

        return await asyncio.to_thread(document)

    @router.get(
        "/attributes",
        summary="Attributes that were seen",
        responses={**PROBLEMS, 200: {"model": AttributesDocument}},
        response_class=Response,
    )
    async def attributes_of_environment(
        where: Where, days: Days = 7, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Names, types, how many units have them, and the commonest values, from a sample of at most 5,000 units that
        were exposed lately. Attributes that are stored as stand-ins show no values, and a value that one unit has
        alone is not told."""
        environment = inquiries.measured(actor, where, "exposures:read")

        async def make() -> AttributesDocument:
            async with inquiries.turn(actor, environment):
                return await catalogue(environment, days)

        return json_response(await held.get((environment, days), make))

    return router
