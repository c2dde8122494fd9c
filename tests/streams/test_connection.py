"""A bus with credentials and TLS, on real servers that ask for them."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from streams import StreamSpec
from streams.connection import BusConnection
from streams.credentials_file import CredentialsFile, CredentialsUnusable
from streams.jetstream import JetStreamBus

from tests.certificates import Authority
from tests.guarded_servers import GuardedNats
from tests.streams.nats_identities import trusting_server
from tests.waiting import until

PASSWORD = "p@ss/w:rd %"


@contextmanager
def server(folder: Path, guards: str, *, jetstream: str | None = "") -> Iterator[GuardedNats]:
    made = GuardedNats(folder, guards, jetstream=jetstream)
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def stores(connection: BusConnection) -> bool:
    bus = await JetStreamBus.connect(connection, name="test")
    try:
        await bus.ensure_stream(StreamSpec("K", ("K.>",), max_bytes=10_000))
        return (await bus.publish("K.a", b"1")).sequence > 0
    finally:
        await bus.close()


async def refused(connection: BusConnection) -> str:
    """Why the bus does not connect."""
    bus = JetStreamBus(connection, name="test")
    bus.start()
    try:
        # A server that refuses may reset the connection before its reason was read; the next attempt tells it.
        await until(lambda: bus.trouble not in (None, "not connected") and "reset by peer" not in (bus.trouble or ""))
        return bus.trouble or ""
    finally:
        await bus.close()


async def test_a_name_and_a_password_stand_in_the_address(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with server(tmp_path, f'authorization {{ user: verdict, password: "{PASSWORD}" }}') as nats:
        address = f"nats://verdict:{quote(PASSWORD, safe='')}@{nats.host}"
        assert await stores(BusConnection.to(address))
        assert "Authorization" in await refused(BusConnection.to(f"nats://verdict:wrong@{nats.host}"))
        assert "Authorization" in await refused(BusConnection.to(nats.url))
    assert PASSWORD not in caplog.text + repr(BusConnection.to(address))
    assert quote(PASSWORD, safe="") not in caplog.text + repr(BusConnection.to(address))


async def test_a_token_stands_in_the_address(tmp_path: Path) -> None:
    with server(tmp_path, 'authorization { token: "hu/sh" }') as nats:
        assert await stores(BusConnection.to(f"nats://hu%2Fsh@{nats.host}"))
        assert "Authorization" in await refused(BusConnection.to(f"nats://other@{nats.host}"))


def test_credentials_of_one_address_are_for_all_servers() -> None:
    connection = BusConnection.to("nats://a:1,nats://u:p@b:2")
    assert connection.servers == ("nats://a:1", "nats://b:2")
    assert (connection.username, connection.password, connection.token) == ("u", "p", "")


async def test_a_file_of_credentials_signs_the_challenge_of_a_server_that_trusts_an_operator(tmp_path: Path) -> None:
    guards, credentials = trusting_server(tmp_path)
    with server(tmp_path, guards, jetstream=None) as nats:
        bus = await JetStreamBus.connect(BusConnection(servers=(nats.url,), credentials_file=credentials), name="test")
        assert bus.connected
        await bus.close()
        assert "Authorization" in await refused(BusConnection.to(nats.url))
        _, of_another = trusting_server(tmp_path)
        assert "Authorization" in await refused(BusConnection(servers=(nats.url,), credentials_file=of_another))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n", id="no-seed"),
        pytest.param(None, id="damaged-seed"),
        pytest.param("absent", id="absent"),
    ],
)
def test_a_file_of_credentials_that_can_not_be_used_says_why_without_quoting_it(
    tmp_path: Path, text: str | None
) -> None:
    _, credentials = trusting_server(tmp_path)
    seed = credentials.read_text().split("SEED-----\n")[1].split("\n")[0]
    whole = credentials.read_text().replace(seed, seed[:-3] + ("AAA" if seed[-3:] != "AAA" else "BBB"))
    credentials.write_text(whole if text is None else text)
    if text == "absent":
        credentials.unlink()
    with pytest.raises(CredentialsUnusable) as told:
        CredentialsFile(credentials).signature("a challenge")
    assert seed[:-3] not in str(told.value)


async def test_tls_with_an_authority_of_ones_own_and_a_certificate_of_the_client(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    of_server, of_client = authority.issue("server"), authority.issue("client")
    guards = (
        f'tls {{ cert_file: "{of_server.certificate}", key_file: "{of_server.key}", '
        f'ca_file: "{authority.certificate}", verify: true }}'
    )
    trusting = ssl.create_default_context(cafile=authority.certificate)
    proven = ssl.create_default_context(cafile=authority.certificate)
    proven.load_cert_chain(of_client.certificate, of_client.key)
    with server(tmp_path, guards) as nats:
        servers = (f"tls://{nats.host}",)
        assert await stores(BusConnection(servers=servers, tls=proven))
        assert await refused(BusConnection(servers=servers, tls=trusting))
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(BusConnection.to(servers[0]))


async def test_nothing_is_said_to_a_server_that_does_not_speak_the_tls_that_is_wanted(tmp_path: Path) -> None:
    with server(tmp_path, 'authorization { user: u, password: "p" }') as nats:
        told = await refused(BusConnection.to(f"tls://u:p@{nats.host}"))
        assert "does not speak TLS" in told
        assert "authentication" not in nats.log.read_text()


async def test_a_server_that_also_speaks_tls_is_spoken_to_in_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    of_server = authority.issue("server")
    guards = f'tls {{ cert_file: "{of_server.certificate}", key_file: "{of_server.key}" }}\nallow_non_tls: true\n'
    with server(tmp_path, guards) as nats:
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(BusConnection.to(f"tls://{nats.host}"))
        trusting = ssl.create_default_context(cafile=authority.certificate)
        assert await stores(BusConnection(servers=(nats.url,), tls=trusting))
