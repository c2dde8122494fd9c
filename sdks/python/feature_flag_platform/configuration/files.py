"""Files that are there as a whole or not at all: written beside, synced and renamed."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def written_beside(target: Path, content: bytes) -> Path:
    """A file with this content in the folder of `target`, to be renamed to it. Makes the folder. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".{target.name}.{os.getpid()}.{threading.get_ident():x}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return beside


def sync_folder(folder: Path) -> None:
    """So that the new names outlive a power cut; where folders can't be synced they are written by themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
