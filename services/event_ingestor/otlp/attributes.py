"""Attributes of data points: what they say as JSON, and whom or which variation the point was measured of.

A point's own attributes come before its library's, those before its process's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from messages.arms import ARM_SOURCE_LENGTH, arm_unit
from messages.generated.otlp_pb2 import OtlpAnyValue, OtlpKeyValue, OtlpResource, OtlpScope

FLAG, VARIATION = "feature_flag.key", "feature_flag.result.variant"
UNITS = ("feature_flag.context.id", "enduser.id")
"""The first that is there names the unit itself."""
_SERVICE = "service.name"
_ordered = msgspec.json.Encoder(order="deterministic").encode


class Source(NamedTuple):
    """A process, by its attributes, and a library in it. `attributes`: of both."""

    process: str
    library: str
    attributes: Mapping[str, Any]

    @classmethod
    def of(cls, resource: OtlpResource, scope: OtlpScope) -> Source:
        process = plain(resource.attributes)
        return cls(digest(process), f"{scope.name} {scope.version}", process | plain(scope.attributes))


class Measured(NamedTuple):
    """Of whom a point tells. `unit`: a user; or, `is_arm`, all who had the variation in one process at a second."""

    unit: str
    flag: str
    variation: str
    is_arm: bool


def measured(source: Source, attributes: Mapping[str, Any], second: int) -> Measured | None:
    """None: of nobody who could be told."""
    said = {name: each for name, each in {**source.attributes, **attributes}.items() if isinstance(each, str) and each}
    flag, variation = said.get(FLAG, ""), said.get(VARIATION, "")
    if not (flag and variation):
        flag = variation = ""
    unit = next((said[name] for name in UNITS if name in said), "")
    if unit:
        return Measured(unit, flag, variation, is_arm=False)
    if not flag:
        return None
    source_key = digest([source.process, second])[:ARM_SOURCE_LENGTH]
    return Measured(arm_unit(flag, variation, source_key), flag, variation, is_arm=True)


def properties(source: Source, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with an event: what the point says, its arm wherever that was said, and the service's name. The
    unit stands in its user key, where an environment may hide it."""
    kept = {name: source.attributes[name] for name in (_SERVICE, FLAG, VARIATION) if name in source.attributes}
    return {name: each for name, each in {**kept, **attributes}.items() if name not in UNITS}


def plain(attributes: Iterable[OtlpKeyValue]) -> dict[str, Any]:
    """As JSON; bytes as base64."""
    return {each.key: _value(each.value) for each in attributes}


def digest(said: Any) -> str:
    """The same for the same, in any order of its names."""
    return sha256(_ordered(said)).hexdigest()


def _value(value: OtlpAnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return plain(value.kvlist_value.values)
    if kind == "bytes_value":
        return b64encode(value.bytes_value).decode()
    return getattr(value, kind)
