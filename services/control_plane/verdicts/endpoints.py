"""The last look at a rollout, and the incidents of an environment."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends
from service_kit.pagination import Page, RequestedPage

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.endpoints import READ
from control_plane.environments.keys import EntityKey
from control_plane.verdicts.schemas import IncidentDetail, IncidentView, VerdictView
from control_plane.verdicts.service import VerdictReads

_ENVIRONMENT = "/projects/{project}/environments/{environment}"


def build_router(*, authenticator: Authenticator, verdicts: VerdictReads) -> APIRouter:
    router = api_router("rollouts", authenticator.actor)

    @router.get(f"{_ENVIRONMENT}/rollouts/{{key}}/verdict", responses=READ)
    async def get_rollout_verdict(
        project: str, environment: str, key: str, actor: Actor = Depends(authenticator.actor)
    ) -> VerdictView:
        """What the monitor found when it last looked at a rollout, guard by guard."""
        return await verdicts.last(actor, (project, environment), key)

    @router.get(f"{_ENVIRONMENT}/rollouts/{{key}}/incidents", responses=READ)
    async def list_rollout_incidents(
        project: str,
        environment: str,
        key: str,
        page: RequestedPage,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[IncidentView]:
        """What the guards of a rollout asked for, the newest first."""
        return await verdicts.incidents(actor, (project, environment), key, page)

    @router.get(f"{_ENVIRONMENT}/incidents", responses=READ)
    async def list_incidents(
        project: str,
        environment: str,
        page: RequestedPage,
        rollout: EntityKey | None = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[IncidentView]:
        """What guards asked for in the environment, the newest first."""
        return await verdicts.incidents(actor, (project, environment), rollout, page)

    @router.get(f"{_ENVIRONMENT}/incidents/{{incident}}", responses=READ)
    async def get_incident(
        project: str, environment: str, incident: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> IncidentDetail:
        """What a guard found, by which figures, what was done, and who was told."""
        return await verdicts.incident(actor, (project, environment), incident)

    return router
