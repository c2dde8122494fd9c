"""Is a server ready? Asked in its own protocol; each function returns None for yes, else what is missing."""

from __future__ import annotations

import http.client
import json
import socket
import struct

_TIMEOUT_SECONDS = 2.0
# What edges, ingestors and analytics say for as long as the control plane has no environment.
_NOTHING_PUBLISHED = "the control plane has published no environment"


def _exchange(port: int, question: bytes, size: int = 4096) -> bytes:
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
        connection.settimeout(_TIMEOUT_SECONDS)
        connection.sendall(question)
        return connection.recv(size)


def postgres_answers(port: int) -> str | None:
    """Log in as `postgres`: the server greets with an authentication message, or says why it can't yet."""
    body = struct.pack("!I", 196_608) + b"user\0postgres\0database\0postgres\0\0"
    try:
        reply = _exchange(port, struct.pack("!I", len(body) + 4) + body)
    except OSError as error:
        return str(error)
    if reply[:1] == b"R":
        return None
    return reply[5:].replace(b"\0", b" ").decode("utf-8", "replace") or "no answer"


def nats_answers(port: int) -> str | None:
    """PING, and JetStream among the server's abilities."""
    try:
        with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
            connection.settimeout(_TIMEOUT_SECONDS)
            reader = connection.makefile("rb")
            greeting = reader.readline(65_536)
            connection.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
            answer = reader.readline(4096)
    except OSError as error:
        return str(error)
    if not greeting.startswith(b"INFO ") or answer.strip() != b"PONG":
        return f"unexpected answer {answer[:80]!r}"
    if json.loads(greeting[5:]).get("jetstream") is not True:
        return "JetStream is not up yet"
    return None


def redis_answers(port: int) -> str | None:
    """PING; a server that still reads its file says LOADING."""
    try:
        reply = _exchange(port, b"PING\r\n")
    except OSError as error:
        return str(error)
    return None if reply == b"+PONG\r\n" else reply[:80].decode("utf-8", "replace").strip() or "no answer"


def clickhouse_answers(port: int) -> str | None:
    """A query, not only /ping."""
    return http_answers(port, "/?query=SELECT%201", b"1\n")


def service_answers(port: int) -> str | None:
    """A service says that it is ready, or that it lacks nothing but the first environment that anybody makes."""
    status, answer = _got(port, "/readyz")
    if status == 200:
        return None
    try:
        reasons = [reason for reason in json.loads(answer)["checks"].values() if reason != "ok"]
    except (ValueError, TypeError, KeyError, AttributeError):
        reasons = []
    if reasons and all(_NOTHING_PUBLISHED in str(reason) for reason in reasons):
        return None
    return f"HTTP {status}: {answer}" if status else answer


def http_answers(port: int, path: str, body: bytes | None = None) -> str | None:
    """GET a path: status 200, and the given body if there is one to expect."""
    status, answer = _got(port, path)
    if status != 200 or (body is not None and answer.encode() != body):
        return f"HTTP {status}: {answer[:200]}" if status else answer
    return None


def http_body(port: int, path: str) -> str | None:
    """What a GET with status 200 brings; None when it doesn't."""
    status, answer = _got(port, path)
    return answer if status == 200 else None


def http_speaks(port: int) -> str | None:
    """Any answer to a request, whatever its status."""
    status, answer = _got(port, "/healthz")
    return None if status else answer


def _got(port: int, path: str) -> tuple[int, str]:
    """Status and body; 0 and why there is neither."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error) or type(error).__name__
    finally:
        connection.close()
    return response.status, answer.decode("utf-8", "replace")
