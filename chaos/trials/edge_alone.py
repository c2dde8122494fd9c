"""The edge answers with everything down: the same variants for every user, and no answer but 2xx."""

from __future__ import annotations

from contextlib import AsyncExitStack

from chaos.edge_client import Asked
from chaos.promises import Promise
from chaos.scene import Scene

_BEHIND = ("loader", "analytics", "event_ingestor", "control_plane", "clickhouse", "redis", "nats", "postgres")


async def edge_alone(scene: Scene) -> Promise:
    """Asks each edge for every user, with everything up and with everything else dead."""
    users = [f"visitor-{number}" for number in range(scene.plan.users)]
    before = [await edge.ask_all(users) for edge in scene.edges]
    async with AsyncExitStack() as down:
        for name in reversed(_BEHIND):
            await down.enter_async_context(scene.supervisor.down(name))
        alone = [await edge.ask_all(users) for edge in scene.edges]
    await scene.supervisor.all_ready()
    first = before[0].variants
    changed = sum(asked.variants.get(user) != first.get(user) for asked in (*before, *alone) for user in users)
    failed = sum(count for asked in alone for status, count in asked.answers.items() if not status.startswith("2"))
    return Promise(
        "the edge answers with everything down",
        f"{len(users):,} users at each of {len(scene.edges)} edges, all other parts dead",
        f"{failed} answers but 2xx, {changed} other variants; p99 {_p99(before):.1f} ms before, {_p99(alone):.1f} ms",
        failed == 0 and changed == 0 and len(first) == len(users),
    )


def _p99(asked: list[Asked]) -> float:
    return max(each.percentile_ms(99) for each in asked)
