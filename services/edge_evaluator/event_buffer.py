"""Events on their way to the ingestor: a bounded buffer and a task that empties it in batches.

Nothing here is awaited by an evaluation. What does not fit is dropped and counted, by the kind of event.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from enum import Enum, auto
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
from prometheus_client import CollectorRegistry, Gauge
from service_kit.logs import get_logger

if TYPE_CHECKING:
    # Loaded by who has an ingestor alone: it takes memory.
    import httpx

BATCH_EVENTS_MAX = 500
_BATCH_BYTES_MAX = 2 * 1024 * 1024
_RETRY_SECONDS_MAX = 30.0
_DELIVERY_SECONDS = 5.0
_log = get_logger("event_buffer")


class Kind(Protocol):
    """Events of one kind, told of by what they weigh."""

    def sent(self, weight: int) -> None:
        """The ingestor has taken them."""

    def dropped(self, reason: str, weight: int) -> None:
        """They are lost."""


class Event(NamedTuple):
    """An event as JSON, with the SDK key that it is reported under; `weight`: how much is lost with it."""

    presented: bytes
    text: bytes
    kind: Kind
    weight: int = 1


class _Outcome(Enum):
    """What became of a batch. Limited: the key's share is used up, which says nothing about other keys."""

    TAKEN = auto()
    LIMITED = auto()
    AWAY = auto()


class _Rejected(msgspec.Struct):
    index: int


class _Receipt(msgspec.Struct):
    rejected: list[_Rejected] = []


_read_receipt = msgspec.json.Decoder(_Receipt).decode


def client_of(address: str) -> httpx.AsyncClient:
    """What sends to the ingestor there."""
    client: httpx.AsyncClient = import_module("httpx").AsyncClient(
        base_url=address, timeout=_DELIVERY_SECONDS, trust_env=False
    )
    return client


class EventBuffer:
    """Events that wait for the ingestor."""

    def __init__(
        self, client: httpx.AsyncClient, events_max: int, flush_seconds: float, registry: CollectorRegistry
    ) -> None:
        """`client` has the ingestor's address as its base."""
        self._client = client
        self._failure: type[Exception] = import_module("httpx").HTTPError
        self._events_max = events_max
        self._flush_seconds = flush_seconds
        self._waiting: deque[Event] = deque()
        self._buffered = Gauge(
            "verdict_edge_exposures_buffered",
            "Exposures and summaries of usage waiting",
            registry=registry,
            multiprocess_mode="livesum",
        )

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < self._events_max

    def put(self, event: Event) -> None:
        """Never raises and never waits."""
        if self.has_room:
            self._waiting.append(event)
        else:
            event.kind.dropped("buffer_full", event.weight)

    async def run(self) -> None:
        """Sends what is waiting every flush interval, until it is cancelled."""
        pause = self._flush_seconds
        while True:
            await asyncio.sleep(pause)
            delivered = await self.flush()
            pause = self._flush_seconds if delivered else min(pause * 2, _RETRY_SECONDS_MAX)

    async def flush(self) -> bool:
        """Sends all that waits now. False when the ingestor was away or could take none of it: it waits on then.

        What is over the limit of one key waits too, and costs no other key anything.
        """
        by_key: dict[bytes, list[Event]] = defaultdict(list)
        while self._waiting:
            event = self._waiting.popleft()
            by_key[event.presented].append(event)
        unsent = deque(batch for events in by_key.values() for batch in _batches(events))
        limited: dict[bytes, list[Event]] = defaultdict(list)
        taken = False
        try:
            while unsent:
                batch = unsent[0]
                key = batch[0].presented
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
            for batch in (*limited.values(), *reversed(unsent)):
                self._put_back(batch)
            self._buffered.set(len(self._waiting))
        return delivered

    async def close(self) -> None:
        """One last attempt to deliver."""
        await self.flush()
        await self._client.aclose()

    async def _send(self, key: bytes, batch: list[Event]) -> _Outcome:
        try:
            answer = await self._client.post(
                "/v1/events",
                content=b"[" + b",".join([each.text for each in batch]) + b"]",
                headers={b"authorization": b"Bearer " + key, b"content-type": b"application/json"},
            )
        except self._failure as error:
            _log.warning("events not delivered", error=type(error).__name__, events=len(batch))
            return _Outcome.AWAY
        if answer.status_code == 429:
            return _Outcome.LIMITED
        if answer.status_code in (502, 503, 504):
            return _Outcome.AWAY
        refused = _refused(answer.content) if answer.is_success else range(len(batch))
        for index, event in enumerate(batch):
            if index in refused:
                event.kind.dropped("refused", event.weight)
            else:
                event.kind.sent(event.weight)
        if refused:
            _log.warning("events refused", status=answer.status_code, events=len(refused))
        return _Outcome.TAKEN

    def _put_back(self, batch: list[Event]) -> None:
        room = max(0, self._events_max - len(self._waiting))
        self._waiting.extendleft(reversed(batch[:room]))
        for event in batch[room:]:
            event.kind.dropped("buffer_full", event.weight)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        if batch and (len(batch) == BATCH_EVENTS_MAX or size + len(event.text) > _BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += len(event.text)
    if batch:
        yield batch


def _refused(receipt: bytes) -> Collection[int]:
    """The places of those events that the ingestor did not take, though it took the request."""
    try:
        return {each.index for each in _read_receipt(receipt).rejected}
    except msgspec.MsgspecError:
        return ()
