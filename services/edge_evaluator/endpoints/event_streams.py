"""Server-sent events: OFREP's request to re-fetch, and the configuration itself for server keys.

A stream remembers only how far it has told its client; one whose client does not read is dropped.
It ends when its key is revoked or expires, when the client goes, and when the edge stops. Clients are told one after
another, and within which time to come back: SDKs, who choose a moment in it themselves, are told the window, and
whoever waits exactly as told is told a moment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from messages.sdk_keys import SdkKey
from service_kit.event_streams import retry_field, retry_hint

from edge_evaluator.admission.requests import Admission, KeyedConnection
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.memory.flag_memory import HeldConfig
from edge_evaluator.memory.states import State, state_of
from edge_evaluator.memory.views import View

EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still here\n"
REVOKED = b": the SDK key was revoked or has expired\n"
RECENT_SECONDS = 30.0
_encode = msgspec.json.Encoder().encode


class Subscription:
    """One client's stream. `last_event_id` is what it has seen before, None for a new one."""

    def __init__(
        self,
        admission: Admission,
        open_streams: OpenStreams,
        key: SdkKey,
        last_event_id: str | None,
        connection: KeyedConnection | None = None,
    ) -> None:
        """`connection` None: nobody knows how much of it the client has read."""
        self._admission = admission
        self._open_streams = open_streams
        self._key = key
        self._last = last_event_id
        self._connection = connection

    async def refetches(self) -> AsyncIterator[bytes]:
        """A `refetchEvaluation` for each new state that the key can see; at once if the client has missed one, or may
        have: what changed between its first answer and this stream."""
        with self._open_streams.hold(self._key):
            told = recent_state(self._view, self._now) if self._last is None else state_of(self._last)
            yield first_event(told, self._retry)
            while self._open:
                if self._view.announced.same_as(told):
                    if not await self._news():
                        if self._dropped():
                            return
                        yield HEARTBEAT + retry_hint(self._retry)
                    continue
                await self._open_streams.wait_for_turn()
                if self._dropped():
                    return
                if self._open:
                    told = self._view.announced
                    yield refetch_event(told, self._held.config.published_at)
            yield last_event(self._retry, revoked=not self._known)

    async def configurations(self) -> AsyncIterator[bytes]:
        """A `snapshot` unless the client's last event is known, then a `change` for each new document."""
        with self._open_streams.hold(self._key):
            yield self._window
            told = self._last or ""
            while self._open:
                held = self._held
                if held.published.id == told:
                    if not await self._news():
                        yield HEARTBEAT + self._window
                    continue
                changes = held.log.since(told)
                if changes is None:
                    yield _frame("snapshot", held.published.id, await held.published.encoded())
                    told = held.published.id
                else:
                    for told, payload in changes:
                        yield _frame("change", told, payload)
            yield (b"" if self._known else REVOKED) + self._window

    @property
    def _held(self) -> HeldConfig:
        return self._admission.memory.held(self._key)

    @property
    def _view(self) -> View:
        return self._held.view(self._key)

    @property
    def _now(self) -> int:
        return self._admission.clock.now()

    @property
    def _known(self) -> bool:
        return self._admission.memory.find_hash(self._key.sha256, self._now) is not None

    @property
    def _open(self) -> bool:
        return self._known and not self._open_streams.closed

    @property
    def _retry(self) -> int:
        return self._open_streams.retry_milliseconds

    @property
    def _window(self) -> bytes:
        return retry_field(self._retry) + b"\n"

    def _dropped(self) -> bool:
        """Whether the client was: too much waits for it."""
        connection = self._connection
        if connection is None or connection.unread_bytes <= self._open_streams.limits.unread_bytes_max:
            return False
        self._open_streams.count_drop()
        connection.abort()
        return True

    async def _news(self) -> bool:
        """True when the environment has changed or the stream shall end, False after a heartbeat's time."""
        return await self._admission.memory.changed(self._key, HEARTBEAT_SECONDS)


def recent_state(view: View, now: int) -> State | None:
    """What a client without a last event has seen: the state now, which also changes when a target expires or an
    experiment starts or stops; None if it is so new that the client may have asked before."""
    return None if now - view.since < RECENT_SECONDS * 1000 else view.announced


def first_event(told: State | None, window: int) -> bytes:
    """How a stream begins: when to come back (about `window` milliseconds), and what the client has seen, if that is
    known."""
    hint = retry_hint(window)
    return hint if told is None else b"%sid: %s\n\n" % (hint, str(told).encode())


def last_event(window: int, *, revoked: bool) -> bytes:
    """How it ends: when to come back; who comes back with a key that is `revoked` is refused."""
    return (REVOKED if revoked else b"") + retry_hint(window)


def refetch_event(state: State, published_at: int) -> bytes:
    """Asks to re-fetch until this state is there; `published_at` in epoch milliseconds."""
    data = {"type": "refetchEvaluation", "etag": f'"{state}"', "lastModified": published_at // 1000}
    return _frame("message", str(state), _encode(data))


def _frame(event: str, identity: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identity.encode(), event.encode(), data)
