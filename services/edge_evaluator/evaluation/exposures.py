"""Exposures on their way to the ingestor: a bounded buffer and a task that empties it in batches.

Nothing here is awaited by an evaluation. The same unit, flag, variation, membership and configuration version is
reported once in a window, and its event id is the same on every edge. What does not fit is dropped and counted.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

import msgspec
from bucketing import unit_key
from bucketing.attributes import read
from bucketing.decision import Decision, ExperimentPhase
from messages.events import NAME_LENGTH_MAX, USER_KEY_LENGTH_MAX
from prometheus_client import CollectorRegistry, Counter, Gauge
from service_kit.clock import Clock
from service_kit.logs import get_logger

from edge_evaluator.evaluation.exposed_attributes import exposed_attributes
from edge_evaluator.memory.callers import Caller

if TYPE_CHECKING:
    # Loaded by who has an ingestor alone: it takes memory.
    import httpx

BATCH_EVENTS_MAX = 500
_REMEMBERED_MAX = 200_000
_RETRY_SECONDS_MAX = 30.0
_log = get_logger("exposures")
_encode = msgspec.json.Encoder().encode


class _Outcome(Enum):
    """What became of a batch. Limited: the key's share is used up, which says nothing about other keys."""

    TAKEN = auto()
    LIMITED = auto()
    AWAY = auto()


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


@dataclass(frozen=True, slots=True)
class ExposureLimits:
    """How many exposures wait, and how many go together."""

    buffered: int = 20_000
    flush_seconds: float = 1.0
    window_seconds: float = 600.0


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


class _Telemetry:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.sent = Counter("edge_exposures_sent_total", "Exposures the ingestor has taken", registry=registry)
        self.repeated = Counter("edge_exposures_repeated_total", "Exposures seen before", registry=registry)
        self.dropped = Counter("edge_exposures_dropped_total", "Exposures lost", ["reason"], registry=registry)
        self.buffered = Gauge(
            "edge_exposures_buffered", "Exposures waiting", registry=registry, multiprocess_mode="livesum"
        )


class ExposureBuffer:
    """Exposures that wait for the ingestor."""

    def __init__(
        self, client: httpx.AsyncClient, limits: ExposureLimits, clock: Clock, registry: CollectorRegistry
    ) -> None:
        """`client` has the ingestor's address as its base."""
        self._client = client
        self._failure: type[Exception] = import_module("httpx").HTTPError
        self._limits = limits
        self._clock = clock
        self._telemetry = _Telemetry(registry)
        self._waiting: deque[tuple[bytes, bytes]] = deque()
        self._seen: set[_Mark] = set()
        self._seen_before: set[_Mark] = set()
        self._window_ends = clock.monotonic() + limits.window_seconds

    def offer(
        self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision, names: tuple[str, ...]
    ) -> None:
        user_key = unit_key(context.get("targetingKey"))
        if not user_key:
            self._telemetry.dropped.labels("no_targeting_key").inc()
            return
        if len(decision.variation or "") > NAME_LENGTH_MAX:
            # Many overrides of a remote config together, which no experiment asks for.
            self._telemetry.dropped.labels("variation_too_long").inc()
            return
        mark = _Mark(
            caller.key.environment_id,
            user_key,
            decision.flag,
            decision.variation,
            config_version,
            decision.experiments,
            _unit_key(decision, context),
            decision.override,
        )
        if mark in self._seen or mark in self._seen_before:
            self._telemetry.repeated.inc()
            return
        if len(self._waiting) >= self._limits.buffered:
            self._telemetry.dropped.labels("buffer_full").inc()
            return
        self._remember(mark)
        self._waiting.append((caller.presented, _encode(self._event(mark, exposed_attributes(context, names)))))

    async def run(self) -> None:
        """Sends what is waiting every flush interval, until it is cancelled."""
        pause = self._limits.flush_seconds
        while True:
            await asyncio.sleep(pause)
            delivered = await self.flush()
            pause = self._limits.flush_seconds if delivered else min(pause * 2, _RETRY_SECONDS_MAX)

    async def flush(self) -> bool:
        """Sends all that waits now. False when the ingestor was away or could take none of it: it waits on then.

        What is over the limit of one key waits too, and costs no other key anything.
        """
        by_key: dict[bytes, list[bytes]] = defaultdict(list)
        while self._waiting:
            key, event = self._waiting.popleft()
            by_key[key].append(event)
        unsent = deque(
            (key, events[start : start + BATCH_EVENTS_MAX])
            for key, events in by_key.items()
            for start in range(0, len(events), BATCH_EVENTS_MAX)
        )
        limited: dict[bytes, list[bytes]] = defaultdict(list)
        taken = False
        try:
            while unsent:
                key, batch = unsent[0]
                outcome = _Outcome.LIMITED if key in limited else await self._send(key, batch)
                if outcome is _Outcome.AWAY:
                    break
                unsent.popleft()
                if outcome is _Outcome.LIMITED:
                    limited[key] += batch
                else:
                    taken = True
        finally:
            # Also what was on its way when the sending was cancelled: sent again, it counts once.
            delivered = not unsent and (taken or not limited)
            for key, batch in (*limited.items(), *reversed(unsent)):
                self._put_back(key, batch)
            self._telemetry.buffered.set(len(self._waiting))
        return delivered

    async def close(self) -> None:
        """One last attempt to deliver."""
        await self.flush()
        await self._client.aclose()

    async def _send(self, key: bytes, batch: list[bytes]) -> _Outcome:
        try:
            answer = await self._client.post(
                "/v1/events",
                content=b"[" + b",".join(batch) + b"]",
                headers={b"authorization": b"Bearer " + key, b"content-type": b"application/json"},
            )
        except self._failure as error:
            _log.warning("exposures not delivered", error=type(error).__name__, events=len(batch))
            return _Outcome.AWAY
        if answer.status_code == 429:
            return _Outcome.LIMITED
        if answer.status_code in (502, 503, 504):
            return _Outcome.AWAY
        if answer.is_success:
            self._telemetry.sent.inc(len(batch))
        else:
            self._telemetry.dropped.labels("refused").inc(len(batch))
            _log.warning("exposures refused", status=answer.status_code, events=len(batch))
        return _Outcome.TAKEN

    def _put_back(self, key: bytes, batch: list[bytes]) -> None:
        room = max(0, self._limits.buffered - len(self._waiting))
        self._waiting.extendleft((key, event) for event in reversed(batch[:room]))
        if len(batch) > room:
            self._telemetry.dropped.labels("buffer_full").inc(len(batch) - room)

    def _remember(self, mark: _Mark) -> None:
        if self._clock.monotonic() >= self._window_ends or len(self._seen) >= _REMEMBERED_MAX:
            self._seen_before, self._seen = self._seen, set()
            self._window_ends = self._clock.monotonic() + self._limits.window_seconds
        self._seen.add(mark)

    def _event(self, mark: _Mark, attributes: dict[str, Any]) -> dict[str, Any]:
        now = self._clock.now()
        window = int(now // (self._limits.window_seconds * 1000))
        told = (*map(str, mark[:5]), *(f"{each.key}:{each.phase}" for each in mark.experiments), mark.unit_key)
        if mark.override:
            told = (*told, "override")
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
        return event


def _unit_key(decision: Decision, context: dict[str, Any]) -> str:
    """The randomised unit, empty where it is the user or longer than an event may tell."""
    if decision.bucket_by is None:
        return ""
    unit = unit_key(read(context, decision.bucket_by)) or ""
    return unit if len(unit) <= USER_KEY_LENGTH_MAX else ""


def _rfc3339(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
