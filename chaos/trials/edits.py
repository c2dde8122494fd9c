"""No update is missed: many edits while the bus is killed, and the control plane between commit and publish."""

from __future__ import annotations

import asyncio
import time

from chaos.edge_client import EdgeClient
from chaos.harness import Harness
from chaos.promises import Promise

_FLAGS = 10
_ARRIVAL_SECONDS_MAX = 60.0
_POLL_SECONDS = 0.05


async def edits(harness: Harness) -> list[Promise]:
    """Edits flags through both kinds of kills, then compares every edge with the control plane."""
    flags = [f"edited-{number}" for number in range(min(_FLAGS, harness.plan.edits))]
    for flag in flags:
        await harness.tenant.create_flag(flag)
    bus_kills = max(2, harness.plan.edits // 50)
    commit_kills = max(2, harness.plan.edits // 100)
    freshness = _Freshness(harness)
    for number in range(harness.plan.edits):
        if _due(number, bus_kills, harness.plan.edits):
            await freshness.known()
            async with harness.supervisor.down("nats"):
                await _edit(harness, flags, number)
            freshness.measure("nats")
        elif _due(number + 1, commit_kills, harness.plan.edits):
            await freshness.known()
            await _commit_and_die(harness, flags, number)
            freshness.measure("control_plane")
        else:
            await _edit(harness, flags, number)
    await freshness.known()
    held = [await _held(edge, harness.tenant.version) for edge in harness.edges]
    held.append(await _held_by_a_new_edge(harness))
    stale = await _stale_flags(harness, flags)
    last = harness.tenant.version
    digests = {digest for _, digest in held}
    return [
        Promise(
            "no update is missed",
            f"{harness.plan.edits:,} edits, NATS killed {bus_kills} times",
            f"versions {sorted({version for version, _ in held})} of {last} at {len(held)} edges, one of them new; "
            f"{len(digests)} digest; {stale} flags differ",
            {version for version, _ in held} == {last} and len(digests) == 1 and stale == 0,
        ),
        Promise(
            "commit equals publish",
            f"control plane killed {commit_kills} times between commit and publish",
            f"{last - min(version for version, _ in held)} committed versions unpublished",
            all(version == last for version, _ in held),
        ),
        Promise(
            "fresh again quickly",
            f"each of these {len(freshness.seconds)} kills, from the part's return to the last version on every edge",
            f"{max(freshness.seconds):.2f} s at most",
            max(freshness.seconds) <= harness.plan.fresh_seconds,
        ),
    ]


def _due(number: int, times: int, edits: int) -> bool:
    """Whether one of `times` events that are spread over `edits` falls on this number."""
    return number % (edits // times) == edits // times // 2


async def _edit(harness: Harness, flags: list[str], number: int) -> None:
    condition = {"attribute": "edit", "operator": "eq", "value": number}
    body = {"rules": [{"if": condition, "then": {"variation": "on"}}]}
    await harness.tenant.change_stubbornly(f"flags/{flags[number % len(flags)]}/environments/production", body)


async def _commit_and_die(harness: Harness, flags: list[str], number: int) -> None:
    proxy = harness.bed.proxies["control_plane-nats"]
    proxy.swallow()
    try:
        await _edit(harness, flags, number)
        async with harness.supervisor.down("control_plane"):
            pass
    finally:
        proxy.mend()
    await harness.supervisor.ready("control_plane")


class _Freshness:
    """`seconds` from each killed part's return until every edge held what had been committed by the kill.

    Edits go on while it is measured; the next kill waits for it, so that a figure belongs to one fault.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._measuring: asyncio.Task[float] | None = None
        self.seconds: list[float] = []

    def measure(self, part: str) -> None:
        self._measuring = asyncio.create_task(self._measure(part, self._harness.tenant.version))

    async def known(self) -> None:
        """Returns when nothing is being measured."""
        if self._measuring is not None:
            self.seconds.append(await self._measuring)
            self._measuring = None

    async def _measure(self, part: str, version: int) -> float:
        await self._harness.supervisor.ready(part)
        started = time.monotonic()
        for edge in self._harness.edges:
            await _held(edge, version)
        return time.monotonic() - started


async def _held_by_a_new_edge(harness: Harness) -> tuple[int, str]:
    """What the stream holds, told by an edge that has never held anything."""
    service = harness.bed.new_edge("new_edge")
    await asyncio.to_thread(service.start)
    edge = EdgeClient(service.url, harness.tenant.server_key)
    try:
        return await _held(edge, harness.tenant.version)
    finally:
        await edge.close()
        await asyncio.to_thread(service.stop)


async def _held(edge: EdgeClient, version: int) -> tuple[int, str]:
    """Version and digest once the version has arrived, or those of the time when the patience ends."""
    until = time.monotonic() + _ARRIVAL_SECONDS_MAX
    while True:
        held = await edge.environment()
        if held is not None and (held[0] >= version or time.monotonic() > until):
            return held
        await asyncio.sleep(_POLL_SECONDS)


async def _stale_flags(harness: Harness, flags: list[str]) -> int:
    """Flags whose rule, as the control plane tells it, some edge does not follow."""
    stale = 0
    for flag in flags:
        settings = await harness.tenant.read(f"flags/{flag}/environments/production")
        value = settings["rules"][0]["if"]["value"]
        for edge in harness.edges:
            answer = await edge.evaluate("anyone", flag, edit=value)
            stale += answer is None or answer.json().get("variant") != "on"
    return stale
