"""The attention list of a project."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from service_kit.problems import Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, api_router
from control_plane.attention.schemas import AttentionView
from control_plane.attention.service import Attention


def build_router(*, authenticator: Authenticator, attention: Attention) -> APIRouter:
    router = api_router("attention", authenticator.actor)

    @router.get(
        "/projects/{project}/attention", responses=problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
    )
    async def list_attention(
        project: str,
        environment: Annotated[
            str | None, Query(max_length=128, description="Only what stands in it, or in none.")
        ] = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> AttentionView:
        """What waits for whoever asks, went wrong, or will soon: at most 20 of each kind."""
        return await attention.of(actor, project, environment)

    return router
