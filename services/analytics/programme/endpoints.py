"""`GET /v1/experiments/{experiment}/interactions`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.requests import new_router

from analytics.access import Actor, Authenticator
from analytics.programme.interaction_documents import InteractionsDocument, interactions_document
from analytics.programme.interactions import Asked as AskedInteractions
from analytics.programme.interactions import interactions
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, rendered
from analytics.warehouse.client import Warehouse

PairLimit = Annotated[int, Query(ge=1, le=50, description="Pairs to examine, those with most common users first")]


def build_router(*, authenticator: Authenticator, inquiries: Inquiries, warehouse: Warehouse) -> APIRouter:
    router = new_router("programme", authenticator.actor, prefix="/v1")

    @router.get(
        "/experiments/{experiment}/interactions",
        summary="Interactions with concurrent experiments",
        responses={**PROBLEMS, 200: {"model": InteractionsDocument}},
        response_class=Response,
    )
    async def experiment_interactions(
        asked: Asked, limit: PairLimit = 20, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Per other experiment of the environment that ran at the same time, and per metric of this one: whether the
        effect is another among units of the other's treatment. Exploratory: each test is of one fixed look."""
        inquiry = inquiries.about(actor, asked)
        known, _ = inquiry.analyst.known_metrics(inquiry.experiment)
        others = list(inquiries.catalog.entries(inquiry.environment.id).experiments.values())
        wanted = AskedInteractions(
            inquiry.experiment, inquiry.environment, inquiry.time, [metric for _, metric in known], limit
        )
        async with inquiries.turn(actor, inquiry.environment):
            found = await interactions(warehouse, wanted, others)
            return await rendered(lambda: interactions_document(inquiry.environment, inquiry.time, found))

    return router
