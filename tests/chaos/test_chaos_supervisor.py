"""Parts are killed on order and started again, and one that ends by itself is told apart."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from chaos.plan import Fault, FaultKind
from chaos.storm import Storm
from chaos.supervisor import Supervisor
from chaos.wire import Wire
from devstack.parts import Redis


@pytest.fixture
async def supervisor(fresh_redis: Redis) -> AsyncIterator[Supervisor]:
    made = Supervisor({"redis": fresh_redis})
    watching = asyncio.create_task(made.watch())
    yield made
    watching.cancel()


async def test_a_part_is_down_for_the_time_of_the_block(supervisor: Supervisor, fresh_redis: Redis) -> None:
    first = fresh_redis.pid
    async with supervisor.down("redis"):
        assert not fresh_redis.running
    await supervisor.ready("redis")
    assert fresh_redis.pid != first
    assert (supervisor.kills, supervisor.ended) == (Counter(redis=1), Counter())


async def test_a_part_that_ends_by_itself_is_remembered_and_started_again(
    supervisor: Supervisor, fresh_redis: Redis
) -> None:
    os.kill(fresh_redis.pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        while not supervisor.ended:
            await asyncio.sleep(0.01)
    await supervisor.all_ready()
    assert (supervisor.kills, supervisor.ended) == (Counter(), Counter(redis=1))


async def test_a_paused_part_does_not_answer(supervisor: Supervisor, fresh_redis: Redis) -> None:
    async with supervisor.paused("redis"):
        assert fresh_redis.running
        with pytest.raises(TimeoutError):
            await supervisor.ready("redis", 0.2)
    await supervisor.ready("redis")


async def test_a_storm_does_every_fault_and_leaves_everything_mended(
    supervisor: Supervisor, fresh_redis: Redis
) -> None:
    wire = Wire("client-redis", fresh_redis.port)
    await wire.start()
    storm = Storm(supervisor, {wire.name: wire})
    kinds = [kind for kind in FaultKind if kind not in (FaultKind.KILL, FaultKind.PAUSE)]
    faults = [Fault(0, FaultKind.KILL, "redis", 0.1), Fault(0, FaultKind.PAUSE, "redis", 0.1)]
    await storm.run([*faults, *(Fault(0.01, kind, wire.name, 0.05) for kind in kinds)])

    assert storm.done == Counter(dict.fromkeys(FaultKind, 1))
    await supervisor.ready("redis")
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(b"PING\r\n")
    assert await reader.readexactly(7) == b"+PONG\r\n"
    writer.close()
    await wire.close()
