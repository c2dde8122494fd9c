"""The fleet as it stands to one environment."""

from __future__ import annotations

from datetime import UTC, datetime

from control_plane.environments.queries import EnvironmentRow
from control_plane.fleet.memory import Edge, Fleet
from control_plane.fleet.schemas import EdgeView, LastEdgeView, State, VersionPropagationView
from control_plane.fleet.waits import LAGGARDS_NAMED_MAX


class EnvironmentEdges:
    """Answers about one environment at one moment."""

    def __init__(self, fleet: Fleet, environment: EnvironmentRow) -> None:
        self._fleet = fleet
        self._now = fleet.clock.now()
        self._environment = environment
        self._id = str(environment.id)

    @property
    def heard_since(self) -> datetime | None:
        since = self._fleet.hearing.since
        return None if since is None else _moment(since)

    def page(self, after: str | None, limit: int) -> list[EdgeView]:
        edges = [each for each in self._fleet.edges if after is None or each.id > after]
        return [self._view(each) for each in edges[:limit]]

    def propagation(self, version: int) -> VersionPropagationView:
        live = self._fleet.live
        laggards = sorted(each.id for each in live if each.version(self._id) < version)
        arrival = self._fleet.arrivals.of(self._id, version)
        last = None if arrival is None else LastEdgeView(id=arrival.last_edge, heard_at=_moment(arrival.last_at))
        return VersionPropagationView(
            version=version,
            published=self._environment.published_version >= version,
            edges=len(live),
            serving=len(live) - len(laggards),
            last_edge=last,
            milliseconds=arrival.milliseconds if arrival is not None and live and not laggards else None,
            laggards=laggards[:LAGGARDS_NAMED_MAX],
            heard_since=self.heard_since,
        )

    def _view(self, edge: Edge) -> EdgeView:
        served = edge.serves.get(self._id)
        lag = max(0, self._environment.published_version - max(0, edge.version(self._id)))
        state: State = "lost" if edge.lost else "unknown" if self.heard_since is None else "behind" if lag else "live"
        return EdgeView(
            id=edge.id,
            region=edge.region,
            software_version=edge.software_version,
            state=state,
            version=None if served is None else served.version,
            digest=None if served is None else served.digest,
            taken_at=None if served is None else _moment(served.taken_at),
            heard_at=_moment(edge.heard_at),
            versions_behind=lag,
            seconds_behind=self._seconds_behind(edge) if lag else 0.0,
        )

    def _seconds_behind(self, edge: Edge) -> float:
        """Since the first version was published that it doesn't have; where that is forgotten, since the newest was."""
        missed = self._fleet.arrivals.of(self._id, edge.version(self._id) + 1)
        moments = [missed.published_at] if missed is not None else []
        if self._environment.published_at is not None:
            moments.append(round(self._environment.published_at.timestamp() * 1000))
        return max(0, self._now - min(moments, default=self._now)) / 1000


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
