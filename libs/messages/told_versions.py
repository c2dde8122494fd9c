"""Versions that are told before the stream has them, as bytes of a `ToldVersion`; see proto/verdict/v1/config.proto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from messages.config_tree import config_message
from messages.generated.config_pb2 import ConfigMessage, ToldVersion
from messages.subjects import ConfigSubject, parse_config_subject


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """A `ConfigMessage` as the stream will get it, and the parts of its subject."""

    subject: str
    parsed: ConfigSubject
    payload: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What differs from the newest version of the stream, and the manifest: its bytes, and what they say."""

    entries: tuple[ToldEntry, ...]
    payload: bytes
    manifest: ConfigMessage
    trace: str

    @property
    def environment_id(self) -> str:
        return self.manifest.environment_id


def told_payload(entries: Mapping[str, bytes], manifest: bytes, trace: str) -> bytes:
    """`entries`: messages by subject."""
    told = ToldVersion(manifest=manifest, trace=trace)
    for subject, message in entries.items():
        told.entries.add(subject=subject, message=message)
    return told.SerializeToString()


def read_told(payload: bytes) -> Told:
    """The inverse. Raises ValueError for what isn't one, or not of one environment."""
    try:
        told = ToldVersion.FromString(payload)
        manifest = config_message(told.manifest)
    except DecodeError as error:
        raise ValueError(str(error) or "not a ToldVersion") from error
    if manifest.WhichOneof("content") != "manifest":
        raise ValueError("without a manifest")
    entries = tuple(ToldEntry(each.subject, parse_config_subject(each.subject), each.message) for each in told.entries)
    for each in entries:
        if each.parsed.is_manifest or each.parsed.environment_id != manifest.environment_id:
            raise ValueError(f"holds {each.subject}")
    return Told(entries, told.manifest, manifest, told.trace)
