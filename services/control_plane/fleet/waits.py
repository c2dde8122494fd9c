"""Waits: requests that are answered when every live edge serves what they wrote.

A wait holds nothing but memory, there are only so many at once, and one organization has a quarter of them at most.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from control_plane.changes import Written
from control_plane.fleet.memory import Edge, Fleet
from control_plane.fleet.telemetry import FleetTelemetry

LAGGARDS_NAMED_MAX = 100
_SHARE = 4


@dataclass(frozen=True, slots=True)
class Propagation:
    """How far a write came: of `edges` that were live, `confirmed` serve it, and `laggards` (a hundred are named) have
    not said so. `milliseconds` since the request came."""

    edges: int
    confirmed: int
    milliseconds: int
    laggards: tuple[str, ...]


class Wait:
    """One wait for versions by environment. `over` is set when nobody is to be waited for any more."""

    def __init__(self, wanted: Mapping[str, int]) -> None:
        self._wanted = wanted
        self._edges: set[str] = set()
        self._pending: set[str] = set()
        self._lost: set[str] = set()
        self.begun = False
        self.over = asyncio.Event()

    @property
    def edges(self) -> int:
        return len(self._edges)

    @property
    def laggards(self) -> list[str]:
        """Also those that were lost meanwhile: what they serve is not known."""
        return sorted(self._pending | self._lost)

    def begin(self, live: Iterable[Edge]) -> None:
        if self.begun:
            return
        self.begun = True
        for edge in live:
            self._edges.add(edge.id)
            if not self._is_served_by(edge):
                self._pending.add(edge.id)
        self._look()

    def heard(self, edge: Edge, environment_id: str) -> None:
        if environment_id in self._wanted and edge.id in self._edges and self._is_served_by(edge):
            self._pending.discard(edge.id)
            self._lost.discard(edge.id)
            self._look()

    def lost(self, edge_id: str) -> None:
        if edge_id in self._pending:
            self._pending.discard(edge_id)
            self._lost.add(edge_id)
            self._look()

    def left(self, edge_id: str) -> None:
        for each in (self._edges, self._pending, self._lost):
            each.discard(edge_id)
        self._look()

    def _is_served_by(self, edge: Edge) -> bool:
        return all(edge.version(environment) >= version for environment, version in self._wanted.items())

    def _look(self) -> None:
        if self.begun and not self._pending:
            self.over.set()


class PropagationWaits:
    """The waits of one process, `most` at once."""

    def __init__(self, fleet: Fleet, telemetry: FleetTelemetry, most: int) -> None:
        self._fleet = fleet
        self.clock = fleet.clock
        self._telemetry = telemetry
        self._most = most
        self._by_organization: Counter[UUID] = Counter()
        self._open: set[Wait] = set()
        self._closed = False

    @property
    def open(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """The process stops: every wait ends now with what is known, and none begins."""
        self._closed = True
        for wait in self._open:
            wait.over.set()

    async def propagated(
        self, written: Written, began: float, seconds: float, left: asyncio.Event
    ) -> Propagation | None:
        """Returns when all live edges serve it, when the time is over, or when the client has `left`. `began`: when the
        request came, by the monotonic clock.

        None when too many wait, or nothing is known of edges so far."""
        if not self._may_begin(written):
            self._telemetry.waits.labels("over_limit").inc()
            return None
        self._by_organization.update(written.organizations)
        wait = Wait({str(environment): version for environment, version in written.versions.items()})
        self._open.add(wait)
        self._telemetry.waiting.inc()
        leaving = asyncio.create_task(_end_when(left, wait))
        try:
            self._fleet.watch(wait)
            async with asyncio.timeout(seconds):
                await wait.over.wait()
        except TimeoutError:
            pass
        finally:
            leaving.cancel()
            self._fleet.unwatch(wait)
            self._open.discard(wait)
            self._telemetry.waiting.dec()
            self._by_organization -= Counter(written.organizations)
        return self._told(wait, began, has_left=left.is_set())

    def _told(self, wait: Wait, began: float, *, has_left: bool) -> Propagation | None:
        took, laggards = self.clock.monotonic() - began, wait.laggards
        outcome = "left" if has_left else "unknown" if not wait.begun else "late" if laggards else "confirmed"
        self._telemetry.waits.labels(outcome).inc()
        if not wait.begun:
            return None
        if outcome == "confirmed":
            self._telemetry.seconds.observe(took)
        return Propagation(
            edges=wait.edges,
            confirmed=wait.edges - len(laggards),
            milliseconds=round(took * 1000),
            laggards=tuple(laggards[:LAGGARDS_NAMED_MAX]),
        )

    def _may_begin(self, written: Written) -> bool:
        share = max(1, self._most // _SHARE)
        full = len(self._open) >= self._most or any(
            self._by_organization[each] >= share for each in written.organizations
        )
        return not (self._closed or full)


async def _end_when(left: asyncio.Event, wait: Wait) -> None:
    await left.wait()
    wait.over.set()
