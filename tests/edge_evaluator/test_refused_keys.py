"""A key that opens nothing is told which kind it is and why, in the form of the address that it asked at."""

from __future__ import annotations

import pytest

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.environment_writer import publish

OFREP = "/ofrep/v1/evaluate/flags/plain"


async def revoke(edge: RunningEdge, *keys: tuple[str, str]) -> None:
    """From now on the environment has `keys` alone."""
    await publish(edge.bus, edge.writer.rewrite_keys(keys))
    await edge.serves(edge.writer.version)


@pytest.mark.parametrize(("key", "kind"), [(SERVER_KEY, "server"), (CLIENT_KEY, "client")])
async def test_a_revoked_key(edge: RunningEdge, key: str, kind: str) -> None:
    await revoke(edge)
    answer = await edge.get("/v1/environment", key=key)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["reason"], problem["key_kind"]) == (
        401,
        "sdk_key_invalid",
        "revoked",
        kind,
    )
    assert problem["detail"] == f"the {kind} key was revoked"
    failure = (await edge.post(OFREP, key=key)).json()
    assert failure == {"key": "plain", "errorCode": "GENERAL", "errorDetails": f"the {kind} key was revoked"}


async def test_an_expired_key(edge: RunningEdge) -> None:
    edge.writer.expires_at = 1
    await revoke(edge, (SERVER_KEY, "server"))
    problem = (await edge.get("/v1/config")).json()
    assert (problem["status"], problem["reason"], problem["key_kind"]) == (401, "expired", "server")
    assert (await edge.post(OFREP)).json()["errorDetails"] == "the server key has expired"


async def test_a_key_that_was_never_one(edge: RunningEdge) -> None:
    problem = (await edge.get("/v1/environment", key="another")).json()
    assert (problem["status"], problem["reason"], "key_kind" in problem) == (401, "unknown", False)
    assert "another" not in str(problem)


async def test_a_key_that_is_given_back_is_none_that_was_revoked(edge: RunningEdge) -> None:
    await revoke(edge, (CLIENT_KEY, "client"))
    await revoke(edge, (CLIENT_KEY, "client"), (SERVER_KEY, "server"))
    assert (await edge.get("/v1/environment")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/config", "/v1/stream", "/v1/segments/any/chunks/0"])
async def test_a_client_key_where_a_server_key_is_needed(edge: RunningEdge, path: str) -> None:
    problem = (await edge.get(path, key=CLIENT_KEY)).json()
    assert (problem["status"], problem["code"], problem["key_kind"]) == (403, "server_key_required", "client")
    assert problem["detail"] == "this is a client key; a server key is needed here"
