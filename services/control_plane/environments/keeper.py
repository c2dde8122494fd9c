"""Writes to one environment, each in a transaction of its own: for its endpoints, and for its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from service_kit.problems import NotFound

from control_plane.access import Actor, Right, require
from control_plane.database import Database
from control_plane.environments import repository, service
from control_plane.environments.queries import environment_scope, refuse_archived_environment, resolve_project
from control_plane.environments.schemas import EnvironmentPatch, EnvironmentView
from control_plane.environments.views import environment_view
from control_plane.quotas import Quotas


class EnvironmentKeeper:
    """The environments' own fields. `expected` is the version that the caller has seen: another one raises
    `PreconditionFailed`."""

    resource: ClassVar = "environment"

    def __init__(self, database: Database, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a change that would make the environment what it is in this document of the audit log."""
        return {name: document[name] for name in EnvironmentPatch.model_fields if name in document}

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> EnvironmentView:
        """A change as of a request. Raises pydantic's `ValidationError`, too."""
        return await self.change(actor, project, key, expected, EnvironmentPatch.model_validate(fields))

    async def change(
        self, actor: Actor, project: str, key: str, expected: int, body: EnvironmentPatch
    ) -> EnvironmentView:
        async with self._database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            before = await repository.find_environment(tx, scope, key, lock=True)
            require(actor, Right.ENVIRONMENT_UPDATE, environment_scope(scope, before))
            refuse_archived_environment(archived=before["archived_at"] is not None)
            changes = body.model_dump(exclude_none=True)
            row, versions = await service.update_environment(tx, actor, before, changes, expected)
        return environment_view(row, versions)

    async def archive(self, actor: Actor, project: str, key: str, expected: int | None) -> EnvironmentView:
        return await self._archive(actor, (project, key), expected, archived=True)

    async def restore(self, actor: Actor, project: str, key: str, expected: int | None) -> EnvironmentView:
        return await self._archive(actor, (project, key), expected, archived=False)

    async def recreate(self, actor: Actor, project: str, document: Mapping[str, Any]) -> EnvironmentView:  # noqa: ARG002
        """Nobody deletes an environment."""
        raise NotFound("there is nothing at this address")

    async def _archive(
        self, actor: Actor, address: tuple[str, str], expected: int | None, *, archived: bool
    ) -> EnvironmentView:
        project, key = address
        async with self._database.transaction() as tx:
            scope = await resolve_project(tx, actor, project)
            before = await repository.find_environment(tx, scope, key, lock=True)
            require(actor, Right.ENVIRONMENT_ARCHIVE, environment_scope(scope, before))
            row, versions = await service.archive_environment(tx, actor, before, expected, archived=archived)
            if not archived:
                await service.hold_restored(tx, self._quotas, scope, row["id"])
        return environment_view(row, versions)
