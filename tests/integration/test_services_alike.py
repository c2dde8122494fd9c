"""Every service is served in one way, also with nothing of what stands behind it there."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.observability.catalogue import catalogue
from devstack.debian_programs import debian_program
from devstack.ports import free_port
from tests.waiting import until

COMMANDS = (
    ("control_plane", "serve"),
    ("control_plane", "relay"),
    ("edge_evaluator",),
    ("event_ingestor",),
    ("analytics", "serve"),
    ("analytics", "load"),
    ("analytics", "export"),
    ("analytics", "monitor"),
)
SETTINGS = {
    "FF_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "FF_NATS_URL": "nats://127.0.0.1:1",
    "FF_CLICKHOUSE_URL": "http://127.0.0.1:1",
    "FF_AUTH_JWT_SECRET": "s" * 32,
    "FF_PII_SECRET": "s" * 32,
    "FF_EXPORT_SECRET": "s" * 32,
    "FF_DRAIN_SECONDS": "5",
}
CATALOGUED = {each.name for each in catalogue()}
HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "cache-control": "no-store"}

LAST = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
# Bodies that would be answered themselves if they were taken for requests.
BODY = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


def offer(*lines: bytes) -> bytes:
    """The head of a request that its service does not take, with the offer of a JDK's client."""
    upgrade = (b"connection: Upgrade, HTTP2-Settings", b"http2-settings: AAEAAEAA", b"upgrade: h2c")
    return b"\r\n".join((b"POST /healthz HTTP/1.1", b"host: x", *upgrade, *lines, b"", b""))


LENGTH = b"content-length: %d" % len(BODY)
OFFERS = {
    "in one segment": [offer(LENGTH) + BODY + LAST],
    "in two": [offer(LENGTH), BODY + LAST],
    "chunked": [offer(b"transfer-encoding: chunked") + CHUNKS + LAST],
    "chunked, in two": [offer(b"transfer-encoding: chunked"), CHUNKS + LAST],
    "expecting": [offer(LENGTH, b"expect: 100-continue"), BODY + LAST],
}


def metrics_told(exposition: str) -> set[str]:
    """The names of the service's own metrics, counters with `_total`."""
    told = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", exposition, re.MULTILINE):
        if not name.startswith(("process_", "python_")) and not name.endswith("_created"):
            told.add(name)
            assert kind in ("counter", "gauge", "histogram")
    assert told
    promtool = debian_program("prometheus", "usr/bin/promtool")
    linted = subprocess.run(
        [promtool, "check", "metrics"], input=exposition, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stderr
    return told


def statuses_in(answers: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+) ", answers)


class Service:
    """A process on two free ports."""

    def __init__(self, command: tuple[str, ...], log: Path) -> None:
        self._command = command
        self.log = log
        self.port, self.admin_port = free_port(), free_port()

    async def start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FF_")}
        ports = {"FF_PORT": str(self.port), "FF_ADMIN_PORT": str(self.admin_port)}
        module, *arguments = self._command
        with self.log.open("wb") as out:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"{module}.main", *arguments, env=inherited | SETTINGS | ports, stderr=out
            )

    async def serves(self, http: httpx.AsyncClient) -> None:
        async def answers() -> bool:
            assert self.process.returncode is None, self.log.read_text()
            return (await http.get("/healthz")).status_code == 200

        await until(answers, 90, despite=httpx.TransportError)

    async def check(self) -> None:
        await self.start()
        try:
            async with (
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30) as http,
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.admin_port}", trust_env=False, timeout=30) as admin,
            ):
                await self.serves(http)
                slow = asyncio.create_task(self.cut())
                answer = await http.get("/healthz")
                assert HEADERS.items() <= dict(answer.headers).items()
                assert (await http.get("/metrics")).status_code == 404
                metrics = (await admin.get("/metrics")).text
                assert "verdict_background_running{" in metrics
                # Not in the loop, which all services' checks share.
                assert await asyncio.to_thread(metrics_told, metrics) <= CATALOGUED
                assert (await slow).startswith(b"HTTP/1.1 408 ")
                for segments in OFFERS.values():
                    assert statuses_in(await self.all_answers(*segments)) == [b"405", b"200"], segments
                head = await http.head("/healthz")
                assert (head.status_code, head.content) == (200, b"")
                self.process.terminate()

                async def drains() -> bool:
                    answer = await admin.get("/readyz")
                    return answer.status_code == 503 and "serving" in answer.json()["checks"]

                await until(drains)
                assert (await http.get("/healthz")).headers["connection"] == "close"
            assert await asyncio.wait_for(self.process.wait(), 30) in (0, -signal.SIGTERM)
            assert "Traceback" not in self.log.read_text()
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()

    async def cut(self) -> bytes:
        """What a client gets that never ends its headers."""
        return await self.all_answers(b"GET / HTTP/1.1\r\nhost: x\r\n")

    async def all_answers(self, *segments: bytes) -> bytes:
        """What comes until the service ends the connection; each segment but the first comes after an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        found = b""
        for segment in segments[:-1]:
            writer.write(segment)
            async with asyncio.timeout(60):
                found += await reader.readuntil(b"\r\n\r\n")
        writer.write(segments[-1])
        async with asyncio.timeout(60):
            found += await reader.read()
        writer.close()
        return found


@pytest.mark.timeout(300)
async def test_every_service_is_served_alike(tmp_path: Path) -> None:
    services = [Service(command, tmp_path / f"{'-'.join(command)}.log") for command in COMMANDS]
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(service.check())
