"""Embedded servers for the tests: each started when a test first asks for it, once per session, one fixture each."""

from __future__ import annotations

import asyncio
import gc
import logging
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.settings import WarehouseSettings
from control_plane.database import Database
from hypothesis import HealthCheck, settings
from service_kit import log_secrets
from service_kit.clock import SystemClock
from service_kit.logs import LIBRARIES, JsonFormatter, reset_level

from devstack.parts import ClickHouse, Nats, Postgres, Redis
from devstack.stack import Stack
from tests import (
    certificates_read_once,
    docstrings_found_at_once,
    endpoints_read_once,
    grammars_built_late,
    routes_built_late,
)
from tests.case_names import name_of, numbered
from tests.migrated_warehouse import MigratedWarehouse

# The same examples in each run, at whatever pace. `--hypothesis-profile=search` looks for others.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("steady")

certificates_read_once.read_once()
docstrings_found_at_once.find_at_once()
endpoints_read_once.read_once()
grammars_built_late.build_late()
routes_built_late.build_late()


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A test that runs a service's command leaves no log to a closed stream, and no level, to those after it."""
    levels = {name: logging.getLogger(name).level for name in (None, *LIBRARIES)}
    yield
    logging.root.handlers = [each for each in logging.root.handlers if not isinstance(each.formatter, JsonFormatter)]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    reset_level()
    log_secrets.forget()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_open() -> Iterator[None]:
    """A socket or file that nobody closed is told by the file that left it, not by whichever runs when it is found."""
    yield
    endpoints_read_once.let_go()
    gc.collect()


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's servers keep their data and logs."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[Postgres]:
    """PostgreSQL; a test takes `postgres_url`, unless it restarts the server."""
    with Stack(servers_folder / "postgres", ("postgres",), durable=False) as stack:
        yield stack.postgres


@pytest.fixture(scope="session")
def nats_server(servers_folder: Path) -> Iterator[Nats]:
    """NATS with JetStream, shared: tests use stream names and subjects of their own."""
    with Stack(servers_folder / "nats", ("nats",), durable=False) as stack:
        yield stack.nats


@pytest.fixture(scope="session")
def redis_server(servers_folder: Path) -> Iterator[Redis]:
    """Redis, shared: tests use key prefixes of their own."""
    with Stack(servers_folder / "redis", ("redis",), durable=False) as stack:
        yield stack.redis


@pytest.fixture(scope="session")
def clickhouse_server(servers_folder: Path) -> Iterator[ClickHouse]:
    """ClickHouse; a test takes a database of its own, see `clickhouse_database`."""
    with Stack(servers_folder / "clickhouse", ("clickhouse",), durable=False) as stack:
        yield stack.clickhouse


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """The address of an empty database, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def migrated(postgres_server: Postgres) -> str:
    """The name of a database with all migrations, to be copied: that takes a tenth of the time that they take."""
    url = postgres_server.create_database("migrated")

    async def migrate() -> None:
        database = await Database.connect(url, SystemClock(), pool_size=1)
        await database.migrate()
        await database.close()

    asyncio.run(migrate())
    return "migrated"


@pytest.fixture
def migrated_postgres_url(postgres_server: Postgres, migrated: str) -> Iterator[str]:
    """The address of a database with all migrations, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres_server.create_database(name, template=migrated)
    postgres_server.drop_database(name)


@pytest.fixture
def nats_url(nats_server: Nats) -> str:
    """The address of the shared NATS server."""
    return nats_server.url


@pytest.fixture
def fresh_nats(tmp_path: Path) -> Iterator[Nats]:
    """A NATS server of the test's own: empty, and free to be killed, paused and restarted."""
    with Stack(tmp_path / "nats", ("nats",), durable=False) as stack:
        yield stack.nats


@pytest.fixture
def fresh_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL server of the test's own, free to be killed, paused and restarted."""
    with Stack(tmp_path / "postgres", ("postgres",), durable=False) as stack:
        yield stack.postgres


@pytest.fixture
def fresh_redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis server of the test's own, free to be killed, paused and restarted."""
    with Stack(tmp_path / "redis", ("redis",), durable=False) as stack:
        yield stack.redis


@pytest.fixture
def fresh_clickhouse(tmp_path: Path) -> Iterator[ClickHouse]:
    """A ClickHouse server of the test's own, free to be killed, paused and restarted."""
    with Stack(tmp_path / "clickhouse", ("clickhouse",), durable=False) as stack:
        yield stack.clickhouse


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The address of the shared Redis server."""
    return redis_server.url


@pytest.fixture
def clickhouse_url(clickhouse_server: ClickHouse) -> str:
    """The address of the shared ClickHouse server."""
    return clickhouse_server.url


@pytest.fixture
def clickhouse_database(clickhouse_server: ClickHouse) -> Iterator[str]:
    """The name of an empty database, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    clickhouse_server.run_sql(f"CREATE DATABASE {name}")
    yield name
    clickhouse_server.run_sql(f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def migrated_clickhouse(clickhouse_server: ClickHouse) -> MigratedWarehouse:
    """A warehouse with all migrations, to be copied."""
    return MigratedWarehouse(clickhouse_server, f"migrated_{uuid.uuid4().hex}")


@pytest.fixture
def migrated_clickhouse_database(
    clickhouse_server: ClickHouse, migrated_clickhouse: MigratedWarehouse
) -> Iterator[str]:
    """The name of a database with all migrations, dropped after the test."""
    name = f"test_{uuid.uuid4().hex}"
    migrated_clickhouse.copy(name)
    yield name
    clickhouse_server.run_sql(f"DROP DATABASE {name}")


@pytest.fixture
async def warehouse(clickhouse_url: str, migrated_clickhouse_database: str) -> AsyncIterator[ArrowWarehouse]:
    """A warehouse of the test's own, with all migrations."""
    warehouse = ArrowWarehouse(WarehouseSettings(url=clickhouse_url, database=migrated_clickhouse_database))
    warehouse.migrated = True
    yield warehouse
    await warehouse.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Next to nothing that comes while tests are found is garbage: to look for it took a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What there is before the first test stays: nothing need look through it for garbage again."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object) -> str | None:
    return name_of(val)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if nameless := numbered(items):
        raise pytest.UsageError("cases without a name (give pytest.param an id):\n" + "\n".join(nameless))
