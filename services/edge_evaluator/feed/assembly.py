"""From an update of the CONFIG stream to a compiled configuration that never loses what was good.

What can't be read, or names an operator that this edge doesn't know, never replaces what is held: the entity
stays as it was, is named among the problems, and everything else goes on. Of a flag of which nothing good is
held there remains its key in `unreadable`, so that it answers PARSE_ERROR instead of "not found". What can be read
and not be evaluated yet waits, and is tried again with the next update.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.flagset import Experiment, FlagSet
from messages.generated import config_pb2 as pb
from messages.sdk_keys import SdkKey, sdk_keys_of
from messages.staging import Update
from messages.subjects import parse_config_subject

from edge_evaluator.feed.changes import Changes, read_changes
from edge_evaluator.feed.long_lists import put_long_lists
from edge_evaluator.memory.answer_versions import ANSWERING, AnswerVersions, Entity
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


@dataclass(frozen=True, slots=True)
class Assembled:
    """The next configuration; what of the update could not be used; and what it may have changed the answers of."""

    config: EnvironmentConfig | None
    problems: list[EntityProblem]
    affected: frozenset[Entity] = frozenset()


def assemble(held: EnvironmentConfig | None, update: Update, digest: str) -> Assembled:
    """The configuration after the update.

    None when the environment itself has never been readable: there is nothing to serve then. Of one that was
    deleted no key works any more.
    """
    waiting = {} if held is None or update.complete else held.waiting
    changes = read_changes(update, waiting)
    list_chunks = put_long_lists(None if update.complete else held, changes)
    if held is not None and update.complete:
        _forget_absent(held, changes)
    if changes.environment is None and held is None:
        if changes.deleted or (not update.changed and not update.undecodable):
            return Assembled(None, [])
        problems = [EntityProblem(kind, key, reason, False) for (kind, key), reason in changes.bad.items()]
        missing = EntityProblem("environment", update.environment_id, "its settings have not arrived", False)
        return Assembled(None, problems or [missing])
    compiled = _compile(held, update.version, changes)
    compiled, reverted = _keep_good(held, compiled, changes)
    problems = _problems(held, compiled, changes, reverted)
    config = _configured(held, update, digest, changes, compiled)
    answer_versions = held.answer_versions if held is not None else AnswerVersions()
    put_back = _put_back(changes, reverted)
    stamps = {entity: stamp for entity, stamp in changes.stamps.items() if entity not in put_back}
    answer_versions, affected = answer_versions.updated(stamps)
    kept = frozenset((each.kind, each.key) for each in problems if each.kept)
    if held is not None and not update.complete:
        kept |= held.kept - changes.touched
    unreadable = _unreadable(held, changes, compiled)
    config = replace(
        config,
        unreadable={key: reason for (_, key), reason in unreadable.items()},
        unreadable_configs=frozenset(key for kind, key in unreadable if kind == "remote_config"),
        kept=kept,
        waiting=_still_waiting(waiting, update, changes, put_back),
        answer_versions=answer_versions,
        list_chunks=list_chunks,
    )
    return Assembled(config, _news(held, update, problems), frozenset(affected))


def _put_back(changes: Changes, reverted: Mapping[Entity, str]) -> set[Entity]:
    """What goes on as it was: the experiments on a flag or remote config go on with it."""
    experiments = {
        ("experiment", key)
        for key, experiment in changes.experiments.items()
        if experiment is not None and any((kind, experiment.flag) in reverted for kind in ANSWERING)
    }
    return experiments | reverted.keys()


def _still_waiting(
    waiting: Mapping[str, pb.ConfigMessage], update: Update, changes: Changes, put_back: set[Entity]
) -> dict[str, pb.ConfigMessage]:
    read = {
        subject: message
        for subject, message in update.changed.items()
        if message is not None and _entity(subject) not in changes.bad
    }
    return {subject: message for subject, message in {**waiting, **read}.items() if _entity(subject) in put_back}


def _news(held: EnvironmentConfig | None, update: Update, problems: list[EntityProblem]) -> list[EntityProblem]:
    """Without what only goes on waiting, which was told when it began to."""
    if held is None or not held.waiting:
        return problems
    touched = {_entity(subject) for subject in (*update.changed, *update.undecodable)}
    old = held.kept - touched
    return [each for each in problems if not each.kept or (each.kind, each.key) not in old]


def _entity(subject: str) -> Entity:
    parsed = parse_config_subject(subject)
    return parsed.kind, parsed.key


def _forget_absent(held: EnvironmentConfig, changes: Changes) -> None:
    """A complete update is all there is: what it neither holds nor fails to hold is gone, but for the environment."""
    for kind, present, table in (
        ("flag", held.flagset.flags, changes.flags),
        ("segment", held.flagset.segments, changes.segments),
        ("experiment", held.flagset.experiments, changes.experiments),
        ("remote_config", held.flagset.remote_configs, changes.remote_configs),
    ):
        for key in present:
            if key not in table and (kind, key) not in changes.bad:
                table[key] = None
    for entity in held.answer_versions.stamps:
        if entity not in changes.bad:
            changes.stamps.setdefault(entity, None)


def _compile(held: EnvironmentConfig | None, version: int, changes: Changes) -> CompiledFlagSet:
    if held is not None and (changes.environment is None or changes.environment.salt == held.settings.salt):
        return held.compiled.updated(
            version=version,
            flags=changes.flags,
            segments=changes.segments,
            experiments=changes.experiments,
            remote_configs=changes.remote_configs,
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
            _laid_over(before.remote_configs, changes.remote_configs),
        )
    )


def _laid_over(held: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**held, **changes}.items() if value is not None}


def _keep_good(
    held: EnvironmentConfig | None, compiled: CompiledFlagSet, changes: Changes
) -> tuple[CompiledFlagSet, dict[Entity, str]]:
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
    good = [key for key in unusable if key not in held.compiled.failed and key not in held.compiled.unresolved]
    flags = {key: was.flags[key] for key in good if key in was.flags and key in compiled.flagset.flags}
    configs = {
        key: was.remote_configs[key] for key in good if key in was.remote_configs and _kind(compiled, key) != "flag"
    }
    if not flags and not configs:
        return compiled, reverted
    reverted |= {("flag", key): unusable[key] for key in flags}
    reverted |= {("remote_config", key): unusable[key] for key in configs}
    experiments: dict[str, Experiment | None] = {
        key: was.experiments.get(key)
        for key, experiment in changes.experiments.items()
        if experiment is not None and (experiment.flag in flags or experiment.flag in configs)
    }
    compiled = compiled.updated(version=version, flags=flags, experiments=experiments, remote_configs=configs)
    return compiled, reverted


def _kind(compiled: CompiledFlagSet, key: str) -> str:
    """The kind of what answers under a key."""
    return "flag" if key in compiled.flagset.flags else "remote_config"


def _unread(compiled: CompiledFlagSet, changes: Changes) -> Mapping[str, str]:
    """Flags that name what has arrived and can't be read here. (Named and absent is no reason to keep a flag.)"""
    segments = {key for kind, key in changes.bad if kind == "segment"} | compiled.failed_segments.keys()
    return compiled.unresolved if segments else {}


def _problems(
    held: EnvironmentConfig | None,
    compiled: CompiledFlagSet,
    changes: Changes,
    reverted: Mapping[Entity, str],
) -> list[EntityProblem]:
    tables: dict[str, Mapping[str, Any]] = {}
    if held is not None:
        tables = {
            "flag": held.flagset.flags,
            "segment": held.flagset.segments,
            "experiment": held.flagset.experiments,
            "remote_config": held.flagset.remote_configs,
            "environment": {held.environment_id: held},
        }
    found = [
        EntityProblem(kind, key, reason, key in tables.get(kind, ())) for (kind, key), reason in changes.bad.items()
    ]
    found += [EntityProblem(kind, key, reason, True) for (kind, key), reason in reverted.items()]
    changed = changes.flags.keys() | changes.remote_configs.keys()
    found += [
        EntityProblem(_kind(compiled, key), key, compiled.failed[key], False)
        for key in compiled.failed
        if key in changed
    ]
    unresolved = held.compiled.unresolved if held is not None else {}
    found += [
        EntityProblem(_kind(compiled, key), key, reason, False)
        for key, reason in compiled.unresolved.items()
        if key not in unresolved or key in changed
    ]
    found += [
        EntityProblem("segment", key, compiled.failed_segments[key], False)
        for key in compiled.failed_segments
        if key in changes.segments
    ]
    return found


def _unreadable(held: EnvironmentConfig | None, changes: Changes, compiled: CompiledFlagSet) -> dict[Entity, str]:
    before: dict[Entity, str] = {}
    if held is not None:
        before = {
            ("remote_config" if key in held.unreadable_configs else "flag", key): reason
            for key, reason in held.unreadable.items()
        }
    for entity in changes.touched - changes.bad.keys():
        before.pop(entity, None)
    now = {entity: reason for entity, reason in changes.bad.items() if entity[0] in ANSWERING}
    return {entity: reason for entity, reason in {**before, **now}.items() if entity[1] not in compiled.served}


def _configured(
    held: EnvironmentConfig | None,
    update: Update,
    digest: str,
    changes: Changes,
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
        controls=_controls(held, changes, compiled),
        sdk_keys=keys,
        stream_tokens=held.stream_tokens if held is not None and keys is held.sdk_keys else _tokens(settings, keys),
    )


def _controls(held: EnvironmentConfig | None, changes: Changes, compiled: CompiledFlagSet) -> Mapping[str, str]:
    before = held.controls if held is not None else {}
    if not changes.experiments:
        return before
    return {key: each for key, each in {**before, **changes.controls}.items() if key in compiled.flagset.experiments}


def _tokens(settings: pb.Environment, keys: Iterable[SdkKey]) -> dict[str, SdkKey]:
    return {stream_token(settings.salt, key): key for key in keys}
