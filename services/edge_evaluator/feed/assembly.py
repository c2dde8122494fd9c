"""From an update of the CONFIG stream to a compiled configuration that never loses what was good.

What can't be read, or names an operator that this edge doesn't know, never replaces what is held: the entity
stays as it was, is named among the problems, and everything else goes on. Of a flag of which nothing good is
held there remains its key in `unreadable`, so that it answers PARSE_ERROR instead of "not found".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.errors import InvalidConfig
from bucketing.flagset import Experiment, Flag, FlagSet, Segment
from messages.documents import experiment_of, flag_of, is_in_force, segment_of
from messages.generated import config_pb2 as pb
from messages.generated.config_pb2 import ConfigMessage
from messages.sdk_keys import SdkKey, sdk_keys_of
from messages.staging import Update
from messages.subjects import parse_config_subject

from edge_evaluator.memory.callers import stream_token
from edge_evaluator.memory.environment import EnvironmentConfig


@dataclass(frozen=True, slots=True)
class EntityProblem:
    """An entity that can't be used, and why.

    `kind` is an entity kind of the stream; `kept` says whether an earlier good state goes on serving."""

    kind: str
    key: str
    reason: str
    kept: bool


@dataclass
class _Changes:
    environment: pb.Environment | None = None
    deleted: bool = False
    flags: dict[str, Flag | None] = field(default_factory=dict)
    segments: dict[str, Segment | None] = field(default_factory=dict)
    experiments: dict[str, Experiment | None] = field(default_factory=dict)
    bad: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def touched(self) -> set[tuple[str, str]]:
        tables: dict[str, Mapping[str, Any]] = {
            "flag": self.flags,
            "segment": self.segments,
            "experiment": self.experiments,
        }
        return {(kind, key) for kind, table in tables.items() for key in table} | self.bad.keys()


def assemble(
    held: EnvironmentConfig | None, update: Update, digest: str
) -> tuple[EnvironmentConfig | None, list[EntityProblem]]:
    """The next configuration, and what of the update could not be used.

    None when the environment itself has never been readable: there is nothing to serve then. Of one that was
    deleted no key works any more.
    """
    changes = _read(update)
    if held is not None and update.complete:
        _forget_absent(held, changes)
    if changes.environment is None and held is None:
        if not update.changed and not update.undecodable:
            return None, []
        problems = [EntityProblem(kind, key, reason, False) for (kind, key), reason in changes.bad.items()]
        missing = EntityProblem("environment", update.environment_id, "its settings have not arrived", False)
        return None, problems or [missing]
    compiled = _compile(held, update.version, changes)
    compiled, reverted = _keep_good(held, compiled, changes)
    problems = _problems(held, compiled, changes, reverted)
    config = _configured(held, update, digest, changes, compiled)
    kept = frozenset((each.kind, each.key) for each in problems if each.kept)
    if held is not None and not update.complete:
        kept |= held.kept - changes.touched
    return replace(config, unreadable=_unreadable(held, changes, compiled), kept=kept), problems


def _read(update: Update) -> _Changes:
    changes = _Changes()
    tables: dict[str, tuple[dict[str, Any], Any]] = {
        "flag": (changes.flags, flag_of),
        "segment": (changes.segments, segment_of),
        "experiment": (changes.experiments, _experiment_in_force),
    }
    for subject, message in update.changed.items():
        parsed = parse_config_subject(subject)
        if parsed.kind == "environment":
            changes.environment = message.environment if message is not None else None
            changes.deleted = message is None
        elif parsed.kind in tables:
            table, decode = tables[parsed.kind]
            try:
                table[parsed.key] = decode(message) if message is not None else None
            except InvalidConfig as error:
                changes.bad[parsed.kind, parsed.key] = str(error)
    for subject, reason in update.undecodable.items():
        parsed = parse_config_subject(subject)
        changes.bad[parsed.kind, parsed.key] = reason
    return changes


def _experiment_in_force(message: ConfigMessage) -> Experiment | None:
    return experiment_of(message.experiment) if is_in_force(message.experiment) else None


def _forget_absent(held: EnvironmentConfig, changes: _Changes) -> None:
    """A complete update is all there is: what it neither holds nor fails to hold is gone."""
    environment_is_bad = ("environment", held.environment_id) in changes.bad
    changes.deleted = changes.environment is None and not environment_is_bad
    for kind, present, table in (
        ("flag", held.flagset.flags, changes.flags),
        ("segment", held.flagset.segments, changes.segments),
        ("experiment", held.flagset.experiments, changes.experiments),
    ):
        for key in present:
            if key not in table and (kind, key) not in changes.bad:
                table[key] = None


def _compile(held: EnvironmentConfig | None, version: int, changes: _Changes) -> CompiledFlagSet:
    if held is not None and (changes.environment is None or changes.environment.salt == held.settings.salt):
        return held.compiled.updated(
            version=version, flags=changes.flags, segments=changes.segments, experiments=changes.experiments
        )
    salt = changes.environment.salt if changes.environment is not None else ""
    before = held.flagset if held is not None else FlagSet(salt)
    return compile_flagset(
        FlagSet(
            salt,
            version,
            _laid_over(before.flags, changes.flags),
            _laid_over(before.segments, changes.segments),
            _laid_over(before.experiments, changes.experiments),
        )
    )


def _laid_over(held: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**held, **changes}.items() if value is not None}


def _keep_good(
    held: EnvironmentConfig | None, compiled: CompiledFlagSet, changes: _Changes
) -> tuple[CompiledFlagSet, dict[tuple[str, str], str]]:
    """Puts back what was good before and can't be evaluated now. Also says what was put back, and why."""
    if held is None:
        return compiled, {}
    was = held.flagset
    segments = {
        key: was.segments[key]
        for key in compiled.failed_segments
        if key in changes.segments and key in was.segments and key not in held.compiled.failed_segments
    }
    version = compiled.flagset.version
    reverted = {("segment", key): compiled.failed_segments[key] for key in segments}
    if segments:
        compiled = compiled.updated(version=version, segments=segments)
    unusable = {**compiled.failed, **_unread(compiled, changes)}
    flags = {
        key: was.flags[key]
        for key in unusable
        if key in was.flags and key not in held.compiled.failed and key not in held.compiled.unresolved
    }
    if not flags:
        return compiled, reverted
    reverted |= {("flag", key): unusable[key] for key in flags}
    experiments: dict[str, Experiment | None] = {
        key: was.experiments.get(key)
        for key, experiment in changes.experiments.items()
        if experiment is not None and experiment.flag in flags
    }
    return compiled.updated(version=version, flags=flags, experiments=experiments), reverted


def _unread(compiled: CompiledFlagSet, changes: _Changes) -> Mapping[str, str]:
    """Flags that name what has arrived and can't be read here. (Named and absent is no reason to keep a flag.)"""
    segments = {key for kind, key in changes.bad if kind == "segment"} | compiled.failed_segments.keys()
    return compiled.unresolved if segments else {}


def _problems(
    held: EnvironmentConfig | None,
    compiled: CompiledFlagSet,
    changes: _Changes,
    reverted: Mapping[tuple[str, str], str],
) -> list[EntityProblem]:
    tables: dict[str, Mapping[str, Any]] = {}
    if held is not None:
        tables = {
            "flag": held.flagset.flags,
            "segment": held.flagset.segments,
            "experiment": held.flagset.experiments,
            "environment": {held.environment_id: held},
        }
    found = [
        EntityProblem(kind, key, reason, key in tables.get(kind, ())) for (kind, key), reason in changes.bad.items()
    ]
    found += [EntityProblem(kind, key, reason, True) for (kind, key), reason in reverted.items()]
    found += [
        EntityProblem("flag", key, compiled.failed[key], False) for key in compiled.failed if key in changes.flags
    ]
    unresolved = held.compiled.unresolved if held is not None else {}
    found += [
        EntityProblem("flag", key, reason, False)
        for key, reason in compiled.unresolved.items()
        if key not in unresolved or key in changes.flags
    ]
    found += [
        EntityProblem("segment", key, compiled.failed_segments[key], False)
        for key in compiled.failed_segments
        if key in changes.segments
    ]
    return found


def _unreadable(held: EnvironmentConfig | None, changes: _Changes, compiled: CompiledFlagSet) -> dict[str, str]:
    before = dict(held.unreadable) if held is not None else {}
    for key in changes.flags:
        before.pop(key, None)
    now = {key: reason for (kind, key), reason in changes.bad.items() if kind == "flag"}
    return {key: reason for key, reason in {**before, **now}.items() if key not in compiled.flagset.flags}


def _configured(
    held: EnvironmentConfig | None,
    update: Update,
    digest: str,
    changes: _Changes,
    compiled: CompiledFlagSet,
) -> EnvironmentConfig:
    if changes.environment is not None:
        settings, keys = changes.environment, sdk_keys_of(update.environment_id, changes.environment)
    else:
        assert held is not None  # noqa: S101 - without either there is nothing to configure
        settings, keys = held.settings, () if changes.deleted else held.sdk_keys
    return EnvironmentConfig(
        environment_id=update.environment_id,
        settings=settings,
        version=update.version,
        epoch=update.epoch,
        digest=digest,
        published_at=update.published_at,
        compiled=compiled,
        sdk_keys=keys,
        stream_tokens=held.stream_tokens if held is not None and keys is held.sdk_keys else _tokens(settings, keys),
    )


def _tokens(settings: pb.Environment, keys: Iterable[SdkKey]) -> dict[str, SdkKey]:
    return {stream_token(settings.salt, key): key for key in keys}
