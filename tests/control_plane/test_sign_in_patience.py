"""Others who sign in cost a request none of the time that it has for the database: a right password that had to wait
for its turn is still let in."""

from __future__ import annotations

import asyncio

import pytest
from control_plane.people.hash_queue import HashQueue
from control_plane.people.login_limit import FAILURES_PER_ACCOUNT_BEFORE_DELAY, Attempt, LoginLimit
from service_kit.clock import ManualClock
from service_kit.deadlines import RequestDeadlines, seconds_left
from starlette.types import Message, Receive, Scope, Send

SECONDS = 10.0


class Watch:
    """The time of the event loop, as the test sets it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def passes(self, seconds: float) -> None:
        self.now += seconds


async def left_after_signing_in(watch: Watch) -> float:
    left: list[float] = []

    async def paused(seconds: float) -> None:
        watch.passes(seconds)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        limit = LoginLimit(ManualClock(), sleep=paused)
        for number in range(FAILURES_PER_ACCOUNT_BEFORE_DELAY + 40):
            await limit.begin(Attempt(f"10.0.0.{number}", "anna", known=False))
        await HashQueue().run(watch.passes, 25.0, stranger_from="10.0.0.1")
        left.append(seconds_left(100.0))

    async def nothing() -> Message:
        raise AssertionError

    async def nowhere(_: Message) -> None:
        raise AssertionError

    await RequestDeadlines(app, SECONDS)({"type": "http"}, nothing, nowhere)
    return left[0]


async def test_a_turn_that_is_waited_for_costs_none_of_the_requests_time(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: watch.now)
    assert await left_after_signing_in(watch) == pytest.approx(SECONDS)
    assert watch.now > 1000.0 + SECONDS + 25.0
