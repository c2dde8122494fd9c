"""② Compiles the present state of one environment into entries that have been shown to work in the rule engine.

One repeatable read of the database gives the entities and the version they belong to. An entity that fails its check is
named in `invalid` and never holds up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from bucketing.compiled import compile_flagset
from bucketing.flagset import Fixed, Flag, FlagSet, Segment
from messages.documents import flag_document, segment_document
from messages.generated import config_pb2 as pb
from messages.sdk_keys import KeyKind, SdkKey, sdk_key_to_wire
from messages.subjects import config_subject

from control_plane.database import Database
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.environments.queries import EnvironmentRow, environment_for_publishing, published_sdk_keys
from control_plane.experiments import queries as experiments
from control_plane.experiments.queries import PublishedExperiment
from control_plane.flags import queries as flags
from control_plane.metrics import queries as metrics
from control_plane.people.queries import PublishedAccess, published_access
from control_plane.publishing.access import put_access
from control_plane.publishing.entries import content_of
from control_plane.segments import queries as segments

Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class CompiledEnvironment:
    """What an environment serves at one version.

    `entries` maps subjects to contents, `invalid` maps subjects to what is wrong with the entity."""

    environment_id: str
    version: int
    entries: Mapping[str, bytes] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEnvironment:
    """All rows of one environment at one version."""

    environment: EnvironmentRow
    message: pb.Environment
    flags: Sequence[Flag | Unreadable] = ()
    segments: Sequence[Segment | Unreadable] = ()
    experiments: Sequence[PublishedExperiment | Unreadable] = ()
    metrics: Sequence[pb.Metric | Unreadable] = ()


Checked = dict[str, tuple[Any, bytes]]
"""By subject: an entity and the content that it was encoded and checked as."""


class _Caches:
    """What was read and compiled of one environment."""

    def __init__(self) -> None:
        self.flags: RowCache[Flag] = RowCache()
        self.segments: RowCache[Segment | None] = RowCache()
        self.checked: Checked = {}


class Compiler:
    """Remembers per environment what it compiled, so that a change costs what changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._caches: dict[UUID, _Caches] = {}

    async def compile(self, environment_id: UUID) -> CompiledEnvironment | None:
        """The environment as it is now, without entries when it is archived; None when it doesn't exist."""
        # Put back only after a success: what a failed attempt has read is not relied on.
        caches = self._caches.pop(environment_id, None) or _Caches()
        stored = await self._read(environment_id, caches)
        if stored is None:
            return None
        # In a thread: thousands of flags take a second, in which requests want to be served.
        compiled = await asyncio.to_thread(compile_environment, stored, caches.checked)
        if not stored.environment.archived:
            self._caches[environment_id] = caches
        return compiled

    def forget(self, environment_id: UUID) -> None:
        """Lets the next compilation begin from nothing."""
        self._caches.pop(environment_id, None)

    async def _read(self, environment_id: UUID, caches: _Caches) -> StoredEnvironment | None:
        async with self._database.transaction("repeatable_read") as tx:
            found = await environment_for_publishing(tx, environment_id)
            if found is None:
                return None
            environment, project_key = found
            if environment.archived:
                return StoredEnvironment(environment, pb.Environment())
            keys = await published_sdk_keys(tx, environment)
            access = await published_access(tx, environment.scope(project_key))
            return StoredEnvironment(
                environment=environment,
                message=_environment_message(environment, project_key, keys, access),
                flags=await flags.compiled(tx, environment_id, caches.flags),
                segments=await segments.compiled(tx, environment_id, caches.segments),
                experiments=await experiments.compiled(tx, environment_id),
                metrics=await metrics.compiled(tx, environment_id),
            )


def compile_environment(stored: StoredEnvironment, checked: Checked) -> CompiledEnvironment:
    """Encodes and checks. `checked` is what an earlier compilation left, and is brought up to this one."""
    environment = stored.environment
    compilation = _Compilation(str(environment.id), checked)
    if not environment.archived:
        compilation.add_all(stored)
    checked.clear()
    checked.update(compilation.checked)
    entries = {subject: content for subject, (_, content) in checked.items()}
    return CompiledEnvironment(
        environment_id=str(environment.id),
        version=environment.version,
        entries=entries,
        invalid=compilation.invalid,
    )


class _Compilation:
    """One run over one stored environment.

    The same object as in an earlier run is not encoded again, the same content is not checked again. Not an equal
    object: Python calls 1, 1.0 and true equal.
    """

    def __init__(self, environment_id: str, before: Checked) -> None:
        self._environment_id = environment_id
        self._before = before
        self.checked: Checked = {}
        self.invalid: dict[str, str] = {}

    def add_all(self, stored: StoredEnvironment) -> None:
        self._add("environment", stored.message, lambda: {"environment": stored.message})
        for segment in self._readable("segment", stored.segments):
            self._add_segment(segment)
        flags = {flag.key: flag for flag in self._readable("flag", stored.flags)}
        unchanged = {flag.key for flag in flags.values() if self._add_flag(flag)}
        for published in self._readable("experiment", stored.experiments):
            flag = flags.get(published.experiment.flag)
            self._add_experiment(published, flag, flag_unchanged=published.experiment.flag in unchanged)
        for metric in self._readable("metric", stored.metrics):
            self._add("metric", metric, partial(dict, metric=metric))

    def _readable(self, kind: str, entities: Iterable[Entity | Unreadable]) -> list[Entity]:
        readable: list[Entity] = []
        for each in entities:
            if isinstance(each, Unreadable):
                self.invalid[config_subject(self._environment_id, kind, each.key)] = each.reason
            else:
                readable.append(each)
        return readable

    def _add_segment(self, segment: Segment) -> None:
        self._add(
            "segment",
            segment,
            lambda: {"segment": segment_document(segment)},
            lambda: _check(FlagSet("", segments={segment.key: segment})),
        )

    def _add_flag(self, flag: Flag) -> bool:
        """One that is off and fails its check is published bare: switching off gets through whatever is wrong."""
        added = self._add_checked_flag(flag)
        subject = config_subject(self._environment_id, "flag", flag.key)
        if subject not in self.invalid or (flag.enabled and not flag.archived):
            return added
        reason = self.invalid.pop(subject)
        bare = replace(flag, rules=(), targets=(), prerequisites=(), default=Fixed(flag.off_variation))
        added = self._add_checked_flag(bare)
        if subject in self.invalid:
            self.invalid[subject] = reason
        return added

    def _add_checked_flag(self, flag: Flag) -> bool:
        return self._add(
            "flag",
            flag,
            lambda: {"flag": flag_document(flag)},
            lambda: _check(FlagSet("", flags={flag.key: flag})),
        )

    def _add_experiment(self, published: PublishedExperiment, flag: Flag | None, *, flag_unchanged: bool) -> None:
        """Checked together with its flag, since at the edge a bad experiment would take its flag down."""

        def check() -> None:
            if published.in_force and flag is not None:
                _check(FlagSet("", flags={flag.key: flag}, experiments={published.key: published.experiment}))

        self._add("experiment", published, lambda: {"experiment": published.message}, check, trusting=flag_unchanged)

    def _add(
        self,
        kind: str,
        entity: Any,
        encode: Callable[[], dict[str, Any]],
        check: Callable[[], None] | None = None,
        *,
        trusting: bool = True,
    ) -> bool:
        """Adds the entity, or names it in `invalid`. True when it is as an earlier run has checked it."""
        subject = config_subject(self._environment_id, kind, entity.key)
        known, known_content = self._before.get(subject, (None, b""))
        if trusting and known is entity:
            self.checked[subject] = (entity, known_content)
            return True
        try:
            content = content_of(pb.ConfigMessage(environment_id=self._environment_id, **encode()))
            unchanged = trusting and known_content == content
            if check is not None and not unchanged:
                check()
        except (ValueError, TypeError) as error:
            self.invalid[subject] = f"{type(error).__name__}: {error}"
            return False
        self.checked[subject] = (entity, content)
        return unchanged


def _check(flagset: FlagSet) -> None:
    compiled = compile_flagset(flagset)
    for failed in (compiled.failed, compiled.failed_segments):
        for key, reason in failed.items():
            raise ValueError(f"{key}: {reason}")


def _environment_message(
    environment: EnvironmentRow, project_key: str, keys: list[Any], access: PublishedAccess
) -> pb.Environment:
    message = pb.Environment(
        key=environment.key,
        project_id=str(environment.project_id),
        project_key=project_key,
        organization_id=str(environment.organization_id),
        salt=environment.salt,
        sdk_keys=[sdk_key_to_wire(_sdk_key(str(environment.id), each)) for each in keys],
        hash_user_keys=environment.hash_user_keys,
        pii_attributes=sorted(environment.pii_attributes),
        exposure_attributes=environment.exposure_attributes,
    )
    put_access(message, access)
    return message


def _sdk_key(environment_id: str, row: Any) -> SdkKey:
    expires_at = round(row["expires_at"].timestamp() * 1000) if row["expires_at"] else 0
    return SdkKey(
        environment_id=environment_id,
        id=str(row["id"]),
        kind=KeyKind(row["kind"]),
        sha256=row["sha256"],
        expires_at=expires_at,
    )
