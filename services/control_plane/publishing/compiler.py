"""② Compiles the present state of one environment into entries that have been shown to work in the rule engine.

One repeatable read of the database gives the version and what was written since the compilation before, so that a
change costs what it changes. The first compilation of an environment, and one after versions that the audit log does
not tell for certain, read everything. So does `read_anew`, for somebody who compares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from control_plane.database import Connection, Database
from control_plane.environments.queries import EnvironmentRow, environment_for_publishing
from control_plane.publishing.compilation import Compilation
from control_plane.publishing.stored import Stored, read_touched, read_whole
from control_plane.publishing.touched import touched_between

# Above so many entities a compilation leaves the event loop.
_INLINE_ENTITIES_MAX = 20
_READING_SECONDS = 20.0
"""Of one snapshot: long lists are many megabytes."""


@dataclass(frozen=True, slots=True)
class CompiledEnvironment:
    """What an environment serves at one version.

    `entries` maps subjects to contents, `invalid` maps subjects to what is wrong with the entity. `number` names what
    was compiled; outside of `touched` it is what the one numbered `after` was (0: none, so all of it may differ)."""

    environment_id: str
    version: int
    entries: Mapping[str, bytes] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)
    number: int = field(default=0, compare=False)
    after: int = field(default=0, compare=False)
    touched: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Anew:
    """An environment that was read whole, beside what is remembered of it."""

    version: int
    compilation: Compilation


@dataclass(slots=True)
class _Kept:
    """What was compiled of an environment. `watched`: what was touched since somebody began to read it anew."""

    version: int
    compilation: Compilation
    number: int = 0
    watched: set[str] | None = None


class Compiler:
    """Remembers of each environment what it compiled. One call at a time for each, but for `read_anew`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[UUID, _Kept] = {}
        self._number = 0

    @property
    def environments(self) -> Collection[UUID]:
        """Those of which something is remembered."""
        return tuple(self._kept)

    def knows(self, environment_id: UUID) -> bool:
        """Whether the next compilation costs no more than what was written."""
        return environment_id in self._kept

    def forget(self, environment_id: UUID | None = None) -> None:
        """Lets the next compilation begin from nothing; without an environment those of all."""
        if environment_id is None:
            self._kept.clear()
        else:
            self._kept.pop(environment_id, None)

    async def compile(self, environment_id: UUID) -> CompiledEnvironment | None:
        """The environment as it is now, without entries when it is archived; None when it doesn't exist."""
        # Put back only after a success: what a failed attempt has read is not relied on.
        kept = self._kept.pop(environment_id, None)
        async with self._database.transaction("repeatable_read", seconds=_READING_SECONDS) as tx:
            found = await environment_for_publishing(tx, environment_id)
            if found is None:
                return None
            environment, project_key = found
            if environment.archived:
                return CompiledEnvironment(str(environment_id), environment.version)
            stored = None if kept is None else await _read_since(tx, environment, project_key, kept)
            if stored is None:
                kept, stored = None, await read_whole(tx, environment, project_key)
        after = 0 if kept is None else kept.number
        kept = kept or _Kept(environment.version, Compilation(str(environment_id)))
        touched = await _take(kept.compilation, stored)
        kept.version = environment.version
        self._kept[environment_id] = kept
        return self._compiled(environment_id, kept, after, touched)

    async def read_anew(self, environment_id: UUID) -> Anew | None:
        """Reads and compiles all of it beside what is remembered, which may go on meanwhile; None for an environment of
        which nothing is remembered or published."""
        kept = self._kept.get(environment_id)
        if kept is None:
            return None
        kept.watched = set()
        async with self._database.transaction("repeatable_read", seconds=_READING_SECONDS) as tx:
            found = await environment_for_publishing(tx, environment_id)
            if found is None or found[0].archived:
                return None
            stored = await read_whole(tx, *found)
        compilation = Compilation(str(environment_id))
        await _take(compilation, stored)
        return Anew(stored.environment.version, compilation)

    def repair(self, compiled: CompiledEnvironment, anew: Anew) -> tuple[CompiledEnvironment, set[str]]:
        """What `compile` has just answered, put right where `anew` says something else; and which subjects those are.
        What was touched in between is not compared, and of the environment's own entry nothing is said: time passes in
        it."""
        environment_id = UUID(compiled.environment_id)
        kept = self._kept.get(environment_id)
        if kept is None or kept.watched is None or kept.version < anew.version:
            return compiled, set()
        own, watched = kept.compilation, kept.watched
        kept.watched = None
        drifted = own.difference(anew.compilation) - watched
        for subject in drifted:
            own.follow(anew.compilation, subject)
        apart = {each for each in drifted if not own.is_environment(each)}
        return self._compiled(environment_id, kept, compiled.after, compiled.touched | drifted), apart

    def _compiled(
        self, environment_id: UUID, kept: _Kept, after: int, touched: frozenset[str] | set[str]
    ) -> CompiledEnvironment:
        self._number += 1
        kept.number = self._number
        if kept.watched is not None:
            kept.watched |= touched
        return CompiledEnvironment(
            environment_id=str(environment_id),
            version=kept.version,
            entries=dict(kept.compilation.entries),
            invalid=dict(kept.compilation.invalid),
            number=kept.number,
            after=after,
            touched=frozenset(touched),
        )


async def _read_since(tx: Connection, environment: EnvironmentRow, project_key: str, kept: _Kept) -> Stored | None:
    touched = await touched_between(tx, environment.id, kept.version, environment.version)
    if touched is None:
        return None
    return await read_touched(tx, environment, project_key, touched, kept.compilation.chunks)


async def _take(compilation: Compilation, stored: Stored) -> set[str]:
    """In a thread where it is much: thousands of flags take a second, in which others want to be published."""
    if stored.size > _INLINE_ENTITIES_MAX:
        return await asyncio.to_thread(compilation.take, stored)
    return compilation.take(stored)
