"""Heavy requests of one tenant wait for each other, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from analytics.turns import TurnLimits, Turns
from service_kit.problems import TooManyRequests

from tests.waiting import turns as let_others_run

LIMITS = TurnLimits(at_once=6, per_organization=2, per_person=2, waiting_per_organization=8, waiting_seconds=60)


class Asking:
    """Questions that are answered when the test says so."""

    def __init__(self, limits: TurnLimits = LIMITS) -> None:
        self.turns = Turns(limits)
        self.begun: list[str] = []
        self.answer = asyncio.Event()

    def ask(self, organization: str, person: str = "anna", name: str = "") -> asyncio.Task[None]:
        async def question() -> None:
            async with self.turns.turn(organization, person):
                self.begun.append(name or organization)
                await self.answer.wait()

        return asyncio.create_task(question())


async def test_twelve_reports_of_one_tenant_hold_up_nobody_else() -> None:
    questions = Asking()
    reports = [questions.ask("a") for _ in range(12)]
    await let_others_run()
    assert questions.begun == ["a", "a"]
    refused = [each.exception() for each in reports if each.done()]
    assert len(refused) == 2
    for error in refused:
        assert isinstance(error, TooManyRequests)
        assert (error.limit, error.headers["Retry-After"]) == ("heavy_requests_per_organization", "5")
    async with asyncio.timeout(60), questions.turns.turn("b", "ben"):
        pass
    questions.answer.set()
    await asyncio.gather(*(each for each in reports if not each.done()))
    assert questions.begun == ["a"] * 10


async def test_organizations_that_wait_get_turns_one_after_another() -> None:
    questions = Asking(TurnLimits(at_once=1, per_organization=1, waiting_seconds=60))
    asked = [questions.ask("x")]
    await let_others_run()
    asked += [questions.ask("a") for _ in range(4)]
    await let_others_run()
    asked += [questions.ask("b"), questions.ask("c")]
    await let_others_run()
    questions.answer.set()
    await asyncio.gather(*asked)
    assert questions.begun == ["x", "a", "b", "c", "a", "a", "a"]


async def test_one_person_leaves_turns_to_the_others_of_the_organization() -> None:
    questions = Asking(TurnLimits(per_organization=3, per_person=1, waiting_seconds=60))
    asked = [questions.ask("a", "anna", "1"), questions.ask("a", "anna", "2"), questions.ask("a", "ben", "3")]
    await let_others_run()
    assert questions.begun == ["1", "3"]
    questions.answer.set()
    await asyncio.gather(*asked)


async def test_who_leaves_or_waits_too_long_takes_nothing() -> None:
    questions = Asking(TurnLimits(at_once=1, per_organization=1, waiting_seconds=0.05))
    async with AsyncExitStack() as held:
        await held.enter_async_context(questions.turns.turn("x", "xena"))
        with pytest.raises(TooManyRequests):
            await questions.ask("a")
        leaving = questions.ask("b")
        await let_others_run()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    async with questions.turns.turn("c", "carl"):
        assert questions.begun == []
