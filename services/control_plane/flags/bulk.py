"""① Many flags are changed at once: all of them or none, as one version of each environment, and undone as one.

Each change is made by the service that makes it alone, so it is held against the same rules.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from service_kit.problems import Conflict, FieldError, Forbidden, InvalidInput, NotFound, PreconditionFailed, Problem

from control_plane.access import Actor, Right, require
from control_plane.changes import Change
from control_plane.changes.versions import last_changes
from control_plane.database import Database, settled
from control_plane.entities.answers import Answered
from control_plane.entities.integrity import ExperimentIntegrity
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import Agreement, ProjectTransactions
from control_plane.environments.queries import environment_by_key, resolve_project
from control_plane.flags.bulk_schemas import BulkChange, BulkView
from control_plane.flags.models import FLAGS
from control_plane.flags.repository import find_in_environment
from control_plane.flags.schemas import Enabled, FlagPatch
from control_plane.flags.service import FlagService
from control_plane.flags.settings_service import SettingsPath, SettingsService, ShareOwners
from control_plane.quotas import Quotas

ENTITY = "bulk_change"
_RIGHTS = {
    "tag": Right.FLAG_UPDATE,
    "archive": Right.FLAG_ARCHIVE,
    "restore": Right.FLAG_ARCHIVE,
    "switch": Right.FLAG_SWITCH,
}
_BACK = {"archive": "restore", "restore": "archive", "switch": "switch", "tag": "tag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What is done to one flag. `versions`: of flags as they must be still; of a switch those of the settings."""

    action: str
    environment: str | None = None
    enabled: bool = False
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    tags: Mapping[str, Sequence[str]] | None = None
    """By flag; in place of what is added and removed."""
    versions: Mapping[str, int] = field(default_factory=dict)


class NotAllOfThem(Conflict):
    """Some flags of many can't be changed, so none is."""

    default_code = "not_all"


class BulkChanges:
    """Of the flags of a project. `agreement`: what each write is held against as it would be alone."""

    def __init__(
        self,
        database: Database,
        quotas: Quotas,
        integrity: ExperimentIntegrity,
        agreement: Agreement,
        owners: ShareOwners,
    ) -> None:
        self._database = database
        self._quotas = quotas
        self._integrity = integrity
        self._agreement = agreement
        self._owners = owners

    async def make(self, actor: Actor, project: str, body: BulkChange) -> BulkView:
        """Raises `NotAllOfThem`, which names each refusal, and `QuotaExceeded`."""
        step = _Step(
            action=body.action,
            environment=body.environment,
            enabled=bool(body.enabled),
            add=body.add,
            remove=body.remove,
        )
        return await settled(lambda: self._made(actor, project, body.keys, step))

    async def undo(self, actor: Actor, project: str, identity: UUID) -> BulkView:
        """What a change of many did is taken back, unless a flag of them was changed since. Raises as `make` does, and
        `NotFound`."""

        async def attempt() -> BulkView:
            async with self._database.transaction() as tx:
                scope = await resolve_project(tx, actor, project)
                require(actor, Right.FLAG_READ, scope)
                found = await last_changes(tx, scope, [(ENTITY, str(identity))])
            if not found:
                raise NotFound("there is nothing at this address")
            ((_, made),) = found.items()
            keys, step = _back(made.after or {})
            return await self._made(actor, project, keys, step)

        return await settled(attempt)

    async def _made(self, actor: Actor, project: str, keys: Sequence[str], step: _Step) -> BulkView:
        transactions = ProjectTransactions(self._database, self._quotas)
        right = _RIGHTS[step.action]
        async with transactions.write(
            actor, project, right, entity=ENTITY, placed=step.environment is not None
        ) as write:
            tx, scope = write.tx, write.scope
            if step.environment is not None:
                write.require(right, await environment_by_key(tx, scope, step.environment))
            joint = JointTransactions(
                Frame(tx, scope, actor, write.environments, self._quotas), agreement=self._agreement
            )
            one = _One(
                joint,
                actor,
                str(scope.project_id),
                FlagService(joint, self._integrity),
                SettingsService(joint, self._integrity, self._owners),
            )
            told = await _each(tx, joint, keys, lambda key: one.do(key, step))
            changed = {key: view for key, view in told.items() if view is not None}
            identity = uuid4()
            after = _document(step, changed, one.tags_before)
            change = Change(
                organization_id=scope.organization_id,
                project_id=scope.project_id,
                entity=ENTITY,
                entity_key=str(identity),
                action=step.action,
                actor=actor,
                environment_ids=list({each for made in joint.made for each in made.change.environment_ids}),
                after=after,
            )
            versions = await joint.record(change) if changed else {}
        return BulkView(
            id=identity,
            action=step.action,
            environment=step.environment,
            changed=list(changed),
            unchanged=[key for key in keys if key not in changed],
            environment_versions=versions,
            warnings=[
                Warned(code=each.code, detail=f"{key}: {each.detail}")
                for key, view in changed.items()
                for each in view.warnings
            ],
        )


class _One:
    """The change of one flag, by the service that makes it; None where it is so already."""

    def __init__(
        self, joint: JointTransactions, actor: Actor, project: str, flags: FlagService, settings: SettingsService
    ) -> None:
        self._joint = joint
        self._actor = actor
        self._project = project
        self._flags = flags
        self._settings = settings
        self.tags_before: dict[str, list[str]] = {}

    async def do(self, key: str, step: _Step) -> Answered | None:
        expected = step.versions.get(key)
        if step.action == "tag":
            return await self._tag(key, step, expected)
        if step.action == "switch":
            return await self._switch(key, step, expected)
        make = self._flags.archive if step.action == "archive" else self._flags.restore
        with suppress(_AsItIs):
            return await _unless_so(make(self._actor, self._project, key, expected))
        return None

    async def _tag(self, key: str, step: _Step, expected: int | None) -> Answered | None:
        frame = self._joint.frame
        row = await FLAGS.find(frame.tx, frame.scope, key)
        if row is None:
            raise NotFound("there is nothing of this key")
        wanted = [each for each in dict.fromkeys((*row.tags, *step.add)) if each not in step.remove]
        tags = list(wanted if step.tags is None else step.tags[key])
        if tags == row.tags:
            return None
        self.tags_before[key] = row.tags
        return await self._flags.change(
            self._actor, self._project, key, row.version if expected is None else expected, FlagPatch(tags=tags)
        )

    async def _switch(self, key: str, step: _Step, expected: int | None) -> Answered | None:
        assert step.environment is not None  # noqa: S101 - the schema demands it
        frame = self._joint.frame
        environment = await environment_by_key(frame.tx, frame.scope, step.environment)
        found = await find_in_environment(frame.tx, frame.scope, key, environment.id)
        if found is None:
            raise NotFound("there is nothing of this key")
        if not found.flag.archived and step.enabled == (found.settings is not None and found.settings.enabled):
            return None
        at = SettingsPath(project=self._project, flag=key, environment=step.environment)
        return await self._settings.switch(self._actor, at, expected, Enabled(enabled=step.enabled))


class _AsItIs(Exception):
    """There is nothing to do."""


async def _unless_so(make: Awaitable[Answered]) -> Answered:
    try:
        return await make
    except Conflict as problem:
        if problem.code != "no_change":
            raise
        raise _AsItIs from problem


async def _each(
    tx: Any, joint: JointTransactions, keys: Sequence[str], do: Callable[[str], Awaitable[Answered | None]]
) -> dict[str, Answered | None]:
    """Raises `NotAllOfThem` with what refuses each; `Forbidden` where nothing but a right is missing, for all alike."""
    told: dict[str, Answered | None] = {}
    refusals: list[tuple[str, Problem]] = []
    for index, key in enumerate(keys):
        made = len(joint.made)
        try:
            async with tx.attempt():
                told[key] = await do(key)
                joint.require_new()
        except (NotFound, PreconditionFailed, Conflict, InvalidInput, Forbidden) as problem:
            joint.forget(made)
            refusals.append((f"keys[{index}]", problem))
    if not refusals:
        return told
    if len(refusals) == len(keys) and all(isinstance(each, Forbidden) for _, each in refusals):
        raise refusals[0][1]
    errors = [FieldError(at, problem.code, _detail(problem)) for at, problem in refusals]
    members = {
        "refusals": [
            {"status": problem.status, "code": problem.code, "detail": problem.detail, **problem.members}
            for _, problem in refusals
        ]
    }
    detail = f"{len(errors)} of {len(keys)} flags can't be changed, so none is"
    raise NotAllOfThem(detail, errors=errors, members=members)


def _detail(problem: Problem) -> str:
    return "; ".join(f"{each.field}: {each.reason}" for each in problem.errors) or problem.detail


def _document(step: _Step, changed: Mapping[str, Answered], tags_before: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What the audit log keeps, and an undo goes by."""
    told: dict[str, Any] = {"action": step.action, "flags": {key: view.version for key, view in changed.items()}}
    if step.action == "switch":
        told |= {"environment": step.environment, "enabled": step.enabled}
    if step.action == "tag":
        told["tags_before"] = {key: list(tags_before[key]) for key in changed}
    return told


def _back(made: Mapping[str, Any]) -> tuple[list[str], _Step]:
    versions: dict[str, int] = made["flags"]
    step = _Step(
        action=_BACK[made["action"]],
        environment=made.get("environment"),
        enabled=not made.get("enabled", False),
        tags=made.get("tags_before"),
        versions=versions,
    )
    return list(versions), step
