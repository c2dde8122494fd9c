"""The publisher over a bus that fails at every possible place: whatever happens, trying again ends complete."""

from __future__ import annotations

import json

import pytest
from control_plane.publishing.compiler import CompiledEnvironment
from control_plane.publishing.entries import content_of, published_entry
from control_plane.publishing.publisher import BehindTheBus, Fenced, Publisher
from messages.documents import canonical
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Update
from messages.subjects import CONFIG, config_filter, config_stream, config_subject
from service_kit.clock import ManualClock
from streams import Bus, BusUnavailable

from tests.control_plane.publishing.compiled_flags import ID, Fate, LosingBus, flags


class FailingBus(LosingBus):
    """Fails at one publish, counted from 1."""

    def __init__(self) -> None:
        super().__init__(self._next)
        self.publishes = 0
        self.fail_at = 0
        self.failure: Fate = "lost"

    def _next(self) -> Fate:
        self.publishes += 1
        return self.failure if self.publishes == self.fail_at else "stored"


async def held(bus: Bus) -> tuple[Update, dict[str, str]]:
    staging = ConfigStaging()
    answer = None
    for each in await bus.read_all(CONFIG, config_filter(ID)):
        answer = staging.accept(each.subject, each.payload)
    assert isinstance(answer, Update), answer
    documents = [json.loads(each.flag) for each in answer.changed.values() if each is not None]
    return answer, {each["key"]: each.get("off_variation", "") for each in documents}


async def persistently(bus: FailingBus, compiled: CompiledEnvironment, epoch: int) -> Publisher:
    """As the relay does it: after an error it begins its term again."""
    for _ in range(3):
        publisher = Publisher(bus=bus, clock=ManualClock(), epoch=epoch)
        try:
            await publisher.take_over([ID])
            await publisher.publish(compiled)
        except BusUnavailable:
            continue
        return publisher
    raise AssertionError("one failure, three attempts")


@pytest.mark.parametrize("failure", ["lost", "unanswered"])
@pytest.mark.parametrize("place", range(1, 10))
async def test_a_failure_at_any_place_is_made_good(failure: Fate, place: int) -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    await persistently(bus, flags(1, a="1", b="1", c="1"), epoch=1)
    bus.publishes, bus.fail_at, bus.failure = 0, place, failure
    await persistently(bus, flags(2, a="1", b="2", d="2"), epoch=2)
    await persistently(bus, flags(3, a="3", d="2"), epoch=2)
    update, values = await held(bus)
    assert (update.version, update.epoch, values) == (3, 2, {"a": "3", "d": "2"})
    assert bus.publishes >= place


async def test_a_failed_publication_is_tried_again_by_the_same_publisher() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    publisher = await persistently(bus, flags(1, a="1"), epoch=1)
    bus.publishes, bus.fail_at, bus.failure = 0, 2, "unanswered"
    with pytest.raises(BusUnavailable):
        await publisher.publish(flags(2, a="2"))
    await publisher.publish(flags(2, a="2"))
    assert (await held(bus))[1] == {"a": "2"}


async def test_what_is_invalid_stays_as_it_was_published() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    publisher = await persistently(bus, flags(1, a="1", b="1"), epoch=1)
    broken = config_subject(ID, "flag", "b")
    good = flags(2, a="2")
    await publisher.publish(CompiledEnvironment(ID, 2, good.entries, {broken: "does not compile"}))
    assert (await held(bus))[1] == {"a": "2", "b": "1"}
    await publisher.publish(flags(3, a="2"))
    assert (await held(bus))[1] == {"a": "2"}


async def test_a_version_below_the_stream_is_refused() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    publisher = await persistently(bus, flags(5, a="1"), epoch=1)
    with pytest.raises(BehindTheBus) as refused:
        await publisher.publish(flags(4, a="2"))
    assert refused.value.version == 5
    assert (await held(bus))[1] == {"a": "1"}


async def test_an_earlier_term_ends_at_its_next_write() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    earlier = await persistently(bus, flags(1, a="1"), epoch=1)
    await persistently(bus, flags(2, a="2"), epoch=2)
    with pytest.raises(Fenced):
        await earlier.publish(flags(3, a="3", ghost="3"))
    with pytest.raises(Fenced):
        await earlier.publish(flags(3, a="3"))
    assert (await held(bus))[1] == {"a": "2"}


async def test_the_same_version_again_writes_nothing() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    publisher = await persistently(bus, flags(1, a="1"), epoch=1)
    before = bus.publishes
    publication = await publisher.publish(flags(1, a="1"))
    assert (publication.changed, publication.removed, bus.publishes) == (0, 0, before)


def test_an_unreadable_message_has_no_content_and_a_tombstone_none() -> None:
    assert published_entry(b"\xff").content == b""
    message = ConfigMessage(environment_id=ID, version=1)
    message.tombstone.SetInParent()
    assert published_entry(message.SerializeToString()).content is None


async def test_what_changes_no_answer_keeps_the_version_that_did_whoever_leads() -> None:
    bus = FailingBus()
    await bus.ensure_stream(config_stream())

    def described(version: int, description: str, *, enabled: bool) -> CompiledEnvironment:
        document = {"key": "a", "enabled": enabled, "description": description, "rules": []}
        content = content_of(ConfigMessage(environment_id=ID, flag=canonical(document)))
        return CompiledEnvironment(ID, version, {config_subject(ID, "flag", "a"): content})

    stamps = []
    for version, (description, enabled) in enumerate([("", True), ("new", True), ("newer", True), ("newer", False)], 1):
        await persistently(bus, described(version, description, enabled=enabled), epoch=version)
        message = next(iter((await held(bus))[0].changed.values()), None)
        assert message is not None
        stamps.append((message.version, message.answers_version))
    assert stamps == [(1, 1), (2, 1), (3, 1), (4, 4)]


async def test_a_stream_that_lost_its_end_ends_the_term() -> None:
    """What was acknowledged of another environment is gone, though nothing that is written now shows it."""
    bus = FailingBus()
    await bus.ensure_stream(config_stream())
    publisher = await persistently(bus, flags(1, a="1"), epoch=1)
    publisher._last_sequence += 2
    with pytest.raises(Fenced, match="lost its end"):
        await publisher.publish(flags(2, a="2"))
