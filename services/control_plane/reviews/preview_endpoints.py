"""Previews over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)

from control_plane.access import Actor, Authenticator, api_router
from control_plane.reviews.preview_schemas import PreviewIn, PreviewView, SegmentEstimateView
from control_plane.reviews.previews import ChangePreviews
from control_plane.reviews.records import Parts

_IN = "/projects/{project}/environments/{environment}"


def build_router(*, authenticator: Authenticator, parts: Parts) -> APIRouter:
    router = api_router("change requests", authenticator.actor)
    previews = ChangePreviews(parts)

    @router.post(
        f"{_IN}/preview",
        responses=problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput),
    )
    async def preview_change(
        project: str, environment: str, body: PreviewIn, actor: Actor = Depends(authenticator.actor)
    ) -> PreviewView:
        """What edits would do here, with nothing saved: recent units that would get something else, experiments that
        would win or lose units, what clients would newly see, the size of what is published.

        Where analytics does not answer within five seconds, `status` is `unavailable`, and the rest is told."""
        return await previews.preview(actor, project, environment, body)

    @router.post(
        f"{_IN}/segments/{{key}}/estimate",
        responses=problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, InvalidInput),
    )
    async def estimate_segment(
        project: str, environment: str, key: str, actor: Actor = Depends(authenticator.actor)
    ) -> SegmentEstimateView:
        """How many of the recent units are in a segment as it is published."""
        return await previews.estimate(actor, project, environment, key)

    return router
