"""The figures of one run: rows kept for a file, with the machine's load and what the run did not vary."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def accept_json(parser: argparse.ArgumentParser) -> None:
    """Adds `--json FILE`, which `Report.finish` writes to, as `json`: a path or None."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")


class Report:
    """What a benchmark measured. `not_varied`: what stays the same here though it differs in life, a text each."""

    def __init__(self, benchmark: str, not_varied: Sequence[str]) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self._not_varied = list(not_varied)
        self._load = round(os.getloadavg()[0], 2)
        self._head = {
            "benchmark": benchmark,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load": self._load,
            "not_varied": self._not_varied,
        }

    def add(self, **row: Any) -> None:
        """One row of the table: its columns by name, with the unit in the name (`cpu_us`, `p95_ms`, `ratio`)."""
        self.rows.append(row)

    def finish(self, file: Path | None) -> None:
        """Says what was not varied, and writes all rows to the file if there is one."""
        print(f"\nload {self._load} at the start; not varied: {'; '.join(self._not_varied)}")
        if file is not None:
            file.write_text(json.dumps({**self._head, "rows": self.rows}, indent=1) + "\n", "utf-8")
