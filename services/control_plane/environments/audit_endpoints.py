"""The audit log of an organization: reading it, and verifying that nobody changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query
from service_kit.pagination import Page, RequestedPage, number_position, page_of
from service_kit.problems import InvalidInput, NotFound, Unauthorized, problem_responses
from service_kit.requests import new_router

from control_plane.access import Actor, Authenticator, require
from control_plane.access.queries import resolve_organization
from control_plane.changes import queries
from control_plane.database import Database
from control_plane.environments.schemas import AuditEntryView, AuditVerdictView

_READ = problem_responses(Unauthorized, NotFound, InvalidInput)
Filter = Annotated[str | None, Query(max_length=254)]


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """The query parameters that narrow the list. `by` is the id or the name of an actor."""

    project: UUID | None = None
    entity: Filter = None
    entity_key: Filter = None
    action: Filter = None
    by: Filter = None

    @property
    def filter(self) -> queries.EntryFilter:
        return queries.EntryFilter(
            project_id=self.project,
            entity=self.entity,
            entity_key=self.entity_key,
            action=self.action,
            actor=self.by,
        )


Wanted = Annotated[WantedEntries, Depends()]


def build_router(*, authenticator: Authenticator, database: Database) -> APIRouter:
    router = new_router("audit", authenticator.actor)

    @router.get("/organizations/{organization}/audit", responses=_READ)
    async def list_audit_entries(
        organization: str,
        page: RequestedPage,
        wanted: Wanted,
        actor: Actor = Depends(authenticator.actor),
    ) -> Page[AuditEntryView]:
        """Who did what, and from where, the newest first."""
        before = number_position(page.after)
        async with database.transaction() as tx:
            scope = await resolve_organization(tx, actor, organization)
            require(actor, "read", "audit", scope)
            rows = await queries.entries_before(tx, scope.organization_id, before, page.fetch, wanted.filter)
        given, cursor = page_of(rows, page, lambda row: str(row["number"]))
        return Page(items=[_entry_out(row) for row in given], next_cursor=cursor)

    @router.get("/organizations/{organization}/audit/verification", responses=_READ)
    async def verify_audit_log(organization: str, actor: Actor = Depends(authenticator.actor)) -> AuditVerdictView:
        """Recomputes the whole hash chain and names the first entry that is not as it was written."""
        async with database.transaction("repeatable_read") as tx:
            scope = await resolve_organization(tx, actor, organization)
            require(actor, "read", "audit", scope)
            verdict = await queries.verify(tx, scope.organization_id)
        return AuditVerdictView(
            intact=verdict.first_bad is None,
            entries=verdict.entries,
            first_bad=verdict.first_bad,
            reason=verdict.reason,
        )

    return router


def _entry_out(row: asyncpg.Record) -> AuditEntryView:
    return AuditEntryView(
        number=row["number"],
        at=row["at"],
        actor={"kind": row["actor_kind"], "id": row["actor_id"], "name": row["actor_name"]},
        project_id=row["project_id"],
        entity=row["entity"],
        entity_key=row["entity_key"],
        action=row["action"],
        address=row["address"],
        request_id=row["request_id"],
        environment_versions=row["environment_versions"],
        before=msgspec.json.decode(row["before"]) if row["before"] else None,
        after=msgspec.json.decode(row["after"]) if row["after"] else None,
        hash=row["hash"].hex(),
    )
