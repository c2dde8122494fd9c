"""Each service reaches a bus, and the edge a Redis, that ask for credentials and TLS, by settings alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from analytics.commands.warehouses import warehouse_settings
from analytics.settings import ExportSettings, LoadSettings, ServeSettings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from control_plane.settings import Settings
from edge_evaluator.settings import EdgeSettings
from event_ingestor.settings import IngestorSettings
from redis.asyncio import Redis
from service_kit.settings import load_settings
from service_kit.store_settings import BusSettings
from streams import StreamSpec
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from devstack.parts import ClickHouse
from tests.certificates import Authority, Certificate
from tests.edge_evaluator.running_edge import running_edge
from tests.guarded_servers import GuardedNats, GuardedRedis, behind_tls
from tests.waiting import until

PASSWORD = "nats p@ss/word %"
SERVICES = (Settings, EdgeSettings, IngestorSettings, ServeSettings, LoadSettings, ExportSettings)
NEEDED = {
    "FF_DATABASE_URL": "postgresql://a@b/c",
    "FF_AUTH_JWT_SECRET": "j" * 32,
    "FF_PII_SECRET": "p" * 32,
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def of_client(authority: Authority) -> Certificate:
    return authority.issue("client")


@pytest.fixture(scope="module")
def guarded_nats(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedNats]:
    of_server = authority.issue("server")
    guards = (
        f'authorization {{ user: verdict, password: "{PASSWORD}" }}\n'
        f'tls {{ cert_file: "{of_server.certificate}", key_file: "{of_server.key}", '
        f'ca_file: "{authority.certificate}", verify: true }}\n'
    )
    nats = GuardedNats(tmp_path_factory.mktemp("nats"), guards)
    nats.start()
    yield nats
    nats.stop()


@pytest.mark.parametrize("in_address", [True, False], ids=["in-the-address", "in-settings-of-their-own"])
@pytest.mark.parametrize("kind", SERVICES, ids=lambda kind: f"{kind.__module__}-{kind.__name__}")
async def test_a_service_reaches_a_guarded_bus(
    monkeypatch: pytest.MonkeyPatch,
    guarded_nats: GuardedNats,
    authority: Authority,
    of_client: Certificate,
    kind: type[BusSettings],
    in_address: bool,
) -> None:
    proof = f"verdict:{quote(PASSWORD, safe='')}@" if in_address else ""
    own = {} if in_address else {"FF_NATS_USERNAME": "verdict", "FF_NATS_PASSWORD": PASSWORD}
    environment = {
        **NEEDED,
        **own,
        "FF_NATS_URL": f"tls://{proof}{guarded_nats.host}",
        "FF_NATS_CA_FILE": str(authority.certificate),
        "FF_NATS_CERTIFICATE_FILE": str(of_client.certificate),
        "FF_NATS_KEY_FILE": str(of_client.key),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bus = await JetStreamBus.connect(BusConnection.of(load_settings(kind)), name="test")
    await bus.ensure_stream(StreamSpec("K", ("K.>",), max_bytes=10_000))
    assert (await bus.state("K")).bytes == 0
    await bus.close()


@pytest.fixture
def guarded_redis(tmp_path: Path) -> Iterator[GuardedRedis]:
    redis = GuardedRedis(tmp_path)
    redis.start()
    yield redis
    redis.stop()


async def test_analytics_reaches_a_clickhouse_whose_authority_is_named(
    monkeypatch: pytest.MonkeyPatch, clickhouse_server: ClickHouse, clickhouse_database: str, authority: Authority
) -> None:
    stranger = Authority(authority.certificate.parent, "stranger")
    async with behind_tls(clickhouse_server.port, authority.issue("clickhouse")) as port:
        monkeypatch.setenv("FF_CLICKHOUSE_URL", f"https://127.0.0.1:{port}")
        monkeypatch.setenv("FF_CLICKHOUSE_DATABASE", clickhouse_database)
        told = {}
        for trusted in (authority, stranger):
            monkeypatch.setenv("FF_CLICKHOUSE_CA_FILE", str(trusted.certificate))
            warehouse = Warehouse(warehouse_settings(load_settings(LoadSettings)))
            try:
                told[trusted] = (await warehouse.rows("SELECT 1 AS one", {}))[0]["one"]
            except WarehouseUnavailable:
                told[trusted] = None
            finally:
                await warehouse.close()
    assert told == {authority: 1, stranger: None}


@pytest.mark.parametrize(
    ("url", "file", "said"),
    [
        pytest.param("http://127.0.0.1:8123", "authority", "FF_CLICKHOUSE_URL must begin with https", id="without TLS"),
        pytest.param("https://127.0.0.1:8443", "missing", "FF_CLICKHOUSE_CA_FILE: can't be read", id="a missing file"),
    ],
)
def test_an_authority_of_clickhouse_that_cannot_be_used_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, url: str, file: str, said: str
) -> None:
    monkeypatch.setenv("FF_CLICKHOUSE_URL", url)
    monkeypatch.setenv("FF_CLICKHOUSE_CA_FILE", str(authority.certificate.with_name(f"{file}.pem")))
    with pytest.raises(SystemExit, match=said):
        load_settings(LoadSettings)


def edge_settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> EdgeSettings:
    for name, value in environment.items():
        monkeypatch.setenv(f"FF_{name}", value)
    return load_settings(EdgeSettings)


async def test_an_edge_shares_its_limits_over_a_guarded_redis(
    monkeypatch: pytest.MonkeyPatch,
    guarded_redis: GuardedRedis,
    authority: Authority,
    of_client: Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with behind_tls(guarded_redis.port, authority.issue("redis"), authority.certificate) as port:
        settings = edge_settings(
            monkeypatch,
            REDIS_URL=f"rediss://127.0.0.1:{port}/0",
            REDIS_USERNAME=guarded_redis.username,
            REDIS_PASSWORD=guarded_redis.password,
            REDIS_CA_FILE=str(authority.certificate),
            REDIS_CERTIFICATE_FILE=str(of_client.certificate),
            REDIS_KEY_FILE=str(of_client.key),
        )
        assert await counts_are_shared(settings)
    assert guarded_redis.password not in caplog.text


async def test_a_password_of_redis_stands_in_the_address(
    monkeypatch: pytest.MonkeyPatch, guarded_redis: GuardedRedis
) -> None:
    password = quote(guarded_redis.password, safe="")
    url = f"redis://:{password}@127.0.0.1:{guarded_redis.port}/0"
    assert await counts_are_shared(edge_settings(monkeypatch, REDIS_URL=url))


async def test_an_edge_that_redis_refuses_goes_on_alone_and_says_so(
    monkeypatch: pytest.MonkeyPatch, guarded_redis: GuardedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"redis://:wrong-password@127.0.0.1:{guarded_redis.port}/0"
    async with running_edge(edge_settings(monkeypatch, REDIS_URL=url)) as edge:

        async def told() -> bool:
            # Asked anew each time: a window of the limits may end before its counts are told.
            assert (await edge.flag("plain")).status_code == 200
            return "counts of limits are not shared" in caplog.text

        await until(told)
    assert "wrong-password" not in caplog.text


async def counts_are_shared(settings: EdgeSettings) -> bool:
    client = Redis.from_url(settings.redis_url.get_secret_value(), **settings.redis_options())
    async with running_edge(settings) as edge, client as redis:

        async def counted() -> bool:
            await edge.flag("plain")
            return bool([key async for key in redis.scan_iter("edge:*")])

        await until(counted)
        return True
