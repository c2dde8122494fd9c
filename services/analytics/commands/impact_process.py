"""What answers previews, as the process beside the API: `analytics serve` begins it unless FF_ANALYTICS_IMPACT is
false, begins it again when it ends, and tells its metrics (`service_kit/companions.py`).

Of several, one gets each request.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from messages.subjects import IMPACT
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from service_kit.companions import accompany, descriptor_given
from service_kit.logs import configure_logging
from service_kit.settings import load_settings
from service_kit.trace_export import begin_tracing
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from analytics.commands.warehouses import warehouse_settings
from analytics.impact.answers import ImpactAnswers
from analytics.impact.sample import Samples
from analytics.impact.served import ServedEnvironments
from analytics.settings import ServeSettings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.contexts import ContextReader

_AT_ONCE, _WAITING_MAX = 16, 16
_QUERY_SECONDS_MAX = 5
_SWITCH_SECONDS = 0.0005
"""How long a thread that compares keeps the loop from hearing requests."""


def main() -> None:
    descriptor = descriptor_given()
    settings = load_settings(ServeSettings)
    configure_logging("analytics-impact", settings.log_level)
    sys.setswitchinterval(_SWITCH_SECONDS)
    asyncio.run(_run(settings, descriptor))


async def _run(settings: ServeSettings, descriptor: int) -> None:
    registry, clock = CollectorRegistry(), SystemClock()
    # Whoever begins this process tells the same figures of the same collector.
    begin_tracing("analytics-impact", CollectorRegistry())
    of_store = warehouse_settings(settings)
    warehouse = Warehouse(replace(of_store, query_seconds_max=min(_QUERY_SECONDS_MAX, of_store.query_seconds_max)))
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-impact")
    answers = ImpactAnswers(
        environments=ServedEnvironments(bus),
        samples=Samples(
            ContextReader(warehouse),
            clock,
            days=settings.analytics_impact_days,
            units_max=settings.analytics_impact_units_max,
        ),
        clock=clock,
        registry=registry,
        secret=settings.pii_secret.get_secret_value(),
    )
    bus.start()
    try:
        await accompany(
            bus.respond(IMPACT, answers.answer, group="analytics", at_once=_AT_ONCE, waiting_max=_WAITING_MAX),
            registry,
            descriptor,
        )
    finally:
        await bus.close()
        await warehouse.close()


if __name__ == "__main__":
    main()
