"""Parts are killed on order and started again, and one that ends by itself is told apart."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from chaos.fault_injection import FaultInjection
from chaos.plan import Fault, FaultKind
from chaos.proxy import FaultProxy
from chaos.supervisor import Supervisor
from devstack.parts import Redis
from tests.waiting import until


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


async def test_a_part_beside_is_one_of_them_for_the_time_of_the_block(fresh_redis: Redis) -> None:
    fresh_redis.stop()
    supervisor = Supervisor({})
    async with supervisor.beside({"redis": fresh_redis}):
        async with supervisor.down("redis"):
            assert not fresh_redis.running
        await supervisor.all_ready()
        assert fresh_redis.is_ready()
    assert not fresh_redis.running
    assert supervisor.kills == Counter(redis=1)


async def test_a_part_that_ends_by_itself_is_remembered_and_started_again(
    supervisor: Supervisor, fresh_redis: Redis
) -> None:
    os.kill(fresh_redis.pid, signal.SIGKILL)
    await until(lambda: supervisor.ended)
    await supervisor.all_ready()
    assert (supervisor.kills, supervisor.ended) == (Counter(), Counter(redis=1))


async def test_a_paused_part_does_not_answer(supervisor: Supervisor, fresh_redis: Redis) -> None:
    async with supervisor.paused("redis"):
        assert fresh_redis.running
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await supervisor.ready("redis")
    await supervisor.ready("redis")


async def test_an_injection_does_every_fault_and_leaves_everything_mended(
    supervisor: Supervisor, fresh_redis: Redis
) -> None:
    proxy = FaultProxy("client-redis", fresh_redis.port)
    await proxy.start()
    injection = FaultInjection(supervisor, {proxy.name: proxy})
    kinds = [kind for kind in FaultKind if kind not in (FaultKind.KILL, FaultKind.PAUSE)]
    faults = [Fault(0, FaultKind.KILL, "redis", 0.1), Fault(0, FaultKind.PAUSE, "redis", 0.1)]
    await injection.run([*faults, *(Fault(0.01, kind, proxy.name, 0.05) for kind in kinds)])

    assert injection.done == Counter(dict.fromkeys(FaultKind, 1))
    await supervisor.ready("redis")
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"PING\r\n")
    assert await reader.readexactly(7) == b"+PONG\r\n"
    writer.close()
    await proxy.close()
