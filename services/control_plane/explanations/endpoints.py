"""Why somebody gets a variation."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from service_kit.pagination import RequestedPage
from service_kit.problems import BadRequest, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, api_router
from control_plane.explanations.schemas import (
    ExplanationAsked,
    ExplanationsAsked,
    ExplanationsView,
    ExplanationView,
    MembershipsAsked,
    MembershipsView,
)
from control_plane.explanations.service import Explainer
from control_plane.explanations.views import explanation_view


def build_router(*, authenticator: Authenticator, explainer: Explainer) -> APIRouter:
    router = api_router("flags", authenticator.actor)

    @router.post(
        "/projects/{project}/environments/{environment}/explain",
        responses=problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, InvalidInput),
    )
    async def explain(
        project: str, environment: str, body: ExplanationAsked, actor: Actor = Depends(authenticator.actor)
    ) -> ExplanationView:
        """What a context gets from a flag as it is saved now or was at a moment, each step that led there, and whose
        change it was. Changes nothing."""
        return explanation_view(await explainer.explain(actor, project, environment, body))

    @router.post(
        "/projects/{project}/environments/{environment}/explanations",
        responses=problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, InvalidInput),
    )
    async def explain_many(
        project: str,
        environment: str,
        body: ExplanationsAsked,
        page: RequestedPage,
        actor: Actor = Depends(authenticator.actor),
    ) -> ExplanationsView:
        """What a context gets from many flags, now or at a moment. Changes nothing."""
        return await explainer.explain_many(actor, (project, environment), body, page)

    @router.post(
        "/projects/{project}/environments/{environment}/segments/evaluate",
        responses=problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, InvalidInput),
    )
    async def evaluate_segments(
        project: str, environment: str, body: MembershipsAsked, actor: Actor = Depends(authenticator.actor)
    ) -> MembershipsView:
        """Which segments a context is in as they are saved now, and why. Changes nothing."""
        return await explainer.memberships(actor, project, environment, body)

    return router
