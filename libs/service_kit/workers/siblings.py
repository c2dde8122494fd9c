"""What any worker tells of all of them: whether they are ready, and their figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CollectorRegistry, generate_latest

from service_kit.health import Check, failing
from service_kit.workers.hub import TELEMETRY
from service_kit.workers.telemetry_sums import exposition, snapshot
from service_kit.workers.worker import Worker

READINESS = "readiness"
_OWN_SECONDS_MAX = 1.0


def all_ready(worker: Worker, checks: Mapping[str, Check]) -> Mapping[str, Check]:
    """This worker's own checks, and one of the others: ready is who would be whichever of them was asked."""
    link = worker.link
    if link is None:
        return checks

    async def own() -> str | None:
        told = await failing(checks, _OWN_SECONDS_MAX)
        return "; ".join(f"{name}: {reason}" for name, reason in told.items()) or None

    async def others() -> str | None:
        told = []
        for number, answer in sorted((await link.ask(READINESS)).items()):
            reason = "does not answer" if answer is None else answer.decode()
            if reason:
                told.append(f"worker {number}: {reason}")
        return "; ".join(told) or None

    worker.readiness = own
    return {**checks, "workers": others}


def all_figures(worker: Worker, registry: CollectorRegistry) -> Callable[[], Awaitable[bytes]]:
    """The figures of all workers, as Prometheus reads them."""
    link = worker.link

    async def alone() -> bytes:
        return generate_latest(registry)

    if link is None:
        return alone

    async def told(_: bytes) -> bytes:
        return snapshot(registry)

    async def together() -> bytes:
        own = snapshot(registry)
        others = await link.ask(TELEMETRY, own)
        return exposition([own, *(each for each in others.values() if each)])

    link.answers[TELEMETRY] = told
    return together
