"""Edges as a fleet hears them, made by hand; the time is moved by hand, too."""

from __future__ import annotations

from typing import Any

from control_plane.fleet.heartbeats import Heartbeat
from control_plane.fleet.memory import Fleet, FleetLimits
from control_plane.fleet.telemetry import FleetTelemetry
from messages.generated.edge_pb2 import EdgeHeartbeat
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

DIGEST = bytes(range(32))


def word(edge: str, version: int, environment: str = "e1", **more: Any) -> bytes:
    """A heartbeat as it comes from the bus."""
    told = EdgeHeartbeat(
        edge_id=edge, environment_id=environment, version=version, digest=DIGEST, software_version="0.1.0"
    )
    for name, value in more.items():
        setattr(told, name, value)
    return told.SerializeToString()


def heartbeat(edge: str, version: int, environment: str = "e1", *, published_at: int = 0) -> Heartbeat:
    return Heartbeat(
        edge_id=edge,
        region="",
        software_version="0.1.0",
        environment_id=environment,
        version=version,
        digest=DIGEST.hex(),
        published_at=published_at,
        taken_at=published_at,
        leaving=False,
    )


class HeardFleet:
    """A fleet, and the hands that move its time."""

    def __init__(self, clock: ManualClock, limits: FleetLimits = FleetLimits()) -> None:
        self.clock = clock
        self.registry = CollectorRegistry()
        self.fleet = Fleet(clock, FleetTelemetry(self.registry), limits)
        self.connected = True
        self.fleet.step(connected=True)

    def hear(self, edge: str, version: int, environment: str = "e1", **more: Any) -> None:
        self.fleet.take(word(edge, version, environment, **({"published_at": self.clock.now()} | more)))

    def pass_seconds(self, seconds: float) -> None:
        """In steps of half a second, as they are."""
        for _ in range(round(seconds * 2)):
            self.clock.advance(0.5)
            self.fleet.step(connected=self.connected)

    def states(self) -> dict[str, str]:
        return {each.id: "lost" if each.lost else "live" for each in self.fleet.edges}

    def told(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0
