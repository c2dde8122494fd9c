"""A look at ingestors and the processes of analytics: who answers a roll call on the bus, and how it is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version

from google.protobuf.message import DecodeError
from messages.generated.presence_pb2 import Presence
from messages.subjects import PRESENT, ROLL_CALL
from service_kit.clock import Clock
from streams import Bus, BusUnavailable

from control_plane.diagnosis.findings import Findings, counted

_CALLS = 5
_NEEDED = {
    "event-ingestor": ("events are refused", "VerdictPartSilent"),
    "analytics": ("results can't be read", "VerdictPartSilent"),
    "analytics-loader": ("events wait on the stream", "VerdictLoaderStopped"),
}
_NAMED_MAX = 10
_TEXT_MAX = 200
Present = dict[tuple[str, str, int], tuple[Presence, int]]
"""The last word of each process, and when it was heard, by its service, host and number."""


async def look(findings: Findings, *, bus: Bus, clock: Clock, seconds: float) -> None:
    """Calls the roll for so many seconds. Raises `BusError`."""
    if not bus.connected:
        raise BusUnavailable("not connected to the bus")
    present = await _called(bus, clock, seconds)
    by_service: dict[str, list[tuple[Presence, int]]] = defaultdict(list)
    for (service, _, _), word in sorted(present.items()):
        by_service[service].append(word)
    for service, (meaning, page) in _NEEDED.items():
        if service not in by_service:
            findings.fault(f"no {service} answers: {meaning}", f"start one, and see its log: {service}", page)
    for service, words in by_service.items():
        _look_at(findings, service, words)


def _look_at(findings: Findings, service: str, words: list[tuple[Presence, int]]) -> None:
    own = version("verdict-platform")
    hosts = sorted({told.host for told, _ in words})
    findings.well(f"{counted(len(words), service)} on {', '.join(hosts[:_NAMED_MAX])}")
    for told, heard_at in words:
        name = f"{service} {told.host}/{told.process}"
        if told.unready:
            findings.fault(f"{name} is not ready: {_reasons(told.unready)}", "see its log, and the part that it names")
        if told.software_version != own:
            findings.warning(f"{name} is of version {told.software_version}, this is {own}", "finish the upgrade")
        findings.compare_clocks(f"{name}'s", told.time / 1000, heard_at / 1000)


def _reasons(unready: Mapping[str, str]) -> str:
    return "; ".join(f"{check}: {reason[:_TEXT_MAX]}" for check, reason in sorted(unready.items()))


async def _called(bus: Bus, clock: Clock, seconds: float) -> Present:
    present: Present = {}

    async def hear() -> None:
        async for payload in bus.listen(PRESENT):
            with suppress(DecodeError):
                told = Presence.FromString(payload)
                present[told.service, told.host, told.process] = (told, clock.now())

    async def call() -> None:
        # Again and again: the first call may come before we listen.
        while True:
            await bus.tell(ROLL_CALL, b"")
            await asyncio.sleep(seconds / _CALLS)

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            tasks.create_task(hear())
            tasks.create_task(call())
    return present
