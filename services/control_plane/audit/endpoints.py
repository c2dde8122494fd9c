"""Endpoints of the audit log: search, export, and verifying that nobody changed it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from service_kit.pagination import Page, RequestedPage
from service_kit.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, Right, api_router
from control_plane.access.queries import in_organization
from control_plane.audit.export import MEDIA_TYPES, Format, exported
from control_plane.audit.filters import Wanted
from control_plane.audit.heads import good_heads, stored_heads
from control_plane.audit.log import AuditLog
from control_plane.audit.schemas import AuditEntryView, AuditVerdictView
from control_plane.audit.views import verdict_view
from control_plane.changes.verification import verify
from control_plane.database import Database

_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_CONTENT: dict[str, Any] = {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}
_EXPORT: dict[int | str, dict[str, Any]] = {**_READ, 200: {"content": _CONTENT}}
_NUMBER_MAX = 2**62


def build_router(*, authenticator: Authenticator, database: Database) -> APIRouter:
    router = api_router("audit", authenticator.actor)
    log = AuditLog(database)

    @router.get("/organizations/{organization}/audit", responses=_READ)
    async def list_audit_entries(
        organization: str,
        page: RequestedPage,
        wanted: Wanted,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[AuditEntryView]:
        """Who did what, why, by which right and from where, the newest first: of the whole organization, or of the
        projects whose log the reader may read. A page ends early where entries are large."""
        return await log.page(actor, organization, wanted, page)

    @router.get("/organizations/{organization}/audit/export", responses=_EXPORT, response_class=StreamingResponse)
    async def export_audit_entries(
        organization: str,
        wanted: Wanted,
        format: Format = "ndjson",  # noqa: A002 - the parameter's name
        after: Annotated[int, Query(ge=0, le=_NUMBER_MAX)] = 0,
        actor: Actor = Depends(authenticator.actor),
    ) -> StreamingResponse:
        """Entries in the order of the chain, as NDJSON or CSV, up to the last one that there is now. An export that
        broke off goes on `after` the last number that arrived."""
        reader, search, last = await log.begin(actor, organization, wanted)
        pieces = log.following(reader, search, after, last)
        name = f"audit-{after + 1}-{last}.{format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if reader.projects is None and (head := await log.newest_head(reader)):
            headers["X-Verdict-Audit-Head"] = head.jws
        content = exported(pieces, format, begins=after == 0)
        return StreamingResponse(content, media_type=MEDIA_TYPES[format], headers=headers)

    @router.get("/organizations/{organization}/audit/verification", responses=_READ)
    async def verify_audit_log(organization: str, actor: Actor = Depends(authenticator.actor)) -> AuditVerdictView:
        """Recomputes the whole hash chain, holds it against the heads that were signed, and names the first entry that
        is not as it was written."""
        async with in_organization(database, actor, organization, Right.AUDIT_READ) as (tx, scope):
            signed, keys = await stored_heads(tx, scope.organization_id)
        held = await asyncio.to_thread(good_heads, signed, keys, scope.organization_id)
        return verdict_view(await verify(log.piece, scope.organization_id, held))

    return router
