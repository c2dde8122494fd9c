"""Who may do more in one project than in the rest of the organization."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.database import Database
from control_plane.environments import project_roles_service
from control_plane.environments.queries import resolve_project
from control_plane.environments.schemas import ProjectRoleIn, ProjectRoleView

_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database) -> APIRouter:
    router = api_router("access", authenticator.actor)

    @router.get("/projects/{project}/members", responses=problem_responses(Unauthorized, NotFound))
    async def list_project_roles(
        project: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[ProjectRoleView]:
        """People with a role of their own in the project; everybody else has the organization's."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.MEMBER_READ, scope)
            rows = await project_roles_service.listing(tx, scope, page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["email"]).lower())
        return Page(items=[ProjectRoleView(**row) for row in given], next_cursor=cursor)

    @router.put("/projects/{project}/members/{user}", responses=_WRITE)
    async def grant_project_role(
        project: str, user: UUID, body: ProjectRoleIn, actor: Actor = Depends(authenticator.actor)
    ) -> ProjectRoleView:
        """Gives a member of the organization a role in this project; it adds to the one they have."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.MEMBER_MANAGE, scope)
            row = await project_roles_service.grant(tx, actor, scope, user, body.role)
        return ProjectRoleView(**row)

    @router.delete("/projects/{project}/members/{user}", status_code=204, responses=_WRITE)
    async def withdraw_project_role(project: str, user: UUID, actor: Actor = Depends(authenticator.actor)) -> None:
        """Takes the project's role away; the organization's stays."""
        async with database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.MEMBER_MANAGE, scope, in_archived=True)
            await project_roles_service.withdraw(tx, actor, scope, user)

    return router
