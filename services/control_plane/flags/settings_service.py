"""① A flag's settings in one environment are edited: on and off, rules, targets, prerequisites, what is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from service_kit.problems import NotFound, Unavailable
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.database import BUSY, settled
from control_plane.entities.answers import Answered
from control_plane.entities.errors import Archived
from control_plane.entities.integrity import ExperimentIntegrity, running_on
from control_plane.entities.models import Edit, document_of
from control_plane.entities.schemas import ExperimentChoice, Warned
from control_plane.entities.sizes import stored_bytes
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction, WriteTransaction
from control_plane.environments.queries import EnvironmentRow, environment_by_key, refuse_archived_environment
from control_plane.flags.definition import canonical_settings, checked_settings, stored_targets, with_rule_ids
from control_plane.flags.models import FlagInEnvironment, FlagRow, SettingsRow, default_of, new_settings
from control_plane.flags.references import keep_references
from control_plane.flags.repository import (
    Kept,
    find_in_environment,
    keep_settings_back,
    save_settings,
    save_settings_later,
)
from control_plane.flags.schemas import Enabled, SettingsPatch
from control_plane.flags.serving import replacement_of, settings_serve_otherwise
from control_plane.flags.views import settings_view

COPIED = ("rules", "targets", "prerequisites", "default_serve", "off_variation")
"""What `copy` takes along: all that is set in an environment but whether the flag is on and how it is reported."""

_REFERRING = ("rules", "prerequisites")
"""What names segments and other flags."""
Served = tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]
"""Rules and default."""


@dataclass(frozen=True, slots=True)
class SettingsPath:
    """Project (id or key), flag and environment, as the path names them."""

    project: str
    flag: str
    environment: str


class ShareOwners(Protocol):
    """Who owns what is served by itself for a while, as a rollout does that runs."""

    async def hold(
        self, write: WriteTransaction, flag: str, environment: EnvironmentRow, before: Served, after: Served
    ) -> None:
        """Before a write of rules or default. Raises a `Conflict` where it changes what somebody owns."""


class SettingsService:
    """A flag's settings in one environment.

    `expected` is the version that the caller has seen: another one raises `PreconditionFailed`."""

    resource: ClassVar = "flag"
    """The name of the right."""

    def __init__(
        self, transactions: ProjectTransactions, integrity: ExperimentIntegrity, owners: ShareOwners | None = None
    ) -> None:
        """`owners`: None for who writes what is its own."""
        self._transactions = transactions
        self._integrity = integrity
        self._owners = owners

    async def read(self, actor: Actor, at: SettingsPath) -> Answered:
        flag, settings = await self._stored(actor, at)
        return settings_view(flag, at.environment, settings)

    async def change(self, actor: Actor, at: SettingsPath, expected: int, body: SettingsPatch) -> Answered:
        patch = body.given()
        if patch == {"enabled": False} and body.on_experiments != ExperimentChoice.STOP:
            return await self._switch_off(actor, at, expected)
        edit = settings_edit(at, document_of(body), expected)
        if "default" in patch:
            patch["default_serve"] = patch.pop("default")
        if "rules" in patch:
            patch["rules"] = with_rule_ids(patch["rules"])
        if "targets" in patch:
            patch["targets"] = stored_targets(body.targets)
        right = Right.FLAG_SWITCH if patch.keys() == {"enabled"} else Right.FLAG_UPDATE
        return await self._write(actor, at, edit, lambda row: replace(row, **patch), right)

    async def switch(self, actor: Actor, at: SettingsPath, expected: int | None, body: Enabled) -> Answered:
        """Without `expected` it says all it means: the quick way to turn a flag off."""
        if not body.enabled and body.on_experiments != ExperimentChoice.STOP:
            return await self._switch_off(actor, at, expected)
        edit = settings_edit(at, document_of(body), expected)
        return await self._write(actor, at, edit, lambda row: replace(row, enabled=body.enabled), Right.FLAG_SWITCH)

    async def copy(self, actor: Actor, at: SettingsPath, source: str, expected: int) -> Answered:
        """Rules, targets, prerequisites and what is served come from `source`; on and off stay as they are."""
        flag, given = await self._stored(actor, replace(at, environment=source))
        copied = {name: getattr(given, name) for name in COPIED}
        authored = self.authored(settings_view(flag, source, given).audited())
        names = ("default" if name == "default_serve" else name for name in COPIED)
        document = {name: authored[name] for name in names}
        edit = settings_edit(at, document, expected)
        return await self._write(actor, at, edit, lambda row: replace(row, **copied), Right.FLAG_UPDATE)

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a change that would make the settings what they are in this document of the audit log."""
        fields = {name: document[name] for name in SettingsPatch.model_fields if name in document}
        return fields | dict.fromkeys(document.get("inherited", ()))

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> Answered:
        """A change as of a request; `key` is `flag/environment`. Raises pydantic's `ValidationError`, too."""
        flag, _, environment = key.partition("/")
        at = SettingsPath(project=project, flag=flag, environment=environment)
        return await self.change(actor, at, expected, SettingsPatch.model_validate(fields))

    async def _stored(self, actor: Actor, at: SettingsPath) -> tuple[FlagRow, SettingsRow]:
        async with self._transactions.read(actor, at.project, Right.FLAG_READ) as read:
            environment = await environment_by_key(read.tx, read.scope, at.environment)
            require(actor, Right.FLAG_READ, environment.within(read.scope))
            return (await _flag_in(read, at.flag, environment))[:2]

    async def _write(
        self,
        actor: Actor,
        at: SettingsPath,
        edit: Edit,
        change: Callable[[SettingsRow], SettingsRow],
        right: Right,
    ) -> Answered:
        async def attempt() -> Answered:
            async with self._transaction(actor, at, right, edit) as write:
                found = await found_in(write, at, edit.base_version, right)
                changed = replace(change(found.settings), version=found.settings.version + 1, updated_at=write.now)
                checked = checked_settings(found.flag, changed)
                after = replace(changed, **canonical_settings(checked, changed))
                await self._hold_owned(write, found, after)
                if any(getattr(changed, name) != getattr(found.settings, name) for name in _REFERRING):
                    await keep_references(write, checked, found.environment.id)
                off = found.settings.enabled and not after.enabled
                await self._hold(write, found, after, off=off)
                if settings_serve_otherwise(found.flag, found.settings, after):
                    await write.serve(right, [found.environment], off=off)
                write.hold([found.environment], stored_bytes(after) - stored_bytes(found.settings))
                # Asked before the record, with which others begin to wait.
                write.warnings.extend(await _experiments_without_exposures(write, found, after))
                view = await saved(write, found, after)
                return view.written(view.environment_versions, write.warnings)

        return await settled(attempt)

    async def _switch_off(self, actor: Actor, at: SettingsPath, expected: int | None) -> Answered:
        """Asks nothing of what is stored, and of no quota: switching off always gets through, also beside a write of a
        thousand other flags that holds the project."""
        edit = settings_edit(at, {"enabled": False}, expected)
        try:
            async with self._transactions.alone(
                actor, at.project, Right.FLAG_SWITCH, entity=edit.entity, edit=edit
            ) as write:
                return await self._off(write, at, expected)
        except Unavailable as refused:
            if refused.code != BUSY:
                raise
        # Somebody else wrote these very settings: after them, then.
        return await settled(lambda: self._off_in_turn(actor, at, edit, expected))

    async def _off_in_turn(self, actor: Actor, at: SettingsPath, edit: Edit, expected: int | None) -> Answered:
        async with self._transaction(actor, at, Right.FLAG_SWITCH, edit) as write:
            return await self._off(write, at, expected)

    async def _off(self, write: WriteTransaction, at: SettingsPath, expected: int | None) -> Answered:
        found = await found_in(write, at, expected, Right.FLAG_SWITCH)
        before = found.settings
        after = replace(before, enabled=False, version=before.version + 1, updated_at=write.now)
        await self._hold(write, found, after, off=True)
        write.warnings.extend(await _experiments_without_exposures(write, found, after))
        view = await saved(write, found, after)
        return view.written(view.environment_versions, write.warnings)

    async def _hold(
        self, write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow, *, off: bool = False
    ) -> None:
        """Raises `ExperimentAffected`."""
        if await write.reached():
            settings = {found.environment.id: (found.settings, after)}
            await self._integrity.hold(write, replacement_of(found.flag, found.flag, settings), off=off)

    async def _hold_owned(self, write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow) -> None:
        """Raises what `ShareOwners` do."""
        served: list[Served] = [
            (settings.rules, default_of(found.flag, settings)) for settings in (found.settings, after)
        ]
        if self._owners is not None and found.owned and served[0] != served[1]:
            await self._owners.hold(write, found.flag.key, found.environment, *served)

    def _transaction(
        self, actor: Actor, at: SettingsPath, right: Right, edit: Edit
    ) -> AbstractAsyncContextManager[WriteTransaction]:
        return self._transactions.write(actor, at.project, right, entity=edit.entity, placed=True, edit=edit)


def settings_edit(at: SettingsPath, document: Mapping[str, Any], expected: int | None) -> Edit:
    """The write as a document."""
    return Edit(
        entity="flag_settings",
        key=at.flag,
        environment=at.environment,
        action="update",
        document=document,
        base_version=expected,
    )


async def found_in(write: WriteTransaction, at: SettingsPath, expected: int | None, right: Right) -> FlagInEnvironment:
    """Raises `NotFound`, `MissingRight`, `PreconditionFailed`, and `Conflict` for what is archived."""
    environment = next((each for each in write.environments if each.key == at.environment), None)
    # What is not among them is archived or not there.
    environment = environment or await environment_by_key(write.tx, write.scope, at.environment)
    write.require(right, environment)
    flag, settings, owned = await _flag_in(write, at.flag, environment)
    if flag.archived:
        raise Archived("flag", flag.key)
    refuse_archived_environment(archived=environment.archived)
    check_version(expected, settings.version)
    return FlagInEnvironment(flag, environment, settings, owned)


async def _experiments_without_exposures(
    write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow
) -> list[Warned]:
    """What to say to somebody who switches the flag off, or ends the edges' reports of exposures."""
    before = found.settings
    if before.enabled and not after.enabled:
        code, said = "experiment_without_exposures", "gets no exposure while the flag is off"
    elif before.report_exposures and not after.report_exposures:
        code, said = "exposures_not_reported", "gets only the exposures that the application sends"
    else:
        return []
    running = running_on(await write.reached(), found.flag.key, found.environment.id)
    where = f"runs on it in {found.environment.key}"
    return [Warned(code=code, detail=f"the experiment {key!r} {where} and {said}") for key in running]


async def saved(write: WriteTransaction, found: FlagInEnvironment, after: SettingsRow) -> Answered:
    if write.alone:
        # What rows take up is counted as they are written: before the environment is locked, as in every write beside.
        await save_settings(write.tx, after)
    elif write.holds_rows:
        save_settings_later(write.tx, after)
    else:
        keep_settings_back(write.tx, found.flag, after)
    view = settings_view(found.flag, found.environment.key, after)
    versions = await write.record(
        "update",
        f"{found.flag.key}/{found.environment.key}",
        before=settings_view(found.flag, found.environment.key, found.settings).audited(),
        after=view.audited(),
        environments=[found.environment],
    )
    return view.written(versions, ())


async def _flag_in(
    transaction: ReadTransaction | WriteTransaction, flag: str, environment: EnvironmentRow
) -> tuple[FlagRow, SettingsRow, bool]:
    keep: Kept | None = None
    if isinstance(transaction, WriteTransaction):
        # In one order with switching off, which writes its row before it locks the environment.
        keep = "settings" if transaction.holds_rows else "flag" if transaction.alone else None
    found = await find_in_environment(transaction.tx, transaction.scope, flag, environment.id, keep)
    if found is None:
        raise NotFound("there is nothing at this address")
    return found.flag, found.settings or new_settings(found.flag, environment.id), found.owned
