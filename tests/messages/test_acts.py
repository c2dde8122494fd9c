"""An act is on its stream before it is done; the stream is made when it is missing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from messages.acts import NOBODY, Act, ActLog, Author
from messages.generated.act_pb2 import Act as ActMessage
from messages.subjects import ACTS, acts_stream
from service_kit.clock import ManualClock
from streams import BusUnavailable, StreamMissing
from streams.memory import MemoryBus

AUTHOR = Author("user", "u1", "anna@example.com")
ERASURE = Act(
    organization_id="o1", project_id="p1", entity="user", entity_key="a", action="erase", after={"rows": 3, "of": None}
)


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def log(bus: MemoryBus) -> ActLog:
    return ActLog(bus, acts_stream(), ManualClock(1_000))


async def stored(bus: MemoryBus) -> list[ActMessage]:
    return [ActMessage.FromString(each.payload) for each in await bus.read_all(ACTS, "acts.>")]


async def test_what_is_written_says_who_did_what_when(bus: MemoryBus, log: ActLog) -> None:
    await log.write(AUTHOR, ERASURE)
    (act,) = await stored(bus)
    assert (act.organization_id, act.project_id, act.at) == ("o1", "p1", 1_000)
    assert (act.actor_kind, act.actor_id, act.actor_name) == ("user", "u1", "anna@example.com")
    assert (act.entity, act.entity_key, act.action) == ("user", "a", "erase")
    assert (act.before, json.loads(act.after)) == (b"", {"rows": 3, "of": None})


async def test_each_act_has_an_id_of_its_own(bus: MemoryBus, log: ActLog) -> None:
    for organization in ("o1", "o2"):
        await log.write(Author("system", NOBODY), replace(ERASURE, organization_id=organization))
    assert len({act.act_id for act in await stored(bus)}) == 2


async def test_an_act_that_is_not_stored_is_told_and_the_next_one_is(bus: MemoryBus, log: ActLog) -> None:
    bus.connected = False
    with pytest.raises(BusUnavailable):
        await log.write(AUTHOR, ERASURE)
    bus.connected = True
    with pytest.raises(StreamMissing):
        await stored(bus)
    await log.write(AUTHOR, ERASURE)
    assert len(await stored(bus)) == 1
