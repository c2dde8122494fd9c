"""The page on backups, rehearsed: its commands bring back what was lost, on real servers, and nothing goes back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.settings import WarehouseSettings
from messages.subjects import events_stream
from service_kit.tasks import end
from streams.jetstream import JetStreamBus

from devstack.backups import lose_data
from devstack.parts import ClickHouse, Nats, Postgres
from devstack.services import Credentials, Service, control_plane, edge
from devstack.stack import Stack
from tests.integration import test_warehouse_lost
from tests.integration.printed_commands import printed, ran, run
from tests.integration.test_recover_command import Installation, installation
from tests.waiting import until

__all__ = ["installation"]
PAGE = "docs/operations/backup.md"
PASSWORD = "of-the-login"
COMMANDS = str(Path(sys.executable).parent)


def make_login(postgres: Postgres, *, database: bool) -> str:
    """As the page on installing says: a login that is no superuser, and its database."""
    postgres.run_sql(f"CREATE ROLE verdict LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    postgres.run_sql("CREATE DATABASE verdict OWNER verdict" if database else "ALTER DATABASE verdict OWNER TO verdict")
    postgres.run_sql("REVOKE CONNECT ON DATABASE verdict FROM PUBLIC")
    return f"postgresql://verdict:{PASSWORD}@127.0.0.1:{postgres.port}/verdict"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Stack, Service, Service, Credentials]]:
    with Stack(tmp_path / "stack", ("postgres", "nats", "redis"), durable=False) as stack:
        credentials = Credentials()
        plane = control_plane(tmp_path / "services", stack, credentials)
        edges = edge(tmp_path / "services", stack, "")
        plane.environment["FF_DATABASE_URL"] = make_login(stack.postgres, database=False)
        try:
            plane.start()
            edges.start()
            yield stack, plane, edges, credentials
        finally:
            edges.stop()
            plane.stop()


def shell(made: Installation, folder: Path) -> Mapping[str, str]:
    """With PostgreSQL's own programs, and ours."""
    programs = made.stack.postgres._binary("psql").parent
    path = f"{programs}:{COMMANDS}:/usr/local/bin:/usr/bin:/bin"
    return made.plane.environment | {"BACKUPS": str(folder), "PATH": path}


async def test_a_database_comes_back_and_every_edge_takes_it_by_a_command(
    installation: Installation, tmp_path: Path
) -> None:
    project = f"/api/v1/projects/{installation.project}"
    production = f"{project}/environments/production"
    key = (await installation.ok("POST", f"{production}/sdk-keys", {"name": "shop", "kind": "server"}))["key"]
    flag = {
        "key": "checkout",
        "name": "Checkout",
        "type": "boolean",
        "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
        "off_variation": "off",
        "default": {"variation": "on"},
    }
    await installation.ok("POST", f"{project}/flags", flag)
    switch = f"{project}/flags/checkout/environments/production"
    await installation.changed(switch, {"enabled": True})

    versions: list[int] = []

    async def serves(reason: str) -> bool:
        async with httpx.AsyncClient(
            base_url=installation.edge.url, headers={"Authorization": f"Bearer {key}"}
        ) as asking:
            answer = await asking.get("/v1/environment")
        versions.extend([answer.json()["version"]] if answer.status_code == 200 else [])
        return await installation.served(key) == reason

    await until(partial(serves, "STATIC"))
    environment, postgres = shell(installation, tmp_path), installation.stack.postgres
    [dump] = printed(PAGE, "Backing up PostgreSQL")
    roles, restore = printed(PAGE, "PostgreSQL")
    [check] = printed(PAGE, "Then")
    assert "row-level security" in ran(dump.replace("--enable-row-security", ""), environment).stderr
    await asyncio.to_thread(run, dump, environment)
    await installation.changed(switch, {"enabled": False})
    await until(partial(serves, "DISABLED"))

    # The server is lost, and another one comes in its place.
    installation.plane.stop()
    postgres.stop()
    lose_data(postgres)
    postgres.start()
    assert environment["FF_DATABASE_URL"] == make_login(postgres, database=True)
    await asyncio.to_thread(run, roles, environment)
    await asyncio.to_thread(run, restore, environment)
    assert await serves("DISABLED")
    installation.plane.start()
    await installation.log_in()
    told = await asyncio.to_thread(ran, check, environment)
    assert told.returncode == 1
    assert "shop/production differs (version_behind)" in told.stdout
    assert "1 switch would come on again" in told.stdout
    assert await serves("DISABLED")
    newest = versions[-1]
    installation.recover("--accept-database")
    await until(partial(serves, "STATIC"))
    await until_well(check, environment)

    # The bus is lost, too: it is filled again from the database, without a command.
    installation.stack.nats.stop()
    lose_data(installation.stack.nats)
    installation.stack.nats.start()
    await until_well(check, environment)
    await installation.changed(switch, {"enabled": False})
    await until(partial(serves, "DISABLED"))
    assert versions == sorted(versions)
    assert versions[-1] > newest


async def until_well(check: str, environment: Mapping[str, str]) -> None:
    """Returns when the check finds nothing but that this installation has no analytics."""

    async def well() -> bool:
        done = await asyncio.to_thread(ran, f"{check.strip()} --listen-seconds 2.5", environment)
        return [line for line in done.stdout.splitlines() if "FAIL" in line and "analytics does not" not in line] == []

    await until(well)


@pytest.fixture
async def stand(fresh_nats: Nats, fresh_clickhouse: ClickHouse) -> AsyncIterator[test_warehouse_lost.Stand]:
    bus = await JetStreamBus.connect(fresh_nats.url, name="test")
    await bus.ensure_stream(events_stream())
    warehouse = Warehouse(WarehouseSettings(url=fresh_clickhouse.url))
    yield test_warehouse_lost.Stand(bus, warehouse)
    await warehouse.close()
    await bus.close()


async def test_clickhouse_comes_back_and_loaders_go_on_and_nothing_counts_twice(
    stand: test_warehouse_lost.Stand, fresh_nats: Nats, fresh_clickhouse: ClickHouse
) -> None:
    environment = {
        "FF_CLICKHOUSE_URL": fresh_clickhouse.url,
        "FF_NATS_URL": fresh_nats.url,
        "WEEK": "2026-01-05",
        "DAY": "2026-01-06",
        "PATH": f"{COMMANDS}:/usr/local/bin:/usr/bin:/bin",
    }
    full, difference = printed(PAGE, "Backing up ClickHouse")
    [restore] = printed(PAGE, "ClickHouse")

    async def load(batches: int) -> None:
        await stand.upkeep.made()
        working = [asyncio.create_task(stand.upkeep.run()), asyncio.create_task(stand.loader.run())]
        await stand.publish(batches)
        await until(stand.has_acknowledged)
        await end(working)

    await load(3)
    await asyncio.to_thread(run, full, environment)
    await load(2)
    await asyncio.to_thread(run, difference, environment)
    kept = datetime.now(UTC).isoformat()
    await load(2)
    assert await stand.has_all()
    fresh_clickhouse.stop()
    lose_data(fresh_clickhouse)
    fresh_clickhouse.start()
    stand.warehouse.migrated = False
    await asyncio.to_thread(run, restore, environment)
    assert (await stand.counts())["exposures"] == 5 * test_warehouse_lost.PER_BATCH
    # Loaders go on with what is new; what they loaded after the backup is loaded again from the stream.
    await load(1)
    assert (await stand.counts())["exposures"] == 6 * test_warehouse_lost.PER_BATCH
    told = await asyncio.to_thread(run, f"analytics rewind --since {kept}", environment)
    assert "loaded again" in told
    assert await stand.has_all()
    await asyncio.to_thread(run, "analytics rewind --since 2026-01-01T00:00:00Z", environment)
    assert await stand.has_all()
