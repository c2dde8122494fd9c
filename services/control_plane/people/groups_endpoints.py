"""The groups of an organization, and who is in them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, Response
from service_kit.pagination import Page, RequestedPage, page_of
from service_kit.problems import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.versions import REFUSALS, ExpectedVersion, etag

from control_plane.access import api_router
from control_plane.access.actor import Actor
from control_plane.access.authenticator import Authenticator
from control_plane.access.queries import in_organization
from control_plane.access.rights import Right
from control_plane.database import Database
from control_plane.people import groups_service
from control_plane.people.groups_schemas import GroupCreate, GroupMemberView, GroupPatch, GroupView
from control_plane.quotas import Quota, Quotas

_ALL = "/organizations/{organization}/groups"
_ONE = _ALL + "/{group}"
_READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
_CHANGE = problem_responses(*REFUSALS, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("access", authenticator.actor)
    _add_groups(router, authenticator, database, quotas)
    _add_members(router, authenticator, database)
    return router


def _add_groups(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.get(_ALL, responses=_READ)
    async def list_groups(
        organization: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[GroupView]:
        """The organization's groups by key."""
        async with in_organization(database, actor, organization, Right.GROUP_READ) as (tx, scope):
            rows = await groups_service.listing(tx, scope, page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["key"]))
        return Page(items=[groups_service.group_view(row) for row in given], next_cursor=cursor)

    @router.post(_ALL, status_code=201, responses=_WRITE)
    async def create_group(
        organization: str, body: GroupCreate, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> GroupView:
        """Makes a group; bindings give it roles, which its members hold."""
        async with in_organization(database, actor, organization, Right.GROUP_MANAGE) as (tx, scope):
            await quotas.claim(tx, Quota.GROUPS, scope.organization_id, scope.organization_id)
            row = await groups_service.create(tx, actor, scope, body)
        response.headers["Location"] = f"/api/v1/organizations/{scope.organization_id}/groups/{row['key']}"
        response.headers["ETag"] = etag(row["revision"])
        return groups_service.group_view(row)

    @router.get(_ONE, responses=_READ)
    async def get_group(
        organization: str, group: str, response: Response, actor: Actor = Depends(authenticator.actor)
    ) -> GroupView:
        """One group."""
        async with in_organization(database, actor, organization, Right.GROUP_READ) as (tx, scope):
            row = await groups_service.one(tx, scope, group)
        response.headers["ETag"] = etag(row["revision"])
        return groups_service.group_view(row)

    @router.patch(_ONE, responses=_CHANGE)
    async def rename_group(
        organization: str,
        group: str,
        body: GroupPatch,
        expected: ExpectedVersion,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> GroupView:
        """Gives a group another name."""
        async with in_organization(database, actor, organization, Right.GROUP_MANAGE) as (tx, scope):
            row = await groups_service.rename(tx, actor, scope, group, body.name, expected)
        response.headers["ETag"] = etag(row["revision"])
        return groups_service.group_view(row)

    @router.delete(_ONE, status_code=204, responses=_WRITE)
    async def delete_group(organization: str, group: str, actor: Actor = Depends(authenticator.actor)) -> None:
        """Deletes a group with the roles that it gives."""
        async with in_organization(database, actor, organization, Right.GROUP_MANAGE) as (tx, scope):
            await groups_service.delete(tx, actor, scope, group)


def _add_members(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get(_ONE + "/members", responses=_READ)
    async def list_group_members(
        organization: str, group: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[GroupMemberView]:
        """Who is in a group, by e-mail."""
        async with in_organization(database, actor, organization, Right.GROUP_READ) as (tx, scope):
            row = await groups_service.one(tx, scope, group)
            rows = await groups_service.members(tx, scope, row["id"], page.after or "", page.fetch)
        given, cursor = page_of(rows, page, lambda row: str(row["email"]).lower())
        return Page(items=[GroupMemberView(**each) for each in given], next_cursor=cursor)

    @router.put(_ONE + "/members/{user}", responses=_WRITE)
    async def add_group_member(
        organization: str, group: str, user: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> GroupMemberView:
        """Takes a member of the organization into a group. Nobody gives by it what they lack themselves."""
        async with in_organization(database, actor, organization, Right.GROUP_MANAGE) as (tx, scope):
            return await groups_service.add(tx, actor, scope, group, user)

    @router.delete(_ONE + "/members/{user}", status_code=204, responses=_WRITE)
    async def remove_group_member(
        organization: str, group: str, user: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> None:
        """Takes somebody out of a group; they stay a member of the organization."""
        async with in_organization(database, actor, organization, Right.GROUP_MANAGE) as (tx, scope):
            await groups_service.remove(tx, actor, scope, group, user)
