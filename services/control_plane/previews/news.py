"""What of a change whoever holds a client key would see for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bucketing.errors import InvalidConfig
from bucketing.flagset import Flag, RemoteConfig
from google.protobuf.message import DecodeError
from messages.documents import flag_of, remote_config_of
from messages.generated.config_pb2 import ConfigMessage

from control_plane.changes.patches import alike
from control_plane.previews.entries import EntryChange


@dataclass(frozen=True, slots=True)
class ClientNews:
    """`newly_visible`: nothing of it was visible. `variations`: those whose values are new to clients; of a remote
    config none is named."""

    entity: str
    key: str
    newly_visible: bool
    variations: tuple[str, ...] = ()


def client_news(changes: Sequence[EntryChange]) -> list[ClientNews]:
    return [news for each in changes if each.kind in ("flag", "remote_config") for news in _news(each)]


def _news(change: EntryChange) -> Iterator[ClientNews]:
    was, becomes = _entity(change.kind, change.before), _entity(change.kind, change.after)
    if becomes is None or becomes.archived or not becomes.client_visible:
        return
    seen = was if was is not None and was.client_visible and not was.archived else None
    if isinstance(becomes, Flag):
        known = seen.variations if isinstance(seen, Flag) else {}
        new = tuple(
            key for key, value in becomes.variations.items() if key not in known or not alike(known[key], value)
        )
        if seen is None or new:
            yield ClientNews("flag", change.key, seen is None, new)
    elif not isinstance(seen, RemoteConfig) or _values(seen) != _values(becomes):
        yield ClientNews("config", change.key, seen is None)


def _values(config: RemoteConfig) -> tuple[object, ...]:
    return config.value, tuple(each.value for each in config.overrides)


def _entity(kind: str, content: bytes | None) -> Flag | RemoteConfig | None:
    if content is None:
        return None
    try:
        message = ConfigMessage.FromString(content)
        return flag_of(message) if kind == "flag" else remote_config_of(message)
    except (DecodeError, InvalidConfig):
        return None
