"""The catalog follows the CONFIG stream, version by version, and shows nothing to strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import pytest
from actors.environments import EnvironmentNotFound
from actors.roles_before import rights_before
from analytics.catalog.catalog import Catalog, ExperimentNotFound, FlagNotFound
from analytics.catalog.feed import CatalogFeed
from bucketing.flagset import Experiment, ExperimentMode, Fixed, Flag, FlagType, Share
from messages.documents import experiment_document, flag_document
from messages.follower_telemetry import FollowerTelemetry
from messages.generated import config_pb2 as pb
from messages.subjects import config_stream
from prometheus_client import CollectorRegistry
from streams.memory import MemoryBus

from tests.environment_writer import EnvironmentWriter, publish
from tests.waiting import until

FLAG = Flag("f", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"))


class Publisher(EnvironmentWriter):
    """Publishes whole versions of one environment."""

    def __init__(self, bus: MemoryBus, environment_id: str) -> None:
        super().__init__(environment_id)
        self._bus = bus

    async def version_of(self, **entities: Any) -> None:
        """`kind__key=message` sets an entity, None removes it."""
        self.version += 1
        messages = [self._message(name, entity) for name, entity in entities.items()]
        await publish(self._bus, [*messages, self.manifest()])

    def _message(self, name: str, entity: Any) -> tuple[str, bytes]:
        kind, key = name.split("__")
        if entity is None:
            return self.gone(kind, key)
        content = flag_document(entity) if isinstance(entity, Flag) else entity
        return self.entity(kind, key, **{kind: content})


def environment(organization: str, key: str = "production") -> pb.Environment:
    return pb.Environment(key=key, project_id=f"p-{organization}", project_key="shop", organization_id=organization)


def experiment(key: str, start_at: int = 1) -> pb.Experiment:
    halves = (Share("on", 5000), Share("off", 5000))
    document = experiment_document(Experiment(key, "f", ExperimentMode.ASSIGNS, halves, start_at))
    return pb.Experiment(id=f"id-{key}", status=pb.EXPERIMENT_STATUS_RUNNING, document=document)


@pytest.fixture
async def bus() -> MemoryBus:
    bus = MemoryBus()
    await bus.ensure_stream(config_stream())
    return bus


@pytest.fixture
async def catalog(bus: MemoryBus) -> AsyncIterator[Catalog]:
    catalog = Catalog()
    feed = CatalogFeed(catalog, FollowerTelemetry(CollectorRegistry()))

    async def check() -> None:
        while True:
            await feed.check(bus)
            await bus.changed_within(0.05)

    running = [asyncio.create_task(feed.follow(bus)), asyncio.create_task(check())]
    yield catalog
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_a_catalog_of_nothing_is_not_ready_and_says_why(bus: MemoryBus, catalog: Catalog) -> None:
    await until(lambda: "CONFIG is empty" in catalog.lack)
    assert not catalog.ready
    await Publisher(bus, "e1").version_of(environment__production=environment("o1"))
    await until(lambda: catalog.ready)


async def test_experiments_metrics_and_flags_arrive_with_their_version(bus: MemoryBus, catalog: Catalog) -> None:
    publisher = Publisher(bus, "e1")
    metric = pb.Metric(id="m1", key="revenue", aggregation=pb.AGGREGATION_SUM, direction=pb.DIRECTION_LOWER_IS_BETTER)
    await publisher.version_of(
        environment__production=environment("o1"), experiment__a=experiment("a"), metric__revenue=metric, flag__f=FLAG
    )
    await until(lambda: catalog.ready and catalog.metric("e1", "revenue"))

    found = catalog.experiment(["e1"], "id-a")
    where = catalog.environment(["e1"], "shop", "production")

    assert (found.key, found.environment_id, found.control, found.plan.alpha) == ("a", "e1", "on", 0.05)
    assert catalog.experiment_by_key(where, "a") == found
    assert catalog.flag_variations(where, "f") == ("on", "off")
    revenue = catalog.metric("e1", "revenue")
    assert revenue is not None
    assert (revenue.event, revenue.higher_is_better) == ("revenue", False)


async def test_strangers_get_the_same_answer_as_for_what_is_absent(bus: MemoryBus, catalog: Catalog) -> None:
    await Publisher(bus, "e1").version_of(environment__production=environment("o1"), experiment__a=experiment("a"))
    await until(lambda: catalog.ready and catalog.entries("e1").environment)

    with pytest.raises(ExperimentNotFound) as of_stranger:
        catalog.experiment(["e2"], "id-a")
    with pytest.raises(ExperimentNotFound) as of_absent:
        catalog.experiment(["e1"], "id-b")
    assert str(of_stranger.value) == str(of_absent.value)
    with pytest.raises(EnvironmentNotFound):
        catalog.environment(["e2"], "shop", "production")


async def test_a_key_that_two_projects_have_needs_the_id(bus: MemoryBus, catalog: Catalog) -> None:
    await Publisher(bus, "e1").version_of(environment__production=environment("o1"))
    await Publisher(bus, "e2").version_of(environment__production=environment("o2"))
    await until(lambda: catalog.ready and catalog.entries("e2").environment)

    with pytest.raises(EnvironmentNotFound):
        catalog.environment(["e1", "e2"], "shop", "production")
    assert catalog.environment(["e1", "e2"], "p-o2", "production").id == "e2"


async def test_an_experiment_is_found_by_a_key_that_only_it_has(bus: MemoryBus, catalog: Catalog) -> None:
    await Publisher(bus, "e1").version_of(environment__production=environment("o1"), experiment__a=experiment("a"))
    await Publisher(bus, "e2").version_of(environment__production=environment("o2"), experiment__a=experiment("a"))
    await until(lambda: catalog.ready and catalog.entries("e2").environment)

    assert catalog.experiment(["e2"], "a").environment_id == "e2"
    with pytest.raises(ExperimentNotFound):
        catalog.experiment(["e1", "e2"], "a")


async def test_changes_and_removals_arrive(bus: MemoryBus, catalog: Catalog) -> None:
    publisher = Publisher(bus, "e1")
    await publisher.version_of(environment__production=environment("o1"), experiment__a=experiment("a"), flag__f=FLAG)
    await until(lambda: catalog.ready and catalog.entries("e1").environment)
    await publisher.version_of(experiment__a=experiment("a", start_at=5), flag__f=None)
    await until(lambda: catalog.experiment(["e1"], "id-a").start_at == 5)

    with pytest.raises(FlagNotFound):
        catalog.flag_variations(catalog.environment(["e1"], "shop", "production"), "f")


async def test_an_entity_that_can_not_be_read_leaves_the_others(bus: MemoryBus, catalog: Catalog) -> None:
    await Publisher(bus, "e1").version_of(
        environment__production=environment("o1"),
        experiment__a=experiment("a"),
        metric__odd=pb.Metric(id="m", key="odd", aggregation=cast("pb.Aggregation", 99)),
    )
    await until(lambda: catalog.ready and catalog.entries("e1").environment)

    assert catalog.experiment(["e1"], "id-a").key == "a"
    assert catalog.metric("e1", "odd") is None


async def test_what_can_not_be_read_any_more_stays_as_it_was(bus: MemoryBus, catalog: Catalog) -> None:
    publisher = Publisher(bus, "e1")
    metric = pb.Metric(id="m", key="m", aggregation=pb.AGGREGATION_CONVERSION)
    await publisher.version_of(environment__production=environment("o1"), metric__m=metric)
    await until(lambda: catalog.metric("e1", "m"))
    odd = pb.Metric(id="m", key="m", aggregation=cast("pb.Aggregation", 99))
    await publisher.version_of(metric__m=odd, flag__f=FLAG)
    await until(lambda: "f" in catalog.entries("e1").flags)

    found = catalog.metric("e1", "m")
    assert found is not None
    assert found.aggregation.name == "conversion"


async def test_a_version_that_was_missed_is_found_by_asking(bus: MemoryBus) -> None:
    catalog = Catalog()
    feed = CatalogFeed(catalog, FollowerTelemetry(CollectorRegistry()))
    publisher = Publisher(bus, "e1")
    await publisher.version_of(environment__production=environment("o1"), experiment__a=experiment("a"))
    following = asyncio.create_task(feed.follow(bus))
    await until(lambda: catalog.ready)
    following.cancel()
    await asyncio.wait([following])
    await publisher.version_of(experiment__a=None, experiment__b=experiment("b"))
    for _ in range(2):
        await feed.check(bus)

    assert list(catalog.entries("e1").experiments) == ["b"]


async def test_what_is_published_about_members_counts_before_the_sign_in(bus: MemoryBus, catalog: Catalog) -> None:
    joined, left = UUID(int=1), UUID(int=2)
    members = [
        pb.Member(user_id=joined.bytes, role="developer", session_generation=4),
        pb.Member(user_id=b"short", role="owner", session_generation=9),
    ]
    published = environment("o1")
    published.members.extend(members)
    await Publisher(bus, "e1").version_of(environment__production=published)
    await Publisher(bus, "e2").version_of(environment__production=environment("o2"))
    await until(lambda: catalog.ready and catalog.entries("e2").environment)

    assert catalog.access.rights_of(str(joined), {}) == {"e1": rights_before("developer")}
    assert catalog.access.rights_of(str(left), {"o1": "owner", "o2": "viewer"}) == {"e2": rights_before("viewer")}
    assert [catalog.access.session_generation_of(str(each)) for each in (joined, left)] == [4, 0]
