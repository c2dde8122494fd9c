"""Following a JetStream stream in order, over any number of reconnections.

An ephemeral push consumer per session: it ends at the first sign of trouble (a missing heartbeat, a gap, a lost
consumer), and the next one begins after the last message delivered. The client's own ordered consumer and
key-value watch are not used because they stop silently after a restart of the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from streams.message_headers import trace_in
from streams.port import BusError, CaughtUp, Delivered, FollowEvent, Restarted
from streams.stream_configuration import stream_details

_HEARTBEAT_SECONDS = 1.0
_SILENCE_SECONDS = 2.5
_LOOK_SECONDS = 0.5
# It may be laid on a server that nobody has missed yet, which never answers; the next one is laid anew.
_OPEN_SECONDS = 2.0
_SINGLY_MAX = 64
_CONSUMER_LIFE_SECONDS = 30.0
_SPREAD_SECONDS = 0.5


class OrderedFollower:
    """Remembers how far a stream was read; `session` reads on from there."""

    def __init__(self, client: Client, context: JetStreamContext, stream: str, filter_subject: str) -> None:
        self._client = client
        self._context = context
        self._stream = stream
        self._filter = filter_subject
        self._created: str | None = None
        self._last: int | None = None
        self._caught_up = False

    async def session(self) -> AsyncGenerator[FollowEvent, None]:
        """Events until something is wrong with this session; never raises."""
        subscription: Subscription | None = None
        consumer = ""
        try:
            if not self._client.is_connected:
                return
            if await self._is_another_stream():
                yield Restarted()
                # All followers find it at one moment, and all of them read the whole stream again.
                await asyncio.sleep(random.random() * _SPREAD_SECONDS)
            async for delivered in self._missed():
                yield delivered
            reconnections = self._client.stats["reconnects"]
            inbox = self._client.new_inbox()
            subscription = await self._client.subscribe(inbox)
            consumer, waiting = await self._open_consumer(inbox)
            if not waiting and not self._caught_up:
                self._caught_up = True
                yield CaughtUp()
            async for event in self._read(subscription, reconnections):
                yield event
        except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError, BusError):
            return
        finally:
            await self._discard(subscription, consumer)

    async def _missed(self) -> AsyncGenerator[Delivered, None]:
        """The next few messages after the last one, one by one, from the stream's leader: a consumer is laid by the
        leader of the whole cluster, and there may be none for a while."""
        for _ in range(_SINGLY_MAX):
            if self._last is None:
                return
            try:
                found = await self._context.get_msg(self._stream, self._last + 1, subject=self._filter, next=True)
            except nats.js.errors.NotFoundError:
                return
            assert found.seq is not None  # noqa: S101 - of a message that was found
            self._last = found.seq
            at = round(found.time.timestamp() * 1000) if found.time is not None else 0
            yield Delivered(found.subject or "", found.data or b"", found.seq, at, trace_in(found.headers))

    async def _is_another_stream(self) -> bool:
        """Forgets the position when the stream was made anew or has lost its end. True if it had one."""
        details = await stream_details(self._context, self._stream)
        known = self._created
        self._created = details["created"]
        changed = known is not None and (
            known != details["created"] or (self._last or 0) > details["state"]["last_seq"]
        )
        if changed:
            self._last = None
            self._caught_up = False
        return changed

    async def _open_consumer(self, inbox: str) -> tuple[str, int]:
        """Its name, and the number of messages that wait for it."""
        start: dict[str, Any] = (
            {"deliver_policy": DeliverPolicy.LAST_PER_SUBJECT}
            if self._last is None
            else {"deliver_policy": DeliverPolicy.BY_START_SEQUENCE, "opt_start_seq": self._last + 1}
        )
        info = await self._context.add_consumer(
            self._stream,
            ConsumerConfig(
                deliver_subject=inbox,
                filter_subject=self._filter,
                ack_policy=AckPolicy.NONE,
                flow_control=True,
                idle_heartbeat=_HEARTBEAT_SECONDS,
                inactive_threshold=_CONSUMER_LIFE_SECONDS,
                mem_storage=True,
                num_replicas=1,
                **start,
            ),
            timeout=_OPEN_SECONDS,
        )
        delivered = info.delivered.consumer_seq if info.delivered else 0
        return info.name, (info.num_pending or 0) + delivered

    async def _read(self, subscription: Subscription, reconnections: int) -> AsyncGenerator[FollowEvent, None]:
        expected = 1
        while True:
            message = await self._next(subscription, reconnections)
            if message.headers and "Status" in message.headers:
                await self._answer_control(message)
                continue
            metadata = message.metadata
            if metadata.sequence.consumer != expected:
                return
            expected += 1
            self._last = metadata.sequence.stream
            yield Delivered(
                message.subject,
                message.data,
                metadata.sequence.stream,
                round(metadata.timestamp.timestamp() * 1000),
                trace_in(message.headers),
            )
            if metadata.num_pending == 0 and not self._caught_up:
                self._caught_up = True
                yield CaughtUp()

    async def _next(self, subscription: Subscription, reconnections: int) -> Msg:
        """The next message. Raises as the client does, also when the connection is another one: what delivered may have
        been left behind with the server."""
        silent_until = time.monotonic() + _SILENCE_SECONDS
        while True:
            try:
                return await subscription.next_msg(timeout=_LOOK_SECONDS)
            except nats.errors.TimeoutError:
                if time.monotonic() > silent_until or self._client.stats["reconnects"] != reconnections:
                    raise

    async def _answer_control(self, message: Msg) -> None:
        stalled = (message.headers or {}).get("Nats-Consumer-Stalled")
        if reply := message.reply or stalled:
            await self._client.publish(reply)

    async def _discard(self, subscription: Subscription | None, consumer: str) -> None:
        with contextlib.suppress(nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError, ValueError):
            if subscription is not None:
                await subscription.unsubscribe()
        if consumer and self._client.is_connected:
            with contextlib.suppress(nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._context.delete_consumer(self._stream, consumer)
