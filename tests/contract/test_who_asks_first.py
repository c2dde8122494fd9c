"""Of a request nothing is read before it is known who asks; where nobody is, little may be sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.contract.apps import apps

APPS = apps()
OPEN = {"/healthz", "/readyz", "/metrics", "/.well-known/jwks.json"}
LOGIN = "/api/v1/auth/login"
WITHOUT_ACTOR = {
    "/api/v1/auth/refresh",
    "/api/v1/auth/sessions",
    "/api/v1/auth/invitations/accept",
    "/api/v1/auth/password-resets",
    "/api/v1/auth/password-resets/use",
    "/api/v1/auth/ways",
    "/api/v1/auth/oidc/start",
    "/api/v1/auth/oidc/callback",
    "/api/v1/csp-reports",
}
PUBLISHED = {"/api/v1/audit-keys"}
"""What everybody may know, and whoever holds a signed head needs."""
OPERATIONS = [
    (name, method.upper(), path)
    for name in ("control plane", "analytics")
    for path, methods in APPS[name].openapi()["paths"].items()
    for method in methods
    if path not in OPEN | WITHOUT_ACTOR | PUBLISHED | {LOGIN}
]


async def answer(app: Starlette, method: str, path: str, pieces: list[bytes]) -> tuple[int, dict[str, Any], int]:
    """The status, the problem, and how many pieces of the body were read."""
    waiting, sent = list(pieces), []

    async def receive() -> dict[str, Any]:
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("10.0.0.1", 1000),
    }
    await app(scope, receive, send)
    body = b"".join(each.get("body", b"") for each in sent[1:])
    return sent[0]["status"], json.loads(body), len(pieces) - len(waiting)


@pytest.mark.parametrize(("name", "method", "path"), OPERATIONS)
async def test_nothing_is_read_of_who_is_not_known(name: str, method: str, path: str) -> None:
    body = b'{"name": "' + b"x" * (1024 * 1024 - 100) + b'"}'
    status, problem, read = await answer(APPS[name], method, path.replace("{", "").replace("}", ""), [body])
    assert (status, problem["code"], read) == (401, "credentials_missing", 0)


@pytest.mark.parametrize("size", [5 * 1024, 2 * 1024 * 1024 - 100])
async def test_a_sign_in_is_small(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(_: bytes) -> None:
        pytest.fail("it was decoded")

    monkeypatch.setattr("service_kit.requests.decode_json", decode)
    body = b'{"email": "' + b"x" * size + b'", "password": ""}'
    pieces = [body[start : start + 1024] for start in range(0, len(body), 1024)]
    status, problem, read = await answer(APPS["control plane"], "POST", LOGIN, pieces)
    assert (status, problem["code"], read) == (413, "body_too_large", 5)


async def test_the_longest_name_and_password_fit_in_a_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def decode(body: bytes) -> Any:
        decoded.append(body)
        return {}

    monkeypatch.setattr("service_kit.requests.decode_json", decode)
    body = json.dumps({"email": "x" * 254, "password": "é" * 256}).encode()
    status, _, _ = await answer(APPS["control plane"], "POST", LOGIN, [body])
    assert (status, decoded) == (422, [body])


def test_there_are_operations() -> None:
    assert len(OPERATIONS) > 60
