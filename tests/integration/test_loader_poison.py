"""One bad row among many: the others land, and it becomes one dead letter with its reason and its bytes."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from analytics.loading.replay import listed, replay
from analytics.warehouse.client import Warehouse
from messages.generated.event_pb2 import EventBatch
from messages.subjects import DEAD_LETTERS, events_stream, events_subject
from streams import StreamRefused, StreamSpec
from streams.memory import MemoryBus

from tests.integration.loader_run import OPTIONS, load

RECEIVED_AT = 1_767_607_200_000
ROWS = 10_000


def line(number: int, **changes: object) -> bytes:
    return msgspec.json.encode(
        {
            "event_id": f"m{number}",
            "timestamp": RECEIVED_AT,
            "user_key": f"user-{number}",
            "metric": "purchase",
            "value": 1.5,
            "properties": {},
        }
        | changes
    )


def batch(lines: list[bytes]) -> bytes:
    message = EventBatch(
        batch_id="b",
        organization_id="org-1",
        project_id="project-1",
        environment_id="env-1",
        received_at=RECEIVED_AT,
        metrics=b"\n".join(lines),
    )
    return message.SerializeToString()


@pytest.fixture
async def bus() -> MemoryBus:
    bus = MemoryBus()
    await bus.ensure_stream(events_stream())
    return bus


async def stored(warehouse: Warehouse) -> int:
    return int((await warehouse.rows("SELECT uniqExact(event_id) AS events FROM events_metric", {}))[0]["events"])


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(b'{"event_id": "x", "user_key": "\xff\xfe"}', id="bad UTF-8"),
        pytest.param(line(0).replace(b"1.5", b"NaN"), id="NaN"),
        pytest.param(line(0).replace(b"1.5", b"1e999"), id="infinity"),
        pytest.param(line(0, timestamp=253_370_764_800_000), id="year 9999"),
        pytest.param(line(0, value="twelve"), id="wrong type"),
        pytest.param(line(0, properties={"blob": "x" * 2 * 1024 * 1024}), id="2 MiB"),
        pytest.param(line(0, properties=[1]), id="properties that are no object"),
        pytest.param(b'{"event_id": "cut', id="torn JSON"),
    ],
)
async def test_a_malformed_event_harms_only_itself(bus: MemoryBus, warehouse: Warehouse, poison: bytes) -> None:
    lines = [line(number) for number in range(1, ROWS)]
    lines.insert(4321, poison)
    await bus.publish(events_subject("env-1"), batch(lines))

    await load(bus, warehouse)

    assert await stored(warehouse) == ROWS - 1
    letters = await listed(bus, "env-1", 10)
    assert [(each.reason, each.letter.raw, each.letter.kind) for each in letters] == [
        ("malformed_event", poison, "metric")
    ]
    assert letters[0].letter.detail
    assert letters[0].letter.organization_id == "org-1"


async def test_a_row_that_clickhouse_refuses_is_found_and_set_aside(bus: MemoryBus, warehouse: Warehouse) -> None:
    await warehouse.command("ALTER TABLE events_metric ADD CONSTRAINT small CHECK ifNull(value, 0) < 1000")
    lines = [line(number) for number in range(1, ROWS)]
    lines.insert(7000, line(0, value=5000.0))
    await bus.publish(events_subject("env-1"), batch(lines))

    await load(bus, warehouse)

    assert await stored(warehouse) == ROWS - 1
    letters = await listed(bus, "env-1", 10)
    assert [(each.reason, each.letter.raw) for each in letters] == [("refused_by_store", line(0, value=5000.0))]
    assert "469" in letters[0].letter.detail


async def test_a_message_that_is_no_batch_is_kept_whole(bus: MemoryBus, warehouse: Warehouse) -> None:
    await bus.publish(events_subject("env-1"), b"\xff\xff nothing of ours")
    await bus.publish(events_subject("env-1"), batch([line(1)]))

    await load(bus, warehouse)

    assert await stored(warehouse) == 1
    assert [(each.reason, each.letter.raw) for each in await listed(bus, "env-1", 10)] == [
        ("undecodable", b"\xff\xff nothing of ours")
    ]


async def test_redelivered_poison_is_one_letter(bus: MemoryBus, warehouse: Warehouse) -> None:
    await bus.publish(events_subject("env-1"), batch([line(1), b"no event"]))
    await load(bus, warehouse)
    letters_before = (await bus.state(DEAD_LETTERS)).messages
    await load(bus, warehouse, replace(OPTIONS, durable="another-loader"))

    assert letters_before == (await bus.state(DEAD_LETTERS)).messages == 1


async def test_a_replayed_letter_lands_once_its_cause_is_gone(bus: MemoryBus, warehouse: Warehouse) -> None:
    await warehouse.command("ALTER TABLE events_metric ADD CONSTRAINT small CHECK ifNull(value, 0) < 1000")
    await bus.publish(events_subject("env-1"), batch([line(1), line(2, value=5000.0)]))
    await load(bus, warehouse)
    await warehouse.command("ALTER TABLE events_metric DROP CONSTRAINT small")

    assert await replay(bus, "env-1", 10) == 1
    await load(bus, warehouse)

    assert await stored(warehouse) == 2
    assert await listed(bus, "env-1", 10) == []


class NoRoomForLetters(MemoryBus):
    """Has no room for DEAD_LETTERS until it is `roomy`."""

    roomy = False

    async def ensure_stream(self, spec: StreamSpec) -> str | None:
        if spec.name == DEAD_LETTERS and not self.roomy:
            raise StreamRefused("insufficient storage resources available")
        return await super().ensure_stream(spec)


async def test_events_land_while_there_is_no_room_for_dead_letters(warehouse: Warehouse) -> None:
    bus = NoRoomForLetters()
    await bus.ensure_stream(events_stream())
    await bus.publish(events_subject("env-1"), batch([line(number) for number in range(10)]))
    await load(bus, warehouse)
    assert await stored(warehouse) == 10
    await bus.publish(events_subject("env-1"), batch([b"torn", line(10)]))
    bus.roomy = True
    await load(bus, warehouse)
    assert await stored(warehouse) == 11
    assert [each.letter.raw for each in await listed(bus, "env-1", 10)] == [b"torn"]
