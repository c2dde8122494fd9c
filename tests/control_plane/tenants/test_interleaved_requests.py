"""Ten thousand requests of several tenants over one small pool, each sixth of them cancelled at some await.

Every answer holds what is its tenant's and nothing of others, and no connection comes back with a tenant still set."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import coroutine
from typing import Any
from unittest.mock import patch

import asyncpg
import httpx
import pytest
from asyncpg.pool import Pool
from control_plane.database import Database, request_connections
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api, joined, new_tenant

REQUESTS = 10_000
AT_ONCE = 12
CANCELLED_SHARE = 1 / 6
AWAITS_MAX = 14
CHECKED_SHARE = 1 / 8
POOL_SIZE = 4
SEED = 20_261_128
FLAG = {
    "name": "Checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}
_STATE = """
SELECT COALESCE(current_setting('verdict.tenants', true), '') || COALESCE(current_setting('verdict.account', true), ''),
    current_user, pg_current_xact_id_if_assigned() IS NULL
"""


@pytest.fixture
async def database(postgres_url: str, clock: ManualClock) -> AsyncIterator[Database]:
    """As a control plane that serves has it."""
    database = Database(postgres_url, clock, request_connections(POOL_SIZE))
    await database.migrate()
    await database.open()
    yield database
    await database.close()


@dataclass(frozen=True)
class Person:
    """Somebody who asks. Each of `marks` stands in what their organizations own, none of `foreign` does."""

    api: Api
    marks: frozenset[str]
    foreign: frozenset[str]
    organization: str
    foreign_projects: Sequence[str]


@dataclass
class Outcome:
    statuses: Counter[int] = field(default_factory=Counter)
    cancelled: int = 0
    crossed: list[tuple[str, str, str]] = field(default_factory=list)
    unmarked: list[tuple[str, str]] = field(default_factory=list)
    returned: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    """Connections that came back: what was set, as whom, and whether nothing was going on."""


@coroutine
def cancelled_at(work: Coroutine[Any, Any, Any], suspension: int) -> Generator[Any, Any, Any]:
    """Runs `work` in the present task, which is cancelled where it suspends for the nth time."""
    step: Callable[[], Any] = lambda: work.send(None)  # noqa: E731
    count = 0
    while True:
        try:
            awaited = step()
        except StopIteration as ended:
            return ended.value
        if count == suspension:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        count += 1
        try:
            yield awaited
        except BaseException as raised:
            step = _thrower(work, raised)
        else:
            step = lambda: work.send(None)  # noqa: E731


def _thrower(work: Coroutine[Any, Any, Any], raised: BaseException) -> Callable[[], Any]:
    return lambda: work.throw(raised)


async def people_of(admin: Api) -> list[Person]:
    """The owners of three tenants whose projects have the same key, and somebody of the first and the third."""
    marks = ("acme-3f9c", "bravo-71de", "corax-a05b")
    tenants = [await new_tenant(admin, mark) for mark in marks]
    people = []
    for mark, tenant in zip(marks, tenants, strict=True):
        project = f"/projects/{tenant.project}"
        for number in range(3):
            await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": f"flag-{number}", "description": mark})
        await tenant.api.ok("POST", f"{project}/segments", {"key": "beta", "name": mark, "included": [mark]})
        people.append(
            Person(
                api=tenant.api,
                marks=frozenset([mark]),
                foreign=frozenset(marks) - {mark},
                organization=mark,
                foreign_projects=[each.project for each in tenants if each is not tenant],
            )
        )
    both = await joined(tenants[0].api, tenants[0].organization, "both@example.com", "owner")
    made = await tenants[2].api.ok(
        "POST", f"/organizations/{marks[2]}/invitations", {"email": "both@example.com", "role": "owner"}
    )
    await both.ok("POST", "/me/invitations/accept", {"secret": made["link"].partition("#invitation=")[2]})
    people.append(
        Person(
            api=both,
            marks=frozenset([marks[0], marks[2]]),
            foreign=frozenset([marks[1]]),
            organization=marks[2],
            foreign_projects=[tenants[1].project],
        )
    )
    return people


def request_of(person: Person, draw: random.Random, number: int) -> tuple[str, str, Mapping[str, Any] | None]:
    """What is asked next. The project's key is the same in every tenant."""
    if len(person.marks) > 1:
        return draw.choice((("GET", "/organizations", None), ("GET", "/me", None)))
    flag = f"/projects/shop/flags/flag-{number % 3}"
    return draw.choices(
        (
            ("GET", "/projects/shop/flags", None),
            ("GET", flag, None),
            ("GET", "/projects/shop/segments/beta", None),
            ("GET", "/organizations", None),
            ("GET", "/me", None),
            ("GET", f"/organizations/{person.organization}/members", None),
            ("GET", f"/organizations/{person.organization}/audit?limit=5", None),
            ("GET", f"/projects/{draw.choice(person.foreign_projects)}/flags", None),
            ("GET", f"/organizations/{min(person.foreign)}/projects", None),
            ("PUT", f"{flag}/environments/production/enabled", {"enabled": number % 2 == 0}),
            ("POST", "/projects/shop/segments", {"key": f"s-{number}", "name": min(person.marks)}),
        ),
        weights=(10, 14, 10, 8, 8, 6, 6, 8, 4, 5, 3),
    )[0]


MARKED = ("/projects/shop/flags", "/projects/shop/segments/beta", "/organizations", "/me")


async def ask(person: Person, draw: random.Random, number: int, outcome: Outcome) -> None:
    method, path, body = request_of(person, draw, number)
    asking = person.api(method, path, body)
    suspension = draw.randrange(AWAITS_MAX) if draw.random() < CANCELLED_SHARE else None
    task = asyncio.create_task(asking if suspension is None else _as_coroutine(asking, suspension))
    try:
        answer: httpx.Response = await task
    except asyncio.CancelledError:
        outcome.cancelled += 1
        return
    outcome.statuses[answer.status_code] += 1
    outcome.crossed += [(method, path, mark) for mark in person.foreign if mark in answer.text and mark not in path]
    if answer.is_success and path in MARKED and method == "GET":
        outcome.unmarked += [(path, mark) for mark in person.marks if mark not in answer.text]


async def _as_coroutine(work: Coroutine[Any, Any, Any], suspension: int) -> Any:
    return await cancelled_at(work, suspension)


async def test_ten_thousand_requests_of_several_tenants_cross_nothing(admin: Api) -> None:
    people, draw, outcome = await people_of(admin), random.Random(SEED), Outcome()
    release = Pool.release
    numbers = iter(range(REQUESTS))

    async def released(self: Any, connection: Any, **options: Any) -> None:
        try:
            if not connection.is_closed() and draw.random() < CHECKED_SHARE:
                with suppress(asyncpg.InterfaceError):
                    outcome.returned[tuple(await connection.fetchrow(_STATE))] += 1
        finally:
            # Also where the request is cancelled while the connection is looked at.
            await release(self, connection, **options)

    async def worker() -> None:
        for number in numbers:
            await ask(draw.choice(people), draw, number, outcome)

    with patch.object(asyncpg.pool.Pool, "release", released):
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(worker())

    assert outcome.crossed == []
    assert outcome.unmarked == []
    assert outcome.returned.keys() == {("", "verdict_app", True), ("", "verdict_accounts", True)}
    assert {status for status in outcome.statuses if status not in (200, 201, 404)} <= {409, 412}
    assert outcome.statuses.total() + outcome.cancelled == REQUESTS
    assert outcome.cancelled > REQUESTS * CANCELLED_SHARE / 2
    assert outcome.returned.total() > REQUESTS * CHECKED_SHARE
