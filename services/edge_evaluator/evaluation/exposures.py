"""Exposures on their way to the ingestor: a bounded buffer and a task that empties it in batches.

Nothing here is awaited by an evaluation. The same unit, flag, variation and configuration version is reported
once in a window, and its event id is the same on every edge. What does not fit is dropped and counted.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Protocol
from uuid import UUID

import httpx
import msgspec
from bucketing import unit_key
from bucketing.decision import Decision
from prometheus_client import CollectorRegistry, Counter, Gauge
from service_kit.clock import Clock
from service_kit.logs import get_logger

from edge_evaluator.memory.callers import Caller

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

    def offer(self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision) -> None:
        """Takes an evaluation without an error; never raises and never waits."""


class NoExposures:
    """Where no ingestor is known."""

    def offer(self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision) -> None:
        pass


@dataclass(frozen=True, slots=True)
class ExposureLimits:
    """How many exposures wait, and how many go together."""

    buffered: int = 20_000
    flush_seconds: float = 1.0
    window_seconds: float = 600.0


class _Telemetry:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.sent = Counter("edge_exposures_sent_total", "Exposures the ingestor has taken", registry=registry)
        self.repeated = Counter("edge_exposures_repeated_total", "Exposures seen before", registry=registry)
        self.dropped = Counter("edge_exposures_dropped_total", "Exposures lost", ["reason"], registry=registry)
        self.buffered = Gauge("edge_exposures_buffered", "Exposures waiting", registry=registry)


class ExposureBuffer:
    """Exposures that wait for the ingestor."""

    def __init__(
        self, client: httpx.AsyncClient, limits: ExposureLimits, clock: Clock, registry: CollectorRegistry
    ) -> None:
        """`client` has the ingestor's address as its base."""
        self._client = client
        self._limits = limits
        self._clock = clock
        self._telemetry = _Telemetry(registry)
        self._waiting: deque[tuple[bytes, bytes]] = deque()
        self._seen: set[tuple[str, str, str, str | None, int]] = set()
        self._seen_before: set[tuple[str, str, str, str | None, int]] = set()
        self._window_ends = clock.monotonic() + limits.window_seconds

    def offer(self, caller: Caller, config_version: int, context: dict[str, Any], decision: Decision) -> None:
        user_key = unit_key(context.get("targetingKey"))
        if not user_key:
            self._telemetry.dropped.labels("no_targeting_key").inc()
            return
        mark = (caller.key.environment_id, user_key, decision.flag, decision.variation, config_version)
        if mark in self._seen or mark in self._seen_before:
            self._telemetry.repeated.inc()
            return
        if len(self._waiting) >= self._limits.buffered:
            self._telemetry.dropped.labels("buffer_full").inc()
            return
        self._remember(mark)
        self._waiting.append((caller.presented, _encode(self._event(mark, decision))))

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
        except httpx.HTTPError as error:
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

    def _remember(self, mark: tuple[str, str, str, str | None, int]) -> None:
        if self._clock.monotonic() >= self._window_ends or len(self._seen) >= _REMEMBERED_MAX:
            self._seen_before, self._seen = self._seen, set()
            self._window_ends = self._clock.monotonic() + self._limits.window_seconds
        self._seen.add(mark)

    def _event(self, mark: tuple[str, str, str, str | None, int], decision: Decision) -> dict[str, Any]:
        now = self._clock.now()
        _, user_key, flag, variation, config_version = mark
        window = int(now // (self._limits.window_seconds * 1000))
        identity = hashlib.sha256("\0".join((*map(str, mark), str(window))).encode()).digest()
        event: dict[str, Any] = {
            "type": "exposure",
            "event_id": str(UUID(bytes=identity[:16], version=5)),
            "timestamp": _rfc3339(now),
            "user_key": user_key,
            "flag": flag,
            "variation": variation,
            "config_version": config_version,
            "context": {},
        }
        return event if decision.experiment is None else {**event, "experiment": decision.experiment}


def _rfc3339(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
