"""Whole config documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bucketing.document.experiments import experiment_from_document, experiment_to_document
from bucketing.document.fields import at, expect, optional, required
from bucketing.document.flags import flag_from_document, flag_to_document
from bucketing.document.remote_configs import remote_config_from_document, remote_config_to_document
from bucketing.document.segments import segment_from_document, segment_to_document
from bucketing.errors import InvalidConfig
from bucketing.flagset import ALGORITHM, FlagSet, Json

SCHEMA_VERSION = 1
Entity = TypeVar("Entity")


def flagset_from_document(document: Json, path: str = "") -> FlagSet:
    """Read a config document: `{"algorithm", "salt", "version", "flags", "segments", "experiments",
    "remote_configs"}`.

    The last four are objects from key to entity; an entity may leave its own `key` out. Raises InvalidConfig
    for a wrong shape and for another algorithm or schema version than this engine's.
    """
    fields = expect(document, dict, path)
    if optional(fields, "schema_version", int, path, SCHEMA_VERSION) != SCHEMA_VERSION:
        raise InvalidConfig(at(path, "schema_version"), f"must be {SCHEMA_VERSION}", "schema_version")
    if optional(fields, "algorithm", str, path, ALGORITHM) != ALGORITHM:
        raise InvalidConfig(at(path, "algorithm"), f"must be {ALGORITHM}", "algorithm")
    return FlagSet(
        salt=required(fields, "salt", str, path),
        version=optional(fields, "version", int, path, 0),
        flags=_entities(fields, "flags", flag_from_document, path),
        segments=_entities(fields, "segments", segment_from_document, path),
        experiments=_entities(fields, "experiments", experiment_from_document, path),
        remote_configs=_entities(fields, "remote_configs", remote_config_from_document, path),
    )


def _entities(fields: dict[str, Json], name: str, read: Callable[[Json, str], Entity], path: str) -> dict[str, Entity]:
    entities = {}
    for key, entry in optional(fields, name, dict, path, {}).items():
        here = at(at(path, name), key)
        entities[key] = read(named(expect(entry, dict, here), key, here), here)
    return entities


def named(entity: dict[str, Json], key: str, path: str) -> dict[str, Json]:
    """The document of an entity with its key, which it may leave out. InvalidConfig if it says another one."""
    if optional(entity, "key", str, path, key) != key:
        raise InvalidConfig(at(path, "key"), f"must be {key!r}, as the object around it says", "key")
    return {**entity, "key": key}


def flagset_to_document(flagset: FlagSet) -> dict[str, Json]:
    """Write a config document, with its entities in the order of their keys."""
    return {
        "schema_version": SCHEMA_VERSION,
        "algorithm": ALGORITHM,
        "salt": flagset.salt,
        "version": flagset.version,
        "flags": {key: flag_to_document(flag) for key, flag in sorted(flagset.flags.items())},
        "segments": {key: segment_to_document(one) for key, one in sorted(flagset.segments.items())},
        "experiments": {key: experiment_to_document(one) for key, one in sorted(flagset.experiments.items())},
        "remote_configs": {key: remote_config_to_document(one) for key, one in sorted(flagset.remote_configs.items())},
    }
