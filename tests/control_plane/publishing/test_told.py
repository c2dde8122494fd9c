"""Followers that were told of versions, or missed them, end where the stream ends; and whoever goes from one to another
is told of all that differs."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from control_plane.publishing.publisher import TOLD_BYTES_MAX, TOLD_ENTRIES_MAX, Publisher
from messages.answer_versions import answers_version
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import ConfigStaging, Mismatch, Rejected, Update
from messages.subjects import CONFIG, config_filter, config_stream, told_subject
from messages.told_versions import read_told
from service_kit.clock import ManualClock
from streams import BusUnavailable
from streams.memory import MemoryBus

from tests.control_plane.publishing.compiled_flags import ID, Fate, LosingBus, flags


@dataclass
class Stream:
    """Of what is published it takes `taken` of all, and answers `answered` of that."""

    chance: random.Random
    taken: float = 1.0
    answered: float = 1.0

    def fate(self) -> Fate:
        if self.chance.random() > self.taken:
            return "lost"
        return "stored" if self.chance.random() <= self.answered else "unanswered"


@dataclass
class Follower:
    """What one holds, and in which version each flag that is gone went. It reads all anew where something is missing,
    as when the stream has gone on before it looked; who comes with an older version than `began` is told everything."""

    staging: ConfigStaging = field(default_factory=ConfigStaging)
    entries: dict[str, ConfigMessage] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    began: int = 0

    @property
    def version(self) -> int:
        return self.staging.version(ID)

    async def follow(self, bus: MemoryBus) -> None:
        for each in await bus.read_all(CONFIG, config_filter(ID)):
            if each.sequence > self.sequence:
                self.sequence = each.sequence
                self._use(self.staging.accept(each.subject, each.payload))

    def hear(self, payload: bytes) -> None:
        self._use(self.staging.accept_told(read_told(payload)))

    def _use(self, outcome: Update | Rejected | Mismatch | None) -> None:
        if isinstance(outcome, Mismatch):
            self.staging.reset(ID)
            self.sequence = 0
        if not isinstance(outcome, Update):
            return
        if outcome.complete:
            self.entries, self.gone, self.began = {}, {}, outcome.version
        for subject, message in outcome.changed.items():
            if message is None:
                self.entries.pop(subject, None)
                self.gone[subject] = outcome.version
            else:
                self.entries[subject] = message

    def flags(self) -> dict[str, bytes]:
        return {subject: each.flag for subject, each in self.entries.items()}

    def unsaid(self, other: Follower) -> list[str]:
        """What `other` doesn't tell somebody who comes from here with this version."""
        here, there = self.flags(), other.flags()
        unsaid: list[str] = []
        if self.version < other.began:
            return unsaid
        for subject in here.keys() | there.keys():
            if here.get(subject) == there.get(subject):
                continue
            entry = other.entries.get(subject)
            at = other.gone.get(subject, 0) if entry is None else answers_version(entry)
            if at <= self.version:
                unsaid.append(subject)
        return unsaid


@pytest.mark.parametrize("seed", range(150))
async def test_whoever_was_told_and_whoever_was_not_end_alike(seed: int) -> None:
    chance = random.Random(seed)
    stream = Stream(chance)
    bus = LosingBus(stream.fate)
    await bus.ensure_stream(config_stream())
    followers = [Follower() for _ in range(3)]
    values: dict[str, str] = {"a": "1", "b": "1", "c": "1"}
    recorded: list[str] = []
    epoch = version = 1

    async def begun() -> Publisher:
        made = Publisher(bus=bus, clock=ManualClock(), epoch=epoch)
        made.remember_said(ID, recorded)
        await made.take_over([ID])
        return made

    publisher = await begun()
    await publisher.publish(flags(version, **values))
    for follower in followers:
        await follower.follow(bus)
    for _ in range(12):
        outage = chance.random() < 0.6
        stream.taken, stream.answered = (chance.choice([0.0, 0.5, 0.9]), 0.7) if outage else (1.0, 1.0)
        if chance.random() < 0.8:
            version += 1
            key = chance.choice("abcd")
            values = {**values, key: chance.choice("12")}
            if chance.random() < 0.3:
                del values[key]
        now = flags(version, **values)
        try:
            await publisher.publish(now)
            recorded = publisher.said(ID)
        except BusUnavailable:
            draft = publisher.to_tell(now)
            if draft is not None and chance.random() < 0.8:
                recorded = sorted({*publisher.said(ID), *draft.entries})
                await publisher.tell(draft)
                for follower in followers:
                    if chance.random() < 0.5:
                        follower.hear(bus.told[-1])
        for follower in followers:
            if chance.random() < 0.6:
                await follower.follow(bus)
        for one in followers:
            for other in followers:
                assert other.version < one.version or not one.unsaid(other)
        if outage and chance.random() < 0.4:
            epoch, stream.taken, stream.answered = epoch + 1, 1.0, 1.0
            publisher = await begun()
    stream.taken = stream.answered = 1.0
    await publisher.publish(flags(version, **values))
    assert publisher.said(ID) == []
    wanted = {subject: ConfigMessage.FromString(each).flag for subject, each in now.entries.items()}
    for follower in followers:
        await follower.follow(bus)
        await follower.follow(bus)
        assert (follower.version, follower.flags()) == (version, wanted)


async def told_and_stored(stream: Stream, bus: LosingBus, publisher: Publisher) -> tuple[bytes, list[bytes]]:
    """Of version 2: what is told while nothing is taken, and what is stored then."""
    two = flags(2, a="2")
    stream.taken = 0.0
    with pytest.raises(BusUnavailable):
        await publisher.publish(two)
    draft = publisher.to_tell(two)
    assert draft is not None
    await publisher.tell(draft)
    await publisher.tell(draft)
    assert bus.told[0] == bus.told[1]
    assert bus.told_to == {(told_subject(ID), True)}
    stream.taken = 1.0
    await publisher.publish(two)
    return bus.told[0], [each.payload for each in await bus.read_all(CONFIG, config_filter(ID))]


async def test_what_was_told_is_what_is_stored() -> None:
    stream = Stream(random.Random(1))
    bus = LosingBus(stream.fate)
    await bus.ensure_stream(config_stream())
    publisher = Publisher(bus=bus, clock=ManualClock(), epoch=1)
    await publisher.take_over([])
    await publisher.publish(flags(1, a="1"))
    told, stored = await told_and_stored(stream, bus, publisher)
    read = read_told(told)
    assert [*(each.payload for each in read.entries), read.payload] == stored


async def test_what_is_too_much_waits_for_the_stream() -> None:
    stream = Stream(random.Random(1))
    bus = LosingBus(stream.fate)
    await bus.ensure_stream(config_stream())
    publisher = Publisher(bus=bus, clock=ManualClock(), epoch=1)
    assert publisher.to_tell(flags(1, a="1")) is None
    await publisher.take_over([])
    await publisher.publish(flags(1, a="1"))
    assert publisher.to_tell(flags(1, a="1")) is None
    assert publisher.to_tell(flags(2, a="2")) is not None
    many = {f"f{number}": "1" for number in range(TOLD_ENTRIES_MAX)}
    assert publisher.to_tell(flags(2, a="1", **many)) is not None
    assert publisher.to_tell(flags(2, a="2", **many)) is None
    assert publisher.to_tell(flags(2, a="2" * TOLD_BYTES_MAX)) is None
