"""The engine's entities inside CONFIG messages: JSON documents of the one grammar, `proto/config.schema.json`.

`*_document` gives the bytes that travel, in canonical form, so that what says the same is the same bytes;
`*_of` reads them back and raises InvalidConfig for what is no document of the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from sys import intern
from typing import Any

import msgspec
from bucketing.document import (
    chunk_from_document,
    chunk_to_document,
    condition_from_document,
    condition_to_document,
    experiment_from_document,
    experiment_to_document,
    flag_from_document,
    flag_to_document,
    remote_config_from_document,
    remote_config_to_document,
    segment_from_document,
    segment_to_document,
)
from bucketing.errors import InvalidConfig
from bucketing.flagset import Condition, Experiment, Flag, Json, RemoteConfig, Segment
from bucketing.long_lists import ListChunk, digest_of_chunk

from messages.generated import config_pb2 as pb

# The standard library's encoder: it refuses NaN, for which msgspec would write null.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode = msgspec.json.Decoder().decode
_SHARED_LENGTH_MAX = 40
_STARTED = (pb.EXPERIMENT_STATUS_RUNNING, pb.EXPERIMENT_STATUS_PAUSED, pb.EXPERIMENT_STATUS_STOPPED)
_SHARED_LIST_MAX = 100


def canonical(document: Json) -> bytes:
    """A document as it travels: UTF-8, its members in the order given, no blanks. Raises ValueError for NaN."""
    return _encode(document).encode()


def flag_document(flag: Flag) -> bytes:
    """Without the version: a flag's version is that of the message."""
    document = flag_to_document(flag)
    del document["version"]
    return canonical(document)


def remote_config_document(config: RemoteConfig) -> bytes:
    """Without the version, as a flag."""
    document = remote_config_to_document(config)
    del document["version"]
    return canonical(document)


def segment_document(segment: Segment) -> bytes:
    return canonical(segment_to_document(segment))


def experiment_document(experiment: Experiment) -> bytes:
    return canonical(experiment_to_document(experiment))


def condition_document(condition: Condition) -> bytes:
    """Of a condition that travels by itself."""
    return canonical(condition_to_document(condition))


def condition_of(document: bytes) -> Condition | None:
    """None for no bytes: no condition."""
    return condition_from_document(_read(document), "") if document else None


def flag_of(message: pb.ConfigMessage) -> Flag:
    return flag_from_document({**_read(message.flag), "version": message.version})


def remote_config_of(message: pb.ConfigMessage) -> RemoteConfig:
    return remote_config_from_document({**_read(message.remote_config), "version": message.version})


def segment_of(message: pb.ConfigMessage) -> Segment:
    return segment_from_document(_read(message.segment))


def chunk_document(number: int, included: Iterable[str], excluded: Iterable[str]) -> bytes:
    """Of a part of a long list."""
    return canonical(chunk_to_document(number, included, excluded))


def chunk_of(document: bytes) -> ListChunk:
    return replace(chunk_from_document(_read(document)), digest=digest_of_chunk(document))


def chunk_key(segment: str, number: int) -> str:
    """What a part of a segment's long list is called on the bus."""
    return f"{segment}.{number}"


def chunk_named(key: str) -> tuple[str, int]:
    """The segment and the number, the other way round. Raises InvalidConfig."""
    segment, _, number = key.rpartition(".")
    if not segment or not (number.isascii() and number.isdigit()):
        raise InvalidConfig("", f"{key!r} names no chunk of a segment", "key")
    return segment, int(number)


def experiment_of(message: pb.Experiment) -> Experiment:
    """The engine's part, whether the experiment is in force or not."""
    return experiment_from_document(_read(message.document))


def is_in_force(message: pb.Experiment) -> bool:
    """Whether the engine is to know the experiment: it has been started and is not archived."""
    return not message.archived and message.status in _STARTED


def _read(document: bytes) -> dict[str, Any]:
    try:
        read = _decode(document)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidConfig("", f"is no JSON: {error}", "json") from error
    if not isinstance(read, dict):
        raise InvalidConfig("", "must be an object", "type")
    return {name: _shared(value) for name, value in read.items()}


def _shared(value: Any) -> Any:
    """With one object for each text that many documents repeat (attributes, operators, variations), but for long lists
    of keys."""
    if type(value) is str:
        return intern(value) if len(value) <= _SHARED_LENGTH_MAX else value
    if type(value) is dict:
        return {name: _shared(each) for name, each in value.items()}
    if type(value) is list and len(value) <= _SHARED_LIST_MAX:
        return [_shared(each) for each in value]
    return value
