"""Texts that were agreed on, kept beside the tests. `make snapshots` writes them anew."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).with_name("snapshots")
_LINES_MAX = 80


def check_snapshot(name: str, text: str) -> None:
    """Fails with the lines that differ. With `WRITE_SNAPSHOTS` set, keeps `text` as the agreed one."""
    path = FOLDER / name
    if os.environ.get("WRITE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    agreed = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = list(difflib.unified_diff(agreed.splitlines(), text.splitlines(), "agreed", "found", lineterm="", n=2))
    shown = "\n".join(lines[:_LINES_MAX])
    more = f"\n… and {len(lines) - _LINES_MAX} lines more" if len(lines) > _LINES_MAX else ""
    assert not lines, f"{name} differs; if that is meant: make snapshots\n{shown}{more}"
