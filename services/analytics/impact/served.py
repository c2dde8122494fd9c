"""What an environment serves, read from CONFIG when somebody asks, and held until it changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bucketing.errors import InvalidConfig
from bucketing.flagset import FlagSet, Segment
from bucketing.long_lists import ListChunk
from google.protobuf.message import DecodeError
from messages.config_tree import config_message
from messages.documents import (
    chunk_named,
    chunk_of,
    experiment_of,
    flag_of,
    is_in_force,
    remote_config_of,
    segment_of,
)
from messages.generated import config_pb2 as pb
from messages.generated.impact_pb2 import ChangedEntry
from messages.staging import ConfigStaging, Update
from messages.subjects import CONFIG, config_filter, manifest_subject, parse_config_subject
from streams import Bus, Delivered

Entity = tuple[str, str]
"""An entity kind of the stream, and a key."""
Chunks = Mapping[int, ListChunk]
_HELD_MAX = 4
_READ_AGAIN_SECONDS = 0.1
_TABLES = {"flag": "flags", "segment": "segments", "experiment": "experiments", "remote_config": "remote_configs"}


class Unreadable(Exception):
    """An entry that this version can't read."""


@dataclass(frozen=True, slots=True)
class Served:
    """An environment at one version. `bytes` are those of all its entries; `settings` its own one; `chunks` are of long
    lists, by segment."""

    settings: pb.Environment
    flagset: FlagSet
    bytes: int
    chunks: Mapping[str, Chunks]

    def with_changes(self, changed: Iterable[ChangedEntry]) -> FlagSet:
        """Raises `Unreadable`."""
        tables: dict[str, dict[str, Any]] = {name: dict(getattr(self.flagset, name)) for name in _TABLES.values()}
        for entry in changed:
            if entry.kind not in _TABLES:
                continue
            try:
                found = entity_of(entry.kind, config_message(entry.content)) if entry.content else None
            except (DecodeError, InvalidConfig) as error:
                raise Unreadable(f"{entry.kind} {entry.key!r}: {error}") from error
            if isinstance(found, Segment):
                found = _with_list(found, self.chunks)
            table = tables[_TABLES[entry.kind]]
            if found is None:
                table.pop(entry.key, None)
            else:
                table[entry.key] = found
        return FlagSet(self.flagset.salt, self.flagset.version, **tables)


@dataclass(frozen=True, slots=True)
class _Held:
    manifest: bytes
    served: Served | None


class ServedEnvironments:
    """Reads environments; those that were asked for last are held."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def read(self, environment_id: str) -> Served | None:
        """None where the stream has no whole environment of this id. Raises BusError."""
        newest = await self._bus.last_message(CONFIG, manifest_subject(environment_id))
        if newest is None:
            return None
        held = self._held.get(environment_id)
        if held is None or held.manifest != newest.payload:
            held = await self._read(environment_id) or await self._read_again(environment_id)
            if held is None:
                return None
            self._held[environment_id] = held
        self._held.move_to_end(environment_id)
        while len(self._held) > _HELD_MAX:
            self._held.popitem(last=False)
        return held.served

    async def _read_again(self, environment_id: str) -> _Held | None:
        """What was being published is published."""
        await asyncio.sleep(_READ_AGAIN_SECONDS)
        return await self._read(environment_id)

    async def _read(self, environment_id: str) -> _Held | None:
        delivered = await self._bus.read_all(CONFIG, config_filter(environment_id))
        return await asyncio.to_thread(_whole, environment_id, delivered)


def _whole(environment_id: str, delivered: Iterable[Delivered]) -> _Held | None:
    staging = ConfigStaging(keeps_entries=True)
    update: Update | None = None
    for each in delivered:
        outcome = staging.accept(each.subject, each.payload)
        update = outcome if isinstance(outcome, Update) else update
    if update is None:
        return None
    size = sum(map(len, staging.entries(environment_id).values()))
    return _Held(staging.manifest(environment_id), _served(update, size))


def _served(update: Update, size: int) -> Served | None:
    settings: pb.Environment | None = None
    tables: dict[str, dict[str, Any]] = {name: {} for name in _TABLES.values()}
    chunks: dict[str, dict[int, ListChunk]] = {}
    for subject, message in update.changed.items():
        parsed = parse_config_subject(subject)
        if message is None:
            continue
        if parsed.kind == "environment":
            settings = message.environment
        elif parsed.kind == "segment_chunk":
            _put_chunk(chunks, parsed.key, message.segment_chunk)
        elif parsed.kind in _TABLES:
            try:
                entity = entity_of(parsed.kind, message)
            except InvalidConfig:
                continue
            if entity is not None:
                tables[_TABLES[parsed.kind]][parsed.key] = entity
    if settings is None:
        return None
    tables["segments"] = {key: _with_list(segment, chunks) for key, segment in tables["segments"].items()}
    return Served(settings, FlagSet(salt=settings.salt, version=update.version, **tables), size, chunks)


def _put_chunk(chunks: dict[str, dict[int, ListChunk]], key: str, document: bytes) -> None:
    """One that can't be read leaves its list incomplete."""
    with suppress(InvalidConfig):
        segment, number = chunk_named(key)
        chunks.setdefault(segment, {})[number] = chunk_of(document)


def _with_list(segment: Segment, chunks: Mapping[str, Chunks]) -> Segment:
    if segment.long_list is None:
        return segment
    return replace(segment, long_list=segment.long_list.with_chunks(chunks.get(segment.key, {})))


def entity_of(kind: str, message: pb.ConfigMessage) -> Any:
    """What the engine reads of an entry; None where that is nothing. Raises InvalidConfig."""
    if message.WhichOneof("content") != kind:
        raise InvalidConfig("", f"is no {kind}", "kind")
    if kind == "experiment":
        return experiment_of(message.experiment) if is_in_force(message.experiment) else None
    readers: Mapping[str, Any] = {"flag": flag_of, "segment": segment_of, "remote_config": remote_config_of}
    return readers[kind](message)
