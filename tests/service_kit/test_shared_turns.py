"""Who waits at something that all share gets a turn by name, and no name has them all."""

from __future__ import annotations

import asyncio

import pytest
from service_kit.shared_turns import Crowded, SharedTurns

from tests.waiting import turns as let_others_run


class Users:
    """Each holds its turn until the test says so."""

    def __init__(self, turns: SharedTurns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.leave = asyncio.Event()

    def use(self, name: str, part: str = "", *, seconds: float | None = None) -> asyncio.Task[None]:
        async def used() -> None:
            await self.turns.begin(name, part, seconds=seconds)
            try:
                self.begun.append(name)
                await self.leave.wait()
            finally:
                self.turns.end(name, part)

        return asyncio.create_task(used())

    def nothing_is_left(self) -> bool:
        return not (self.turns._running or self.turns._names or self.turns._parts or self.turns._waiting)


async def test_one_name_leaves_some_to_the_others() -> None:
    users = Users(SharedTurns(4, per_name=3))
    loud = [users.use("loud") for _ in range(20)]
    await let_others_run()
    quiet = users.use("quiet")
    await let_others_run()
    assert users.begun == ["loud"] * 3 + ["quiet"]
    users.leave.set()
    await asyncio.gather(*loud, quiet)
    assert users.nothing_is_left()


async def test_who_comes_late_is_next_however_many_of_another_wait() -> None:
    users = Users(SharedTurns(1, per_name=1))
    first = users.use("loud")
    await let_others_run()
    loud = [users.use("loud") for _ in range(20)]
    await let_others_run()
    quiet = [users.use("quiet"), users.use("third")]
    await let_others_run()
    users.leave.set()
    await asyncio.gather(first, *loud, *quiet)
    assert users.begun[:5] == ["loud", "loud", "quiet", "third", "loud"]
    assert users.begun.count("loud") == 21


async def test_who_is_told_to_leave_gives_its_turn_to_the_next() -> None:
    users = Users(SharedTurns(1, per_name=1))
    holder, leaving, next_one = users.use("a"), users.use("b"), users.use("c")
    await let_others_run()
    # In one round: whoever gives the turn back finds one in the row that has been told.
    leaving.cancel()
    holder.cancel()
    await let_others_run()
    assert users.begun == ["a", "c"]
    next_one.cancel()
    await asyncio.gather(holder, leaving, next_one, return_exceptions=True)
    assert users.nothing_is_left()


async def test_a_turn_that_comes_as_somebody_leaves_goes_on() -> None:
    users = Users(SharedTurns(1, per_name=1))
    holder, leaving, next_one = users.use("a"), users.use("b"), users.use("c")
    await let_others_run()
    holder.cancel()
    await asyncio.sleep(0)
    leaving.cancel()
    await let_others_run()
    assert users.begun == ["a", "c"]
    next_one.cancel()
    await asyncio.gather(holder, leaving, next_one, return_exceptions=True)
    assert users.nothing_is_left()


async def test_too_many_are_refused_and_others_are_not() -> None:
    users = Users(SharedTurns(1, per_name=1, waiting_max=2))
    loud = [users.use("loud") for _ in range(5)]
    await let_others_run()
    assert [each.done() for each in loud] == [False, False, False, True, True]
    assert isinstance(loud[3].exception(), Crowded)
    assert isinstance(loud[4].exception(), Crowded)
    quiet = users.use("quiet")
    await let_others_run()
    users.leave.set()
    await asyncio.gather(*loud[:3], quiet)
    assert users.nothing_is_left()


async def test_none_that_becomes_free_in_time_is_said_and_leaves_nothing_behind() -> None:
    users = Users(SharedTurns(1, per_name=1))
    holder = users.use("a")
    await let_others_run()
    with pytest.raises(TimeoutError):
        await users.turns.begin("a", seconds=0)
    users.leave.set()
    await holder
    assert users.nothing_is_left()
