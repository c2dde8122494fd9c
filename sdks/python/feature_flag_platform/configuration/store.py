"""The store: a folder that keeps the last configuration, so that a process can start without any edge."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feature_flag_platform.notices import Notices

FORMAT = 1
NAME = "config.json"


@dataclass(frozen=True, slots=True)
class StoredConfig:
    """A config document as JSON reads it, with what the edge said of it; `saved_at` in epoch milliseconds."""

    document: dict[str, Any]
    etag: str | None
    stream_id: str | None
    saved_at: int


class Store:
    """Two files: the last configuration and the one before. Each is one line that says what it is, and the document."""

    def __init__(self, folder: Path, env_key: str, notices: Notices) -> None:
        self._folder = folder
        self._key_sha256 = hashlib.sha256(env_key.encode()).hexdigest()
        self._notices = notices

    def load(self) -> StoredConfig | None:
        """The newest that is whole and of this SDK key."""
        for name in (NAME, f"{NAME}.previous"):
            try:
                content = (self._folder / name).read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                self._notices.warn(("store", name), "the stored configuration %s can't be read: %s", name, error)
                continue
            found = self._read(content)
            if found is not None:
                return found
            self._notices.warn(("store", name), "the stored configuration %s is of another key or damaged", name)
        return None

    def _read(self, content: bytes) -> StoredConfig | None:
        line, _, body = content.partition(b"\n")
        try:
            head = json.loads(line)
            told = (head["format"], head["key_sha256"], head["sha256"])
            if told != (FORMAT, self._key_sha256, hashlib.sha256(body).hexdigest()):
                return None
            document = json.loads(body)
            if not isinstance(document, dict):
                return None
            return StoredConfig(document, head.get("etag"), head.get("stream_id"), int(head.get("saved_at", 0)))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def save(self, document: dict[str, Any], etag: str | None, stream_id: str | None) -> None:
        """Puts a configuration in front of the one before. Of a folder that can't be written it warns, and goes on."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        head = {
            "format": FORMAT,
            "key_sha256": self._key_sha256,
            "etag": etag,
            "stream_id": stream_id,
            "sha256": hashlib.sha256(body).hexdigest(),
            "saved_at": time.time_ns() // 1_000_000,
        }
        try:
            self._write(json.dumps(head).encode() + b"\n" + body)
        except OSError as error:
            self._notices.warn(("store", "write"), "the configuration can't be stored in %s: %s", self._folder, error)
        else:
            self._notices.forget(("store", "write"))

    def _write(self, content: bytes) -> None:
        folder, target = self._folder, self._folder / NAME
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{NAME}.{os.getpid()}.{id(self):x}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Another process that shares the folder may have been quicker.
        with suppress(FileNotFoundError):
            target.replace(folder / f"{NAME}.previous")
        beside.replace(target)
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """So that the new names outlive a power cut; where folders can't be synced they are written by themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
