"""The last change that could matter to a flag's answer: of the flag, or of anything that the answer depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bucketing import unit_key
from bucketing.flagset import FlagSet

from control_plane.changes.patches import alike
from control_plane.changes.versions import Name, Version, last_changes
from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.queries import keys_on
from control_plane.explanations.dependencies import flags_behind, holdouts_behind, segments_behind
from control_plane.explanations.schemas import ExplanationAsked

_TEXTS = frozenset({"name", "description", "tags", "owner", "version", "updated_at"})
_OF_ANALYSIS = frozenset({"hypothesis", "control", "metrics", "plan", "trigger_event", "exposure_filter", "archived"})
IMMATERIAL: Mapping[str, frozenset[str]] = {
    "flag": _TEXTS | {"purpose", "expected_end"},
    "flag_settings": _TEXTS | {"inherited", "report_exposures", "exposure_attributes"},
    "config": _TEXTS,
    "config_settings": _TEXTS | {"inherited"},
    "segment": _TEXTS,
    "experiment": _TEXTS | _OF_ANALYSIS,
    "holdout": _TEXTS | {"archived"},
    "override": frozenset({"reason", "set_by", "created_at"}),
}
"""The fields of each kind that no answer depends on."""


async def last_change(
    tx: Connection,
    scope: Scope,
    environment: EnvironmentRow,
    flagset: FlagSet,
    asked: ExplanationAsked,
    number: int | None,
) -> Version | None:
    """Up to the entry of this number; None: up to now. None when the log doesn't know of one."""
    names = await _names(tx, scope, environment, flagset, asked)
    return await _latest(tx, scope, dict.fromkeys(names, number))


async def _names(
    tx: Connection, scope: Scope, environment: EnvironmentRow, flagset: FlagSet, asked: ExplanationAsked
) -> list[Name]:
    flags = flags_behind(flagset, asked.flag)
    configs = {asked.flag} & flagset.remote_configs.keys()
    unit = unit_key(asked.context.get("targetingKey"))
    experiments = await keys_on(tx, scope, environment.id, flags)
    return [
        *_of("flag", flags),
        *_of("flag_settings", (f"{key}/{environment.key}" for key in flags)),
        *_of("config", configs),
        *_of("config_settings", (f"{key}/{environment.key}" for key in configs)),
        *_of("segment", segments_behind(flagset, flags)),
        *_of("experiment", experiments),
        *_of("holdout", holdouts_behind(flagset, flags)),
        *_of("override", (f"{key}/{environment.key}/{unit}" for key in flags if unit)),
    ]


def _of(kind: str, keys: Iterable[str]) -> list[Name]:
    return [(kind, key) for key in sorted(keys)]


async def _latest(tx: Connection, scope: Scope, wanted: dict[Name, int | None]) -> Version | None:
    """Goes back where the last change of an entity is one of its texts, as long as it could still be the latest."""
    latest: Version | None = None
    while wanted:
        found = await last_changes(tx, scope, wanted)
        for version in found.values():
            if _matters(version) and (latest is None or version.number > latest.number):
                latest = version
        floor = latest.number if latest is not None else 0
        wanted = {
            name: version.number - 1
            for name, version in found.items()
            if not _matters(version) and version.number - 1 > floor
        }
    return latest


def _matters(version: Version) -> bool:
    before, after = version.before, version.after
    if version.entity == "experiment" and not (_has_run(before) or _has_run(after)):
        return False
    if before is None or after is None:
        return True
    fields = (before.keys() | after.keys()) - IMMATERIAL[version.entity]
    return any(not alike(before.get(field), after.get(field)) for field in fields)


def _has_run(document: Mapping[str, Any] | None) -> bool:
    return document is not None and document["status"] != "draft"
