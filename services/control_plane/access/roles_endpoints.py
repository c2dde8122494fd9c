"""The rights there are, and the roles of an organization."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from control_plane.access import custom_roles
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.policy import rights_of
from control_plane.access.queries import in_organization
from control_plane.access.rights import Right
from control_plane.access.roles import Role
from control_plane.access.routers import api_router
from control_plane.access.schemas import RightView, RoleCreate, RolePatch, RoleView
from control_plane.database import Database
from control_plane.quotas import Quota, Quotas

_ALL = "/organizations/{organization}/roles"
_ONE = _ALL + "/{role}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("access", authenticator.actor)
    _add_reads(router, authenticator, database)
    _add_writes(router, authenticator, database, quotas)
    return router


def _add_reads(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/rights", responses=problem_responses(Unauthorized))
    async def list_rights() -> list[RightView]:
        """Every right there is, and the built-in roles that give it."""
        given = {role: rights_of(role) for role in Role}
        return [
            RightView(right=right, writes=right.writes, roles=[role.value for role in Role if right in given[role]])
            for right in Right
        ]

    @router.get(_ALL, responses=_READ)
    async def list_roles(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[RoleView]:
        """The built-in roles and the organization's own, by key."""
        async with in_organization(database, actor, organization, Right.ROLE_READ) as (tx, scope):
            roles = await custom_roles.listing(tx, scope)
        behind = [role for role in sorted(roles, key=lambda role: role.key) if role.key > (page.after or "")]
        given, cursor = page_of(behind[: page.fetch], page, lambda role: role.key)
        return Page(items=given, next_cursor=cursor)

    @router.get(_ONE, responses=_READ)
    async def get_role(
        organization: str, role: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RoleView:
        """One role, with all that it gives."""
        async with in_organization(database, actor, organization, Right.ROLE_READ) as (tx, scope):
            found = await custom_roles.one(tx, scope, role)
        response.headers["ETag"] = etag(found.version)
        return found


def _add_writes(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.post(_ALL, status_code=201, responses=_WRITE)
    async def create_role(
        organization: str, body: RoleCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> RoleView:
        """Makes a role of rights that one has oneself."""
        async with in_organization(database, actor, organization, Right.ROLE_MANAGE) as (tx, scope):
            await quotas.claim(tx, Quota.ROLES, scope.organization_id, scope.organization_id)
            made = await custom_roles.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/roles/{made.key}"
        response.headers["ETag"] = etag(made.version)
        return made

    @router.patch(_ONE, responses=_CHANGE)
    async def change_role_rights(
        organization: str,
        role: str,
        body: RolePatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> RoleView:
        """Changes a role of the organization; all who hold it have its new rights with their next request."""
        async with in_organization(database, actor, organization, Right.ROLE_MANAGE) as (tx, scope):
            changes = body.model_dump(exclude_none=True)
            changed = await custom_roles.change(tx, actor, scope, role, expected, changes)
        response.headers["ETag"] = etag(changed.version)
        return changed

    @router.delete(_ONE, status_code=204, responses=_WRITE)
    async def delete_role(organization: str, role: str, actor: Actor = Depends(authenticator.actor)) -> None:
        """Deletes a role of the organization that nobody holds."""
        async with in_organization(database, actor, organization, Right.ROLE_MANAGE) as (tx, scope):
            await custom_roles.delete(tx, actor, scope, role)
