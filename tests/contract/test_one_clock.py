"""The control plane tells the time by its clock port alone; a transaction reads it once, as `tx.now`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "services" / "control_plane"
WALL = re.compile(
    r"(?<![\w.])now\(\)|\b(clock|statement|transaction)_timestamp\b|\b(current|local)_?(timestamp|date|time)\b"
    r"|\b(date|datetime)\.(now|utcnow|today)\b|\btime\.(time|time_ns)\b",
    re.IGNORECASE,
)
EXCEPTIONS = {
    "diagnosis/database.py": "the server's clock is what is looked at",
    "database/migrate.py": "what was applied when is the database's own record",
    "publishing/candidates.py": "candidates for a lease are compared by the clock that tells its end",
    "publishing/lease.py": "processes compare the end of a lease, so it is told by the one clock that they share",
    "publishing/queries.py": "processes compare when a repair was asked for, by the same clock",
}
FILES = [str(path.relative_to(ROOT)) for path in sorted(ROOT.rglob("*.py"))]


@pytest.mark.parametrize("name", FILES)
def test_no_other_clock_is_asked(name: str) -> None:
    found = [line for line in (ROOT / name).read_text().splitlines() if WALL.search(line)]
    assert bool(found) == (name in EXCEPTIONS), found


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("SET revoked_at = now() WHERE", True),
        ("DEFAULT NOW()", True),
        ("expires_at < clock_timestamp()", True),
        ("CURRENT_TIMESTAMP", True),
        ("datetime.now(UTC)", True),
        ("time.time()", True),
        ("self._clock.now()", False),
        ("tx.now", False),
        ("time.monotonic()", False),
    ],
)
def test_the_search_finds_what_it_should(line: str, asked: bool) -> None:
    assert bool(WALL.search(line)) == asked
