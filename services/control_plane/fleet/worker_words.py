"""What the workers of one edge say, and what the edge serves by that: what the slowest of them does."""

from __future__ import annotations

from dataclasses import replace

from control_plane.fleet.heartbeats import Heartbeat


class WorkerWords:
    """The last word of each worker about each environment."""

    def __init__(self) -> None:
        self._said: dict[str, dict[int, Heartbeat]] = {}
        self._heard: set[int] = set()
        self._left: set[int] = set()
        self._workers = 1

    @property
    def all_heard(self) -> bool:
        """Every worker has said something."""
        return len(self._heard | self._left) >= self._workers

    def leave(self, heartbeat: Heartbeat) -> bool:
        """Whether that was the last of them."""
        self._workers = heartbeat.workers
        self._left.add(heartbeat.worker)
        self._heard.discard(heartbeat.worker)
        for said in self._said.values():
            said.pop(heartbeat.worker, None)
        return not self._heard

    def take(self, heartbeat: Heartbeat) -> Heartbeat | None:
        """The edge's own word of that environment; None while some worker has said nothing of it."""
        if heartbeat.workers == 1:
            self._heard.add(heartbeat.worker)
            return heartbeat
        self._workers = heartbeat.workers
        self._heard.add(heartbeat.worker)
        self._left.discard(heartbeat.worker)
        said = self._said.setdefault(heartbeat.environment_id, {})
        said[heartbeat.worker] = heartbeat
        if len(said) < heartbeat.workers - len(self._left):
            return None
        slowest = min(said.values(), key=lambda each: each.version)
        return replace(
            heartbeat,
            version=slowest.version,
            digest=slowest.digest,
            published_at=slowest.published_at,
            taken_at=max(each.taken_at for each in said.values() if each.version == slowest.version),
        )

    def forget(self, environment_id: str) -> None:
        self._said.pop(environment_id, None)
