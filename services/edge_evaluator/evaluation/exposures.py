"""Exposures: what evaluations report of who was served what.

The same unit, flag, variation, membership and configuration version is reported once in a window, and its event id is
the same on every edge.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec
from bucketing import unit_key
from bucketing.decision import Decision, ExperimentPhase
from messages.events import NAME_LENGTH_MAX
from prometheus_client import CollectorRegistry, Counter
from service_kit.clock import Clock

from edge_evaluator.evaluation.exposed_attributes import exposed_attributes
from edge_evaluator.event_buffer import Event, EventBuffer
from edge_evaluator.memory.answers import other_unit
from edge_evaluator.memory.callers import Caller

_REMEMBERED_MAX = 200_000
_encode = msgspec.json.Encoder().encode


class Exposures(Protocol):
    """The port that takes exposures."""

    def offer(
        self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision, names: tuple[str, ...]
    ) -> None:
        """Takes an evaluation without an error, with the attributes that are named; never raises and never waits."""


class NoExposures:
    """Where no ingestor is known."""

    def offer(
        self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision, names: tuple[str, ...]
    ) -> None:
        pass


class _Mark(NamedTuple):
    """What makes an exposure the same as another of its window."""

    environment_id: str
    user_key: str
    flag: str
    variation: str | None
    config_version: int
    experiments: tuple[ExperimentPhase, ...]
    unit_key: str
    override: bool
    split: str | None


class _Telemetry:
    """A kind of event to the buffer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent = Counter("verdict_edge_exposures_sent_total", "Exposures the ingestor has taken", registry=registry)
        self.repeated = Counter("verdict_edge_exposures_repeated_total", "Exposures seen before", registry=registry)
        self._dropped = Counter("verdict_edge_exposures_dropped_total", "Exposures lost", ["reason"], registry=registry)

    def sent(self, weight: int) -> None:
        self._sent.inc(weight)

    def dropped(self, reason: str, weight: int = 1) -> None:
        self._dropped.labels(reason).inc(weight)


class ReportedExposures:
    """Exposures that go to the ingestor."""

    def __init__(self, buffer: EventBuffer, window_seconds: float, clock: Clock, registry: CollectorRegistry) -> None:
        """`window_seconds`: in which the same is reported once."""
        self._buffer = buffer
        self._window_seconds = window_seconds
        self._clock = clock
        self._telemetry = _Telemetry(registry)
        self._seen: set[_Mark] = set()
        self._seen_before: set[_Mark] = set()
        self._window_ends = clock.monotonic() + window_seconds

    def offer(
        self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision, names: tuple[str, ...]
    ) -> None:
        user_key = unit_key(context.get("targetingKey"))
        if not user_key:
            self._telemetry.dropped("no_targeting_key")
            return
        if len(decision.variation or "") > NAME_LENGTH_MAX:
            # Many overrides of a remote config together, which no experiment asks for.
            self._telemetry.dropped("variation_too_long")
            return
        mark = _Mark(
            caller.key.environment_id,
            user_key,
            decision.flag,
            decision.variation,
            config_version,
            decision.experiments,
            other_unit(decision, context),
            decision.override,
            decision.split,
        )
        if mark in self._seen or mark in self._seen_before:
            self._telemetry.repeated.inc()
            return
        if not self._buffer.has_room:
            self._telemetry.dropped("buffer_full")
            return
        self._remember(mark)
        text = _encode(self._event(mark, exposed_attributes(context, names)))
        self._buffer.put(Event(caller.presented, text, self._telemetry))

    def _remember(self, mark: _Mark) -> None:
        if self._clock.monotonic() >= self._window_ends or len(self._seen) >= _REMEMBERED_MAX:
            self._seen_before, self._seen = self._seen, set()
            self._window_ends = self._clock.monotonic() + self._window_seconds
        self._seen.add(mark)

    def _event(self, mark: _Mark, attributes: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        window = int(now // (self._window_seconds * 1000))
        told = (*map(str, mark[:5]), *(f"{each.key}:{each.phase}" for each in mark.experiments), mark.unit_key)
        if mark.override:
            told = (*told, "override")
        if mark.split is not None:
            told = (*told, f"split:{mark.split}")
        identity = hashlib.sha256("\0".join((*told, str(window))).encode()).digest()
        event: dict[str, Any] = {
            "type": "exposure",
            "event_id": str(UUID(bytes=identity[:16], version=5)),
            "timestamp": _rfc3339(now),
            "user_key": mark.user_key,
            "flag": mark.flag,
            "variation": mark.variation,
            "experiments": [{"key": each.key, "phase": each.phase} for each in mark.experiments],
            "config_version": mark.config_version,
            "context": attributes,
        }
        if mark.experiments:
            event["experiment"] = mark.experiments[0].key
        if mark.unit_key:
            event["unit_key"] = mark.unit_key
        if mark.override:
            event["override"] = True
        if mark.split is not None:
            event["split"] = mark.split
        return event


def _rfc3339(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
