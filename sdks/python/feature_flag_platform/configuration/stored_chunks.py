"""Chunks of long lists beside the stored configuration: a file for each, named by the chunk's digest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

from feature_flag_platform.configuration.files import sync_folder, written_beside

FOLDER = "chunks"
_OURS = re.compile(r"\.?[0-9a-f]{64}(\.[0-9a-f.]+)?")
"""A chunk, or what a process that was killed has left of one."""


class StoredChunks:
    """Of one store. Whoever uses a chunk holds it to its digest: a file may be damaged."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER

    def read(self, digest: int) -> bytes | None:
        """The chunk's document; None where it isn't kept or can't be read."""
        try:
            return self._path(digest).read_bytes()
        except OSError:
            return None

    def write(self, chunks: Mapping[int, bytes]) -> None:
        """Keeps chunks by their digests. Raises OSError."""
        for digest, content in chunks.items():
            beside = written_beside(self._path(digest), content)
            # Another process that shares the folder may have tidied it up.
            with suppress(FileNotFoundError):
                beside.replace(self._path(digest))
        if chunks:
            sync_folder(self._folder)

    def forget_but(self, digests: Set[str]) -> None:
        """Deletes all that none of these digests names. Raises OSError."""
        with suppress(FileNotFoundError):
            for path in list(self._folder.iterdir()):
                if path.name not in digests and _OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)

    def _path(self, digest: int) -> Path:
        return self._folder / f"{digest:064x}"


def named_chunks(document: Mapping[str, Any]) -> set[str]:
    """The digests of all chunks that a document names. What is no long list names none."""
    segments = document.get("segments")
    lists = [each.get("long_list") for each in _values(segments) if isinstance(each, dict)]
    chunks = [each.get("chunks") for each in lists if isinstance(each, dict)]
    named = [one.get("digest") for each in chunks if isinstance(each, list) for one in each if isinstance(one, dict)]
    return {digest for digest in named if isinstance(digest, str)}


def _values(table: object) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else []
