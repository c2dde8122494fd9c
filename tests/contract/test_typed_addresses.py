"""Whoever connects to an address that a person typed does so by the one guard: every other place that opens a
connection or looks a name up stands here, and says who names its address."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPENING = {
    "AsyncClient",
    "AsyncHTTPConnection",
    "AsyncHTTPTransport",
    "AsyncConnectionPool",
    "AsyncOAuth2Client",
    "ClientSession",
    "HTTPConnection",
    "HTTPSConnection",
    "HTTPTransport",
    "OAuth2Client",
    "PyJWKClient",
    "S3FileSystem",
    "SMTP",
    "SMTP_SSL",
    "create_connection",
    "getaddrinfo",
    "gethostbyname",
    "open_connection",
    "urlopen",
}
"""What opens a connection, or makes something that will."""
NAMED_BY = {
    "libs/service_kit/companions.py": "a socket that the process has made",
    "libs/service_kit/workers/ports.py": "FF_HOST, where it listens",
    "libs/service_kit/outbound.py": "the guard itself",
    "libs/service_kit/mail.py": "FF_SMTP_URL, of the operator",
    "services/analytics/exports/destinations/object_store.py": "a driver's own; the guard has judged the host",
    "services/analytics/warehouse/sessions.py": "FF_CLICKHOUSE_URL, of the operator",
    "services/control_plane/diagnosis/services.py": "--service, of the operator",
    "services/edge_evaluator/event_buffer.py": "FF_INGESTOR_URL, of the operator",
    "services/edge_evaluator/event_relay.py": "the same",
}
BY_THE_GUARD = {"client", "transport"}
"""Methods of the guard: what they make is judged."""


def sources() -> Iterator[Path]:
    for folder in ("services", "libs"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if "generated" not in path.parts)


def openings(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            of_httpx = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "httpx"
            if (
                name in OPENING or (of_httpx and name in ("Client", "get", "post", "request", "stream"))
            ) and not guarded(node):
                yield node


def guarded(call: ast.Call) -> bool:
    """A client whose transport is the guard's."""
    given = [each.value for each in call.keywords if each.arg == "transport"]
    return any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in BY_THE_GUARD
        for each in given
    )


def test_only_these_places_open_connections_by_themselves() -> None:
    found = {str(path.relative_to(ROOT)) for path in sources() if any(True for _ in openings(path))}
    assert found == NAMED_BY.keys()


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("httpx.AsyncClient(base_url=url)", True),
        ("httpx.AsyncClient(transport=guard.transport(limits))", False),
        ("AsyncOAuth2Client(client_id, transport=guard.transport())", False),
        ("AsyncOAuth2Client(client_id)", True),
        ("httpx.get(url)", True),
        ("guard.client(limits)", False),
        ("mapping.get(url)", False),
        ("socket.getaddrinfo(host, 443)", True),
    ],
)
def test_what_is_looked_for(code: str, is_found: bool, tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text(code)
    assert any(True for _ in openings(path)) is is_found
