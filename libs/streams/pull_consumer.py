"""A durable consumer of JetStream, pulled in batches; it is opened anew after it was lost."""

from __future__ import annotations

from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig
from nats.js.client import JetStreamContext

from streams.client_errors import UNREACHABLE, asked, heeding
from streams.message_headers import trace_in
from streams.port import BusUnavailable, Message


class PullConsumer:
    """A `BatchConsumer` of JetStream."""

    def __init__(self, client: Client, context: JetStreamContext, stream: str, config: ConsumerConfig) -> None:
        self._client = client
        self._context = context
        self._stream = stream
        self._config = config
        self._subscription: JetStreamContext.PullSubscription | None = None

    async def open(self) -> None:
        await asked(self._context.add_consumer(self._stream, self._config))
        self._subscription = await asked(
            self._context.pull_subscribe_bind(consumer=self._config.durable_name, stream=self._stream)
        )

    async def fetch(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")
        if self._subscription is None:
            await self.open()
        assert self._subscription is not None  # noqa: S101 - opened above
        try:
            found = await heeding(self._subscription.fetch(max_messages, timeout=timeout_seconds))
        except (nats.errors.TimeoutError, TimeoutError):
            return []
        except (*UNREACHABLE, nats.js.errors.Error) as error:
            self._subscription = None
            raise BusUnavailable(f"the consumer is away ({type(error).__name__})") from error
        return [_JetStreamMessage(message) for message in found]

    async def pending(self) -> int:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")
        info = await asked(self._context.consumer_info(self._stream, self._config.durable_name or ""))
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def oldest_pending_at(self) -> int | None:
        if not self._client.is_connected:
            raise BusUnavailable("not connected to the bus")
        info = await asked(self._context.consumer_info(self._stream, self._config.durable_name or ""))
        if not (info.num_pending or info.num_ack_pending):
            return None
        acknowledged = info.ack_floor.stream_seq if info.ack_floor else 0
        subject = self._config.filter_subject or ">"
        try:
            found = await asked(
                self._context.get_msg(self._stream, acknowledged + 1, subject=subject, next=True, direct=True)
            )
        except BusUnavailable as error:
            if isinstance(error.__cause__, nats.js.errors.NotFoundError):
                return None
            raise
        return round(found.time.timestamp() * 1000) if found.time is not None else None


class _JetStreamMessage:
    __slots__ = ("_message", "_metadata")

    def __init__(self, message: Msg) -> None:
        self._message = message
        self._metadata: Any = message.metadata

    @property
    def subject(self) -> str:
        return str(self._message.subject)

    @property
    def payload(self) -> bytes:
        return bytes(self._message.data)

    @property
    def sequence(self) -> int:
        return int(self._metadata.sequence.stream)

    @property
    def deliveries(self) -> int:
        return int(self._metadata.num_delivered or 1)

    @property
    def published_at(self) -> int:
        return int(self._metadata.timestamp.timestamp() * 1000)

    @property
    def trace(self) -> str:
        return trace_in(self._message.headers)

    async def ack(self) -> None:
        await asked(self._message.ack())

    async def nak(self, delay_seconds: float) -> None:
        await asked(self._message.nak(delay=delay_seconds))
