"""How the database and the stream differ, environment by environment, for somebody who decides between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import parse_config_subject

from control_plane.publishing.blocks import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityDifference:
    """Entities are named `kind/key`, SDK keys by their ids.

    `switched_on` are flags that are off on the stream and on in the database, `working_again` SDK keys that the stream
    no longer has."""

    only_on_the_stream: Sequence[str] = ()
    only_in_the_database: Sequence[str] = ()
    changed: Sequence[str] = ()
    switched_on: Sequence[str] = ()
    switched_off: Sequence[str] = ()
    working_again: Sequence[str] = ()
    no_longer_working: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDifference:
    """One environment, with the database on one side and the stream on the other.

    Versions are None where a side doesn't have it; `followers_version` is what an edge or another follower told of."""

    environment_id: str
    organization_id: str
    project: str
    environment: str
    database_version: int | None
    stream_version: int | None
    stream_epoch: int | None
    blocked: Reason | None = None
    followers_version: int | None = None
    entities: EntityDifference

    @property
    def same(self) -> bool:
        """Whether both sides serve the same."""
        return self.entities == EntityDifference()


@dataclass(frozen=True, slots=True)
class Comparison:
    """`foreign` are environments that only the stream has."""

    database_epoch: int
    stream_epoch: int
    environments: Sequence[EnvironmentDifference] = field(default=())
    foreign: Sequence[EnvironmentDifference] = field(default=())


def entity_difference(stream: Mapping[str, bytes], database: Mapping[str, bytes]) -> EntityDifference:
    """What differs between two sets of contents by subject."""
    changed = sorted(each for each in stream.keys() & database.keys() if stream[each] != database[each])
    flags = [(name_of(each), _is_on(stream[each]), _is_on(database[each])) for each in changed if _is_flag(each)]
    before, after = sdk_keys_of(stream), sdk_keys_of(database)
    return EntityDifference(
        only_on_the_stream=tuple(sorted(name_of(each) for each in stream.keys() - database.keys())),
        only_in_the_database=tuple(sorted(name_of(each) for each in database.keys() - stream.keys())),
        changed=tuple(name_of(each) for each in changed),
        switched_on=tuple(name for name, was_on, is_on in flags if is_on and not was_on),
        switched_off=tuple(name for name, was_on, is_on in flags if was_on and not is_on),
        working_again=tuple(sorted(after - before)),
        no_longer_working=tuple(sorted(before - after)),
    )


def name_of(subject: str) -> str:
    parsed = parse_config_subject(subject)
    return f"{parsed.kind}/{parsed.key}"


def sdk_keys_of(contents: Mapping[str, bytes]) -> set[str]:
    """The ids of the keys that an environment's contents let in."""
    message = environment_message(contents)
    return {str(each.id) for each in message.environment.sdk_keys} if message is not None else set()


def environment_message(contents: Mapping[str, bytes]) -> ConfigMessage | None:
    """The entry that tells whose the environment is."""
    for subject, content in contents.items():
        if parse_config_subject(subject).kind == "environment" and (message := _message(content)) is not None:
            return message
    return None


def _is_flag(subject: str) -> bool:
    return parse_config_subject(subject).kind == "flag"


def _is_on(content: bytes) -> bool:
    message = _message(content)
    try:
        document: Any = msgspec.json.decode(message.flag) if message is not None else {}
    except msgspec.MsgspecError:
        return False
    if not isinstance(document, dict):
        return False
    return bool(document.get("enabled", True)) and not document.get("archived", False)


def _message(content: bytes) -> ConfigMessage | None:
    try:
        return ConfigMessage.FromString(content)
    except DecodeError:
        return None
