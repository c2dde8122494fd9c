"""Every operation of the ingestor's document, tried by everybody who may not (with what is no credential, what was
revoked or has expired, from another tenant, project or environment, without the right), and by those who may."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from actors.rights import ROLES_OF_RIGHTS
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock
from service_kit.token_keys import SharedSecret, VerificationKey, new_private_key, public_key_of
from service_kit.tokens import Claims, TokenIssuer
from streams.memory import MemoryBus

from tests.contract.apps import SECRET, apps
from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, metric
from tests.event_ingestor.test_app import app_on, wait_ready
from tests.waiting import until

OPEN = {"/healthz", "/readyz", "/metrics"}
SEND = ("POST", "/v1/events")
SENDING = [SEND, ("POST", "/v1/otlp/metrics")]
LOOK = [("GET", "/v1/events/counts"), ("GET", "/v1/events/tail")]
PERSON, STRANGER, SESSION = UUID(int=1), UUID(int=9), UUID(int=5)
RIGHT = "exposures:read"
HERE = {"project": "shop", "environment": "production"}
OTHERS = sorted(ROLES_OF_RIGHTS.keys() - {RIGHT})


class Keys:
    """What the control plane signs with; each of a name of its own."""

    algorithm = "EdDSA"

    def __init__(self, name: str) -> None:
        raw = new_private_key()
        self.name, self.private = name, Ed25519PrivateKey.from_private_bytes(raw)
        self.public = VerificationKey(name, public_key_of(raw))

    def verification_key(self, _: str | None) -> Any:
        return self.private.public_key()

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        return self.name, self.private


PUBLISHED, FOREIGN = Keys("one"), Keys("other")


def person(
    subject: UUID = PERSON, *, keys: Keys = PUBLISHED, audience: str = "verdict-events", generation: int = 2
) -> str:
    issuer = TokenIssuer(keys, ManualClock(NOW))
    return issuer.issue(Claims(subject, generation, SESSION), 60, audience=audience)


class Tenants:
    """Two environments of a project, one of another project and one of another organization, as CONFIG tells of them.
    `sets`: what each of `members` and `tokens` may in the first."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self._writers = {name: ConfigWriter(name) for name in ("here", "staging", "blog", "foreign")}

    async def tell(self, *rights: str, tokens: tuple[str, ...] = ("vt_narrow",), ended: bool = False) -> None:
        """The person and these tokens have these rights in `here` and none elsewhere."""
        for name, writer in self._writers.items():
            environment = pb.Environment(
                organization_id="org-9" if name == "foreign" else "org-1",
                project_id="project-9" if name == "foreign" else "project-2" if name == "blog" else "project-1",
                project_key="blog" if name == "blog" else "shop",
                key="staging" if name == "staging" else "production",
                sdk_keys=[sdk_key(f"{name}-server"), sdk_key(f"{name}-client", CLIENT)],
                right_sets=[pb.RightSet(rights=rights if name == "here" else []), pb.RightSet(rights=ROLES_OF_RIGHTS)],
                signing_keys=[pb.SigningKey(id=PUBLISHED.name, public_key=PUBLISHED.public.public_key)],
            )
            if name == "foreign":
                environment.members.add(user_id=STRANGER.bytes, role="owner", right_set=2)
            else:
                ends = [SESSION.bytes] if ended else []
                environment.members.add(
                    user_id=PERSON.bytes, role="x", session_generation=2, right_set=1, ended_sessions=ends
                )
            if name == "here":
                for number, token in enumerate((*tokens, "vt_over"), 10):
                    digest = hashlib.sha256(token.encode()).digest()
                    expires_at = NOW - 1 if token == "vt_over" else 0
                    environment.service_tokens.add(
                        id=UUID(int=number).bytes, sha256=digest, right_set=1, expires_at=expires_at
                    )
            await writer.publish(self._bus, environment)


class World:
    """The ingestor's client, and what it is told."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, tenants: Tenants) -> None:
        self.app, self.client, self.tenants = app, client, tenants

    async def asked(
        self, operation: tuple[str, str], credential: str | None, where: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        method, path = operation
        headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
        body = {SENDING[0]: [metric()], SENDING[1]: {}}.get(operation)
        query = {} if operation in SENDING else HERE if where is None else where
        answer = await self.client.request(method, path, params=query, json=body, headers=headers)
        told = answer.headers.get("content-type", "").startswith("application/problem+json")
        return answer.status_code, answer.json() if told else {}

    async def tell(self, *rights: str, seen: tuple[int, str | None], **more: Any) -> None:
        """Waits until the ingestor answers the person with this."""
        await self.tenants.tell(*rights, **more)

        async def arrived() -> bool:
            status, problem = await self.asked(LOOK[0], person())
            return (status, problem.get("code")) == seen

        await until(arrived)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    bus = MemoryBus()
    tenants = Tenants(bus)
    await tenants.tell(RIGHT)
    app = app_on(bus, ManualClock(NOW))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://i") as client:
        await wait_ready(client)
        made = World(app, client, tenants)

        async def known() -> bool:
            return (await made.asked(LOOK[0], person()))[0] == 200

        await until(known)
        yield made


def test_each_operation_has_a_row() -> None:
    paths = apps()["ingestor"].openapi()["paths"]
    assert {(method.upper(), path) for path in paths.keys() - OPEN for method in paths[path]} == {*SENDING, *LOOK}


@pytest.mark.parametrize("operation", [*SENDING, *LOOK], ids=" ".join)
async def test_what_is_no_credential_opens_nothing(world: World, operation: tuple[str, str]) -> None:
    secret = TokenIssuer(SharedSecret(SECRET), ManualClock(NOW)).issue(Claims(PERSON, 2), 60)
    expired = TokenIssuer(PUBLISHED, ManualClock(NOW - 100_000)).issue(Claims(PERSON, 2), 60)
    credentials = {
        "garbage": "sdk_key_invalid",
        "srv_" + "x" * 40: "sdk_key_invalid",
        "e30.e30.": "invalid_token",
        "vt_never-was": "invalid_token",
        "vt_over": "invalid_token",
        secret: "invalid_token",
        expired: "token_expired",
        person(keys=FOREIGN): "invalid_token",
        person(audience="verdict-analytics"): "invalid_token",
        person(generation=1): "token_withdrawn",
    }
    assert (await world.asked(operation, None))[1]["code"] == "credentials_missing"
    for credential, code in credentials.items():
        status, problem = await world.asked(operation, credential)
        # Events are sent with a key alone: there no token is more than a key that nobody knows.
        assert (status, problem["code"]) == (401, "sdk_key_invalid" if operation in SENDING else code), credential


async def test_events_are_sent_with_a_key_alone(world: World) -> None:
    for operation, taken in zip(SENDING, (202, 200), strict=True):
        for token in (person(), "vt_narrow"):
            assert (await world.asked(operation, token))[0] == 401
        for key in ("here-server", "here-client"):
            assert (await world.asked(operation, key))[0] == taken


@pytest.mark.parametrize("credential", [person(), person(audience="verdict"), "vt_narrow"], ids=["own", "any", "token"])
async def test_who_has_the_right_looks_on_where_they_have_it(world: World, credential: str) -> None:
    counts = LOOK[0]
    assert (await world.asked(counts, credential))[0] == 200
    ids = {"project": "project-1", "environment": "here"}
    assert (await world.asked(counts, credential, ids))[0] == 200
    for where in ({}, {"project": "shop"}, {"environment": "production"}):
        status, problem = await world.asked(counts, credential, where)
        assert (status, problem["code"]) == (400, "environment_missing")


@pytest.mark.parametrize("operation", LOOK, ids=" ".join)
async def test_what_lies_elsewhere_is_as_absent_as_what_is_not(world: World, operation: tuple[str, str]) -> None:
    places = [
        {"project": "shop", "environment": "staging"},
        {"project": "blog", "environment": "production"},
        {"project": "project-9", "environment": "foreign"},
        {"project": "shop", "environment": "never"},
        {"project": "project-9", "environment": "here"},
    ]
    answers = [
        (status, {name: each for name, each in problem.items() if name not in ("request_id", "instance")})
        for credential in (person(), "vt_narrow", "here-server")
        for where in places
        for status, problem in [await world.asked(operation, credential, where)]
    ]
    status, problem = await world.asked(operation, person(STRANGER), {"project": "project-1", "environment": "here"})
    assert (status, problem["code"]) == (404, "environment_not_found")
    assert [status for status, _ in answers] == [404] * len(answers)
    assert all(problem == answers[0][1] for _, problem in answers)


async def test_a_right_that_is_missing_is_named_and_one_that_is_none_is_told_of_nothing(world: World) -> None:
    await world.tell(*OTHERS, seen=(403, "missing_right"))
    for operation in LOOK:
        for credential in (person(), "vt_narrow"):
            status, problem = await world.asked(operation, credential)
            assert (status, problem["right"], "viewer" in problem["roles"]) == (403, RIGHT, True)
    await world.tell(seen=(404, "environment_not_found"))
    for operation in LOOK:
        for credential in (person(), "vt_narrow"):
            assert (await world.asked(operation, credential))[0] == 404


async def test_what_was_revoked_opens_nothing_any_more(world: World) -> None:
    assert (await world.asked(LOOK[0], "vt_narrow"))[0] == 200
    await world.tell(RIGHT, tokens=("vt_new",), ended=True, seen=(401, "token_withdrawn"))
    for operation in LOOK:
        assert (await world.asked(operation, person()))[1]["code"] == "token_withdrawn"
        assert (await world.asked(operation, "vt_narrow"))[1]["code"] == "invalid_token"
    assert (await world.asked(LOOK[0], "vt_new"))[0] == 200


@pytest.mark.parametrize("operation", LOOK, ids=" ".join)
async def test_a_client_key_looks_at_nothing(world: World, operation: tuple[str, str]) -> None:
    for where in (HERE, {}):
        status, problem = await world.asked(operation, "here-client", where)
        assert (status, problem["code"]) == (403, "server_key_required")


async def test_a_server_key_looks_at_its_own_environment(world: World) -> None:
    for where in (HERE, {}):
        assert (await world.asked(LOOK[0], "here-server", where))[0] == 200
    assert (await world.asked(LOOK[0], "staging-server", HERE))[0] == 404
    assert (await world.asked(LOOK[0], "here-server", {"project": "shop"}))[0] == 400


@pytest.mark.parametrize("credential", [person(), "vt_narrow"], ids=["person", "token"])
async def test_a_tail_ends_with_the_right_to_look_on(world: World, credential: str) -> None:
    frames: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive() -> Any:
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await frames.put(message["body"])

    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.3", "version": "3.0"},
        "method": "GET",
        "path": "/v1/events/tail",
        "query_string": b"project=shop&environment=production",
        "headers": [(b"authorization", f"Bearer {credential}".encode())],
    }
    watching = asyncio.create_task(world.app(scope, receive, send))
    async with asyncio.timeout(30):
        assert await frames.get() == b": watching\n\n"
        await world.asked(SEND, "here-server")
        assert b"event: accepted" in await frames.get()
        await world.asked(SEND, "staging-server")
        await world.tell(*OTHERS, seen=(403, "missing_right"))
        await world.asked(SEND, "here-server")
        await watching
