"""The fleet: every edge as it was last heard, in the memory of this process. Each replica hears all of them.

An edge lives while any word of it is heard; which version it serves of an environment is what it said last of that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from service_kit.clock import Clock
from service_kit.logs import get_logger

from control_plane.fleet.arrivals import Arrivals
from control_plane.fleet.heard_time import HeardTime
from control_plane.fleet.heartbeats import Heartbeat, NoHeartbeat, read_heartbeat
from control_plane.fleet.telemetry import FleetTelemetry
from control_plane.fleet.worker_words import WorkerWords

LOST_SECONDS = 10.0
FORGOTTEN_SECONDS = 70.0
KNOWN_SECONDS = 2.5
"""After so long every live edge has said something: one beat and a bit."""
BEHIND_SECONDS = 2.0
_NEWS_SECONDS = 60.0
_log = get_logger("fleet")


@dataclass(frozen=True, slots=True)
class FleetLimits:
    """`edges`: known at once. `environments`: of one edge. `served`: all environments of all edges."""

    edges: int = 1000
    environments: int = 20_000
    served: int = 200_000


@dataclass(slots=True)
class Served:
    """What an edge serves of one environment; `heard_at` by our own clock."""

    version: int
    digest: str
    published_at: int
    taken_at: int
    heard_at: int


@dataclass(slots=True)
class Edge:
    """One edge. `heard`: in seconds of hearing; `heard_at`: the same in epoch milliseconds."""

    id: str
    region: str
    software_version: str
    heard: float
    heard_at: int
    lost: bool = False
    serves: OrderedDict[str, Served] = field(default_factory=OrderedDict)
    words: WorkerWords = field(default_factory=WorkerWords)

    def version(self, environment_id: str) -> int:
        """-1 when it said nothing of it."""
        served = self.serves.get(environment_id)
        return -1 if served is None else served.version


class Watcher(Protocol):
    """Somebody who waits for edges."""

    def begin(self, live: Iterable[Edge]) -> None:
        """These are known to be live now; told once, before anything else."""

    def heard(self, edge: Edge, environment_id: str) -> None: ...

    def lost(self, edge_id: str) -> None: ...

    def left(self, edge_id: str) -> None: ...


class Fleet:
    """What was heard of all edges."""

    def __init__(self, clock: Clock, telemetry: FleetTelemetry, limits: FleetLimits = FleetLimits()) -> None:
        self.clock = clock
        self._telemetry = telemetry
        self._limits = limits
        self._edges: dict[str, Edge] = {}
        self._watchers: set[Watcher] = set()
        self._served = 0
        self.hearing = HeardTime(clock)
        self.arrivals = Arrivals()
        telemetry.edges.labels("live").set_function(lambda: len(self.live))
        telemetry.edges.labels("lost").set_function(lambda: len(self._edges) - len(self.live))
        telemetry.edges.labels("behind").set_function(lambda: sum(map(self._is_behind, self.live)))

    @property
    def edges(self) -> list[Edge]:
        """Also those that were lost lately, by their ids."""
        return sorted(self._edges.values(), key=lambda each: each.id)

    @property
    def live(self) -> list[Edge]:
        return [each for each in self._edges.values() if not each.lost]

    @property
    def is_known(self) -> bool:
        """Whether an edge that wasn't heard isn't there."""
        return self.hearing.seconds >= KNOWN_SECONDS

    def take(self, payload: bytes) -> None:
        """A word from the bus; what is none is counted."""
        try:
            self.note(read_heartbeat(payload))
        except NoHeartbeat as error:
            self._telemetry.heartbeats.labels("invalid").inc()
            _log.debug("what was said of an edge can't be used", reason=str(error))

    def note(self, heartbeat: Heartbeat) -> None:
        known = self._edges.get(heartbeat.edge_id)
        if heartbeat.leaving:
            if known is None or known.words.leave(heartbeat):
                self._forget(heartbeat.edge_id)
                for watcher in tuple(self._watchers):
                    watcher.left(heartbeat.edge_id)
            return
        at, was_known = self.clock.now(), known is not None and known.words.all_heard
        edge = self._edge_of(heartbeat, at)
        if edge is None:
            self._telemetry.heartbeats.labels("over_limit").inc()
            return
        edge.lost, edge.heard, edge.heard_at = False, self.hearing.seconds, at
        self._telemetry.heartbeats.labels("taken").inc()
        told = edge.words.take(heartbeat)
        if told is not None:
            self._note_served(edge, told, at, was_known=was_known)
            for watcher in tuple(self._watchers):
                watcher.heard(edge, heartbeat.environment_id)

    def _note_served(self, edge: Edge, heartbeat: Heartbeat, at: int, *, was_known: bool) -> None:
        served = edge.serves.pop(heartbeat.environment_id, None)
        if served is None:
            self._served += 1
        edge.serves[heartbeat.environment_id] = Served(
            version=heartbeat.version,
            digest=heartbeat.digest,
            published_at=heartbeat.published_at,
            taken_at=heartbeat.taken_at,
            heard_at=at,
        )
        self._keep_limits(edge)
        is_new = was_known and abs(at - heartbeat.published_at) < _NEWS_SECONDS * 1000
        before = served.version if served is not None else heartbeat.version - 1 if is_new else None
        self.arrivals.note(heartbeat, at, before)

    def step(self, *, connected: bool) -> None:
        """Every half a second: who is silent is lost, then forgotten."""
        self.hearing.step(connected=connected)
        for edge in tuple(self._edges.values()):
            silent = self.hearing.seconds - edge.heard
            if silent >= FORGOTTEN_SECONDS:
                self._forget(edge.id)
            elif silent >= LOST_SECONDS and not edge.lost:
                edge.lost = True
                _log.warning("an edge is silent", edge=edge.id, region=edge.region)
                for watcher in tuple(self._watchers):
                    watcher.lost(edge.id)
        if self.is_known:
            live = self.live
            for watcher in tuple(self._watchers):
                watcher.begin(live)

    def watch(self, watcher: Watcher) -> None:
        self._watchers.add(watcher)
        if self.is_known:
            watcher.begin(self.live)

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    def _edge_of(self, heartbeat: Heartbeat, at: int) -> Edge | None:
        """None when there are too many."""
        edge = self._edges.get(heartbeat.edge_id)
        if edge is None:
            if len(self._edges) >= self._limits.edges:
                lost = min((each for each in self._edges.values() if each.lost), key=lambda e: e.heard, default=None)
                if lost is None:
                    return None
                self._forget(lost.id)
            edge = Edge(
                id=heartbeat.edge_id,
                region=heartbeat.region,
                software_version=heartbeat.software_version,
                heard=self.hearing.seconds,
                heard_at=at,
            )
            self._edges[edge.id] = edge
        return edge

    def _keep_limits(self, edge: Edge) -> None:
        """What was said longest ago goes: of this edge, or of the one that says most."""
        if len(edge.serves) > self._limits.environments:
            self._drop_oldest(edge)
        if self._served > self._limits.served:
            self._drop_oldest(max(self._edges.values(), key=lambda each: len(each.serves)))

    def _drop_oldest(self, edge: Edge) -> None:
        environment_id, _ = edge.serves.popitem(last=False)
        edge.words.forget(environment_id)
        self._served -= 1

    def _forget(self, edge_id: str) -> None:
        edge = self._edges.pop(edge_id, None)
        if edge is not None:
            self._served -= len(edge.serves)

    def _is_behind(self, edge: Edge) -> bool:
        latest = self.clock.now() - BEHIND_SECONDS * 1000
        for environment_id, served in edge.serves.items():
            newest = self.arrivals.newest(environment_id)
            if newest is not None and served.version < newest.version and newest.first_at < latest:
                return True
        return False
