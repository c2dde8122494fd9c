"""A scenario: a list of what happens, each entry at a time or after so many requests.

    [{"document": {…}},
     {"after_seconds": 5, "behaviour": {"stream": "cut"}},
     {"after_requests": {"stream": 3}, "behaviour": {"stream": "ok"}, "port": "open"}]

Entries come one after another; the time and the requests of one are counted from the moment at which the one before it
was done.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from edge_script.behaviours import ENDPOINTS
from edge_script.control import Control
from edge_script.edge import Edge

_LOOK_SECONDS = 0.01
_WAITS = ("after_seconds", "after_requests")


def read_scenario(path: Path) -> list[dict[str, Any]]:
    """The entries of a file. Raises ValueError, OSError."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueError("a scenario is a list of objects")
    for index, entry in enumerate(entries):
        for endpoint in entry.get("after_requests", {}):
            if endpoint not in ENDPOINTS:
                raise ValueError(f"[{index}].after_requests: {endpoint}: is none of {', '.join(ENDPOINTS)}")
    return entries


async def play(entries: list[dict[str, Any]], edge: Edge, control: Control) -> None:
    """All entries in their order. Raises ValueError for one that says what nobody understands."""
    counts = edge.records.counts
    for entry in entries:
        seen = counts.copy()
        await asyncio.sleep(entry.get("after_seconds", 0))
        wanted = entry.get("after_requests", {})
        while any(counts[name] - seen[name] < count for name, count in wanted.items()):
            await asyncio.sleep(_LOOK_SECONDS)
        await control.apply({name: told for name, told in entry.items() if name not in _WAITS})
