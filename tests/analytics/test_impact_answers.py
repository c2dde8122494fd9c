"""Previews are answered over the bus from what CONFIG has, to the organization whose environment it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from analytics.impact.answers import ImpactAnswers
from analytics.impact.sample import Samples
from analytics.impact.served import ServedEnvironments
from analytics.warehouse.contexts import SampleSize
from analytics.warehouse.errors import WarehouseUnavailable
from bucketing.flagset import Fixed, Flag, FlagType
from messages.documents import flag_document
from messages.generated import config_pb2 as pb
from messages.generated.impact_pb2 import ChangedEntry, ImpactReply, ImpactRequest, ImpactTrouble
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from streams.memory import MemoryBus

from tests.environment_writer import EnvironmentWriter, open_stream, publish

ENVIRONMENT = "7d3f5b1e-0000-4000-8000-000000000001"


class Contexts:
    """Two users, until the store is away."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.away = False

    async def recent(self, environment: dict[str, Any], most: SampleSize) -> tuple[int, list[dict[str, Any]]]:
        self.asked.append({**environment, "limit": most.units})
        if self.away:
            raise WarehouseUnavailable("no answer")
        return 2, [{"user_key": key, "contexts": [(1, "checkout", "{}")]} for key in ("u1", "u2")]


def flag(serves: str) -> bytes:
    made = Flag("checkout", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed(serves))
    return flag_document(made)


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    made, writer = MemoryBus(), EnvironmentWriter(ENVIRONMENT)
    await open_stream(made)
    writer.version = 1
    environment = pb.Environment(key="production", organization_id="acme", salt="salt")
    entries = [writer.entity("environment", "production", environment=environment)]
    entries.append(writer.entity("flag", "checkout", flag=flag("off")))
    await publish(made, [*entries, writer.manifest()])
    yield made
    await made.close()


async def test_whoever_asks_for_another_organization_is_told_nothing(bus: MemoryBus) -> None:
    contexts, clock = Contexts(), ManualClock()
    samples: Any = Samples(contexts, clock, days=7, units_max=100)  # type: ignore[arg-type] # it has what is asked
    answers = ImpactAnswers(
        environments=ServedEnvironments(bus), samples=samples, clock=clock, registry=CollectorRegistry()
    )

    async def asked(content: bytes, organization: str = "acme", environment: str = ENVIRONMENT) -> ImpactReply:
        request = ImpactRequest(
            organization_id=organization,
            environment_id=environment,
            changed=[ChangedEntry(kind="flag", key="checkout", content=content)],
        )
        return ImpactReply.FromString(await answers.answer(request.SerializeToString()))

    on = pb.ConfigMessage(environment_id=ENVIRONMENT, flag=flag("on")).SerializeToString()
    for reply in (await asked(on, organization="other"), await asked(on, environment="none")):
        assert ImpactTrouble.Name(reply.trouble) == "IMPACT_TROUBLE_NOT_SERVED"
    assert contexts.asked == []
    assert ImpactTrouble.Name((await asked(b"\xff")).trouble) == "IMPACT_TROUBLE_UNREADABLE"

    told = await asked(on)
    assert (told.trouble, told.units, told.changed, told.served_version) == (0, 2, 2, 1)
    assert told.config_bytes > 0
    assert (await asked(b"")).flags[0].moves[0].after == "", "it would be gone"
    assert [each["organization"] for each in contexts.asked] == ["acme"], "a sample is held for a minute"

    contexts.away = True
    clock.advance(61)
    assert ImpactTrouble.Name((await asked(on)).trouble) == "IMPACT_TROUBLE_NO_STORE"
