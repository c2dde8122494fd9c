"""A client that costs little: whole requests over keep-alive connections, driven by epoll in one thread.

`python -m benchmarks.edge_load` reads one JSON job from standard input and prints one JSON result. Latencies are in
microseconds; in an open loop they count from the moment a request was due, so a server that stalls can't hide it.
Requests are templates, taken in turn; each is filled with another number every time.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import sys
import time
from base64 import b64decode
from collections import deque
from dataclasses import dataclass, field
from typing import Any

_READ_BYTES = 256 * 1024
_LAST_CHUNK = b"\r\n0\r\n\r\n"
# Odd, so that each number up to 2 ** 64 comes once, and neighbours have nothing in common.
_STEP = 0x9E3779B97F4A7C15
_NUMBER_MAX = (1 << 64) - 1


@dataclass(slots=True)
class Connection:
    socket: socket.socket
    due: float = 0.0
    missing: int = 0
    head: bytes = b""
    chunked: bool = False
    """The answer has no length: it ends with its last chunk."""


@dataclass(slots=True)
class Client:
    port: int
    templates: list[tuple[bytes, int]]
    expected: bytes
    number: int
    sent: int = 0
    connections: dict[int, Connection] = field(default_factory=dict)
    waiting: Any = field(default_factory=select.epoll)
    latencies: list[float] = field(default_factory=list)

    def open(self, count: int) -> None:
        for _ in range(count):
            opened = socket.create_connection(("127.0.0.1", self.port))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections[opened.fileno()] = Connection(opened)
            self.waiting.register(opened.fileno(), select.EPOLLIN)

    def send(self, connection: Connection, due: float) -> None:
        connection.due = due
        text, fields = self.templates[self.sent % len(self.templates)]
        self.sent += 1
        if fields:
            self.number = (self.number + _STEP) & _NUMBER_MAX
            text = text % ((self.number,) * fields)
        connection.socket.sendall(text)

    def receive(self, connection: Connection) -> bool:
        """True when the answer is whole; its latency is noted then."""
        data = connection.socket.recv(_READ_BYTES)
        if not data:
            raise SystemExit("the server ended a connection")
        if connection.chunked:
            return self._has_ended(connection, connection.head + data)
        if not connection.missing:
            data = connection.head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                connection.head = data
                return False
            connection.head = b""
            if not data.startswith(self.expected):
                raise SystemExit(f"unexpected answer: {data[:200]!r}")
            start = data.find(b"content-length: ", 0, end)
            if start < 0:
                start = data.find(b"Content-Length: ", 0, end)
            if start < 0 and b"chunked" in data[:end].lower():
                return self._has_ended(connection, data)
            length = int(data[start + 16 : data.index(b"\r", start)]) if start >= 0 else 0
            connection.missing = end + 4 + length - len(data)
        else:
            connection.missing -= len(data)
        if connection.missing:
            return False
        self.latencies.append((time.perf_counter() - connection.due) * 1e6)
        return True

    def _has_ended(self, connection: Connection, data: bytes) -> bool:
        connection.chunked = not data.endswith(_LAST_CHUNK)
        connection.head = data[-len(_LAST_CHUNK) :] if connection.chunked else b""
        if not connection.chunked:
            self.latencies.append((time.perf_counter() - connection.due) * 1e6)
        return not connection.chunked


def closed_loop(client: Client, connections: int, seconds: float) -> None:
    """Every connection asks again when it has its answer; those that have theirs together ask together, so that a
    server that is faster than this client still finds several requests waiting, as it does at full load."""
    client.open(connections)
    now = time.perf_counter()
    end = now + seconds
    for connection in client.connections.values():
        client.send(connection, now)
    while (now := time.perf_counter()) < end:
        ready = [client.connections[descriptor] for descriptor, _ in client.waiting.poll(0.1)]
        for connection in [each for each in ready if client.receive(each)]:
            client.send(connection, now)


def open_loop(client: Client, connections: int, seconds: float, per_second: int) -> None:
    """A request is due every 1/`per_second` s, whether earlier ones have been answered or not."""
    client.open(connections)
    free = deque(client.connections.values())
    started = time.perf_counter()
    total = int(seconds * per_second)
    sent = 0
    while len(client.latencies) < total:
        now = time.perf_counter()
        while sent < total and started + sent / per_second <= now and free:
            client.send(free.popleft(), started + sent / per_second)
            sent += 1
        pause = max(0.0, started + sent / per_second - time.perf_counter()) if sent < total and free else 0.05
        for descriptor, _ in client.waiting.poll(min(pause, 0.05) if pause > 0.0005 else 0):
            connection = client.connections[descriptor]
            if client.receive(connection):
                free.append(connection)


def main() -> None:
    job = json.load(sys.stdin)
    templates = [(b64decode(text), fields) for text, fields in job["templates"]]
    client = Client(job["port"], templates, job["expected"].encode(), secrets.randbits(64))
    if "per_second" in job:
        open_loop(client, job["connections"], job["seconds"], job["per_second"])
    else:
        closed_loop(client, job["connections"], job["seconds"])
    ordered = sorted(client.latencies)
    quantiles = {name: ordered[min(len(ordered) - 1, int(len(ordered) * q))] for name, q in QUANTILES.items()}
    json.dump({"requests": len(ordered), "worst": ordered[-1], **quantiles}, sys.stdout)


QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}

if __name__ == "__main__":
    main()
