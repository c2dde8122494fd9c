"""The store: a folder that keeps the last configuration, so that a process can start without any edge."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feature_flag_platform.configuration.files import sync_folder, written_beside
from feature_flag_platform.configuration.stored_chunks import StoredChunks, named_chunks
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
    """Two files, the last configuration and the one before, each one line that says what it is and the document; and
    the chunks of long lists that they name."""

    def __init__(self, folder: Path, env_key: str, notices: Notices) -> None:
        self._folder = folder
        self._key_sha256 = hashlib.sha256(env_key.encode()).hexdigest()
        self._notices = notices
        self._chunks = StoredChunks(folder)
        self._named: set[str] = set()
        """The digests of the chunks that the newest file names."""

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
                self._named = named_chunks(found.document)
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

    def chunk(self, digest: int) -> bytes | None:
        """A chunk that is kept; whoever uses it compares the digest."""
        return self._chunks.read(digest)

    def save_chunks(self, chunks: Mapping[int, bytes]) -> None:
        """Keeps chunks by their digests, for as long as one of the two files names them. Warns as `save` does."""
        self._try("chunks", lambda: self._chunks.write(chunks))

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
        content, named = json.dumps(head).encode() + b"\n" + body, named_chunks(document)

        if self._try("write", lambda: self._write(content)):
            self._named, before = named, self._named
            self._try("tidy", lambda: self._chunks.forget_but(named | before))

    def _try(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except OSError as error:
            self._notices.warn(("store", what), "the configuration can't be stored in %s: %s", self._folder, error)
            return False
        self._notices.forget(("store", what))
        return True

    def _write(self, content: bytes) -> None:
        folder, target = self._folder, self._folder / NAME
        beside = written_beside(target, content)
        # Another process that shares the folder may have been quicker.
        with suppress(FileNotFoundError):
            target.replace(folder / f"{NAME}.previous")
        beside.replace(target)
        sync_folder(folder)
