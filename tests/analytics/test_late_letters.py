"""Dead letters that the bus is slow to give are listed and replayed all the same."""

from __future__ import annotations

from typing import Any

from analytics.loading.dead_letters import send
from analytics.loading.replay import listed, replay
from messages.generated.event_pb2 import DEAD_LETTER_REASON_MALFORMED_EVENT, DeadLetter
from messages.subjects import dead_letters_stream, events_stream
from streams import BatchConsumer, Message
from streams.memory import MemoryBus

_MEBIBYTE = 1024 * 1024


class SlowConsumer:
    """Gives nothing the first time, as a bus that has much else to do."""

    def __init__(self, consumer: BatchConsumer) -> None:
        self._consumer = consumer
        self._asked = False

    async def fetch(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        if not self._asked:
            self._asked = True
            return []
        return await self._consumer.fetch(max_messages, timeout_seconds)

    async def pending(self) -> int:
        return await self._consumer.pending()


class SlowBus(MemoryBus):
    async def pull(self, *given: Any, **more: Any) -> Any:
        return SlowConsumer(await super().pull(*given, **more))


async def test_what_comes_late_is_waited_for() -> None:
    bus = SlowBus()
    for spec in (events_stream(max_bytes=_MEBIBYTE), dead_letters_stream(max_bytes=_MEBIBYTE)):
        await bus.ensure_stream(spec)
    letter = DeadLetter(environment_id="env-1", reason=DEAD_LETTER_REASON_MALFORMED_EVENT, raw=b"{}", kind="metric")
    await send(bus, [letter], 1)
    assert [each.letter.environment_id for each in await listed(bus, None, 10)] == ["env-1"]
    assert await replay(bus, None, 10) == 1
    assert (await listed(bus, None, 10), await replay(bus, None, 10)) == ([], 0)
