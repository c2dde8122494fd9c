"""The last known configuration on disk, so that an edge can start with nothing behind it.

A file is a header line (name, schema version, SHA-256 of the rest) and a msgpack body with the raw messages of
the CONFIG stream. It is written to a temporary file, synced and renamed; the last two are kept. A file that is
torn, altered or of another schema is passed over for the one before it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

SCHEMA_VERSION = 1
_NAME = b"verdict-edge-snapshot"
_FILE = re.compile(r"config-(\d{12})\.snapshot")
_KEPT = 2


class EnvironmentSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """One environment in a snapshot. Raw messages: `entries` by subject, and the manifest that they fit.

    `good` holds, for entries that could not be used, the last messages that could. `confirmed_at` in epoch
    milliseconds.
    """

    environment_id: str
    confirmed_at: int
    manifest: bytes
    entries: dict[str, bytes]
    good: dict[str, bytes]


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """All that an edge held, as one file."""

    saved_at: int
    environments: list[EnvironmentSnapshot]


class SnapshotUnusable(Exception):
    """A file that can't be trusted; the message says why."""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    body = _encode(snapshot)
    return b"%s %d %s\n%s" % (_NAME, SCHEMA_VERSION, hashlib.sha256(body).hexdigest().encode(), body)


def decode_snapshot(data: bytes) -> Snapshot:
    """The inverse of `encode_snapshot`. Raises SnapshotUnusable for anything but its exact bytes."""
    header, newline, body = data.partition(b"\n")
    parts = header.split(b" ")
    if not newline or len(parts) != 3 or parts[0] != _NAME:
        raise SnapshotUnusable("no snapshot header")
    if parts[1] != str(SCHEMA_VERSION).encode():
        raise SnapshotUnusable("another schema version")
    if parts[2] != hashlib.sha256(body).hexdigest().encode():
        raise SnapshotUnusable("the checksum does not fit")
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise SnapshotUnusable(str(error)) from None


class SnapshotStore:
    """The snapshot files in one folder, which is made when the first is saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> list[Path]:
        """The snapshots there are, the newest first."""
        try:
            found = [path for path in self._folder.iterdir() if _FILE.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(found, key=lambda path: path.name, reverse=True)

    def save(self, snapshot: Snapshot) -> None:
        """Returns when the snapshot is on disk under its final name. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        held = self.files()
        number = int(_FILE.fullmatch(held[0].name)[1]) + 1 if held else 1  # type: ignore[index]
        final = self._folder / f"config-{number:012d}.snapshot"
        temporary = final.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode_snapshot(snapshot))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(final)
        self._sync_folder()
        for old in held[_KEPT - 1 :]:
            with suppress(OSError):
                old.unlink()

    def load(self) -> Iterator[tuple[Path, Snapshot | SnapshotUnusable]]:
        """Each file with what is in it or why it can't be used, the newest first."""
        for path in self.files():
            try:
                yield path, decode_snapshot(path.read_bytes())
            except SnapshotUnusable as error:
                yield path, error
            except OSError as error:
                yield path, SnapshotUnusable(f"unreadable ({type(error).__name__})")

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
