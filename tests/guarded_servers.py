"""Servers that let nobody in without proof: NATS and Redis with credentials, and TLS in front of either."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from devstack.parts import Redis
from devstack.processes import Program
from devstack.server import Server
from tests.certificates import Certificate


class GuardedNats(Server):
    """nats-server with JetStream; `guards` is the part of its configuration that says who may come in,
    `jetstream` what else it says of storage; None for none."""

    name = "nats"

    def __init__(self, root: Path, guards: str = "", *, jetstream: str | None = "") -> None:
        super().__init__(root)
        self._guards = guards
        self._jetstream = jetstream

    @property
    def url(self) -> str:
        return f"nats://{self.host}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _program(self) -> Program:
        configuration = self.folder / "nats.conf"
        jetstream = ""
        if self._jetstream is not None:
            jetstream = f'jetstream {{ store_dir: "{self.folder / "data"}", {self._jetstream} }}\n'
        configuration.write_text(f'listen: "{self.host}"\n{jetstream}{self._guards}')
        binary = Path(sys.executable).with_name("nats-server")
        return Program(self.name, [str(binary), "-c", str(configuration)], self.log)

    def _missing(self) -> str | None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.settimeout(2)
                return None if connection.recv(5) == b"INFO " else "no greeting"
        except OSError as error:
            return str(error)


class GuardedRedis(Redis):
    """redis-server with a password, and a user of another name with the same one."""

    password = "r3d1s-p@ss/word"
    username = "edge"

    def _program(self) -> Program:
        program = super()._program()
        rules = self.folder / "users.acl"
        rules.write_text(
            f"user default on >{self.password} ~* +@all\nuser {self.username} on >{self.password} ~* +@all\n"
        )
        return Program(self.name, [*program.arguments, "--aclfile", str(rules)], self.log)

    def _missing(self) -> str | None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall(b"PING\r\n")
                return None if connection.recv(100).startswith(b"-NOAUTH") else "no refusal"
        except OSError as error:
            return str(error)


@contextlib.asynccontextmanager
async def behind_tls(port: int, certificate: Certificate, authority: Path | None = None) -> AsyncIterator[int]:
    """A port that speaks TLS for the one given; with `authority`, to clients with a certificate of it alone."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    if authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(_pump(reader, back), _pump(onward, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    finally:
        target.close()
