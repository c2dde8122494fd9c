"""Arrivals: when the newest versions of an environment came to the edges. Of each version the last edge is kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from control_plane.fleet.heartbeats import Heartbeat

VERSIONS_MAX = 32
ENVIRONMENTS_MAX = 10_000


@dataclass(slots=True)
class Arrival:
    """A version's way. Epoch milliseconds: `published_at` by the relay, when the first and (so far) the last edge was
    heard to serve it by ourselves."""

    version: int
    published_at: int
    first_at: int
    last_at: int
    last_edge: str

    @property
    def milliseconds(self) -> int:
        """From publication to the last edge."""
        return max(0, self.last_at - self.published_at)


@dataclass(slots=True)
class _Environment:
    known_after: int
    """Of versions up to this one nothing is known."""
    arrivals: OrderedDict[int, Arrival] = field(default_factory=OrderedDict)


class Arrivals:
    """The newest versions of the environments that were heard of last."""

    def __init__(self) -> None:
        self._environments: OrderedDict[str, _Environment] = OrderedDict()

    def note(self, heartbeat: Heartbeat, at: int, before: int | None) -> None:
        """`before`: the version that this edge served until now; None when that isn't known, so that the word is no
        arrival."""
        known = self._environments.get(heartbeat.environment_id)
        if known is None:
            known = _Environment(heartbeat.version if before is None else before)
            self._environments[heartbeat.environment_id] = known
            if len(self._environments) > ENVIRONMENTS_MAX:
                self._environments.popitem(last=False)
        self._environments.move_to_end(heartbeat.environment_id)
        if before is None or heartbeat.version <= before:
            return
        for arrival in known.arrivals.values():
            if before < arrival.version <= heartbeat.version:
                arrival.last_at, arrival.last_edge = at, heartbeat.edge_id
        newest = next(reversed(known.arrivals), known.known_after)
        if heartbeat.version > newest:
            known.arrivals[heartbeat.version] = Arrival(
                heartbeat.version, heartbeat.published_at, at, at, heartbeat.edge_id
            )
            if len(known.arrivals) > VERSIONS_MAX:
                known.known_after, _ = known.arrivals.popitem(last=False)

    def of(self, environment_id: str, version: int) -> Arrival | None:
        """That of the version, or of the first after it that edges were given instead; None when nothing is known."""
        known = self._environments.get(environment_id)
        if known is None or version <= known.known_after:
            return None
        return next((each for each in known.arrivals.values() if each.version >= version), None)

    def newest(self, environment_id: str) -> Arrival | None:
        known = self._environments.get(environment_id)
        return next(reversed(known.arrivals.values()), None) if known is not None else None
