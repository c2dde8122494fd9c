"""Server-sent events: OFREP's request to re-fetch, and the configuration itself for server keys.

A stream remembers only how far it has told its client, so a slow one costs no memory and sees the newest state.
It ends when its key is revoked, when the client goes, and when the edge stops.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import msgspec
from messages.sdk_keys import SdkKey
from service_kit.event_streams import retry_hint

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.memory.change_log import event_id
from edge_evaluator.memory.flag_memory import HeldConfig

EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
HEARTBEAT_SECONDS = 15.0
_STATE = re.compile(r'(?:W/)?"?(\d{1,18})(?:-[0-9a-f]{1,64})?(?:\.\d+)?"?')
_encode = msgspec.json.Encoder().encode


def version_in(etag: str) -> int | None:
    """The config version in an event's `etag`, None when it is not one of ours."""
    found = _STATE.fullmatch(etag.strip())
    return int(found[1]) if found else None


class Subscription:
    """One client's stream. `last_event_id` is what it has seen before, None for a new one."""

    def __init__(self, admission: Admission, open_streams: OpenStreams, key: SdkKey, last_event_id: str | None) -> None:
        self._admission = admission
        self._open_streams = open_streams
        self._key = key
        self._last = last_event_id

    async def refetches(self) -> AsyncIterator[bytes]:
        """A `refetchEvaluation` for each new state; the first at once if the client has missed one."""
        with self._open_streams.hold(self._key):
            yield retry_hint()
            told = self._last or self._refetch_state()
            while self._open:
                if (state := self._refetch_state()) != told:
                    told = state
                    config = self._held.config
                    yield _frame(
                        "message",
                        state,
                        _encode(
                            {
                                "type": "refetchEvaluation",
                                "etag": f'"{event_id(config)}"',
                                "lastModified": config.published_at // 1000,
                            }
                        ),
                    )
                elif not await self._news():
                    yield b": still here\n\n"
            yield retry_hint()

    async def configurations(self) -> AsyncIterator[bytes]:
        """A `snapshot` unless the client's last event is known, then a `change` for each new state."""
        with self._open_streams.hold(self._key):
            yield retry_hint()
            told = self._last or ""
            while self._open:
                held = self._held
                state = event_id(held.config)
                if state == told:
                    if not await self._news():
                        yield b": still here\n\n"
                    continue
                changes = held.log.since(told)
                if changes is None:
                    yield _frame("snapshot", state, await asyncio.to_thread(held.view(self._key).document))
                    told = state
                else:
                    for told, payload in changes:
                        yield _frame("change", told, payload)
            yield retry_hint()

    @property
    def _held(self) -> HeldConfig:
        return self._admission.memory.held(self._key)

    @property
    def _open(self) -> bool:
        known = self._admission.memory.find_hash(self._key.sha256, self._admission.clock.now())
        return known is not None and not self._open_streams.closed

    def _refetch_state(self) -> str:
        """Also changes when a target expires or an experiment starts or stops."""
        held = self._held
        return f"{event_id(held.config)}.{held.announced_phase}"

    async def _news(self) -> bool:
        """True when the environment has changed or the stream shall end, False after a heartbeat's time."""
        return await self._admission.memory.changed(self._key.environment_id, HEARTBEAT_SECONDS)


def _frame(event: str, identity: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identity.encode(), event.encode(), data)
