"""Signing in: what is answered to whom, what guessing costs, and what the audit log says of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from control_plane.database import Database
from control_plane.people.hash_queue import HashQueue
from control_plane.people.login_limit import DELAY_SECONDS_MAX, Attempt, LoginLimit, network_of
from control_plane.people.passwords import Passwords
from control_plane.people.sign_in_trace import SignInTrace
from fastapi import FastAPI
from service_kit.actor_limits import ActorLimits, ActorRates
from service_kit.clock import ManualClock
from service_kit.problems import TooManyRequests, Unavailable

from tests.control_plane.conftest import PASSWORD, Api, Tenant, joined, sign_in
from tests.control_plane.running_app import ADMINISTRATOR, app_on
from tests.waiting import until

ANN = "ann@example.com"
LIMIT = 8


@pytest.fixture
def trace(database: Database, clock: ManualClock) -> SignInTrace:
    return SignInTrace(database, clock)


@pytest.fixture
def begins_furnished() -> bool:
    """What is traced begins with the first sign-in."""
    return False


@pytest.fixture
async def app(database: Database, clock: ManualClock, trace: SignInTrace) -> FastAPI:
    return await app_on(database, clock, trace=trace)


class Addresses:
    """The same app, asked from any address."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._clients: list[httpx.AsyncClient] = []

    def at(self, address: str) -> Api:
        transport = httpx.ASGITransport(self._app, client=(address, 1))
        self._clients.append(httpx.AsyncClient(transport=transport, base_url="http://test"))
        return Api(self._clients[-1])

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@pytest.fixture
async def addresses(app: FastAPI) -> AsyncIterator[Addresses]:
    addresses = Addresses(app)
    yield addresses
    await addresses.close()


async def attempt(api: Api, password: str = "a wrong password", email: str = ANN) -> int:
    return (await api("POST", "/auth/login", {"email": email, "password": password})).status_code


@pytest.fixture
async def ann(tenant: Tenant) -> Api:
    return await joined(tenant.api, tenant.organization, ANN, "viewer")


@pytest.mark.usefixtures("ann")
async def test_failures_from_elsewhere_keep_nobody_out(addresses: Addresses) -> None:
    home = addresses.at("192.0.2.1")
    assert await attempt(home, PASSWORD) == 200
    for number in range(12):
        guesser = addresses.at(f"198.51.100.{number}")
        assert [await attempt(guesser) for _ in range(LIMIT + 1)] == [401] * LIMIT + [429]
    assert await attempt(home, PASSWORD) == 200
    # Nor somebody who comes from a new address.
    assert await attempt(addresses.at("203.0.113.7"), PASSWORD) == 200


@pytest.mark.usefixtures("ann")
async def test_a_crowd_at_ones_own_address_keeps_nobody_out_who_is_known_there(addresses: Addresses) -> None:
    office = addresses.at("192.0.2.1")
    assert await attempt(office, PASSWORD) == 200
    statuses = [await attempt(office, email=f"nobody-{number}@example.com") for number in range(61)]
    assert statuses == [401] * 60 + [429]
    assert await attempt(office, PASSWORD) == 200


async def test_an_account_that_is_not_there_is_limited_like_one_that_is(addresses: Addresses, ann: Api) -> None:
    assert ann.token
    guesser = addresses.at("198.51.100.1")
    for email in (ANN, "nobody@example.com"):
        answers = [await guesser("POST", "/auth/login", {"email": email, "password": "guess"}) for _ in range(9)]
        assert [each.status_code for each in answers] == [401] * LIMIT + [429]
        bodies = [{name: value for name, value in each.json().items() if name != "request_id"} for each in answers]
        assert len({str(each) for each in bodies[:LIMIT]}) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_who_has_one_address_of_a_network_has_all_of_them(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_guessing_from_everywhere_is_slower_for_strangers_alone() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    clock = ManualClock()
    limit = LoginLimit(clock, sleep)
    for number in range(100):
        await limit.begin(Attempt(f"198.51.100.{number}", "ann", known=False))
    assert slept == sorted(slept)
    assert (len(slept), slept[-1]) == (80, DELAY_SECONDS_MAX)
    await limit.begin(Attempt("192.0.2.1", "ann", known=True))
    await limit.begin(Attempt("198.51.100.200", "bob", known=False))
    assert len(slept) == 80
    clock.advance(301)
    await limit.begin(Attempt("198.51.100.1", "ann", known=False))
    assert len(slept) == 80


async def test_an_attempt_that_was_not_looked_at_does_not_count() -> None:
    limit = LoginLimit(ManualClock())
    attempt = Attempt("198.51.100.1", "ann", known=False)
    for _ in range(100):
        await limit.begin(attempt)
        limit.withdraw(attempt)
    for _ in range(LIMIT):
        await limit.begin(attempt)
    with pytest.raises(TooManyRequests):
        await limit.begin(attempt)


class Held:
    """Work that goes on until it is let go, and what has begun."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun: list[str] = []

    def __call__(self, name: str) -> str:
        self.begun.append(name)
        self.go_on.wait(60)
        return name


async def test_work_that_nobody_waits_for_is_never_begun() -> None:
    queue, held = HashQueue(), Held()
    tasks = [asyncio.create_task(queue.run(held, name)) for name in "abcdef"]
    await until(lambda: len(held.begun) == 2)
    for task in tasks[:5]:
        task.cancel()
    await asyncio.gather(*tasks[:5], return_exceptions=True)
    held.go_on.set()
    assert await tasks[5] == "f"
    # The two that ran went on, and kept their turns; the others gave up theirs.
    assert sorted(held.begun) == ["a", "b", "f"]
    assert await asyncio.gather(*(queue.run(held, name) for name in "xyz")) == ["x", "y", "z"]


async def test_who_leaves_in_the_moment_in_which_a_turn_is_given_has_just_left() -> None:
    queue, held = HashQueue(), Held()
    tasks = [asyncio.create_task(queue.run(held, name)) for name in "abc"]
    await until(lambda: len(held.begun) == 2)
    tasks[2].cancel()
    queue._hand_on()
    with pytest.raises(asyncio.CancelledError):
        await tasks[2]
    held.go_on.set()
    assert await asyncio.gather(*tasks[:2]) == ["a", "b"]


async def test_a_crowd_of_strangers_takes_nobody_elses_turn() -> None:
    queue, held = HashQueue(), Held()
    crowd = [
        asyncio.create_task(queue.run(held, f"{network}.{number}", stranger_from=str(network)))
        for network in range(10)
        for number in range(10)
    ]
    known = asyncio.create_task(queue.run(held, "known"))
    await until(lambda: sum(each.done() for each in crowd) == 100 - 64)
    held.go_on.set()
    assert await known == "known"
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert sum(isinstance(each, Unavailable) for each in answers) == 36
    # Eight of one network at most, so the first eight networks have all the room.
    assert {str(each).partition(".")[0] for each in answers if isinstance(each, str)} == set("01234567")
    assert held.begun.index("known") <= 3


async def test_a_client_that_leaves_gives_up_its_place(database: Database, clock: ManualClock) -> None:
    held = Held()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 - the library's name
            return held(str(password))

    app = await app_on(database, clock, passwords=Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1)))
    leave = asyncio.Event()
    sent: list[Any] = []

    async def ask(password: str, *, stays: bool) -> None:
        body = [{"type": "http.request", "body": f'{{"email": "a@b", "password": "{password}"}}'.encode()}]

        async def receive() -> Any:
            if body:
                return body.pop()
            await (asyncio.Event() if stays else leave).wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if stays:
                sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/auth/login",
            "raw_path": b"/api/v1/auth/login",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "scheme": "http",
            "server": ("test", 80),
            "client": ("10.0.0.1", 1000),
        }
        await app(scope, receive, send)

    leaving = [asyncio.create_task(ask(f"p{number}", stays=False)) for number in range(6)]
    await until(lambda: len(held.begun) == 2)
    staying = asyncio.create_task(ask("p9", stays=True))
    leave.set()
    await asyncio.gather(*leaving)
    held.go_on.set()
    await staying
    assert [len(held.begun), held.begun[-1]] == [3, "p9"]
    assert sent[0]["status"] == 401


async def audit(tenant: Tenant, action: str) -> list[Any]:
    path = f"/organizations/{tenant.organization}/audit?entity=user&entity_key={ANN}&action={action}"
    return list((await tenant.api.ok("GET", path))["items"])


async def test_sign_ins_are_in_the_log_and_do_not_flood_it(
    tenant: Tenant, ann: Api, addresses: Addresses, clock: ManualClock
) -> None:
    home = addresses.at("192.0.2.1")
    for _ in range(3):
        await sign_in(home, ANN, PASSWORD)
    [entry] = await audit(tenant, "sign_in")
    assert entry["actor"]["id"] == (await ann.ok("GET", "/me"))["id"]
    assert (entry["address"], entry["after"]) == ("192.0.2.1", {"sign_ins": 1})
    assert entry["request_id"]
    clock.advance(61)
    await sign_in(home, ANN, PASSWORD)
    assert (await audit(tenant, "sign_in"))[0]["after"] == {"sign_ins": 3}


@pytest.mark.usefixtures("ann")
async def test_attempts_are_in_the_log_and_do_not_flood_it(
    tenant: Tenant, addresses: Addresses, trace: SignInTrace, clock: ManualClock
) -> None:
    for number in range(12):
        for _ in range(10):
            await attempt(addresses.at(f"198.51.100.{number}"))
    for _ in range(3):
        await trace.write()
    [failed], [refused] = await audit(tenant, "fail_sign_in"), await audit(tenant, "refuse_sign_in")
    assert failed["actor"] == {"kind": "system", "id": "00000000-0000-0000-0000-000000000000", "name": "sign-in"}
    assert failed["after"]["networks"] == {f"198.51.100.{number}": LIMIT for number in range(10)}
    assert failed["after"]["elsewhere"] == 2 * LIMIT
    assert sum(refused["after"]["networks"].values()) + refused["after"]["elsewhere"] == 12 * 2
    await attempt(addresses.at("203.0.113.1"))
    await trace.write()
    assert len(await audit(tenant, "fail_sign_in")) == 1
    clock.advance(61)
    await trace.write()
    assert (await audit(tenant, "fail_sign_in"))[0]["after"]["networks"] == {"203.0.113.1": 1}


async def test_nobody_is_told_of_an_account_that_is_nowhere(addresses: Addresses, trace: SignInTrace) -> None:
    for email in (ADMINISTRATOR[0], "nobody@example.com"):
        await attempt(addresses.at("198.51.100.1"), email=email)
    await trace.write_all()


async def test_who_asks_too_much_is_told_which_limit_it_is(database: Database, clock: ManualClock) -> None:
    limits = ActorLimits(ActorRates(per_address=3, reads=1, writes=1), clock)
    transport = httpx.ASGITransport(await app_on(database, clock, actor_limits=limits))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        ann = await sign_in(Api(client), *ADMINISTRATOR)
        answers = [await ann("GET", "/me") for _ in range(11)]
        assert [each.status_code for each in answers] == [200] * 10 + [429]
        assert answers[-1].json()["limit"] == "reads_per_person"
        assert int(answers[-1].headers["retry-after"]) >= 1
        strangers = [await Api(client, "rubbish")("GET", "/me") for _ in range(20)]
        assert [each.status_code for each in strangers[:18]] == [401] * 18
        assert strangers[-1].json()["limit"] == "requests_per_address"
        refused = await Api(client)("POST", "/auth/refresh", {"refresh_token": "vr_x.y"})
        assert refused.json()["limit"] == "requests_per_address"
