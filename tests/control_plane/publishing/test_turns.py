"""Turns of environments: what follows at once waits for a rest, in which more may come together."""

from __future__ import annotations

import asyncio
from uuid import UUID

from control_plane.publishing.turns import Turn, Turns

ONE, OTHER = UUID(int=1), UUID(int=2)


async def test_an_environment_rests_and_others_go_on() -> None:
    ended: list[UUID] = []
    turns = Turns(ended.append)
    began: list[UUID] = []

    def work(environment: UUID, rest: float) -> None:
        async def once(_turn: Turn) -> float:
            began.append(environment)
            return rest

        assert turns.begin(environment, once, large=True)

    work(ONE, 3600)
    while not began:
        await asyncio.sleep(0)
    work(OTHER, 0)
    while OTHER not in ended:
        await asyncio.sleep(0)
    assert (began, ended, turns.at_work) == ([ONE, OTHER], [OTHER], frozenset({ONE}))
    await turns.end()
    assert not turns.at_work
