"""A row of names that wait for their turn: the one that was served least is next."""

from __future__ import annotations

from heapq import heappop, heappush

_IDLE_KEPT_MAX = 1024


class FairRow:
    """Start-time fair queueing, in seconds of work. Who had nothing to do for a while saves nothing up."""

    def __init__(self) -> None:
        self._row: list[tuple[float, int, str]] = []
        self._arrivals = 0
        # How far each name is, and how far the one is that was served last.
        self._served: dict[str, float] = {}
        self._now = 0.0

    def __len__(self) -> int:
        return len(self._row)

    def enter(self, name: str) -> None:
        """It waits, once."""
        self._arrivals += 1
        heappush(self._row, (self._start(name), self._arrivals, name))

    def pop(self) -> str:
        """Whose turn it is. It waits no longer."""
        self._now, _, name = heappop(self._row)
        return name

    def began(self, name: str) -> None:
        """It is served out of turn, since nobody waits."""
        self._now = self._start(name)

    def owes(self, name: str) -> bool:
        """It was served more than whoever is served now."""
        return self._served.get(name, 0.0) > self._now

    def spend(self, name: str, seconds: float) -> None:
        """It has been served for so long."""
        self._served[name] = self._start(name) + seconds
        if len(self._served) > _IDLE_KEPT_MAX + len(self._row):
            self._served = {each: at for each, at in self._served.items() if at > self._now}

    def _start(self, name: str) -> float:
        return max(self._now, self._served.get(name, 0.0))
