"""Keys are learned from the bus, whole versions at a time, and survive a restart in a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from event_ingestor.admission.names import Names
from event_ingestor.authentication import key_snapshot
from event_ingestor.authentication.authenticator import Authenticator, EnvironmentKeys
from event_ingestor.authentication.key_feed import KeyFeed
from messages.follower_telemetry import FollowerTelemetry
from messages.generated import config_pb2 as pb
from messages.sdk_keys import sdk_keys_of
from messages.subjects import config_stream
from prometheus_client import CollectorRegistry
from service_kit.problems import Unauthorized, Unavailable
from streams.memory import MemoryBus

from tests.event_ingestor.config_writer import CLIENT, ConfigWriter, sdk_key
from tests.waiting import until


def opens(authenticator: Authenticator, key: str) -> bool:
    try:
        authenticator.caller([(b"x-api-key", key.encode())], now=0)
    except (Unauthorized, Unavailable):
        return False
    return True


def holds_key(path: Path, key: str) -> bool:
    return [each.keys[0].id for each in key_snapshot.load(path)] == [f"id-{key}"]


def known_keys(environment_id: str, key: pb.SdkKey) -> EnvironmentKeys:
    keys = sdk_keys_of(environment_id, pb.Environment(sdk_keys=[key]))
    return EnvironmentKeys(environment_id, "org", "project", keys)


class Followed:
    """A feed at work; `changes` counts its calls."""

    def __init__(self, bus: MemoryBus) -> None:
        self.changes = 0
        self.authenticator = Authenticator("a secret of the tests")
        self.names = Names()
        self.feed = KeyFeed(self.authenticator, self.names, self._count, FollowerTelemetry(CollectorRegistry()))
        self.task = asyncio.create_task(self.feed.follow(bus))

    def _count(self) -> None:
        self.changes += 1


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def followed(bus: MemoryBus) -> AsyncIterator[Followed]:
    made = Followed(bus)
    yield made
    made.task.cancel()


async def test_keys_come_go_and_change_with_the_versions(bus: MemoryBus, followed: Followed) -> None:
    first, second = ConfigWriter("e1"), ConfigWriter("e2")
    await first.publish(bus, pb.Environment(sdk_keys=[sdk_key("a"), sdk_key("b", CLIENT)]))
    await second.publish(bus, pb.Environment(sdk_keys=[sdk_key("c")], hash_user_keys=True, pii_attributes=["email"]))
    await until(
        lambda: (
            opens(followed.authenticator, "a")
            and opens(followed.authenticator, "b")
            and opens(followed.authenticator, "c")
        )
    )
    known = {each.environment_id: each for each in followed.authenticator.environments}
    assert (known["e2"].hash_user_keys, known["e2"].pii_attributes, known["e2"].project_id) == (
        True,
        ("email",),
        "project",
    )
    await first.publish(bus, pb.Environment(sdk_keys=[sdk_key("b", CLIENT), sdk_key("d")]))
    await until(lambda: opens(followed.authenticator, "d"))
    assert not opens(followed.authenticator, "a")
    await second.publish(bus, None)
    await until(lambda: not opens(followed.authenticator, "c"))
    assert opens(followed.authenticator, "d")
    assert followed.authenticator.complete


async def test_a_key_is_unknown_until_its_version_is_complete(bus: MemoryBus, followed: Followed) -> None:
    writer = ConfigWriter("e1")
    await writer.publish(bus, pb.Environment(sdk_keys=[sdk_key("a")]))
    await until(lambda: opens(followed.authenticator, "a"))
    entry, manifest = writer.messages(pb.Environment(sdk_keys=[sdk_key("b")]))
    await bus.publish(*entry)
    other = ConfigWriter("e2")
    await other.publish(bus, pb.Environment(sdk_keys=[sdk_key("c")]))
    await until(lambda: opens(followed.authenticator, "c"))
    assert (opens(followed.authenticator, "a"), opens(followed.authenticator, "b")) == (True, False)
    await bus.publish(*manifest)
    await until(lambda: opens(followed.authenticator, "b"))
    assert not opens(followed.authenticator, "a")


async def test_broken_messages_take_nothing_away(bus: MemoryBus, followed: Followed) -> None:
    writer = ConfigWriter("e1")
    await writer.publish(bus, pb.Environment(sdk_keys=[sdk_key("a")]))
    await until(lambda: opens(followed.authenticator, "a"))
    await bus.publish("config.e1.manifest", b"\xff\xff")
    await bus.publish("config.e1.flag.x", b"\xff\xff")
    await bus.publish("config.odd", b"")
    await ConfigWriter("e2").publish(bus, pb.Environment(sdk_keys=[sdk_key("c")]))
    await until(lambda: opens(followed.authenticator, "c"))
    assert opens(followed.authenticator, "a")


async def test_odd_keys_open_nothing(bus: MemoryBus, followed: Followed) -> None:
    unspecified, short = sdk_key("b", pb.SDK_KEY_KIND_UNSPECIFIED), sdk_key("d")
    short.sha256 = short.sha256[:31]
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("a"), unspecified, short]))
    await until(lambda: opens(followed.authenticator, "a"))
    assert [key.id for key in followed.authenticator.environments[0].keys] == ["id-a"]


async def test_a_missed_version_is_found_by_asking(bus: MemoryBus, followed: Followed) -> None:
    writer = ConfigWriter("e1")
    await writer.publish(bus, pb.Environment(sdk_keys=[sdk_key("a")]))
    await until(lambda: opens(followed.authenticator, "a"))
    followed.task.cancel()
    await asyncio.wait([followed.task])
    await writer.publish(bus, pb.Environment(sdk_keys=[sdk_key("b")]))
    await followed.feed.check(bus)
    assert opens(followed.authenticator, "a")
    await followed.feed.check(bus)
    assert (opens(followed.authenticator, "a"), opens(followed.authenticator, "b")) == (False, True)


async def test_what_a_snapshot_knew_stays_until_the_stream_says_otherwise(bus: MemoryBus) -> None:
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("a")]))
    await ConfigWriter("gone").publish(bus, None)
    earlier = Authenticator("a secret of the tests")
    for environment_id in ("e1", "gone", "unheard-of"):
        key = sdk_key(f"old-{environment_id}")
        earlier.put(known_keys(environment_id, key))
    feed = KeyFeed(earlier, Names(), lambda: None, FollowerTelemetry(CollectorRegistry()))
    task = asyncio.create_task(feed.follow(bus))
    await until(lambda: earlier.complete)
    opened = {key: opens(earlier, key) for key in ("a", "old-e1", "old-gone", "old-unheard-of")}
    assert opened == {"a": True, "old-e1": False, "old-gone": False, "old-unheard-of": True}
    task.cancel()


async def test_an_environment_that_can_not_be_read_keeps_its_keys(bus: MemoryBus) -> None:
    known = Authenticator("a secret of the tests")
    key = sdk_key("a")
    known.put(known_keys("e1", key))
    writer = ConfigWriter("e1")
    await bus.ensure_stream(config_stream())
    for subject, payload in writer.unreadable():
        await bus.publish(subject, payload)
    feed = KeyFeed(known, Names(), lambda: None, FollowerTelemetry(CollectorRegistry()))
    task = asyncio.create_task(feed.follow(bus))
    await until(lambda: known.complete)
    assert opens(known, "a")
    task.cancel()


async def test_a_snapshot_brings_back_what_was_known(bus: MemoryBus, followed: Followed, tmp_path: Path) -> None:
    await ConfigWriter("e1").publish(
        bus, pb.Environment(sdk_keys=[sdk_key("a", expires_at=5)], pii_attributes=["email"])
    )
    await until(lambda: followed.changes > 0)
    path = tmp_path / "folder" / "keys"
    key_snapshot.save(path, followed.authenticator.environments)
    assert tuple(key_snapshot.load(path)) == tuple(followed.authenticator.environments)
    assert [each.name for each in path.parent.iterdir()] == ["keys"]


async def test_a_damaged_snapshot_is_as_good_as_none(bus: MemoryBus, followed: Followed, tmp_path: Path) -> None:
    await ConfigWriter("e1").publish(bus, pb.Environment(sdk_keys=[sdk_key("a")]))
    await until(lambda: followed.changes > 0)
    path = tmp_path / "keys"
    assert key_snapshot.load(path) == ()
    key_snapshot.save(path, followed.authenticator.environments)
    good = path.read_bytes()
    for cut in range(0, len(good), 7):
        path.write_bytes(good[:cut])
        assert key_snapshot.load(path) == ()
    for place in range(0, len(good), 11):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert key_snapshot.load(path) == ()
    assert key_snapshot.load(tmp_path) == ()


async def test_the_writer_follows_the_changes(bus: MemoryBus, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    writer = key_snapshot.SnapshotWriter(path)
    authenticator = Authenticator("a secret of the tests")
    feed = KeyFeed(authenticator, Names(), writer.ask, FollowerTelemetry(CollectorRegistry()))
    tasks = [asyncio.create_task(feed.follow(bus)), asyncio.create_task(writer.keep_writing(authenticator))]
    config = ConfigWriter("e1")
    for key in ("a", "b"):
        await config.publish(bus, pb.Environment(sdk_keys=[sdk_key(key)]))
        await until(partial(holds_key, path, key))
    for task in tasks:
        task.cancel()
