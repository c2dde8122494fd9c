"""The relay as the process beside the API: `control_plane serve` begins it unless FF_RELAY_ENABLED is false, begins it
again when it ends, and tells its metrics (`service_kit/companions.py`).

One for all API processes of a `serve` is enough: the one that keeps `composition.relay_companion` going. Where several
run, the lease lets one lead.
"""

from __future__ import annotations

import asyncio
import gc
import sys

from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.clock import SystemClock
from service_kit.companions import accompany, descriptor_given
from service_kit.logs import configure_logging
from service_kit.settings import load_settings
from service_kit.trace_export import begin_tracing

from control_plane.relay_work import RelayWork
from control_plane.settings import Settings

_CLOCK_SECONDS = 15.0
_SWITCH_SECONDS = 0.0005
"""How long a thread that compiles keeps the loop from publishing."""


def main() -> None:
    descriptor = descriptor_given()
    settings = load_settings(Settings)
    configure_logging("control_plane", settings.log_level)
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    asyncio.run(_run(settings, descriptor))


async def _run(settings: Settings, descriptor: int) -> None:
    registry, clock = CollectorRegistry(), SystemClock()
    # Whoever begins this process tells the same figures of the same collector.
    begin_tracing("relay", CollectorRegistry())
    relay = RelayWork(settings, clock, registry)
    # What fails here is told and counted by whoever began this process, once it has ended.
    beside = Background(CollectorRegistry(), clock)
    beside.every("clock", relay.measure, seconds=_CLOCK_SECONDS)
    try:
        await accompany(relay.run(), registry, descriptor)
    finally:
        await beside.stop()


if __name__ == "__main__":
    main()
