"""A stream that can't be made is told with its reason and made once there is room; one that exists stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from streams import StreamSpec
from streams.jetstream import JetStreamBus
from streams.kept_stream import KeptStream

from tests.guarded_servers import GuardedNats
from tests.waiting import until

MEBIBYTE = 1024 * 1024


@pytest.fixture
def small_nats(tmp_path: Path) -> Iterator[GuardedNats]:
    """A server that may store ten mebibytes."""
    nats = GuardedNats(tmp_path, jetstream="max_file: 10MB")
    nats.start()
    yield nats
    nats.stop()


async def test_no_room_is_told_once_and_tried_until_there_is(
    small_nats: GuardedNats, caplog: pytest.LogCaptureFixture
) -> None:
    bus = await JetStreamBus.connect(small_nats.url, name="test")
    await bus.ensure_stream(StreamSpec("LARGE", ("LARGE.>",), max_bytes=8 * MEBIBYTE))
    registry = CollectorRegistry()
    spec = StreamSpec("K", ("K.>",), max_bytes=4 * MEBIBYTE)
    kept = KeptStream(bus, spec, registry, size_setting="FF_K_MAX_BYTES")

    def there() -> float | None:
        return registry.get_sample_value("verdict_stream_ready", {"stream": "K"})

    for _ in range(3):
        await kept.look()
    problem = await kept.check()
    assert problem is not None
    assert problem.startswith("K of 4194304 bytes can't be made: insufficient storage")
    assert problem.endswith("its size is FF_K_MAX_BYTES")
    assert (there(), [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]) == (0, [problem])
    assert (await bus.publish("LARGE.a", b"1")).sequence == 1

    keeping = asyncio.create_task(kept.keep())
    await bus._context.delete_stream("LARGE")
    await until(lambda: there() == 1)
    assert await kept.check() is None
    keeping.cancel()
    await asyncio.wait([keeping])
    await asyncio.to_thread(small_nats.kill)
    await until(lambda: not bus.connected)
    await kept.look()
    assert (await kept.check(), there()) == (None, 1)
    await bus.close()
