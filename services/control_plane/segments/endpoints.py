"""The segments of a project."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import CHANGE, CREATE, Noun, add_entity_routes, answer, answer_created
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentView
from control_plane.segments.service import SegmentService

_SEGMENT = Noun("segment")


def build_router(*, authenticator: Authenticator, segments: SegmentService) -> APIRouter:
    router = api_router("segments", authenticator.actor, note_bypass)
    add_entity_routes(router, _SEGMENT, authenticator=authenticator, service=segments, view=SegmentView)

    @router.post(_SEGMENT.all, status_code=201, responses=CREATE)
    async def create_segment(
        project: str, body: SegmentCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> SegmentView:
        """Creates a segment."""
        return answer_created(await segments.create(actor, project, body), _SEGMENT, response)

    @router.patch(_SEGMENT.one, responses=CHANGE)
    async def change_segment(
        project: str,
        key: str,
        body: SegmentPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> SegmentView:
        """Changes the fields that are given. For every environment that serves it."""
        return answer(await segments.change(actor, project, key, expected, body), response)

    return document_bypass(router)
