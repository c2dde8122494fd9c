"""The edge answers with everything down: the same variants for every user, and no answer but 2xx."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from chaos.edge_client import Asked
from chaos.harness import Harness
from chaos.promises import Promise

_BEHIND = ("loader", "analytics", "event_ingestor", "control_plane", "clickhouse", "redis", "nats", "postgres")
_USERS_AT_A_TIME = 50


async def edge_alone(harness: Harness) -> Promise:
    """Asks each edge for every user: with everything up, while everything else is killed, and when it is dead."""
    users = [f"visitor-{number}" for number in range(harness.plan.users)]
    before = [await edge.ask_all(users) for edge in harness.edges]
    async with AsyncExitStack() as down:
        killing = asyncio.create_task(_kill_all(harness, down))
        alone = []
        while not killing.done():
            alone += [await edge.ask_all(users[:_USERS_AT_A_TIME]) for edge in harness.edges]
        await killing
        alone += [await edge.ask_all(users) for edge in harness.edges]
    await harness.supervisor.all_ready()
    first = before[0].variants
    changed = sum(variant != first.get(user) for each in (*before, *alone) for user, variant in each.variants.items())
    answers = sum((each.answers for each in alone), start=Counter[str]())
    failed = sum(count for status, count in answers.items() if not status.startswith("2"))
    return Promise(
        "the edge answers with everything down",
        f"{len(users):,} users at each of {len(harness.edges)} edges, the other {len(_BEHIND)} parts killed meanwhile",
        f"{failed} of {answers.total():,} answers other than 2xx, {changed} other variants; "
        f"p99 {_p99(before):.1f} ms before, {_p99(alone[-len(harness.edges) :]):.1f} ms after",
        failed == 0 and changed == 0 and len(first) == len(users),
    )


async def _kill_all(harness: Harness, down: AsyncExitStack) -> None:
    """They stay dead until `down` ends."""
    for name in reversed(_BEHIND):
        await down.enter_async_context(harness.supervisor.down(name))


def _p99(asked: list[Asked]) -> float:
    return max(each.percentile_ms(99) for each in asked)
