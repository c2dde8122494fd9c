"""What the CONFIG stream holds, environment by environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from messages.digest import digest_bytes
from messages.generated.config_pb2 import ConfigMessage, Manifest
from messages.subjects import CONFIG, config_filter, manifest_subject, parse_config_subject
from streams import Bus, Delivered

from control_plane.publishing.entries import PublishedEntry, published_entry


@dataclass(slots=True)
class StreamedEnvironment:
    """What stands on the stream of one environment.

    `version` is the manifest's, -1 without one; `newest` and `epoch` are the highest of all its messages.
    """

    environment_id: str
    sequence: int = 0
    version: int = -1
    newest: int = -1
    epoch: int = 0
    entries: dict[str, PublishedEntry] = field(default_factory=dict)

    @property
    def live(self) -> Mapping[str, PublishedEntry]:
        """Entries that aren't tombstones."""
        return {subject: each for subject, each in self.entries.items() if each.content is not None}


@dataclass(slots=True)
class StreamContents:
    """All that was read. `subjects` has those that no environment owns, too."""

    environments: dict[str, StreamedEnvironment] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)
    last_sequence: int = 0

    @property
    def epoch(self) -> int:
        """The highest of all."""
        return max((each.epoch for each in self.environments.values()), default=0)

    def environment(self, environment_id: str) -> StreamedEnvironment:
        """An empty one for what the stream doesn't have."""
        return self.environments.get(environment_id) or StreamedEnvironment(environment_id)


async def read_contents(bus: Bus, environment_id: str | None = None) -> StreamContents:
    """Everything of one environment, or of all. Raises `BusError`."""
    return contents_of(await bus.read_all(CONFIG, config_filter(environment_id)))


async def read_manifests(bus: Bus) -> StreamContents:
    """The manifests alone, which costs the same whatever the environments hold. Raises `BusError`."""
    return contents_of(await bus.read_all(CONFIG, manifest_subject("*")))


def contents_of(delivered: Iterable[Delivered]) -> StreamContents:
    contents = StreamContents()
    for each in delivered:
        contents.subjects.add(each.subject)
        contents.last_sequence = max(contents.last_sequence, each.sequence)
        try:
            parsed = parse_config_subject(each.subject)
        except ValueError:
            continue
        held = contents.environments.setdefault(parsed.environment_id, StreamedEnvironment(parsed.environment_id))
        if parsed.is_manifest:
            message = manifest_of(parsed.environment_id, each)
            held.sequence, held.version = each.sequence, message.version
            version, epoch = message.version, message.epoch
        else:
            entry = held.entries[each.subject] = published_entry(each.payload)
            version, epoch = entry.version, entry.epoch
        held.newest, held.epoch = max(held.newest, version), max(held.epoch, epoch)
    return contents


def manifest_of(environment_id: str, last: Delivered) -> ConfigMessage:
    """The manifest as it stands; an empty one of version 0 for a message that can't be read."""
    try:
        message = ConfigMessage.FromString(last.payload)
    except DecodeError:
        message = ConfigMessage()
    if message.WhichOneof("content") == "manifest":
        return message
    return ConfigMessage(environment_id=environment_id, manifest=Manifest(digest=digest_bytes(0)))
