"""A database that is silent, slow or used up: each piece of work ends in its time, with a reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from control_plane.database import RELAY_CONNECTIONS, Connections, Database
from control_plane.database.patience import Patience
from control_plane.publishing.lease import Lease
from service_kit.clock import SystemClock
from service_kit.problems import Unavailable

from chaos.proxy import FaultProxy

HASTY = Patience(connect=3.0, statement=1.0, lock=0.5, work=4.0)


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy("postgres", urlsplit(postgres_url).port or 5432)
    await proxy.start()
    yield proxy
    await proxy.close()


@pytest.fixture
async def database(postgres_url: str, proxy: FaultProxy) -> AsyncIterator[Database]:
    through = postgres_url.replace(f":{proxy.target}/", f":{proxy.port}/")
    database = Database(through, SystemClock(), Connections(most=3, kept=1), HASTY)
    await database.open()
    await database.migrate()
    yield database
    proxy.mend()
    await database.close()


async def refused(database: Database, sql: str) -> tuple[Unavailable, float]:
    """The refusal, and the seconds until it came."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as told:
        async with database.transaction() as tx:
            await tx.execute(sql)
    assert int(told.value.headers["Retry-After"]) >= 1
    return told.value, time.monotonic() - began


async def test_a_black_hole_is_told_in_time_and_is_over_when_it_is_over(database: Database, proxy: FaultProxy) -> None:
    assert await database.check() is None
    proxy.swallow()
    answers = await asyncio.gather(*(refused(database, "SELECT 1") for _ in range(8)))
    assert {problem.code for problem, _ in answers} == {"database_timeout", "database_unavailable"}
    assert max(seconds for _, seconds in answers) < HASTY.work + 4
    assert await database.check() is not None
    proxy.mend()
    assert await database.check() is None
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT 1") == 1


async def test_a_connection_that_was_forgotten_on_the_way_costs_one_answer(
    database: Database, proxy: FaultProxy
) -> None:
    await database.check()
    proxy.forget()
    problem, _ = await refused(database, "SELECT 1")
    assert problem.code in ("database_timeout", "database_unavailable")
    assert await database.check() is None


async def test_a_slow_statement_ends_in_its_time(database: Database) -> None:
    problem, _ = await refused(database, "SELECT pg_sleep(60)")
    assert problem.code == "database_busy"


async def test_many_statements_have_the_time_of_one(database: Database) -> None:
    with pytest.raises(Unavailable) as told:
        async with database.transaction() as tx:
            while True:
                await tx.execute("SELECT pg_sleep(0.3)")
    assert told.value.code == "database_timeout"


async def test_a_commit_that_is_not_answered_is_said_to_be_unknown(database: Database, proxy: FaultProxy) -> None:
    with pytest.raises(Unavailable) as told:
        async with database.transaction() as tx:
            await tx.execute("SELECT 1")
            proxy.swallow()
    assert told.value.code == "commit_unknown"


async def test_work_that_is_told_to_end_waits_for_nobody(database: Database, proxy: FaultProxy) -> None:
    async def work() -> None:
        async with database.transaction() as tx:
            await tx.execute("SELECT 1")
            proxy.swallow()
            await tx.execute("SELECT 1")

    task = asyncio.create_task(work())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await task
    assert task.cancelled()
    proxy.mend()
    assert await database.check() is None


async def test_a_pool_that_is_used_up_takes_the_lease_from_nobody(postgres_url: str, database: Database) -> None:
    kept = Database(postgres_url, SystemClock(), RELAY_CONNECTIONS)
    await kept.open()
    try:
        lease = Lease(kept)
        epoch = await lease.hold()

        async def slow() -> None:
            await refused(database, "SELECT pg_sleep(60)")

        readers = [asyncio.create_task(slow()) for _ in range(60)]
        await asyncio.sleep(0)
        while not all(reader.done() for reader in readers):
            assert await lease.hold() == epoch
            await asyncio.wait(readers, timeout=0.2)
        await asyncio.gather(*readers)
    finally:
        await kept.close()
