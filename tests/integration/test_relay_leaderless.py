"""While the stream has no leader, followers are told of what is edited, the term goes on, and all of it is stored when
there is one again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from messages.config_follower import ConfigFollower
from messages.follower_telemetry import FollowerTelemetry
from messages.staging import Update
from prometheus_client import CollectorRegistry

from devstack.parts import Nats
from tests.integration.relay_stand import Stand, open_stand
from tests.waiting import until


class Names:
    """An applier: each environment's version and the attributes that are named in it."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[int, list[str]]] = {}
        self.applied: list[int] = []

    async def apply(self, update: Update) -> None:
        _, names = self.seen.get(update.environment_id, (0, []))
        for message in update.changed.values():
            if message is not None and message.HasField("environment"):
                names = list(message.environment.pii_attributes)
        self.seen[update.environment_id] = update.version, names
        self.applied.append(update.version)

    def caught_up(self) -> None:
        """Nothing waits for it."""

    def confirmed(self, environment_id: str) -> None:
        """Nothing waits for it."""


@pytest.fixture
async def stand(migrated_postgres_url: str, fresh_nats: Nats) -> AsyncIterator[Stand]:
    async with open_stand(migrated_postgres_url, fresh_nats.url) as opened:
        yield opened


@pytest.fixture
async def names(stand: Stand) -> AsyncIterator[Names]:
    made = Names()
    follower = ConfigFollower(made, FollowerTelemetry(CollectorRegistry()))
    following = asyncio.create_task(follower.follow(stand.bus))
    yield made
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


async def shown(names: Names, stand: Stand, version: int, *attributes: str) -> None:
    wanted = version, list(attributes)
    await until(lambda: names.seen.get(str(stand.environment)) == wanted)


async def told_subjects(stand: Stand) -> list[str]:
    async with stand.database.connection() as connection:
        told: list[str] = await connection.fetchval(
            "SELECT told_subjects FROM environments WHERE id = $1", stand.environment
        )
        return told


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "answers_nothing"])
async def test_edits_go_on_without_a_leader(stand: Stand, names: Names, *, silent: bool) -> None:
    async with stand.relay():
        await stand.published(1)
        await shown(names, stand, 1)
        term = [stand.metric(each) for each in ("verdict_relay_epoch", "verdict_relay_stream_changes_total")]
        if silent:
            stand.bus.led.clear()
        else:
            stand.bus.refusing = True
        await shown(names, stand, await stand.rename_attributes("one"), "one")
        await shown(names, stand, await stand.rename_attributes("two"), "two")
        last = await stand.rename_attributes()
        await shown(names, stand, last)
        assert await told_subjects(stand) == [f"config.{stand.environment}.environment.production"]
        update, _ = await stand.held()
        assert update.version == 1
        stand.bus.refusing = False
        stand.bus.led.set()
        await stand.published(last)
        assert await told_subjects(stand) == []
        looks = stand.bus.looks
        await until(lambda: stand.bus.looks >= looks + 3)
        assert term == [stand.metric(each) for each in ("verdict_relay_epoch", "verdict_relay_stream_changes_total")]
    update, entries = await stand.held()
    # Nothing differs from what the stream had, but from what was told.
    assert [(each.version > 1, list(each.environment.pii_attributes)) for each in entries.values() if each] == [
        (True, [])
    ]
    assert update.version == last == names.applied[-1]
    assert names.applied == sorted(set(names.applied))


async def test_a_relay_that_ends_without_a_leader_is_followed_by_one_that_knows_what_was_told(
    stand: Stand, names: Names
) -> None:
    async with stand.relay():
        await stand.published(1)
        stand.bus.refusing = True
        await shown(names, stand, await stand.rename_attributes("one"), "one")
    last = await stand.rename_attributes()
    stand.bus.refusing = False
    async with stand.relay():
        await stand.published(last)
        assert await told_subjects(stand) == []
    _, entries = await stand.held()
    (entry,) = (each for each in entries.values() if each)
    assert (entry.version, list(entry.environment.pii_attributes)) == (last, [])
    await shown(names, stand, last)


async def test_others_are_told_beside_one_that_waits(stand: Stand, names: Names) -> None:
    keys = [f"e{number}" for number in range(8)]
    async with stand.relay():
        await stand.published(1)
        others = [await stand.add_environment(key) for key in keys]
        for each in others:
            await stand.published(1, each)
        stand.bus.led.clear()
        versions = {each: await stand.change(environment=each) for each in (*others, stand.environment)}
        await stand.rename_attributes("one")
        changed = await stand.change(
            "UPDATE environments SET pii_attributes = '{many}' WHERE id = ANY($1)", others, environment=others[0]
        )
        versions[others[0]] = changed
        await until(lambda: names.seen.get(str(others[0])) == (changed, ["many"]))
        stand.bus.led.set()
        for each, version in versions.items():
            await stand.published(version, each)
