"""The keys of access tokens: published before they sign, changed while tokens are in flight, on every replica."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from control_plane.database import Database
from control_plane.people.signing_keys import KeyTerms, SigningKeyRing, withdraw_keys
from control_plane.publishing.compiler import Compiler
from fastapi import FastAPI
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock
from service_kit.sealing import Sealer

from tests.control_plane.conftest import Api, new_tenant, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, TERMS, app_on

DAY = 86_400.0
MINUTE = 60.0
SEALER = Sealer("a key that seals, of more than thirty-two bytes")


async def new_ring(database: Database, clock: ManualClock, sealer: Sealer = SEALER) -> SigningKeyRing:
    ring = SigningKeyRing(database, clock, sealer=sealer, terms=KeyTerms(token=TERMS.token))
    async with database.connection() as connection:
        await ring.prepare(connection)
    return ring


@pytest.fixture
async def ring(database: Database, clock: ManualClock) -> SigningKeyRing:
    return await new_ring(database, clock)


@asynccontextmanager
async def speaking_to(app: FastAPI) -> AsyncIterator[Api]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Api(client)


@pytest.fixture
async def api(database: Database, clock: ManualClock, ring: SigningKeyRing) -> AsyncIterator[Api]:
    async with speaking_to(await app_on(database, clock, ring=ring)) as api:
        yield api


async def key_set(api: Api) -> dict[str, dict[str, Any]]:
    answer = await api.client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    return {each["kid"]: each for each in answer.json()["keys"]}


def signed_by(api: Api) -> str:
    return str(jwt.get_unverified_header(api.token)["kid"])


async def test_anybody_can_verify_a_token_by_what_is_published(api: Api) -> None:
    ann = await sign_in(api, *ADMINISTRATOR)
    [key] = (await key_set(api)).values()
    assert {key[name] for name in ("kty", "crv", "alg", "use")} == {"OKP", "Ed25519", "EdDSA", "sig"}
    assert len(base64.urlsafe_b64decode(key["x"] + "=")) == 32
    public = jwt.PyJWK(key).key
    claims = jwt.decode(ann.token, public, ["EdDSA"], audience="verdict", options={"verify_exp": False})
    assert claims["iss"] == "verdict-control-plane"
    assert "d" not in key


async def test_a_key_is_changed_while_tokens_are_in_flight(api: Api, ring: SigningKeyRing, clock: ManualClock) -> None:
    before = await sign_in(api, *ADMINISTRATOR)
    name = await ring.rotate()
    assert (await key_set(api)).keys() == {signed_by(before), name}
    assert signed_by(await sign_in(api, *ADMINISTRATOR)) == signed_by(before), "it signs before it was published"
    clock.advance(5 * MINUTE - 1)
    last = await sign_in(api, *ADMINISTRATOR)
    clock.advance(1)
    assert signed_by(last) == signed_by(before)
    assert signed_by(await sign_in(api, *ADMINISTRATOR)) == name
    clock.advance(TERMS.token.total_seconds() - 2)
    await last.ok("GET", "/me")
    clock.advance(2 * MINUTE)
    assert (await key_set(api)).keys() == {name}


async def test_a_key_is_changed_when_it_is_old(ring: SigningKeyRing, database: Database, clock: ManualClock) -> None:
    other = await new_ring(database, clock)
    first = ring.signing_key()[0]
    assert other.signing_key()[0] == first, "two processes made two first keys"
    clock.advance(90 * DAY - 1)
    await ring.keep()
    assert len(ring.published()) == 1
    clock.advance(1)
    await ring.keep()
    await other.keep()
    assert len(ring.published()) == 2
    assert ring.published() == other.published(), "two processes made two next keys"


async def test_after_a_theft_nothing_of_the_keys_before_counts(
    api: Api, ring: SigningKeyRing, clock: ManualClock
) -> None:
    ann = await sign_in(api, *ADMINISTRATOR)
    name = await ring.rotate(at_once=True)
    assert (await key_set(api)).keys() == {name}
    assert (await ann("GET", "/me")).json()["code"] == "invalid_token"
    assert signed_by(await sign_in(api, *ADMINISTRATOR)) == name


async def test_a_replica_learns_of_a_key_by_its_first_token(
    api: Api, ring: SigningKeyRing, database: Database, clock: ManualClock
) -> None:
    other = await new_ring(database, clock)
    await ring.rotate(at_once=True)
    ann = await sign_in(api, *ADMINISTRATOR)
    async with speaking_to(await app_on(database, clock, ring=other)) as there:
        await there.of(ann.token).ok("GET", "/me")


async def test_keys_are_stored_sealed_and_replaced_when_nobody_can_open_them(
    ring: SigningKeyRing, database: Database, clock: ManualClock
) -> None:
    raw = ring.signing_key()[1].private_bytes_raw()
    async with database.connection() as connection:
        assert raw.hex() not in str(await connection.fetch("SELECT signing_keys::text FROM signing_keys"))
    other = await new_ring(database, clock, Sealer("another key that seals, of more than thirty-two bytes"))
    assert other.signing_key()[0] != ring.signing_key()[0]
    assert len(other.published()) == 2


async def environment_of(database: Database, environment_id: str) -> pb.Environment:
    """What is published of it."""
    compiled = await Compiler(database).compile(UUID(environment_id))
    assert compiled is not None
    [content] = [each for subject, each in compiled.entries.items() if ".environment." in subject]
    return pb.ConfigMessage.FromString(content).environment


async def test_keys_and_ended_sessions_are_published_with_each_environment(
    api: Api, ring: SigningKeyRing, database: Database, clock: ManualClock
) -> None:
    tenant = await new_tenant(await sign_in(api, *ADMINISTRATOR), "acme")
    environment = await tenant.api.ok("GET", tenant.path)
    published = await environment_of(database, environment["id"])
    [key] = published.signing_keys
    assert (key.id, key.expires_at) == (ring.signing_key()[0], 0)
    assert ring.published()[0].public_key == key.public_key
    await ring.rotate()
    published = await environment_of(database, environment["id"])
    assert [bool(each.expires_at) for each in published.signing_keys] == [False, True]
    [session] = [each["id"] for each in (await tenant.api.ok("GET", "/me/sessions"))["items"]]
    await tenant.api.ok("DELETE", "/me/sessions/current")
    published = await environment_of(database, environment["id"])
    ended = [one for each in published.members for one in each.ended_sessions]
    assert ended == [UUID(session).bytes]
    clock.advance(TERMS.token.total_seconds() + 1)
    published = await environment_of(database, environment["id"])
    assert [one for each in published.members for one in each.ended_sessions] == []


async def test_where_a_secret_signs_no_key_is_published(api: Api, ring: SigningKeyRing, database: Database) -> None:
    tenant = await new_tenant(await sign_in(api, *ADMINISTRATOR), "acme")
    environment = await tenant.api.ok("GET", tenant.path)
    async with database.connection() as connection:
        await withdraw_keys(connection)
    assert list((await environment_of(database, environment["id"])).signing_keys) == []
    async with speaking_to(await app_on(database, ManualClock())) as simple:
        assert (await simple.client.get("/.well-known/jwks.json")).json() == {"keys": []}


def test_a_token_lasts_no_longer_than_its_key() -> None:
    assert KeyTerms().token >= timedelta(minutes=15)
