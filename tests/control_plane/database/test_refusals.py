"""What PostgreSQL can't do now is 503 with a code, a sentence and a time; nothing is half done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from control_plane.database import Connections, Database
from service_kit.clock import ManualClock, SystemClock
from service_kit.problems import Unavailable

from devstack.parts import Postgres
from tests.waiting import until

FAIL = """
CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'so it was told' USING ERRCODE = '{state}'; END $$;
"""
AT_THE_WRITE = "CREATE TRIGGER failing BEFORE INSERT ON segments FOR EACH ROW EXECUTE FUNCTION fail()"
AT_THE_COMMIT = (
    "CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON segments DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION fail()"
)
SEGMENT = {"key": "beta", "name": "Beta", "included": ["u1"]}


@pytest.fixture
async def superuser(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("moment", [AT_THE_WRITE, AT_THE_COMMIT], ids=["at the write", "at the commit"])
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "database_full"),
        ("53200", "database_overloaded"),
        ("53300", "database_overloaded"),
        ("25006", "database_read_only"),
        ("40001", "database_busy"),
        ("40P01", "database_busy"),
        ("55P03", "database_busy"),
        ("57014", "database_busy"),
        ("57P03", "database_unavailable"),
        ("58030", "database_failing"),
        ("XX001", "database_failing"),
        ("42501", "database_refuses"),
        ("42P01", "database_unprepared"),
    ],
)
async def test_a_refused_write_says_why_and_is_not_stored(
    tenant: Any, superuser: asyncpg.Connection, state: str, code: str, moment: str
) -> None:
    await superuser.execute(FAIL.format(state=state) + moment)
    before = await superuser.fetchval("SELECT sum(version) FROM environments")
    answer = await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) >= 1
    assert await superuser.fetchval("SELECT sum(version) FROM environments") == before
    await superuser.execute("DROP TRIGGER failing ON segments")
    assert (await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)).status_code == 201


async def test_an_error_of_ours_is_no_refusal(tenant: Any, superuser: asyncpg.Connection) -> None:
    await superuser.execute(FAIL.format(state="22012") + AT_THE_WRITE)
    assert (await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)).status_code == 500


async def test_a_full_disk_is_seen_by_results_and_its_end_too(
    tenant: Any, superuser: asyncpg.Connection, clock: ManualClock, anonymous: Any
) -> None:
    async def readiness() -> tuple[int, str]:
        answer = await anonymous.client.get("/readyz")
        return answer.status_code, answer.json()["checks"]["database"]

    await superuser.execute(FAIL.format(state="53100") + AT_THE_WRITE)
    assert await readiness() == (200, "ok")
    await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)
    assert await readiness() == (503, "the database has no room left: its disk is full")
    await superuser.execute("DROP TRIGGER failing ON segments")
    clock.advance(11_000)
    assert await readiness() == (200, "ok")


async def test_a_database_that_became_read_only_still_answers_questions(
    tenant: Any, superuser: asyncpg.Connection, anonymous: Any, database: Database
) -> None:
    name = await superuser.fetchval("SELECT current_database()")

    async def set_read_only(value: str) -> None:
        await superuser.execute(
            f"SET transaction_read_only = off; ALTER DATABASE {name} SET default_transaction_read_only = {value}"
        )
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            name,
        )
        await asyncio.gather(*(is_found_out() for _ in range(12)))

    async def is_found_out() -> None:
        """A connection that was ended costs the first work on it, if the driver has not been told before."""
        with suppress(Unavailable):
            async with database.connection() as connection:
                await connection.fetchval("SELECT pg_sleep(0.1)")

    await set_read_only("on")
    answer = await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
    assert (await tenant.api("GET", f"/projects/{tenant.project}/segments")).status_code == 200
    ready = await anonymous.client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (
        503,
        "the database takes no writes: it is read-only",
    )
    await set_read_only("off")
    assert (await tenant.api("POST", f"/projects/{tenant.project}/segments", SEGMENT)).status_code == 201


async def test_two_that_wait_for_each_other_do_not_wait_for_ever(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE locked (id integer PRIMARY KEY)")
        await tx.execute("INSERT INTO locked VALUES (1), (2)")
    met = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> str:
        try:
            async with database.transaction() as tx:
                await tx.execute("SELECT FROM locked WHERE id = $1 FOR UPDATE", first)
                await met.wait()
                await tx.execute("SELECT FROM locked WHERE id = $1 FOR UPDATE", second)
        except Unavailable as problem:
            return problem.code
        return "committed"

    assert sorted(await asyncio.gather(lock(1, 2), lock(2, 1))) == ["committed", "database_busy"]


async def test_tables_that_are_gone_are_named_as_the_cause(
    tenant: Any, superuser: asyncpg.Connection, anonymous: Any
) -> None:
    await superuser.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    answer = await tenant.api("GET", f"/projects/{tenant.project}/segments")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unprepared")
    ready = await anonymous.client.get("/readyz")
    assert (ready.status_code, "migrate" in ready.json()["checks"]["database"]) == (503, True)


async def test_a_server_without_a_free_connection_says_so_and_a_kept_one_goes_on(fresh_postgres: Postgres) -> None:
    kept = Database(fresh_postgres.url, SystemClock(), Connections(most=1, kept=1))
    late = Database(fresh_postgres.url, SystemClock(), Connections(most=2, kept=0))
    await kept.open()
    await late.open()
    others: list[asyncpg.Connection] = []
    try:
        with pytest.raises(asyncpg.TooManyConnectionsError):
            while True:
                others.append(await asyncpg.connect(fresh_postgres.url))
        with pytest.raises(Unavailable) as told:
            async with late.connection() as connection:
                await connection.fetchval("SELECT 1")
        assert told.value.code == "database_overloaded"
        async with kept.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
    finally:
        for other in others:
            other.terminate()

    async def is_well() -> bool:
        async with late.connection() as connection:
            return bool(await connection.fetchval("SELECT true"))

    await until(is_well, despite=Unavailable)
    await kept.close()
    await late.close()


async def test_a_server_that_stops_and_starts_is_away_meanwhile(fresh_postgres: Postgres) -> None:
    database = Database(fresh_postgres.url, SystemClock(), Connections(most=2, kept=1))
    await database.open()
    codes: set[str] = set()

    async def is_well() -> bool:
        try:
            async with database.transaction() as tx:
                return bool(await tx.fetchval("SELECT true"))
        except Unavailable as problem:
            codes.add(problem.code)
            return False

    async def asked_meanwhile(act: Callable[[], object]) -> None:
        acting = asyncio.create_task(asyncio.to_thread(act))
        while not acting.done():
            await is_well()
        await acting

    await asked_meanwhile(fresh_postgres.kill)
    await until(lambda: bool(codes))
    await asked_meanwhile(fresh_postgres.start)
    await until(is_well)
    assert codes <= {"database_unavailable", "commit_unknown"}
    await database.close()
