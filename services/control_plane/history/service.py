"""Reads versions, and writes what stood in one as a new version, by those who keep the entity.

Conflict 409
├── `no_change`        it is as it was then
├── `not_undoable`     the last change has no way back; the detail says what to do instead
└── `nothing_to_undo`  nobody has changed it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError
from service_kit.pagination import PageRequest, number_position
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound, PreconditionFailed
from service_kit.validation_words import field_errors
from service_kit.versions import check_version

from control_plane.access import Actor, Right, require
from control_plane.changes.patches import alike
from control_plane.changes.versions import Version, find_version, last_changes, versions_before
from control_plane.entities.transactions import ProjectTransactions, ReadTransaction
from control_plane.environments.queries import environment_by_key
from control_plane.history.kinds import OF_SETTINGS, Keepers, Subject, Written
from control_plane.history.schemas import ComparisonView, VersionDocumentView, VersionView
from control_plane.history.views import comparison_view, document_view, version_view

_NO_WAY_BACK = {
    "start": "a start is not undone: units have been assigned; stop the experiment",
    "pause": "a pause is not undone: resume the experiment",
    "resume": "a resumption is not undone: pause the experiment",
    "schedule": "a schedule is taken back by DELETE",
    "unschedule": "a schedule is said anew",
    "ship": "an end is not undone: an experiment that has ended is drafted anew",
    "stop": "a stop is not undone: an experiment that has ended is drafted anew",
}
_FIRST_SETTINGS = 1
"""The version of settings that nobody has touched, as in a flag that was created again."""


class History:
    """The versions of a project's entities, for those who may read them.

    `expected` is the version that the caller has seen: another one raises `PreconditionFailed`, None is not compared.
    """

    def __init__(self, transactions: ProjectTransactions, keepers: Keepers) -> None:
        self._transactions = transactions
        self._keepers = keepers

    async def page(self, actor: Actor, subject: Subject, page: PageRequest) -> list[VersionView]:
        """The newest first. Raises `NotFound` for what nobody has ever made."""
        before = number_position(page.after)
        async with self._reading(actor, subject) as read:
            found = await versions_before(read.tx, read.scope, subject.name, before, page.fetch)
        # In a thread: documents may be large.
        return await asyncio.to_thread(lambda: [version_view(each) for each in found])

    async def version(self, actor: Actor, subject: Subject, version: int) -> VersionDocumentView:
        """Raises `NotFound`."""
        async with self._reading(actor, subject) as read:
            return await _document(read, subject, version)

    async def compare(self, actor: Actor, subject: Subject, one: int, other: int | None) -> ComparisonView:
        """From version `one` to `other`, or to the last one. Raises `NotFound`."""
        async with self._reading(actor, subject) as read:
            last = await _last(read, subject)
            latest = last.version if last is not None else None
            documents = [await _document(read, subject, each) for each in (one, other or latest or 0)]
        return await asyncio.to_thread(comparison_view, *documents)

    async def restore(self, actor: Actor, subject: Subject, version: int, expected: int | None) -> Written:
        """What stood in a version, as a new one. Whether it is archived or runs stays as it is."""
        async with self._writing(actor, subject) as read:
            wanted = await _document(read, subject, version)
            last = await _last(read, subject)
        _check(expected, last)
        if last is None or last.after is None:
            return await self._recreated(actor, subject, wanted.document)
        return await self._brought_back(actor, subject, last, wanted.document)

    async def undo(self, actor: Actor, subject: Subject, expected: int | None) -> Written:
        """The version before the last change, as a new one. A creation is undone by archiving, and archiving by
        restoring. Undoing what was undone does it again."""
        async with self._writing(actor, subject) as read:
            last = await _last(read, subject)
        if last is None:
            raise Conflict("nobody has changed it", code="nothing_to_undo")
        _check(expected, last)
        if last.action in _NO_WAY_BACK:
            raise Conflict(_NO_WAY_BACK[last.action], code="not_undoable")
        if last.after is None:
            return await self._recreated(actor, subject, last.before or {})
        living = self._keepers.living.get(subject.kind)
        if living is not None and last.action in ("create", "restore"):
            return await living.archive(actor, subject.project, subject.audited_key, last.version)
        if living is not None and last.action == "archive":
            return await living.restore(actor, subject.project, subject.audited_key, last.version)
        return await self._brought_back(actor, subject, last, last.before or {})

    async def _brought_back(
        self, actor: Actor, subject: Subject, last: Version, document: Mapping[str, Any]
    ) -> Written:
        """Only what differs is changed, so that nothing else is in the way."""
        keeper = self._keepers.of(subject.kind)
        wanted, standing = keeper.authored(document), keeper.authored(last.after or {})
        fields = {name: value for name, value in wanted.items() if not alike(value, standing.get(name))}
        if not fields:
            raise Conflict("it is as it was then", code="no_change")
        assert last.version is not None  # noqa: S101 - every document has one
        return await _validated(keeper.bring_back(actor, subject.project, subject.audited_key, last.version, fields))

    async def _recreated(self, actor: Actor, subject: Subject, document: Mapping[str, Any]) -> Written:
        living = self._keepers.living.get(subject.kind)
        if living is not None:
            return await _validated(living.recreate(actor, subject.project, document))
        keeper, key = self._keepers.of(subject.kind), subject.audited_key
        write = keeper.bring_back(actor, subject.project, key, _FIRST_SETTINGS, keeper.authored(document))
        try:
            return await _validated(write)
        except NotFound:
            owner = OF_SETTINGS[subject.kind]
            raise Conflict(f"its {owner} was deleted: restore the {owner} first", code="not_undoable") from None

    @asynccontextmanager
    async def _reading(self, actor: Actor, subject: Subject) -> AsyncIterator[ReadTransaction]:
        right = Right(f"{self._keepers.of(subject.kind).resource}:read")
        async with self._transactions.read(actor, subject.project, right) as read:
            await _check_there(read, subject)
            yield read

    @asynccontextmanager
    async def _writing(self, actor: Actor, subject: Subject) -> AsyncIterator[ReadTransaction]:
        """What is to be changed, read by whoever may change it somewhere; its own service asks where it stands."""
        async with self._reading(actor, subject) as read:
            require(actor, Right(f"{self._keepers.of(subject.kind).resource}:update"), read.scope, inside=True)
            yield read


async def _check_there(read: ReadTransaction, subject: Subject) -> None:
    """Raises `InvalidInput` for an environment where there is none, and `NotFound`."""
    owner = OF_SETTINGS.get(subject.kind)
    if owner is not None and subject.environment is None:
        reason = f"is needed: what is set of a {owner} belongs to an environment"
        raise InvalidInput([FieldError("environment", "missing", reason)])
    if owner is None and subject.environment is not None:
        reason = f"goes with {' and '.join(OF_SETTINGS)} alone: this entity is the same in all environments"
        raise InvalidInput([FieldError("environment", "not_applicable", reason)])
    if subject.environment is not None:
        await environment_by_key(read.tx, read.scope, subject.environment)
    name = subject.name if owner is None else (owner, subject.key)
    if not await last_changes(read.tx, read.scope, [name]):
        raise NotFound("there is nothing at this address")


async def _last(read: ReadTransaction, subject: Subject) -> Version | None:
    return (await last_changes(read.tx, read.scope, [subject.name])).get(subject.name)


async def _document(read: ReadTransaction, subject: Subject, version: int) -> VersionDocumentView:
    found = await find_version(read.tx, read.scope, subject.name, version)
    if found is None:
        raise NotFound(f"there is no version {version} of it", code="version_not_found")
    return document_view(found)


def _check(expected: int | None, last: Version | None) -> None:
    if last is not None and last.after is not None and last.version is not None:
        check_version(expected, last.version)
    elif expected is not None:
        raise PreconditionFailed("the entity is not there any more: read its history again")


async def _validated(write: Awaitable[Written]) -> Written:
    """Raises `InvalidInput` for what was taken once and is no more."""
    try:
        return await write
    except ValidationError as error:
        raise InvalidInput(field_errors(error.errors())) from error
