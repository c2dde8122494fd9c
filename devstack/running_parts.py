"""What runs in a stack's folder at the moment, as its daemon writes it down for `make ps`, `make logs` and others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .run_files import is_locked, write_privately


@dataclass(frozen=True)
class RunningPart:
    """One process. `port`: None where it listens nowhere. `environment`: the settings (`FF_…`) that it was given."""

    name: str
    pid: int
    port: int | None
    log: str
    environment: dict[str, str] = field(default_factory=dict)


def parts_file(folder: Path) -> Path:
    """Written anew by the daemon whenever a process has begun or ended; for its owner alone, as it holds secrets."""
    return folder / "parts.json"


def write_parts(folder: Path, parts: Sequence[RunningPart]) -> None:
    write_privately(parts_file(folder), [asdict(each) for each in parts])


def read_parts(folder: Path) -> list[RunningPart]:
    """Those of the stack that runs in this folder; none when nobody runs one."""
    if not is_locked(folder):
        return []
    try:
        content = json.loads(parts_file(folder).read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [RunningPart(**each) for each in content]


class UnknownPartError(LookupError):
    """No part has this name, or several begin or end like it; the message names those that there are."""


def part_named(parts: Sequence[RunningPart], name: str) -> RunningPart:
    """The part of this name, or the only one whose name has this word in it (`edge`, `control-plane`, `ingestor`)."""
    wanted = name.replace("-", "_")
    found = [each for each in parts if each.name == wanted] or [each for each in parts if wanted in each.name]
    if len(found) != 1:
        raise UnknownPartError(f"no part is called {name}; there are {', '.join(each.name for each in parts)}")
    return found[0]
