"""How much of something each name has open now (connections, streams, bytes), in all workers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from service_kit.workers.shared_counts import Share, WorkerCounts


class Levels:
    """Of one kind. Without `counts` this process is the only one."""

    def __init__(self, kind: str, counts: WorkerCounts | None = None) -> None:
        self._kind = kind
        self._counts = counts
        self._own: Counter[Hashable] = Counter()
        self._shares: dict[Hashable, Share] = {}

    def __getitem__(self, name: Hashable) -> int:
        """What the name has open, wherever."""
        share = self._share(name)
        return self._own[name] + (share.elsewhere if share is not None else 0)

    def add(self, name: Hashable, count: int = 1) -> None:
        self._own[name] += count
        self._tell(name)

    def take_off(self, name: Hashable, count: int = 1) -> None:
        self._own[name] -= count
        self._tell(name)
        if self._own[name] <= 0:
            del self._own[name]
            self._shares.pop(name, None)

    def total(self) -> int:
        """Of all names, in this process."""
        return self._own.total()

    def _tell(self, name: Hashable) -> None:
        share = self._share(name)
        if share is not None:
            share.own = max(0, self._own[name])

    def _share(self, name: Hashable) -> Share | None:
        if self._counts is None:
            return None
        share = self._shares.get(name)
        if share is None:
            share = self._counts.share(self._kind, name)
            if name in self._own:
                self._shares[name] = share
        return share
