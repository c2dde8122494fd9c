"""For each flag and remote config, the config version of the last change of anything that its answer depends on.

That is the flag itself, its segments and prerequisites with all behind them, and every experiment on it, one that has
ended included. It follows from what the stream holds, so that every edge tells the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from bucketing.flagset import Experiment, Flag, RemoteConfig, Segment
from bucketing.references import (
    condition_segments,
    flag_references,
    remote_config_references,
    segment_references,
)

from edge_evaluator.memory.branches import Branch

Entity = tuple[str, str]
"""Kind and key of a flag, remote config, segment or experiment."""
ANSWERING = ("flag", "remote_config")
"""The kinds of what answers under its key; of two with one key it is the flag."""
_NOTHING: frozenset[Entity] = frozenset()
_NOTHING_NAMED: frozenset[str] = frozenset()
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Stamp:
    """An entity's own part: the version in which it last changed answers, the digest of its document (0: it stands in
    no config document), and pairs of what depends on what."""

    version: int
    document: int = 0
    edges: tuple[tuple[Entity, Entity], ...] = ()

    @classmethod
    def of_flag(cls, flag: Flag, version: int, document: bytes = b"") -> Stamp:
        own = entity_of("flag", flag.key)
        references = flag_references(flag)
        edges = (*_edges(own, "flag", references.flags), *_edges(own, "segment", references.segments))
        return cls(version, digest_of(document), edges)

    @classmethod
    def of_remote_config(cls, config: RemoteConfig, version: int, document: bytes = b"") -> Stamp:
        segments = remote_config_references(config).segments
        own = ("remote_config", config.key)
        return cls(version, digest_of(document), (*_edges(own, "segment", segments),))

    @classmethod
    def of_segment(cls, segment: Segment, version: int, document: bytes = b"") -> Stamp:
        references = segment_references(segment)
        return cls(
            version, digest_of(document), (*_edges(entity_of("segment", segment.key), "segment", references.segments),)
        )

    @classmethod
    def of_experiment(cls, experiment: Experiment, version: int, document: bytes | None = b"") -> Stamp:
        """`document` None: it is not in force, and only once may have been."""
        own = entity_of("experiment", experiment.key)
        # One key is of a flag or of a remote config; which, the experiment doesn't say.
        on = tuple((entity_of(kind, experiment.flag), own) for kind in ANSWERING)
        if document is None:
            return cls(version, 0, on)
        segments = _NOTHING_NAMED if experiment.audience is None else condition_segments(experiment.audience)
        return cls(version, digest_of(document), (*on, *_edges(own, "segment", segments)))


@lru_cache(maxsize=1024)
def entity_of(kind: str, key: str) -> Entity:
    """One object for an entity that several name at once."""
    return kind, key


def digest_of(document: bytes) -> int:
    """A number that is another one for another document; a set of documents has their sum."""
    return int.from_bytes(hashlib.blake2b(document, digest_size=_DIGEST_BYTES).digest())


def _edges(user: Entity, kind: str, used: Iterable[str]) -> Iterator[tuple[Entity, Entity]]:
    return ((user, entity_of(kind, key)) for key in sorted(used))


class AnswerVersions:
    """Of one environment at one version. Never changes; `updated` gives the next one.

    `documents`: the sum of the digests of all documents."""

    __slots__ = ("_stamps", "_used", "_users", "_versions", "documents")

    def __init__(self) -> None:
        self._stamps: Branch[Entity, Stamp] = Branch()
        self._used: Branch[Entity, frozenset[Entity]] = Branch()
        self._users: Branch[Entity, frozenset[Entity]] = Branch()
        self._versions: Branch[Entity, int] = Branch()
        self.documents = 0

    def of(self, flag_key: str) -> int:
        """0 for an unknown flag."""
        for kind in ANSWERING:
            if (kind, flag_key) in self._stamps:
                return self._versions[kind, flag_key]
        return 0

    @property
    def stamps(self) -> Mapping[Entity, Stamp]:
        return MappingProxyType(self._stamps)

    def updated(self, changes: Mapping[Entity, Stamp | None]) -> tuple[AnswerVersions, set[Entity]]:
        """The versions after `changes` (None: gone), and what they may have changed: these and all that use them."""
        after = AnswerVersions()
        after._stamps, after.documents = self._stamps.branch(), self.documents
        after._used, after._users = self._used.branch(), self._users.branch()
        after._versions = self._versions.branch()
        after._put(changes)
        affected = self._with_users(changes) | after._with_users(changes)
        after._settle(affected)
        return after, affected

    def users(self, entities: Iterable[Entity]) -> int:
        """How many name one of these, counted once for each that they name."""
        return sum(len(self._users.get(entity, _NOTHING)) for entity in entities)

    def reaches(self, entity: Entity, flags: Container[str]) -> bool:
        """Does the answer of one of `flags` depend on `entity`?"""
        return any(kind == "flag" and key in flags for kind, key in self._with_users([entity]))

    def _put(self, changes: Mapping[Entity, Stamp | None]) -> None:
        removed: list[tuple[Entity, Entity]] = []
        added: list[tuple[Entity, Entity]] = []
        for entity, stamp in changes.items():
            if (before := self._stamps.pop(entity, None)) is not None:
                self.documents -= before.document
                removed += before.edges
            if stamp is not None:
                self._stamps[entity] = stamp
                self.documents += stamp.document
                added += stamp.edges
        _relink(self._used, removed, added)
        _relink(self._users, [edge[::-1] for edge in removed], [edge[::-1] for edge in added])

    def _with_users(self, entities: Iterable[Entity]) -> set[Entity]:
        found: set[Entity] = set()
        waiting = list(entities)
        while waiting:
            entity = waiting.pop()
            if entity not in found:
                found.add(entity)
                waiting += self._users.get(entity, _NOTHING)
        return found

    def _settle(self, affected: set[Entity]) -> None:
        """Works out the versions of `affected`: the highest goes up to all users first, so circles do no harm."""
        own = {entity: self._own(entity, affected) for entity in affected}
        settled: set[Entity] = set()
        for entity in sorted(affected, key=own.__getitem__, reverse=True):
            waiting = [entity]
            while waiting:
                each = waiting.pop()
                if each not in settled:
                    settled.add(each)
                    self._versions[each] = own[entity]
                    waiting += self._users.get(each, _NOTHING)
        for entity in [each for each in affected if each not in self._stamps]:
            # What is named and absent may still have something behind it.
            if not self._users.get(entity) and not self._used.get(entity):
                del self._versions[entity]

    def _own(self, entity: Entity, affected: set[Entity]) -> int:
        stamp = self._stamps.get(entity)
        known = (self._versions.get(used, 0) for used in self._used.get(entity, _NOTHING) if used not in affected)
        return max(0 if stamp is None else stamp.version, 0, *known)


def _relink(
    table: Branch[Entity, frozenset[Entity]],
    removed: Iterable[tuple[Entity, Entity]],
    added: Iterable[tuple[Entity, Entity]],
) -> None:
    changed: dict[Entity, set[Entity]] = {}
    for one, other in removed:
        changed.setdefault(one, set(table[one])).discard(other)
    for one, other in added:
        changed.setdefault(one, set(table.get(one, _NOTHING))).add(other)
    # Thousands of flags use the same segment: equal sets are one object.
    shared: dict[frozenset[Entity], frozenset[Entity]] = {}
    for entity, others in changed.items():
        frozen = frozenset(others)
        table[entity] = shared.setdefault(frozen, frozen)
