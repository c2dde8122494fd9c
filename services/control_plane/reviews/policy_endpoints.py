"""The approval policy of an environment over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.endpoints import CHANGE, READ, answer
from control_plane.reviews.policy_service import ApprovalPolicies
from control_plane.reviews.schemas import PolicyIn, PolicyView

_ONE = "/projects/{project}/environments/{environment}/approval-policy"


def build_router(*, authenticator: Authenticator, policies: ApprovalPolicies) -> APIRouter:
    router = api_router("environments", authenticator.actor)

    @router.get(_ONE, responses=READ)
    async def get_approval_policy(
        project: str, environment: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> PolicyView:
        """How changes of what the environment answers are agreed on."""
        return answer(await policies.read(actor, project, environment), response)

    @router.put(_ONE, responses=CHANGE)
    async def set_approval_policy(
        project: str,
        environment: str,
        body: PolicyIn,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> PolicyView:
        """Sets all of it; what is left out is as by default. It holds for requests that wait, too."""
        return answer(await policies.set(actor, project, environment, expected, body), response)

    return router
