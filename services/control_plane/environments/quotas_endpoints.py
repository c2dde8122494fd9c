"""How much of each quota is used: limit, use and share."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Depends
from service_kit.problems import Forbidden, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.access.queries import in_organization
from control_plane.database import Database
from control_plane.environments.queries import resolve_project
from control_plane.environments.schemas import QuotasView, QuotaView
from control_plane.quotas import TERMS, Quotas, Use

_READ = problem_responses(Unauthorized, Forbidden, NotFound)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("quotas", authenticator.actor)

    @router.get("/organizations/{organization}/quotas", responses=_READ)
    async def get_organization_quotas(organization: str, actor: Actor = Depends(authenticator.actor)) -> QuotasView:
        """What the organization may hold and holds; sizes are those of what is stored, over all its environments."""
        async with in_organization(database, actor, organization, Right.QUOTA_READ) as (tx, scope):
            return _view(await quotas.of_organization(tx, scope.organization_id))

    @router.get("/projects/{project}/quotas", responses=_READ)
    async def get_project_quotas(project: str, actor: Actor = Depends(authenticator.actor)) -> QuotasView:
        """What the project and each of its environments may hold and hold; archived entities count, too."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.QUOTA_READ, scope)
            return _view(await quotas.of_project(tx, scope.organization_id, scope.project_id))

    return router


def _view(uses: Iterable[Use]) -> QuotasView:
    items = [
        QuotaView(
            quota=use.quota,
            holder=TERMS[use.quota].holder,
            environment=use.environment,
            limit=use.limit,
            used=use.used,
            share=round(use.share, 4),
        )
        for use in uses
    ]
    return QuotasView(items=items)
