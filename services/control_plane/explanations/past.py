"""The flags, remote configs, segments and experiments that an answer depended on, as of an entry of the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bucketing.flagset import Experiment, Flag, FlagSet, RemoteConfig, Segment

from control_plane.changes.versions import environment_version, last_changes
from control_plane.configs.queries import config_of_documents
from control_plane.database import Connection
from control_plane.entities.rows import Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.queries import experiment_of_document, keys_on
from control_plane.explanations.dependencies import flags_behind, segments_behind
from control_plane.flags.queries import flag_of_documents
from control_plane.holdouts.queries import share_of_document
from control_plane.overrides.queries import with_override_of_document
from control_plane.segments.queries import segment_of_document, with_past_lists

Document = Mapping[str, Any]
Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class PastEnvironment:
    """An environment as it was when the entry of this number was the last one, with the overrides of one unit.

    Its salt is that of today: it never changes."""

    tx: Connection
    scope: Scope
    environment: EnvironmentRow
    number: int
    unit: str = ""

    async def existed(self) -> bool:
        return bool(await self._documents("environment", [self.environment.key]))

    async def flagset(self, keys: Collection[str]) -> FlagSet:
        """As much of it as the answers under these keys depend on; without those that weren't there."""
        environment = self.environment
        version = await environment_version(self.tx, self.scope, environment.id, self.number)
        found = FlagSet(salt=environment.salt, version=version, flags=await self._flags(keys))
        if others := [each for each in keys if each not in found.flags]:
            found = replace(found, remote_configs=await self._configs(others))
        flags = {each for key in keys for each in flags_behind(found, key)}
        found = replace(found, experiments=await self._experiments(flags))
        return await self._with_segments(found, flags)

    async def _flags(self, keys: Collection[str]) -> dict[str, Flag]:
        found: dict[str, Flag] = {}
        wanted = set(keys)
        seen: set[str] = set()
        while wanted:
            seen |= wanted
            documents = await self._documents("flag", wanted)
            own = {key: f"{key}/{self.environment.key}" for key in documents}
            settings = await self._documents("flag_settings", own.values())
            pairs = {key: (each, settings.get(own[key])) for key, each in documents.items()}
            read = _readable(pairs, lambda pair: flag_of_documents(self.scope, self.environment.id, *pair))
            found |= await self._with_overrides(read)
            wanted = {named for key in found for named in flags_behind(FlagSet("", flags=found), key)} - seen
        return found

    async def _configs(self, keys: Collection[str]) -> dict[str, RemoteConfig]:
        documents = await self._documents("config", keys)
        own = {key: f"{key}/{self.environment.key}" for key in documents}
        settings = await self._documents("config_settings", own.values())
        pairs = {each: (document, settings.get(own[each])) for each, document in documents.items()}
        # In a thread: which combinations were invalid is found anew.
        return await asyncio.to_thread(
            _readable, pairs, lambda pair: config_of_documents(self.scope, self.environment.id, *pair)
        )

    async def _with_overrides(self, flags: Mapping[str, Flag]) -> dict[str, Flag]:
        names = {key: f"{key}/{self.environment.key}/{self.unit}" for key in flags if self.unit}
        documents = await self._documents("override", names.values())
        return {key: with_override_of_document(each, documents.get(names.get(key, ""))) for key, each in flags.items()}

    async def _experiments(self, flags: Iterable[str]) -> dict[str, Experiment]:
        keys = await keys_on(self.tx, self.scope, self.environment.id, list(flags))
        documents = await self._documents("experiment", keys)
        named = {holdout for each in documents.values() for holdout in each["holdouts"]}
        shares = _readable(await self._documents("holdout", named), share_of_document)
        published = _readable(
            documents, lambda each: experiment_of_document(self.scope, self.environment.id, each, shares)
        )
        return {key: each.experiment for key, each in published.items() if each.in_force}

    async def _with_segments(self, flagset: FlagSet, flags: Iterable[str]) -> FlagSet:
        found: dict[str, Segment] = {}
        seen: set[str] = set()
        while wanted := segments_behind(replace(flagset, segments=found), flags) - seen:
            seen |= wanted
            documents = await self._documents("segment", wanted)
            read = _readable(documents, lambda each: segment_of_document(self.scope, each))
            found |= {key: each for key, each in read.items() if each is not None}
        return replace(flagset, segments=await with_past_lists(self.tx, self.scope, found, self.unit or None))

    async def _documents(self, kind: str, keys: Iterable[str]) -> dict[str, Document]:
        """What entities were, by key; those that weren't there are left out."""
        found = await last_changes(self.tx, self.scope, {(kind, key): self.number for key in keys})
        return {version.entity_key: version.after for version in found.values() if version.after is not None}


Stored = TypeVar("Stored")


def _readable(stored: Mapping[str, Stored], read: Callable[[Stored], Entity]) -> dict[str, Entity]:
    """One that can't be read is left out, as it is when it is published."""
    entities = read_each(stored.items(), lambda item: item[0], lambda item: read(item[1]))
    pairs = zip(stored, entities, strict=True)
    return {key: entity for key, entity in pairs if not isinstance(entity, Unreadable)}
