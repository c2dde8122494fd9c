"""Connections are given to organizations by turns, and of one to whoever has waited longest, however many ask in the
meantime."""

from __future__ import annotations

import asyncio
from typing import Any

from control_plane.database import Database
from service_kit.fair_requests import FairRequests, serve
from service_kit.fair_steps import FairSteps
from starlette.types import Receive, Scope, Send

from tests.waiting import turns as let_others_run

AT_ONCE = 12


async def test_nobody_is_passed_by(database: Database) -> None:
    """Twelve connections for thirty-six pieces of work: as each ends, a new one asks at once for what it gives back."""
    order: list[int] = []
    all_open = asyncio.Barrier(AT_ONCE)

    async def open_one() -> None:
        async with database.transaction():
            await all_open.wait()

    async def work(number: int) -> None:
        async with database.transaction() as tx:
            order.append(number)
            await tx.execute("SELECT pg_sleep(0.01)")
        if number < 24:
            await work(number + 36)

    async with asyncio.timeout(60), asyncio.TaskGroup() as opening:
        for _ in range(AT_ONCE):
            opening.create_task(open_one())
    async with asyncio.timeout(60), asyncio.TaskGroup() as working:
        for number in range(36):
            working.create_task(work(number))
    # Those whose turn has come are not told in the order in which the server answers them.
    assert max(order.index(number) for number in range(36)) < 36 + AT_ONCE
    assert sorted(order) == list(range(60))


async def test_of_two_organizations_that_wait_each_has_every_other_turn(database: Database) -> None:
    """However many requests of the loud one came before."""
    order: list[str] = []
    all_open, leave = asyncio.Barrier(AT_ONCE + 1), asyncio.Event()

    async def open_one() -> None:
        async with database.transaction():
            await all_open.wait()
            await leave.wait()

    async def answer(scope: Scope, _: Receive, __: Send) -> None:
        serve("organization", scope["path"])
        async with database.transaction():
            order.append(scope["path"])

    requests = FairRequests(answer, FairSteps())

    def ask(organization: str) -> asyncio.Task[None]:
        scope = {"type": "http", "path": organization, "headers": []}
        return asyncio.create_task(requests(scope, _nothing, _nothing))

    async with asyncio.timeout(60), asyncio.TaskGroup() as opening:
        for _ in range(AT_ONCE):
            opening.create_task(open_one())
        await all_open.wait()
        asked = [ask("loud") for _ in range(40)]
        await let_others_run()
        asked += [ask("quiet") for _ in range(4)]
        await let_others_run()
        leave.set()
    await asyncio.gather(*asked)
    # As many turns as there are connections are given at once, and one after another from then on.
    assert max(place for place, whose in enumerate(order) if whose == "quiet") < AT_ONCE + 8
    assert order.count("loud") == 40


async def _nothing(*_: Any) -> Any:
    raise AssertionError
