"""The entities of a config document, read one by one: what one of them is broken by does not cost the others.

Of one that can't be read there stands either what is held of it or a stand-in, which the engine finds broken: whatever
depends on it answers PARSE_ERROR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bucketing.document import (
    experiment_from_document,
    flag_from_document,
    named,
    remote_config_from_document,
    segment_from_document,
)
from bucketing.errors import InvalidConfig
from bucketing.flagset import (
    Comparison,
    ConfigOverride,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    RemoteConfig,
    Segment,
)

_UNREADABLE = Comparison("unreadable", "unreadable")
"""A condition that no engine can evaluate."""


class Defect(NamedTuple):
    """Why an entity can't be used; `kept`: what was good of it goes on."""

    kind: str
    key: str
    reason: str
    kept: bool


@dataclass(slots=True)
class Entities:
    """By key, as they are to be held from now on; None for what is gone."""

    flags: dict[str, Flag | None] = field(default_factory=dict)
    segments: dict[str, Segment | None] = field(default_factory=dict)
    experiments: dict[str, Experiment | None] = field(default_factory=dict)
    remote_configs: dict[str, RemoteConfig | None] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.flags or self.segments or self.experiments or self.remote_configs)


class _Kind(NamedTuple):
    table: str
    kind: str
    read: Callable[[Any, str], Any]
    stand_in: Callable[[str, Any], Any]


def _broken_flag(key: str, document: Any) -> Flag:
    version = document.get("version") if isinstance(document, dict) else 0
    return Flag(key, FlagType.BOOLEAN, {}, "", Fixed(""), version=version if isinstance(version, int) else 0)


def _broken_segment(key: str, _document: Any) -> Segment:
    return Segment(key, condition=_UNREADABLE)


def _broken_experiment(key: str, document: Any) -> Experiment | None:
    """None where it can't even be told whose it is."""
    flag = document.get("flag") if isinstance(document, dict) else None
    return Experiment(key, flag, ExperimentMode.ASSIGNS, (), 0) if isinstance(flag, str) else None


def _broken_remote_config(key: str, _document: Any) -> RemoteConfig:
    return RemoteConfig(key, {}, overrides=(ConfigOverride("unreadable", _UNREADABLE, {}),))


KINDS = (
    _Kind("flags", "flag", flag_from_document, _broken_flag),
    _Kind("segments", "segment", segment_from_document, _broken_segment),
    _Kind("experiments", "experiment", experiment_from_document, _broken_experiment),
    _Kind("remote_configs", "remote_config", remote_config_from_document, _broken_remote_config),
)


def read_entities(document: Mapping[str, Any], held: FlagSet) -> Entities:
    """The entities of a config document, or of a change, where null is an entity that is gone.

    Raises InvalidConfig for a table that is none."""
    found = Entities()
    for kind in KINDS:
        table = document.get(kind.table)
        if table is None:
            continue
        if not isinstance(table, dict):
            raise InvalidConfig(kind.table, "must be an object", "type")
        before: Mapping[str, Any] = getattr(held, kind.table)
        into: dict[str, Any] = getattr(found, kind.table)
        for key, entry in table.items():
            into[key] = None if entry is None else _read(kind, key, entry, before.get(key), found.defects)
    return found


def _read(kind: _Kind, key: str, entry: Any, before: Any, defects: list[Defect]) -> Any:
    path = f"{kind.table}.{key}"
    try:
        if not isinstance(entry, dict):
            raise InvalidConfig(path, "must be an object", "type")
        return kind.read(named(entry, key, path), path)
    except (InvalidConfig, RecursionError, ValueError, OverflowError) as error:
        defects.append(Defect(kind.kind, key, str(error), before is not None))
        return kind.stand_in(key, entry) if before is None else before
