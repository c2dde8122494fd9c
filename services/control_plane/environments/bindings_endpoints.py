"""Who holds which role where, and what one may do oneself."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses

from control_plane.access import Actor, Authenticator, OrganizationScope, Right, Scope, api_router, require
from control_plane.access.queries import in_organization, resolve_organization
from control_plane.database import Database
from control_plane.environments import bindings_service
from control_plane.environments.bindings_schemas import (
    BindingCreate,
    BindingView,
    GrantersView,
    MemberPermissionsView,
    PermissionsView,
)
from control_plane.environments.granters import granters
from control_plane.environments.member_permissions import member_permissions
from control_plane.environments.queries import environments_of, resolve_project
from control_plane.quotas import Quota, Quotas

_ALL = "/organizations/{organization}/bindings"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("access", authenticator.actor)
    _add_bindings(router, authenticator, database, quotas)
    _add_permissions(router, authenticator, database)
    _add_member_permissions(router, authenticator, database)
    _add_granters(router, authenticator, database)
    return router


def _add_bindings(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.get(_ALL, responses=_READ)
    async def list_bindings(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[BindingView]:
        """Every binding of the organization, beside the roles that members have in all of it."""
        after = moment_position(page.after)
        async with in_organization(database, actor, organization, Right.MEMBER_READ) as (tx, scope):
            rows = await bindings_service.listing(tx, scope, after, page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[bindings_service.binding_view(row) for row in given], next_cursor=cursor)

    @router.post(_ALL, status_code=201, responses=_WRITE)
    async def create_binding(
        organization: str, body: BindingCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> BindingView:
        """Gives a person, a group or a token a role at the organization, in a project or in an environment; it holds
        for all that lies inside. Nobody gives a right that they lack there."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            await quotas.claim(tx, Quota.BINDINGS, scope.organization_id, scope.organization_id)
            made = await bindings_service.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/bindings/{made.id}"
        return made

    @router.delete(_ALL + "/{binding}", status_code=204, responses=_WRITE)
    async def delete_binding(organization: str, binding: UUID, actor: Actor = Depends(authenticator.actor)) -> None:
        """Takes a role away where it was given."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            await bindings_service.delete(tx, actor, scope, binding)


def _add_permissions(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/me/permissions", responses=_READ)
    async def list_my_permissions(
        project: Annotated[str | None, Query(max_length=128, description="Id or key.")] = None,
        organization: Annotated[
            str | None, Query(max_length=128, description="Id or key; left out: the project's.")
        ] = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> PermissionsView:
        """The rights that one has at this moment: in the organization, in a project, and in each of its environments.
        A token may ask, too."""
        async with database.transaction() as tx:
            if project is None:
                if organization is None:
                    return PermissionsView(organization=[], project=[], environments={})
                found = await resolve_organization(tx, actor, organization)
                return PermissionsView(organization=_held(actor, found), project=[], environments={})
            scope = await resolve_project(tx, actor, project)
            if not actor.sees(scope):
                raise NotFound("there is nothing at this address")
            environments = await environments_of(tx, scope)
        return PermissionsView(
            organization=_held(actor, OrganizationScope(scope.organization_id)),
            project=_held(actor, scope),
            environments={each.key: _held(actor, each.within(scope)) for each in environments},
        )


def _add_member_permissions(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/organizations/{organization}/members/{user}/permissions", responses=_READ)
    async def list_member_permissions(
        organization: str,
        user: UUID,
        project: Annotated[str | None, Query(max_length=128, description="Id or key.")] = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> MemberPermissionsView:
        """The rights that a member has at this moment, and which of their roles give each: as a member, by a binding
        or by a group. Somebody who is deactivated has none."""
        async with in_organization(database, actor, organization, Right.MEMBER_READ) as (tx, scope):
            return await member_permissions(tx, actor, scope, user, project)


def _add_granters(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get("/organizations/{organization}/granters", responses=_READ)
    async def list_granters(
        organization: str,
        right: Right,
        project: Annotated[str | None, Query(max_length=128, description="Id or key.")] = None,
        environment: Annotated[str | None, Query(max_length=128, description="Key, of `project`'s.")] = None,
        actor: Actor = Depends(authenticator.actor),
    ) -> GrantersView:
        """Who can give this right in the organization, the project or the environment: members who manage members
        there and have it themselves. Every member may ask, since it is what somebody who lacks a right asks; a program
        needs `member:read`."""
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            if actor.kind != "user":
                require(actor, Right.MEMBER_READ, scope)
            where = await bindings_service.scope_named(tx, actor, scope, project, environment)
            if not actor.sees(where):
                raise NotFound("there is nothing at this address")
            return await granters(tx, scope, right, where)


def _held(actor: Actor, scope: Scope) -> list[Right]:
    return [right for right in Right if actor.may(right, scope)]
