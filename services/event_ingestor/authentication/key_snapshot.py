"""The snapshot of known SDK keys, so that a restart can authorise before the CONFIG stream was read.

The file holds hashes of keys, never keys. It is written beside its place, flushed to disk and renamed, and carries
a checksum: a damaged one is as good as none.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from service_kit.logs import get_logger

from event_ingestor.authentication.authenticator import Authenticator, EnvironmentKeys

_FORMAT = b"verdict-sdk-keys-1 "
_log = get_logger("key_snapshot")


def load(path: Path) -> Sequence[EnvironmentKeys]:
    """What the file holds; nothing when there is none or it is damaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        _log.warning("snapshot can't be read", path=str(path), error=type(error).__name__)
        return ()
    head, _, body = content.partition(b"\n")
    if head != _FORMAT + hashlib.sha256(body).hexdigest().encode():
        _log.warning("snapshot is damaged", path=str(path))
        return ()
    try:
        return msgspec.json.decode(body, type=tuple[EnvironmentKeys, ...])
    except msgspec.MsgspecError:
        _log.warning("snapshot has another form", path=str(path))
        return ()


def save(path: Path, environments: Sequence[EnvironmentKeys]) -> None:
    """Raises OSError."""
    body = msgspec.json.encode(environments)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.{os.getpid()}.new")
    with written.open("wb") as file:
        file.write(_FORMAT + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)


class SnapshotWriter:
    """Writes after a change, off the event loop, at most once at a time; changes in between go together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        self._wanted.set()

    async def keep_writing(self, authenticator: Authenticator) -> None:
        """Until it is cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await asyncio.to_thread(save, self._path, authenticator.environments)
            except OSError as error:
                _log.warning("snapshot can't be written", path=str(self._path), error=type(error).__name__)
