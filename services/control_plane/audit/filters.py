"""What narrows lists and exports of the audit log: query parameters, and the search that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query
from service_kit.problems import FieldError, InvalidInput
from service_kit.requests import as_coroutine

from control_plane.audit.readers import Reader
from control_plane.changes.search import Search
from control_plane.database import Connection
from control_plane.environments.queries import find_environment

_TEXTS = ("project", "environment", "entity", "entity_key", "key_prefix", "action", "by", "reason")
Text = Annotated[str | None, Query(min_length=1, max_length=254)]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The query parameters. `project` and `environment` are keys or ids; `by` is the id, e-mail or name of who did it;
    `on_behalf_of` the id of who made the token; `since` and `until` bound the time, the second excluded; `reason`
    is searched for its words."""

    project: Text = None
    environment: Text = None
    entity: Text = None
    entity_key: Text = None
    key_prefix: Text = None
    action: Text = None
    by: Text = None
    by_kind: Literal["user", "token", "system"] | None = None
    on_behalf_of: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: Text = None

    async def search(self, tx: Connection, reader: Reader) -> Search:
        """Raises `InvalidInput` that names the parameter."""
        for name in _TEXTS:
            _check_text(name, getattr(self, name))
        actor_id = None if self.by is None else _as_uuid(self.by)
        project_id = None if self.project is None else _project(self.project, reader)
        return Search(
            organization_id=reader.organization_id,
            projects=reader.projects,
            project_id=project_id,
            environment_id=await self._environment(tx, reader, project_id),
            entity=self.entity,
            entity_key=self.entity_key,
            key_prefix=self.key_prefix,
            action=self.action,
            actor_id=None if actor_id is None else str(actor_id),
            actor_name=None if actor_id is not None else self.by,
            actor_kind=self.by_kind,
            behalf_id=None if self.on_behalf_of is None else str(self.on_behalf_of),
            since=_moment("since", self.since),
            until=_moment("until", self.until),
            words=self.reason,
        )

    async def _environment(self, tx: Connection, reader: Reader, project_id: UUID | None) -> UUID | None:
        if self.environment is None:
            return None
        if project_id is None and _as_uuid(self.environment) is None:
            raise _refused("environment", "needs_project", "is a key: say of which project by `project`")
        found = await find_environment(tx, reader.organization_id, project_id, self.environment)
        if found is None or not reader.sees(found[1]):
            raise _refused("environment", "unknown", "there is no such environment")
        return found[0]


Wanted = Annotated[AuditFilter, Depends(as_coroutine(AuditFilter))]


def _project(reference: str, reader: Reader) -> UUID:
    wanted = _as_uuid(reference)
    for project_id, key in reader.project_keys.items():
        if (project_id == wanted or key == reference) and reader.sees(project_id):
            return project_id
    raise _refused("project", "unknown", "there is no such project")


def _check_text(name: str, given: str | None) -> None:
    if given is not None and ("\x00" in given or any("\ud800" <= each <= "\udfff" for each in given)):
        raise _refused(name, "not_text", "has a character that no text has")


def _moment(name: str, given: datetime | None) -> datetime | None:
    if given is None:
        return None
    if given.tzinfo is None:
        raise _refused(name, "no_offset", "needs an offset, such as Z")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise _refused(name, "out_of_range", "must lie in the years 1 to 9999") from None


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _refused(name: str, code: str, reason: str) -> InvalidInput:
    return InvalidInput([FieldError(name, code, reason)])
