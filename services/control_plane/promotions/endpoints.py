"""Promotions over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.pagination import Page, RequestedPage, page_of

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CREATE, READ, answer
from control_plane.environments.keys import EntityKey
from control_plane.promotions.schemas import PromotionIn, PromotionItemView
from control_plane.promotions.service import Promotions, sort_key
from control_plane.reviews.agreement import requested_bypass
from control_plane.reviews.records import Parts
from control_plane.reviews.schemas import ChangeRequestView

_PROMOTION = "/projects/{project}/environments/{environment}/promotion"


def build_router(*, authenticator: Authenticator, parts: Parts) -> APIRouter:
    router = api_router("change requests", authenticator.actor)
    promotions = Promotions(parts)

    @router.get(_PROMOTION, responses=READ)
    async def compare_environments(
        project: str,
        environment: str,
        page: RequestedPage,
        source: Annotated[EntityKey, Query(description="The environment that it is compared with.")],
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[PromotionItemView]:
        """Settings of flags and remote configs that are others in `source`, with what bringing them here changes."""
        found = await promotions.compare(actor, project, environment, source, page)
        items, cursor = page_of(found, page, sort_key)
        return Page(items=items, next_cursor=cursor)

    promoting = api_router("change requests", authenticator.actor, note_bypass)

    @promoting.post(_PROMOTION, status_code=201, responses=CREATE)
    async def promote(
        project: str,
        environment: str,
        body: PromotionIn,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> ChangeRequestView:
        """Brings chosen settings here as they stand in `source`: as one change request, or at once as one change.

        409 `not_approved` where people have to agree on it first: nothing is left then. Its impact is told by a preview
        of the edits that the comparison names, and shown by the change request."""
        view = await promotions.promote(actor, project, environment, body, requested_bypass())
        response.headers["Location"] = f"/api/v1/projects/{project}/change-requests/{view.number}"
        return answer(view, response)

    router.routes.extend(document_bypass(promoting).routes)
    return router
