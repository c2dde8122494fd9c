"""The ledger: each acknowledged event is in its file before it counts, and the expected figures are read from there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Entry:
    """An acknowledged event. `value` is that of a metric event, a whole number so that sums are exact."""

    event_id: str
    kind: Literal["exposure", "metric"]
    user: str
    variation: str
    value: int = 0


class Ledger:
    """Appends; `acknowledged` is how many entries are in the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.acknowledged = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)

    def acknowledge(self, entries: Iterable[Entry]) -> None:
        """Writes first, counts afterwards."""
        lines = [json.dumps(asdict(entry), separators=(",", ":")) for entry in entries]
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        self.acknowledged += len(lines)

    def close(self) -> None:
        os.close(self._file)


@dataclass(slots=True)
class Arm:
    """What one variation's results must say."""

    users: set[str] = field(default_factory=set)
    converted: set[str] = field(default_factory=set)
    events: int = 0
    total: int = 0

    def figures(self) -> dict[str, int]:
        """Units, converted units, metric events, and the sum of their values."""
        return {
            "units": len(self.users),
            "conversions": len(self.converted),
            "events": self.events,
            "sum": self.total,
        }


@dataclass(slots=True)
class Tally:
    """The ledger added up: event ids of both kinds, and figures by variation."""

    ids: dict[str, set[str]] = field(default_factory=lambda: {"exposure": set(), "metric": set()})
    arms: dict[str, Arm] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Adds up the file."""
        tally = cls()
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                tally.add(Entry(**json.loads(line)))
        return tally

    def add(self, entry: Entry) -> None:
        """One more entry; each id stands in a ledger once."""
        if entry.event_id in self.ids[entry.kind]:
            raise ValueError(f"{entry.event_id} stands in the ledger twice")
        self.ids[entry.kind].add(entry.event_id)
        arm = self.arms.setdefault(entry.variation, Arm())
        if entry.kind == "exposure":
            arm.users.add(entry.user)
        else:
            arm.converted.add(entry.user)
            arm.events += 1
            arm.total += entry.value

    @property
    def events(self) -> int:
        """How many events were acknowledged."""
        return sum(len(ids) for ids in self.ids.values())

    def figures(self) -> dict[str, dict[str, int]]:
        """By variation."""
        return {variation: arm.figures() for variation, arm in sorted(self.arms.items())}
