"""The SDK keys of an environment."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Response
from service_kit.instants import check_future
from service_kit.pagination import Page, RequestedPage, moment_position, page_of, position_of
from service_kit.problems import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Unauthorized,
    problem_responses,
)

from control_plane.access import Actor, Authenticator, Right, api_router, require
from control_plane.database import Connection, Database
from control_plane.environments import repository, sdk_keys_repository, sdk_keys_service
from control_plane.environments.queries import (
    environment_scope,
    refuse_archived_environment,
    resolve_project,
)
from control_plane.environments.schemas import NewSdkKeyView, RotationIn, SdkKeyCreate, SdkKeyView
from control_plane.quotas import Quota, Quotas

_PATH = "/projects/{project}/environments/{environment}/sdk-keys"
_READ = problem_responses(Unauthorized, NotFound, InvalidInput)
_WRITE = problem_responses(Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)


def build_router(*, authenticator: Authenticator, database: Database, quotas: Quotas) -> APIRouter:
    router = api_router("SDK keys", authenticator.actor)
    _add_listing(router, authenticator, database)
    _add_creation(router, authenticator, database, quotas)
    _add_ends(router, authenticator, database)
    return router


def _add_listing(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.get(_PATH, responses=_READ)
    async def list_sdk_keys(
        project: str, environment: str, page: RequestedPage, actor: Actor = Depends(authenticator.actor)
    ) -> Page[SdkKeyView]:
        """The environment's keys, revoked ones too, without the keys themselves."""
        async with database.transaction() as tx:
            row = await _environment(tx, actor, "read", (project, environment))
            rows = await sdk_keys_repository.listing(tx, row, moment_position(page.after), page.fetch)
        given, cursor = page_of(rows, page, position_of)
        return Page(items=[SdkKeyView(**each) for each in given], next_cursor=cursor)


def _add_creation(router: APIRouter, authenticator: Authenticator, database: Database, quotas: Quotas) -> None:
    @router.post(_PATH, status_code=201, responses=_WRITE)
    async def create_sdk_key(
        project: str,
        environment: str,
        body: SdkKeyCreate,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> NewSdkKeyView:
        """Creates a key; this answer is the only one that shows it."""
        async with database.transaction() as tx:
            row = await _environment(tx, actor, "create", (project, environment))
            await quotas.claim(tx, Quota.SDK_KEYS, row["organization_id"], row["id"])
            check_future("expires_at", body.expires_at, tx.now)
            made = await sdk_keys_service.create(tx, actor, row, body)
        response.headers["Location"] = _address(row, made.id)
        return made

    @router.post(_PATH + "/{sdk_key}/rotate", status_code=201, responses=_WRITE)
    async def rotate_sdk_key(
        project: str,
        environment: str,
        sdk_key: UUID,
        body: RotationIn,
        response: Response,
        actor: Actor = Depends(authenticator.actor),
    ) -> NewSdkKeyView:
        """Makes a new key of the same kind and name; the old one is taken until the overlap is over."""
        async with database.transaction() as tx:
            row = await _environment(tx, actor, "rotate", (project, environment))
            await quotas.claim(tx, Quota.SDK_KEYS, row["organization_id"], row["id"])
            made = await sdk_keys_service.rotate(tx, actor, row, sdk_key, body.overlap_seconds)
        response.headers["Location"] = _address(row, made.id)
        return made


def _add_ends(router: APIRouter, authenticator: Authenticator, database: Database) -> None:
    @router.delete(_PATH + "/{sdk_key}", responses=_WRITE)
    async def revoke_sdk_key(
        project: str, environment: str, sdk_key: UUID, actor: Actor = Depends(authenticator.actor)
    ) -> SdkKeyView:
        """Revokes a key for good; the edge refuses it as soon as the change has arrived."""
        async with database.transaction() as tx:
            row = await _environment(tx, actor, "revoke", (project, environment))
            return await sdk_keys_service.revoke(tx, actor, row, sdk_key)


async def _environment(tx: Connection, actor: Actor, action: str, address: tuple[str, str]) -> asyncpg.Record:
    """The environment's row, locked for writes. One that is archived gets no new key; its keys can be revoked."""
    project, environment = address
    scope = await resolve_project(tx, actor, project)
    row = await repository.find_environment(tx, scope, environment, lock=action != "read")
    right = Right.SDK_KEY_READ if action == "read" else Right.SDK_KEY_MANAGE
    require(actor, right, environment_scope(scope, row), in_archived=action == "revoke")
    if action in ("create", "rotate"):
        refuse_archived_environment(archived=row["archived_at"] is not None)
    return row


def _address(row: asyncpg.Record, key_id: UUID) -> str:
    return f"/api/v1/projects/{row['project_id']}/environments/{row['key']}/sdk-keys/{key_id}"
