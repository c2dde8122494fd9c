"""Following a JetStream stream in order, over any number of reconnections.

An ephemeral push consumer per session: it ends at the first sign of trouble (a missing heartbeat, a gap, a lost
consumer), and the next one begins after the last message delivered. The client's own ordered consumer and
key-value watch are not used because they stop silently after a restart of the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from streams.port import CaughtUp, Delivered, FollowEvent, Restarted

_HEARTBEAT_SECONDS = 1.0
_SILENCE_SECONDS = 3.0
_CONSUMER_LIFE_SECONDS = 30.0
_SPREAD_SECONDS = 0.5


class OrderedFollower:
    """Remembers how far a stream was read; `session` reads on from there."""

    def __init__(self, client: Client, context: JetStreamContext, stream: str, filter_subject: str) -> None:
        self._client = client
        self._context = context
        self._stream = stream
        self._filter = filter_subject
        self._created: datetime | str | None = None
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
            inbox = self._client.new_inbox()
            subscription = await self._client.subscribe(inbox)
            consumer, waiting = await self._open_consumer(inbox)
            if not waiting and not self._caught_up:
                self._caught_up = True
                yield CaughtUp()
            async for event in self._read(subscription):
                yield event
        except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError):
            return
        finally:
            await self._discard(subscription, consumer)

    async def _is_another_stream(self) -> bool:
        """Forgets the position when the stream was made anew or has lost its end. True if it had one."""
        info = await self._context.stream_info(self._stream)
        known = self._created
        self._created = info.created
        changed = known is not None and (known != info.created or (self._last or 0) > info.state.last_seq)
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
        )
        delivered = info.delivered.consumer_seq if info.delivered else 0
        return info.name, (info.num_pending or 0) + delivered

    async def _read(self, subscription: Subscription) -> AsyncGenerator[FollowEvent, None]:
        expected = 1
        while True:
            message = await subscription.next_msg(timeout=_SILENCE_SECONDS)
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
            )
            if metadata.num_pending == 0 and not self._caught_up:
                self._caught_up = True
                yield CaughtUp()

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
