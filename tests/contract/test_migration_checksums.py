"""A committed migration is never edited: its checksum stands beside it, and a new one is a line more."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [
    ROOT / "services/control_plane/database/migrations",
    ROOT / "services/analytics/warehouse/migrations",
]


@pytest.mark.parametrize("folder", [pytest.param(each, id=each.parts[-3]) for each in FOLDERS])
def test_no_committed_migration_was_edited(folder: Path) -> None:
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.sql")}
    edited = [name for name, digest in listed.items() if found.get(name) != digest]
    assert not edited, "write a new migration instead: databases have applied these already"
    new = sorted(found.keys() - listed.keys())
    assert not new, f"cd {folder.relative_to(ROOT)} && sha256sum {' '.join(new)} >> SHA256SUMS"
    assert [name for _, name in lines] == sorted(listed)
