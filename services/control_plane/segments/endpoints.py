"""The segments of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.dry_runs import NotedDryRun
from control_plane.entities.endpoints import (
    CHANGE,
    CREATE,
    READ,
    Noun,
    add_entity_routes,
    answer_created,
    answer_entity,
)
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentUsersView, SegmentView
from control_plane.segments.service import SegmentService

_SEGMENT = Noun("segment")


def build_router(*, authenticator: Authenticator, segments: SegmentService) -> APIRouter:
    router = api_router("segments", authenticator.actor, note_bypass)
    add_entity_routes(router, _SEGMENT, authenticator=authenticator, service=segments, view=SegmentView)

    @router.post(_SEGMENT.all, status_code=201, responses=CREATE, response_model=SegmentView)
    async def create_segment(
        project: str, body: SegmentCreate, _: NotedDryRun, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """Creates a segment."""
        return answer_created(await segments.create(actor, project, body), _SEGMENT)

    @router.patch(_SEGMENT.one, responses=CHANGE, response_model=SegmentView)
    async def change_segment(
        project: str,
        key: str,
        body: SegmentPatch,
        expected: ExpectedVersion,
        _: NotedDryRun,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given. For every environment that serves it."""
        return answer_entity(await segments.change(actor, project, key, expected, body))

    @router.get(f"{_SEGMENT.one}/users", responses=READ)
    async def list_segment_users(
        project: str, key: str, actor: Actor = Depends(authenticator.actor)
    ) -> SegmentUsersView:
        """What uses the segment: flags, remote configs, experiments and segments that name it, and all that depends on
        these."""
        return await segments.users(actor, project, key)

    return document_bypass(router)
