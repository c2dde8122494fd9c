"""What the ingestor's benchmarks send: users, contexts, the order of keys, and headers that differ as in life.

A request is a template with fields that are filled with another number each time it is sent, so that every event has an
id of its own and, where they are new, the tracing headers too.
"""

from __future__ import annotations

import json
import random

from messages.generated import config_pb2 as pb
from streams import Bus

from benchmarks.edge_traffic import TRACING_LINES, Template
from tests.environment_writer import open_stream, publish
from tests.event_ingestor.config_writer import ConfigWriter, sdk_key

KEY = "bench-key"
NOT_VARIED = (
    "the SDK key",
    "flags, metrics and experiments (one each)",
    "the share of exposures and metric events (half and half)",
    "the names of headers and their order",
)
_TEMPLATES_MAX = 64
_EVENTS_IN_TEMPLATES = 6400
_FIELD = "%016x"
_COUNTRIES = ("DE", "FR", "US", "IT", "BR")
_PLANS = ("pro", "team", "free")
_CURRENCIES = ("EUR", "USD", "GBP")


def event_templates(events: int, *, tracing: str = "constant", now: float) -> list[Template]:
    """Batches of so many events. `tracing`: headers `new` in each request, or `constant`. `now`: epoch seconds."""
    chance = random.Random(1)
    count = max(1, min(_TEMPLATES_MAX, _EVENTS_IN_TEMPLATES // events))
    return [_template(events, tracing, round(now * 1000), chance) for _ in range(count)]


async def publish_environment(bus: Bus) -> None:
    """The environment of the key, with all that events name, so that nothing is warned of."""
    writer = ConfigWriter("bench")
    writer.version = 1
    environment = pb.Environment(
        key="bench", organization_id="organization", project_id="project", sdk_keys=[sdk_key(KEY)]
    )
    entries = [
        writer.entity("environment", writer.environment_id, environment=environment),
        writer.entity("flag", "new-checkout", flag=b'{"variations": {"on": true, "off": false}}'),
        writer.entity("experiment", "checkout-test", experiment=pb.Experiment()),
        writer.entity("metric", "purchase", metric=pb.Metric(event="purchase")),
    ]
    await open_stream(bus)
    await publish(bus, [*entries, writer.manifest()])


def _template(events: int, tracing: str, now: int, chance: random.Random) -> Template:
    batch = [_event(index, now, chance) for index in range(events)]
    body = json.dumps(batch, separators=(",", ":"))
    value = _FIELD if tracing == "new" else f"{7:016x}"
    lines = [
        "POST /v1/events HTTP/1.1",
        "Host: localhost",
        "User-Agent: bench/1",
        "Content-Type: application/json",
        f"Authorization: Bearer {KEY}",
        f"Content-Length: {len(body.replace(_FIELD, f'{0:016x}'))}",
        *(line.format(value) for line in TRACING_LINES),
    ]
    text = "\r\n".join(lines) + "\r\n\r\n" + body
    return Template(text.encode(), text.count(_FIELD))


def _event(index: int, now: int, chance: random.Random) -> dict[str, object]:
    """The even ones are exposures, the others metric events."""
    event: dict[str, object] = {
        "event_id": f"0192f0c1-{_FIELD}-{index:05d}",
        "timestamp": now - chance.randrange(60_000),
        "user_key": f"user-{chance.randrange(1_000_000)}",
    }
    if index % 2:
        event |= {"type": "metric", "metric": "purchase", "value": chance.randrange(1, 10_000) / 100}
        event |= {"properties": _shuffled({"currency": chance.choice(_CURRENCIES), "items": 3}, chance)}
    else:
        event |= {"type": "exposure", "flag": "new-checkout", "variation": chance.choice(("on", "off"))}
        event |= {"experiment": "checkout-test", "config_version": 17}
        context = {"country": chance.choice(_COUNTRIES), "plan": chance.choice(_PLANS), "age": chance.randrange(14, 90)}
        event |= {"context": _shuffled(context, chance)}
    return _shuffled(event, chance)


def _shuffled(fields: dict[str, object], chance: random.Random) -> dict[str, object]:
    order = list(fields)
    chance.shuffle(order)
    return {name: fields[name] for name in order}
