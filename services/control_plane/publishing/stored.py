"""What is stored of an environment, read in one snapshot: all of it, or what was touched with what depends on that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from bucketing.flagset import Flag, RemoteConfig, Segment
from messages.generated import config_pb2 as pb
from messages.sdk_keys import KeyKind, SdkKey, sdk_key_to_wire

from control_plane.configs import queries as configs
from control_plane.database import Connection
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.environments.queries import EnvironmentRow, published_sdk_keys
from control_plane.experiments import queries as experiments
from control_plane.experiments.queries import PublishedExperiment
from control_plane.flags import queries as flags
from control_plane.metrics import queries as metrics
from control_plane.overrides.queries import with_overrides
from control_plane.people.queries import PublishedAccess, published_access
from control_plane.publishing.access import put_access
from control_plane.publishing.touched import Touched
from control_plane.rollouts import queries as rollouts
from control_plane.segments import queries as segments
from control_plane.segments.queries import Named, chunk_digests, chunk_documents

Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class StoredChunks:
    """Parts of long lists: of these segments (None: of all) the digests of all there are, and the documents of those
    that were not known before."""

    segments: frozenset[str] | None = frozenset()
    digests: Mapping[Named, bytes] = field(default_factory=dict)
    documents: Mapping[Named, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Rows of one environment at one version, by key; None is one that is gone. `message` None: the environment's own
    entry is as it was. `named_flags`, `named_configs`: of experiments that were read, and not touched
    themselves."""

    environment: EnvironmentRow
    message: pb.Environment | None = None
    flags: Mapping[str, Flag | Unreadable | None] = field(default_factory=dict)
    configs: Mapping[str, RemoteConfig | Unreadable | None] = field(default_factory=dict)
    segments: Mapping[str, Segment | Unreadable | None] = field(default_factory=dict)
    experiments: Mapping[str, PublishedExperiment | Unreadable | None] = field(default_factory=dict)
    metrics: Mapping[str, pb.Metric | Unreadable | None] = field(default_factory=dict)
    rollouts: Mapping[str, pb.GuardedRollout | Unreadable | None] = field(default_factory=dict)
    chunks: StoredChunks = field(default_factory=StoredChunks)
    named_flags: Mapping[str, Flag | Unreadable] = field(default_factory=dict)
    named_configs: Mapping[str, RemoteConfig | Unreadable] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entities were read."""
        kinds = (self.flags, self.configs, self.segments, self.experiments, self.metrics, self.rollouts)
        return sum(len(each) for each in (*kinds, self.chunks.documents))


async def read_whole(tx: Connection, environment: EnvironmentRow, project_key: str) -> Stored:
    identity = environment.id
    return Stored(
        environment=environment,
        message=await _message(tx, environment, project_key),
        flags=_by_key(await with_overrides(tx, identity, await flags.compiled(tx, identity, RowCache()))),
        configs=_by_key(await configs.compiled(tx, identity, RowCache())),
        segments=_by_key(await segments.compiled(tx, identity, RowCache())),
        experiments=_by_key(await _experiments(tx, environment, await experiments.compiled(tx, identity))),
        metrics=_by_key(await metrics.compiled(tx, identity)),
        rollouts=await rollouts.compiled(tx, identity),
        chunks=await _chunks(tx, identity, None, {}),
    )


async def read_touched(
    tx: Connection,
    environment: EnvironmentRow,
    project_key: str,
    touched: Touched,
    known: Mapping[Named, bytes] = MappingProxyType({}),
) -> Stored:
    """A flag or a remote config takes the experiments on it along, and a holdout all experiments: they are checked and
    told together.

    `known`: the digests of the chunks that are compiled already."""
    identity = environment.id
    own_flags = await _flags(tx, identity, touched.flags)
    read: dict[str, PublishedExperiment | Unreadable] = {}
    if touched.holdouts:
        read = _by_key(await _experiments(tx, environment, await experiments.compiled(tx, identity)))
    elif touched.experiments or touched.experimented:
        found = await experiments.of_keys(tx, identity, touched.experiments, on=touched.flags | touched.configs)
        read = _by_key(await _experiments(tx, environment, found))
    on = {each.experiment.flag for each in read.values() if isinstance(each, PublishedExperiment)}
    named_flags = await _flags(tx, identity, on - touched.flags)
    others = on - touched.flags - touched.configs - named_flags.keys()
    return Stored(
        environment=environment,
        message=await _message(tx, environment, project_key) if touched.environment else None,
        flags=_with_gone(touched.flags, own_flags),
        configs=_with_gone(
            touched.configs, await configs.of_keys(tx, identity, touched.configs) if touched.configs else {}
        ),
        segments=_with_gone(
            touched.segments, await segments.of_keys(tx, identity, touched.segments) if touched.segments else {}
        ),
        experiments=_with_gone(touched.experiments, read),
        metrics=_with_gone(
            touched.metrics, await metrics.of_keys(tx, identity, touched.metrics) if touched.metrics else {}
        ),
        rollouts=_with_gone(
            touched.rollouts, await rollouts.compiled(tx, identity, touched.rollouts) if touched.rollouts else {}
        ),
        named_flags=named_flags,
        named_configs=await configs.of_keys(tx, identity, others) if others else {},
        chunks=await _chunks(tx, identity, touched.segments, known) if touched.segments else StoredChunks(),
    )


async def _chunks(
    tx: Connection, environment_id: UUID, keys: frozenset[str] | None, known: Mapping[Named, bytes]
) -> StoredChunks:
    digests = await chunk_digests(tx, environment_id, keys)
    wanted = [named for named, digest in digests.items() if known.get(named) != digest]
    return StoredChunks(keys, digests, await chunk_documents(tx, environment_id, wanted))


async def _flags(tx: Connection, environment_id: UUID, keys: Collection[str]) -> dict[str, Flag | Unreadable]:
    if not keys:
        return {}
    found = await flags.of_keys(tx, environment_id, keys)
    return _by_key(await with_overrides(tx, environment_id, found.values()))


async def _experiments(
    tx: Connection, environment: EnvironmentRow, found: Sequence[PublishedExperiment | Unreadable]
) -> list[PublishedExperiment | Unreadable]:
    return await experiments.with_disturbances(tx, environment.organization_id, found)


def _by_key(entities: Iterable[Entity]) -> dict[str, Entity]:
    keyed: dict[str, Any] = {each.key: each for each in entities}  # type: ignore[attr-defined]
    return keyed


def _with_gone(keys: Iterable[str], found: Mapping[str, Entity]) -> dict[str, Entity | None]:
    return {**dict.fromkeys(keys), **found}


async def _message(tx: Connection, environment: EnvironmentRow, project_key: str) -> pb.Environment:
    keys = await published_sdk_keys(tx, environment)
    access: PublishedAccess = await published_access(tx, environment.scope(project_key))
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
