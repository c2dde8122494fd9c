"""Numbers of events are numbers: each that the ingestor's document tells of, tried with a text and a truth value."""

from __future__ import annotations

from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.contract.body_fields import WRONG, bodies
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key
from tests.event_ingestor.events import NOW, exposure, metric, receipt, usage
from tests.event_ingestor.test_app import app_on, client_of, wait_ready

EVENTS = {"exposure": exposure, "metric": metric, "usage": usage}
PARTS = {
    "experiments": {"key": "checkout-test", "phase": 1},
    "counts": {"flag": "f", "reason": "STATIC", "count": 1},
}
"""What makes an event's list valid beside the number that is tried."""


async def test_numbers_of_events_are_numbers() -> None:
    bus = MemoryBus()
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("server")]))
    app = app_on(bus, ManualClock(NOW))
    tried = set()
    async with app.router.lifespan_context(app), client_of(app) as client:
        await wait_ready(client)
        for _, _, found in bodies("ingestor"):
            if found.names[0] != 0:
                continue
            kind, name = found.beside[1]["type"], str(found.names[1])
            beside = PARTS.get(name)
            for value in WRONG[found.kind]:
                part = value if beside is None else [beside | {str(found.names[-1]): value}]
                answer = receipt(await client.post("/v1/events", json=[EVENTS[kind](**{name: part})]))
                assert answer["accepted"] == 0, (kind, name, value)
                assert answer["rejected"][0]["detail"].startswith(name)
            tried.add(f"{kind} {name}")
    assert {
        "metric value",
        "exposure config_version",
        "exposure experiments",
        "metric timestamp",
        "usage counts",
    } <= tried
