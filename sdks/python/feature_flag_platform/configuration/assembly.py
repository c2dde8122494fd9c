"""From a config document or a change to the next compiled flag set, which never loses what was good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.document import flagset_from_document
from bucketing.errors import InvalidConfig
from bucketing.flagset import Experiment, Flag, FlagSet, RemoteConfig, Segment

from feature_flag_platform.configuration.entities import KINDS, Defect, Entities, read_entities

_TABLES = tuple(kind.table for kind in KINDS)


class Assembled(NamedTuple):
    """The next flag set, and what of the document could not be used.

    `waiting`: the newest of what goes on as it was; the next change is tried with it."""

    compiled: CompiledFlagSet
    defects: list[Defect]
    waiting: Entities


def entities_of(
    document: Any, held: CompiledFlagSet | None, waiting: Entities | None = None
) -> tuple[FlagSet, Entities]:
    """What a whole document says: a flag set without entities, and these, with None for those that are gone.

    Raises InvalidConfig for what is no config document, or one of another algorithm or schema version."""
    if not isinstance(document, dict):
        raise InvalidConfig("", "must be an object", "type")
    head = flagset_from_document({name: value for name, value in document.items() if name not in _TABLES})
    before = held.flagset if held is not None and held.flagset.salt == head.salt else FlagSet(head.salt)
    entities = read_entities(document, _newest(before, waiting))
    for table in _TABLES:
        present, told = getattr(before, table), getattr(entities, table)
        told.update(dict.fromkeys(present.keys() - told.keys()))
        for key in [key for key, entity in told.items() if entity is not None and entity == present.get(key)]:
            del told[key]
    return head, entities


def change_of(data: Any, held: CompiledFlagSet, waiting: Entities | None = None) -> tuple[int, Entities]:
    """What a `change` says: the version that it leads to, and what is different, with what has waited for it.

    Raises InvalidConfig for what is no change."""
    if not isinstance(data, dict) or data.get("version").__class__ is not int:
        raise InvalidConfig("version", "must be an integer", "type")
    newest = _newest(held.flagset, waiting)
    entities = read_entities(data, newest)
    versions = data.get("versions") or {}
    if not isinstance(versions, dict):
        raise InvalidConfig("versions", "must be an object", "type")
    for key, version in versions.items():
        for table in ("flags", "remote_configs"):
            told = getattr(entities, table)
            present: Any = getattr(newest, table).get(key)
            if key not in told and present is not None and version.__class__ is int:
                told[key] = replace(present, version=version)
    if waiting is not None:
        for table in _TABLES:
            for key, entity in getattr(waiting, table).items():
                getattr(entities, table).setdefault(key, entity)
    return data["version"], entities


def _newest(held: FlagSet, waiting: Entities | None) -> FlagSet:
    """What is held, with what waits."""
    if waiting is None or not waiting.any:
        return held
    return replace(
        held,
        flags={**held.flags, **_present(waiting.flags)},
        segments={**held.segments, **_present(waiting.segments)},
        experiments={**held.experiments, **_present(waiting.experiments)},
        remote_configs={**held.remote_configs, **_present(waiting.remote_configs)},
    )


def assemble(held: CompiledFlagSet | None, head: FlagSet, entities: Entities) -> Assembled:
    """The flag set after the entities, at the version and with the salt of `head`.

    What answers under a key, a flag or remote config with the experiments on it, is replaced whole or stays whole."""
    if held is None or held.flagset.salt != head.salt:
        compiled = compile_flagset(
            replace(
                head,
                flags=_present(entities.flags),
                segments=_present(entities.segments),
                experiments=_present(entities.experiments),
                remote_configs=_present(entities.remote_configs),
            )
        )
        held = None
    else:
        compiled = _updated(held, head.version, entities)
    defects, waiting = list(entities.defects), Entities()
    if held is not None:
        compiled = _with_good(held, compiled, entities, defects, waiting)
    told = {(each.kind, each.key) for each in defects}
    defects += [each for each in _defects(compiled, entities) if (each.kind, each.key) not in told]
    return Assembled(compiled, defects, waiting)


def _present(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entity for key, entity in told.items() if entity is not None}


def _updated(held: CompiledFlagSet, version: int, entities: Entities) -> CompiledFlagSet:
    return held.updated(
        version=version,
        flags=entities.flags,
        segments=entities.segments,
        experiments=entities.experiments,
        remote_configs=entities.remote_configs,
    )


def _with_good(
    held: CompiledFlagSet, compiled: CompiledFlagSet, entities: Entities, defects: list[Defect], waiting: Entities
) -> CompiledFlagSet:
    """Puts back what was good before and can't be evaluated now. What is named and absent is no reason to.

    What had to give way waits for what makes it good."""
    was, version = held.flagset, compiled.version
    segments: dict[str, Segment | None] = {
        key: was.segments[key]
        for key in compiled.failed_segments
        if key in entities.segments and key in was.segments and key not in held.failed_segments
    }
    if segments:
        defects += [Defect("segment", key, compiled.failed_segments[key], True) for key in segments]
        compiled = compiled.updated(version=version, segments=segments)
    unusable = {**compiled.failed, **(compiled.unresolved if compiled.failed_segments else {})}
    good = [key for key in unusable if key not in held.failed and key not in held.unresolved and key in held.served]
    flags: dict[str, Flag | None] = {key: was.flags[key] for key in good if key in was.flags}
    configs: dict[str, RemoteConfig | None] = {key: was.remote_configs[key] for key in good if key not in was.flags}
    if not good:
        return compiled
    defects += [Defect("flag" if key in flags else "remote_config", key, unusable[key], True) for key in good]
    experiments: dict[str, Experiment | None] = {
        key: was.experiments.get(key)
        for key, experiment in entities.experiments.items()
        if _of_one(good, experiment, was.experiments.get(key))
    }
    newest = compiled.flagset
    waiting.flags.update({key: newest.flags.get(key) for key in flags})
    waiting.remote_configs.update({key: newest.remote_configs.get(key) for key in configs})
    waiting.experiments.update({key: newest.experiments.get(key) for key in experiments})
    return compiled.updated(version=version, flags=flags, experiments=experiments, remote_configs=configs)


def _of_one(flags: Iterable[str], *experiments: Experiment | None) -> bool:
    return any(each is not None and each.flag in flags for each in experiments)


def _defects(compiled: CompiledFlagSet, entities: Entities) -> list[Defect]:
    """What can't be evaluated of what has changed."""
    found = [
        Defect("segment", key, reason, False)
        for key, reason in compiled.failed_segments.items()
        if key in entities.segments
    ]
    changed = entities.flags.keys() | entities.remote_configs.keys()
    unusable = {**compiled.failed, **compiled.unresolved}
    return found + [Defect("flag", key, reason, False) for key, reason in unusable.items() if key in changed]
