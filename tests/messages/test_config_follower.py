"""A follower brings each environment to its newest whole version, whatever is lost, refused or cut off on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from messages.config_follower import ConfigFollower
from messages.follower_telemetry import FollowerTelemetry
from messages.rereads import Rereads
from messages.subjects import config_stream, config_subject, manifest_subject, parse_config_subject
from prometheus_client import CollectorRegistry
from service_kit.traces import read_traceparent
from streams import Delivered
from streams.jetstream import JetStreamBus
from streams.memory import MemoryBus

from tests.messages.config_writer import ENVIRONMENT, Writer
from tests.messages.followed import Clock, Flags, Followed, Heard, TroubledBus
from tests.recorded_traces import recorded_traces, some_traceparent
from tests.waiting import until

OTHER = "e2"


@pytest.fixture
async def bus() -> TroubledBus:
    made = TroubledBus()
    await made.ensure_stream(config_stream())
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def followed(bus: TroubledBus, clock: Clock) -> AsyncIterator[Followed]:
    made = Followed(bus, clock)
    yield made
    await made.stop()


@pytest.fixture
def writer() -> Writer:
    return Writer()


async def test_what_the_stream_holds_is_applied_before_it_is_caught_up(bus: TroubledBus, clock: Clock) -> None:
    await Writer("e1").publish(bus, a=True)
    await Writer("e2").publish(bus, b=False)
    followed = Followed(bus, clock)
    await until(lambda: followed.flags.ready)
    assert followed.flags.environments == {"e1": {"a": True}, "e2": {"b": False}}
    await followed.stop()


async def test_a_version_that_comes_is_applied_in_the_trace_of_its_change(
    bus: TroubledBus, clock: Clock, writer: Writer
) -> None:
    before, after = some_traceparent(), some_traceparent()

    async def write(trace: str, *, on: bool) -> None:
        for subject, payload in writer.write(a=on):
            await bus.publish(subject, payload, trace=trace)

    await write(before, on=True)
    with recorded_traces() as recorded:
        followed = Followed(bus, clock)
        await until(lambda: followed.flags.ready)
        assert recorded.spans == []
        await write(after, on=False)
        await until(lambda: recorded.spans)
        await followed.stop()
    (apply,) = recorded.spans
    assert (apply.name, apply.request.parent) == ("config apply", read_traceparent(after))
    assert apply.attributes == {"verdict.environment_id": ENVIRONMENT, "verdict.version": 2}


async def test_a_version_that_never_came_is_read_in_the_second_round(
    bus: TroubledBus, followed: Followed, writer: Writer
) -> None:
    await writer.publish(bus, a=True)
    await followed.serves(ENVIRONMENT, a=True)
    bus.lost = {config_subject(ENVIRONMENT, "flag", "a"), manifest_subject(ENVIRONMENT)}
    await writer.publish(bus, a=False)
    await followed.check()
    assert (followed.heard.rereads, followed.flags.environments[ENVIRONMENT]) == (0, {"a": True})
    await followed.check()
    assert followed.flags.environments[ENVIRONMENT] == {"a": False}
    await followed.check(2)
    assert (followed.heard.rereads, followed.heard.rounds) == (1, [ENVIRONMENT] * 2)


async def test_a_digest_that_differs_is_read_anew_in_the_next_round(
    bus: TroubledBus, followed: Followed, writer: Writer
) -> None:
    await writer.publish(bus, a=True)
    await followed.serves(ENVIRONMENT, a=True)
    bus.lost = {config_subject(ENVIRONMENT, "flag", "b")}
    await writer.publish(bus, b=True)
    await until(lambda: followed.heard.mismatches)
    assert followed.flags.environments[ENVIRONMENT] == {"a": True}
    await followed.check()
    assert followed.flags.environments[ENVIRONMENT] == {"a": True, "b": True}


async def test_what_does_not_fit_is_read_with_growing_pauses_until_it_does(
    bus: TroubledBus, followed: Followed, clock: Clock, writer: Writer
) -> None:
    await writer.publish(bus, a=True)
    await followed.serves(ENVIRONMENT, a=True)
    entry, manifest = writer.write(b=True)
    await bus.publish(*manifest)
    await until(lambda: followed.heard.mismatches)
    read_at = []
    for tick in range(1200):
        clock.seconds = tick / 10
        before = followed.heard.rereads
        await followed.check()
        if followed.heard.rereads > before:
            read_at.append(clock.seconds)
    assert read_at == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5]
    assert followed.flags.environments[ENVIRONMENT] == {"a": True}
    for message in (entry, manifest):
        await bus.publish(*message)
    clock.seconds += 30
    await followed.check()
    assert followed.flags.environments[ENVIRONMENT] == {"a": True, "b": True}


def test_pauses_are_spread() -> None:
    def second_read_at(chance: float) -> float:
        clock = Clock()
        rereads = Rereads(clock, lambda: chance)
        rereads.ask(ENVIRONMENT)
        assert rereads.due(ENVIRONMENT)
        while not rereads.due(ENVIRONMENT):
            clock.seconds += 0.125
        return clock.seconds

    assert [second_read_at(chance) for chance in (0, 0.5, 1)] == [0.375, 0.5, 0.625]


async def test_reading_one_environment_holds_up_no_other(bus: TroubledBus, followed: Followed, writer: Writer) -> None:
    await writer.publish(bus, a=True)
    other = Writer(OTHER)
    await other.publish(bus, x=True)
    await followed.serves(OTHER, x=True)
    bus.lost = {config_subject(ENVIRONMENT, "flag", "b")}
    await writer.publish(bus, b=True)
    await until(lambda: followed.heard.mismatches)
    bus.lost = set()
    bus.readable.clear()
    round_ = asyncio.create_task(followed.check())
    await bus.reading.wait()
    await writer.publish(bus, c=True)
    await other.publish(bus, x=False)
    await followed.serves(OTHER, x=False)
    assert followed.flags.environments[ENVIRONMENT] == {"a": True}
    bus.readable.set()
    await round_
    assert followed.flags.environments[ENVIRONMENT] == {"a": True, "b": True, "c": True}
    assert followed.flags.applied[-2:] == [(ENVIRONMENT, 2), (ENVIRONMENT, 3)]


async def test_an_environment_that_can_not_be_read_is_no_obstacle_to_the_next(
    bus: TroubledBus, followed: Followed
) -> None:
    writers = {each: Writer(each) for each in (ENVIRONMENT, OTHER)}
    bus.lost = {config_subject(each, "flag", "a") for each in writers}
    for writer in writers.values():
        await writer.publish(bus, a=True)
    await until(lambda: followed.heard.mismatches == 2)
    bus.unreadable = {ENVIRONMENT}
    await followed.check()
    assert followed.flags.environments == {OTHER: {"a": True}}
    assert followed.heard.rereads == 2


async def test_a_round_cut_off_while_it_reads_leaves_nothing_behind(
    bus: TroubledBus, followed: Followed, clock: Clock, writer: Writer
) -> None:
    bus.lost = {config_subject(ENVIRONMENT, "flag", "a")}
    await writer.publish(bus, a=True)
    await until(lambda: followed.heard.mismatches)
    bus.lost = set()
    bus.readable.clear()
    round_ = asyncio.create_task(followed.check())
    await bus.reading.wait()
    await writer.publish(bus, b=True)
    round_.cancel()
    await asyncio.wait([round_])
    bus.readable.set()
    await writer.publish(bus, c=True)
    clock.seconds += 1
    await until(lambda: followed.heard.mismatches > 1)
    await followed.check()
    assert followed.flags.environments[ENVIRONMENT] == {"a": True, "b": True, "c": True}


@pytest.mark.parametrize("cut_off", ["follow", "check"])
async def test_an_application_cut_off_is_made_up_for(
    bus: TroubledBus, followed: Followed, clock: Clock, writer: Writer, cut_off: str
) -> None:
    await writer.publish(bus, a=True, b=True)
    await followed.serves(ENVIRONMENT, a=True, b=True)
    followed.flags.let_through.clear()
    if cut_off == "follow":
        await writer.publish(bus, a=False)
        await until(lambda: followed.follower.staging.version(ENVIRONMENT) == 2)
        await followed.stop()
    else:
        bus.lost = {config_subject(ENVIRONMENT, "flag", "a")}
        await writer.publish(bus, a=False)
        await until(lambda: followed.heard.mismatches)
        round_ = asyncio.create_task(followed.check())
        await until(lambda: followed.follower.staging.version(ENVIRONMENT) == 2)
        round_.cancel()
        await asyncio.wait([round_])
    followed.flags.let_through.set()
    assert followed.flags.environments[ENVIRONMENT] == {"a": True, "b": True}
    clock.seconds += 1
    await followed.check()
    assert followed.flags.environments[ENVIRONMENT] == {"a": False, "b": True}


async def test_a_service_that_fails_on_one_version_gets_the_whole_state_again(
    bus: TroubledBus, followed: Followed, clock: Clock, writer: Writer
) -> None:
    await writer.publish(bus, a=True, b=True)
    await followed.serves(ENVIRONMENT, a=True, b=True)
    followed.flags.failing = {ENVIRONMENT}
    await writer.publish(bus, a=False)
    await Writer(OTHER).publish(bus, x=True)
    await followed.serves(OTHER, x=True)
    await followed.check()
    assert (followed.flags.environments[ENVIRONMENT], followed.heard.rounds) == ({"a": True, "b": True}, [OTHER])
    followed.flags.failing = set()
    await writer.publish(bus, c=True)
    clock.seconds += 1
    await until(lambda: followed.heard.mismatches)
    await followed.check(2)
    assert followed.flags.environments[ENVIRONMENT] == {"a": False, "b": True, "c": True}
    assert followed.heard.rounds == [OTHER, OTHER, ENVIRONMENT, OTHER]


async def test_a_stream_made_anew_takes_nothing_away(bus: TroubledBus, followed: Followed, writer: Writer) -> None:
    other = Writer(OTHER)
    await writer.publish(bus, a=True, b=True)
    await other.publish(bus, x=True)
    await followed.serves(OTHER, x=True)
    bus._streams.clear()
    bus.restarts.put_nowait(None)
    await bus.ensure_stream(config_stream())
    await writer.publish(bus, a=None)
    for subject, payload in writer.entries.items():
        await bus.publish(subject, payload)
    await bus.publish(*writer.manifest())
    await followed.serves(ENVIRONMENT, b=True)
    await followed.check(3)
    assert followed.flags.environments == {ENVIRONMENT: {"b": True}, OTHER: {"x": True}}


async def test_broken_messages_are_told_and_change_nothing(
    bus: TroubledBus, followed: Followed, writer: Writer
) -> None:
    await writer.publish(bus, a=True)
    await followed.serves(ENVIRONMENT, a=True)
    for subject in (manifest_subject(ENVIRONMENT), "config.odd"):
        await bus.publish(subject, b"\xff\xff")
    await until(lambda: len(followed.heard.reasons) == 2)
    assert (set(followed.heard.reasons), followed.flags.environments) == ({"undecodable"}, {ENVIRONMENT: {"a": True}})


async def test_a_bus_that_is_away_is_told_once_a_round(bus: TroubledBus, followed: Followed) -> None:
    for environment_id in (ENVIRONMENT, OTHER):
        await Writer(environment_id).publish(bus, a=True)
        await followed.serves(environment_id, a=True)
    bus.connected = False
    await followed.check(2)
    assert followed.heard.rounds == ["away", "away"]
    assert set(followed.flags.environments) == {ENVIRONMENT, OTHER}


async def test_nothing_is_read_anew_before_the_stream_was_read_once(bus: TroubledBus, clock: Clock) -> None:
    writer = Writer()
    await writer.publish(bus, a=True)
    followed = Followed(bus, clock)
    followed.flags.let_through.clear()
    await until(lambda: followed.follower.staging.environment_ids)
    await followed.check(5)
    followed.flags.let_through.set()
    await until(lambda: followed.flags.ready)
    assert (followed.heard.rereads, followed.flags.applied) == (0, [(ENVIRONMENT, 1)])
    await followed.stop()


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_goes_wrong_every_environment_ends_where_its_writer_is(
    bus: TroubledBus, followed: Followed, clock: Clock, seed: int
) -> None:
    """Losses, faults of the service, rounds cut off and followers begun again, at random."""
    chance = random.Random(seed)
    writers = [Writer(f"e{number}") for number in range(3)]
    round_ = asyncio.create_task(followed.check())
    for _ in range(60):
        writer = chance.choice(writers)
        subjects = [config_subject(writer.environment_id, "flag", f"f{number}") for number in range(4)]
        bus.lost = {each for each in (*subjects, manifest_subject(writer.environment_id)) if chance.random() < 0.1}
        followed.flags.failing = {each.environment_id for each in writers if chance.random() < 0.1}
        await writer.publish(bus, **{f"f{chance.randrange(4)}": chance.choice([True, False, None]) for _ in range(2)})
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        clock.seconds += 0.3
        if round_.done() or chance.random() < 0.2:
            round_.cancel()
            await asyncio.wait([round_])
            round_ = asyncio.create_task(followed.check())
        if chance.random() < 0.05:
            await followed.stop()
            followed.start()
    bus.lost, followed.flags.failing = set(), set()
    await asyncio.wait([round_])
    await until(lambda: followed.flags.ready)
    for _ in range(10):
        clock.seconds += 60
        await followed.check()
    held = {each: set(flags) for each, flags in followed.flags.environments.items()}
    assert held == {each.environment_id: {parse_config_subject(key).key for key in each.entries} for each in writers}
    assert followed.flags.versions == {each.environment_id: each.version for each in writers}
    assert sorted(followed.heard.rounds[-3:]) == [each.environment_id for each in writers]


@pytest.mark.parametrize("adapter", ["memory", "jetstream"])
async def test_on_every_bus_it_keeps_up_with_writers_and_heals(
    adapter: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    bus: Any = MemoryBus()
    if adapter == "jetstream":
        bus = await JetStreamBus.connect(request.getfixturevalue("nats_url"), name="test")
    await bus.ensure_stream(config_stream(max_bytes=16 * 1024 * 1024))
    writers = [Writer(uuid4().hex) for _ in range(3)]
    followed = Followed(bus, clock)
    for number in range(10):
        await asyncio.gather(*(writer.publish(bus, a=bool(number % 2), **{f"f{number}": True}) for writer in writers))
    wanted = {"a": True} | {f"f{number}": True for number in range(10)}
    for writer in writers:
        await followed.serves(writer.environment_id, **wanted)
    await followed.stop()
    missed, *_ = writers
    await missed.publish(bus, a=False)
    for _ in range(2):
        await followed.check()
        clock.seconds += 1
    assert followed.flags.environments[missed.environment_id] == wanted | {"a": False}
    await bus.close()


async def test_a_failure_at_one_environment_leaves_the_others_checked() -> None:
    class FailingBus(MemoryBus):
        async def last_message(self, stream: str, subject: str) -> Delivered | None:
            if subject == manifest_subject("bad"):
                raise ValueError("a fault")
            return await super().last_message(stream, subject)

    asked = FailingBus()
    await asked.ensure_stream(config_stream())
    heard = Heard()
    flags = Flags()
    flags.heard = heard
    follower = ConfigFollower(flags, heard)
    for environment in ("bad", ENVIRONMENT):
        for subject, payload in Writer(environment).write(on=True):
            await asked.publish(subject, payload)
            follower.staging.accept(subject, payload)
    await follower.check(asked)
    assert heard.rounds == [ENVIRONMENT]


async def test_a_stream_of_nothing_says_nothing(clock: Clock) -> None:
    bus = TroubledBus()
    followed = Followed(bus, clock)
    await followed.check()
    assert followed.follower.lack == "the bus has no CONFIG; the control plane makes it"
    await bus.ensure_stream(config_stream())
    await until(lambda: followed.follower._caught_up)
    await followed.check(3)
    assert followed.follower.lack == "CONFIG is empty: the control plane has published no environment"
    assert not followed.flags.ready

    await Writer().publish(bus, a=True)
    await followed.serves(ENVIRONMENT, a=True)
    assert not followed.flags.ready
    await followed.check()
    await Writer(OTHER).publish(bus, x=True)
    await followed.serves(OTHER, x=True)
    await followed.check()
    assert not followed.flags.ready
    await followed.check()
    await until(lambda: followed.flags.ready)
    bus.connected = False
    await followed.check()
    assert followed.follower.lack is None
    await followed.stop()


async def test_while_an_environment_was_never_whole_not_everything_is_known(bus: TroubledBus, clock: Clock) -> None:
    broken = Writer(OTHER)
    lost, manifest = broken.write(x=True)
    await Writer().publish(bus, a=True)
    await bus.publish(*manifest)
    followed = Followed(bus, clock)
    await followed.serves(ENVIRONMENT, a=True)
    await followed.check(3)
    assert not followed.flags.ready
    await bus.publish(*lost)
    await bus.publish(*manifest)
    await followed.serves(OTHER, x=True)
    await followed.check(2)
    assert followed.flags.ready
    await followed.stop()


async def test_a_stream_made_anew_with_lower_sequences_is_followed_by_version(
    bus: TroubledBus, followed: Followed, writer: Writer
) -> None:
    for on in (True, False, True):
        await writer.publish(bus, a=on)
    await followed.serves(ENVIRONMENT, a=True)
    bus._streams.clear()
    bus.restarts.put_nowait(None)
    await bus.ensure_stream(config_stream())
    older = Writer()
    older.version = 1
    await older.publish(bus, a=False)
    await until(lambda: followed.heard.reasons == ["old_version"])
    await followed.check(3)
    assert followed.flags.environments == {ENVIRONMENT: {"a": True}}
    await writer.publish(bus, a=False, b=True)
    await followed.serves(ENVIRONMENT, a=False, b=True)


async def test_the_age_is_that_of_what_was_confirmed_longest_ago(bus: TroubledBus, clock: Clock) -> None:
    registry = CollectorRegistry()

    def age() -> float | None:
        return registry.get_sample_value("verdict_config_age_seconds")

    follower = ConfigFollower(Flags(), FollowerTelemetry(registry, clock))
    clock.seconds += 5
    assert age() == 5
    following = asyncio.create_task(follower.follow(bus))
    await Writer().publish(bus, a=True)
    await Writer(OTHER).publish(bus, x=True)
    await until(lambda: follower.staging.version(OTHER) == 1)
    clock.seconds += 60
    await follower.check(bus)
    assert age() == 0
    bus._streams.clear()
    clock.seconds += 60
    await follower.check(bus)
    assert (age(), registry.get_sample_value("verdict_config_unconfirmed_total")) == (60, 1)
    following.cancel()
    await asyncio.wait([following])
