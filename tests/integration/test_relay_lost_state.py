"""State that is lost or restored under a relay: the database from a backup, the stream emptied or made anew.

What the database knows nothing of is never published over; what the stream has lost is published again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import nats
import pytest
from control_plane.changes.search import Search, entries, newest
from control_plane.changes.verification import verify
from control_plane.publishing.blocks import blocked_environments
from control_plane.publishing.recovery import Recovery, RecoveryRefused
from control_plane.publishing.status import Status, read_status
from messages.config_follower import ConfigFollower
from messages.follower_telemetry import FollowerTelemetry
from messages.generated.config_pb2 import ConfigMessage
from messages.staging import Update
from messages.subjects import CONFIG, config_filter, config_subject, manifest_subject
from nats.js.client import JetStreamContext
from prometheus_client import CollectorRegistry
from service_kit.background import Background
from service_kit.clock import SystemClock
from streams import Bus

from devstack.backups import copy_database, restore_database
from devstack.parts import Nats, Postgres
from tests.integration.relay_stand import Stand, open_stand
from tests.waiting import same, until


@pytest.fixture
async def stand(migrated_postgres_url: str, fresh_nats: Nats) -> AsyncIterator[Stand]:
    async with open_stand(migrated_postgres_url, fresh_nats.url) as opened:
        yield opened


@pytest.fixture
async def backup(stand: Stand, migrated_postgres_url: str, postgres_server: Postgres) -> AsyncIterator[Backup]:
    made = Backup(stand, postgres_server, urlsplit(migrated_postgres_url).path.lstrip("/"))
    yield made
    postgres_server.drop_database(made.copy)


class Backup:
    """Of the stand's whole database."""

    def __init__(self, stand: Stand, postgres: Postgres, name: str) -> None:
        self._stand = stand
        self._postgres = postgres
        self._name = name
        self.copy = f"{name[:40]}_copy"

    async def take(self) -> None:
        await self._stand.database.close()
        await asyncio.to_thread(copy_database, self._postgres, self._name, self.copy)
        await self._stand.database.open()

    async def restore(self) -> None:
        await self._stand.database.close()
        await asyncio.to_thread(restore_database, self._postgres, self.copy, self._name)
        await self._stand.database.open()


async def status(stand: Stand) -> Status:
    async with stand.database.transaction() as tx:
        return await read_status(tx)


async def newest_entry(stand: Stand) -> asyncpg.Record:
    """The last entry of the audit log."""
    async with stand.database.transaction() as tx:
        found = await newest(tx, Search(organization_id=stand.organization), None, 1)
        return (await entries(tx, stand.organization, [found[0].number]))[0]


async def reason_of(stand: Stand) -> str | None:
    """Why the stand's environment is not published."""
    async with stand.database.transaction() as tx:
        if (await read_status(tx)).lease.blocked_epoch is not None:
            return "epoch_behind"
        found = (await blocked_environments(tx)).get(stand.environment)
        return found.reason if found is not None else None


async def blocked(stand: Stand, reason: str) -> None:
    async def is_blocked() -> bool:
        return await reason_of(stand) == reason

    await until(is_blocked)


async def attributes(stand: Stand) -> list[list[str]]:
    """What a fresh edge holds of the environment's one entry."""
    _, entries = await stand.held()
    return [list(each.environment.pii_attributes) for each in entries.values() if each is not None]


def recovery(stand: Stand) -> Recovery:
    return Recovery(database=stand.database, bus=stand.bus, clock=SystemClock())


async def test_a_restored_database_is_published_by_a_command_alone(stand: Stand, backup: Backup) -> None:
    async with stand.relay():
        await stand.published(await stand.rename_attributes("old"))
    await backup.take()
    async with stand.relay():
        for name in ("newer", "newest"):
            await stand.published(await stand.rename_attributes(name))
    before = await stand.bus.state(CONFIG)
    await backup.restore()
    async with stand.relay():
        await blocked(stand, "epoch_behind")
        for _ in range(4):
            version = await stand.rename_attributes("edited")
        # Past the stream's version, and the restored database still knows nothing of what is there.
        assert version == 6
        async with stand.relay():
            await stand.looked()
        assert await stand.bus.state(CONFIG) == before
        assert await attributes(stand) == [["newest"]]

        difference = (await recovery(stand).compare()).environments[0]
        assert (difference.database_version, difference.stream_version, difference.blocked) == (6, 4, "epoch_behind")
        accepted = await recovery(stand).accept_database()
        assert accepted.epoch > (difference.stream_epoch or 0)
        assert accepted.versions == {str(stand.environment): 7}
        await stand.published(7)
    update, _ = await stand.held()
    assert update.version == 7
    assert update.epoch > accepted.epoch
    assert await attributes(stand) == [["edited"]]
    assert await reason_of(stand) is None
    assert (await verify(stand.database.transaction, stand.organization)).first_bad is None
    entry = await newest_entry(stand)
    assert (entry["actor_name"], entry["entity"], entry["action"]) == (
        "control_plane recover",
        "publication",
        "accept_database",
    )


async def test_a_database_restored_under_a_relay_that_goes_on_is_noticed_without_an_edit(
    stand: Stand, backup: Backup
) -> None:
    async with stand.relay():
        await stand.published(await stand.rename_attributes("old"))
        await backup.take()
        await stand.published(await stand.rename_attributes("newer"))
        await backup.restore()
        before = await stand.bus.state(CONFIG)
        await blocked(stand, "version_behind")
        for _ in range(3):
            await stand.rename_attributes("edited")
        waiting = (await status(stand)).waiting_since
        assert waiting is not None
        await stand.looked()
        assert await stand.bus.state(CONFIG) == before
        assert await attributes(stand) == [["newer"]]


async def test_one_environment_is_accepted_and_the_other_stays_as_it_is(stand: Stand, backup: Backup) -> None:
    other = await stand.add_environment("staging")
    sound = await stand.add_environment("preview")
    async with stand.relay():
        await stand.published(1, other)
        await stand.published(1, sound)
        await backup.take()
        await stand.published(await stand.change(environment=other), other)
        await stand.published(await stand.rename_attributes("newer"))
        await backup.restore()
        await blocked(stand, "version_behind")
        # What was not published since the backup is published as ever.
        await stand.published(await stand.change(environment=sound), sound)
        accepted = await recovery(stand).accept_database([str(stand.environment)])
        await stand.published(accepted.versions[str(stand.environment)])

        async def other_is_still_blocked() -> bool:
            async with stand.database.transaction() as tx:
                return set(await blocked_environments(tx)) == {other}

        await until(other_is_still_blocked)
    assert await attributes(stand) == [[]]
    assert (await stand.held(other))[0].version == 2


async def test_nothing_of_a_new_database_is_published_to_an_old_stream(stand: Stand, backup: Backup) -> None:
    await backup.take()
    async with stand.relay():
        await stand.published(1)
    await backup.restore()
    async with stand.database.transaction() as tx:
        await tx.execute("DELETE FROM sdk_keys")
        await tx.execute("DELETE FROM outbox")
        await tx.execute("DELETE FROM environments")
    before = await stand.bus.state(CONFIG)
    async with stand.relay():

        async def nothing_is_published() -> bool:
            return (await status(stand)).lease.blocked_epoch == 1

        await until(nothing_is_published)
    assert await stand.bus.state(CONFIG) == before
    comparison = await recovery(stand).compare()
    assert [each.environment_id for each in comparison.foreign] == [str(stand.environment)]
    assert (comparison.foreign[0].project, comparison.foreign[0].environment) == ("shop", "production")


async def test_an_environment_that_only_the_stream_has_is_listed_and_removed(stand: Stand, backup: Backup) -> None:
    async with stand.relay():
        await stand.published(1)
        await backup.take()
        newer = await stand.add_environment("newer")
        await stand.published(1, newer)
        await backup.restore()
        await until(lambda: same(stand.metric("verdict_relay_foreign_environments"), 1))
        comparison = await recovery(stand).compare()
        assert [each.environment_id for each in comparison.foreign] == [str(newer)]
        assert comparison.foreign[0].entities.only_on_the_stream == ("environment/newer",)
        with pytest.raises(RecoveryRefused, match="archive it there"):
            await recovery(stand).remove_environment(str(stand.environment))
        with pytest.raises(RecoveryRefused, match="holds nothing"):
            await recovery(stand).remove_environment(str(uuid4()))
        assert await recovery(stand).remove_environment(str(newer)) == 1
        await until(lambda: same(stand.metric("verdict_relay_foreign_environments"), 0))
    update, entries = await stand.held(newer)
    assert (update.version, [each for each in entries.values() if each is not None]) == (2, [])
    assert (await recovery(stand).compare()).foreign == []
    entry = await newest_entry(stand)
    assert (entry["action"], entry["entity_key"]) == ("remove_from_the_stream", "newer")


class Following:
    """A service that follows the stream: the versions that it has taken, by environment."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.follower = ConfigFollower(self, FollowerTelemetry(CollectorRegistry()))

    async def apply(self, update: Update) -> None:
        self.versions[update.environment_id] = update.version

    def caught_up(self) -> None:
        pass

    def confirmed(self, environment_id: str) -> None:
        pass

    @asynccontextmanager
    async def running(self, bus: Bus) -> AsyncIterator[None]:
        background = Background(CollectorRegistry(), SystemClock())
        background.keep("follow", partial(self.follower.follow, bus))
        background.every("check", partial(self.follower.check, bus), seconds=0.1)
        try:
            yield
        finally:
            await background.stop()


@pytest.mark.parametrize("later_term", [False, True], ids=["same term", "later term"])
async def test_both_stores_lost_together_publish_nothing_older_than_followers_hold(
    stand: Stand, fresh_nats: Nats, backup: Backup, *, later_term: bool
) -> None:
    following = Following()
    async with stand.relay():
        await stand.published(await stand.rename_attributes("old"))
        await backup.take()
        if not later_term:
            await stand.published(await stand.rename_attributes("newest"))
    if later_term:
        async with stand.relay():
            await stand.published(await stand.rename_attributes("newest"))
    async with following.running(stand.bus):
        await until(lambda: same(following.versions.get(str(stand.environment)), 3))
        client = await nats.connect(fresh_nats.url)
        await client.jetstream().delete_stream(CONFIG)
        await client.close()
        await backup.restore()
        # Long enough for what a follower tells on a machine that is busy.
        stand.check_seconds = 4.0
        async with stand.relay():
            await blocked(stand, "epoch_behind" if later_term else "followers_ahead")
            for _ in range(3):
                await stand.rename_attributes("edited")
            await stand.looked(1)
            assert await stand.bus.read_all(CONFIG, config_filter()) == []
            assert following.versions[str(stand.environment)] == 3
            assert (await recovery(stand).compare()).environments[0].followers_version == 3
            accepted = await recovery(stand).accept_database()
            version = accepted.versions[str(stand.environment)]
            assert version > 3
            await until(lambda: same(following.versions[str(stand.environment)], version))
    assert await attributes(stand) == [["edited"]]


async def delete_stream(stream: JetStreamContext, _: UUID) -> None:
    await stream.delete_stream(CONFIG)


async def make_it_anew(stream: JetStreamContext, _: UUID) -> None:
    config = (await stream.stream_info(CONFIG)).config
    await stream.delete_stream(CONFIG)
    await stream.add_stream(config)


async def purge(stream: JetStreamContext, _: UUID) -> None:
    await stream.purge_stream(CONFIG)


async def purge_one_environment(stream: JetStreamContext, environment: UUID) -> None:
    await stream.purge_stream(CONFIG, subject=config_filter(str(environment)))


async def truncate(stream: JetStreamContext, _: UUID) -> None:
    await stream.purge_stream(CONFIG, keep=1)


async def lose_a_manifest(stream: JetStreamContext, environment: UUID) -> None:
    await stream.purge_stream(CONFIG, subject=manifest_subject(str(environment)))


async def lose_an_entry(stream: JetStreamContext, environment: UUID) -> None:
    await stream.purge_stream(CONFIG, subject=config_subject(str(environment), "environment", "production"))


async def overwrite_an_entry(stream: JetStreamContext, environment: UUID) -> None:
    message = ConfigMessage(environment_id=str(environment), version=1, epoch=1)
    message.environment.key = "another"
    subject = config_subject(str(environment), "environment", "production")
    await stream.publish(subject, message.SerializeToString())


@pytest.mark.parametrize(
    "lose",
    [
        delete_stream,
        make_it_anew,
        purge,
        purge_one_environment,
        truncate,
        lose_a_manifest,
        lose_an_entry,
        overwrite_an_entry,
    ],
    ids=lambda each: each.__name__,
)
async def test_what_the_stream_loses_is_published_again_without_an_edit(
    stand: Stand, fresh_nats: Nats, lose: Callable[[JetStreamContext, UUID], Awaitable[None]]
) -> None:
    other = await stand.add_environment("staging")
    client = await nats.connect(fresh_nats.url)
    async with stand.relay():
        await stand.published(await stand.rename_attributes("kept"))
        await stand.published(1, other)
        before, others = await stand.held(), await stand.held(other)
        # Once the leader has compared the stream as it wrote it.
        await stand.looked(2)
        await lose(client.jetstream(), stand.environment)

        async def healed() -> bool:
            held, elsewhere = await stand.held(), await stand.held(other)
            return (
                (held[0].version, held[1].keys()) == (before[0].version, before[1].keys())
                and (elsewhere[0].version, elsewhere[1].keys()) == (others[0].version, others[1].keys())
                and await attributes(stand) == [["kept"]]
            )

        # Nothing to read yet, or half of it.
        await until(healed, despite=Exception)
        assert await reason_of(stand) is None
    await client.close()


async def test_a_loss_that_an_edit_finds_first_is_counted(stand: Stand, fresh_nats: Nats) -> None:
    client = await nats.connect(fresh_nats.url)
    async with stand.relay():
        await stand.published(await stand.rename_attributes("kept"))
        await stand.looked(2)
        await purge(client.jetstream(), stand.environment)
        await stand.published(await stand.rename_attributes("edited"))

        async def healed() -> bool:
            return await attributes(stand) == [["edited"]]

        await until(healed, despite=Exception)
        assert stand.metric("verdict_relay_stream_changes_total") > 0
    await client.close()


async def test_an_environment_that_serves_nothing_has_a_manifest(stand: Stand) -> None:
    async with stand.database.transaction() as tx:
        empty = await tx.fetchval(
            "INSERT INTO environments (organization_id, project_id, key, name, salt, archived_at) "
            "VALUES ($1, $2, 'empty', 'e', 'salt', now()) RETURNING id",
            stand.organization,
            stand.project,
        )
    async with stand.relay():

        async def stands() -> bool:
            return await stand.bus.last_message(CONFIG, manifest_subject(str(empty))) is not None

        await until(stands, despite=Exception)
    update, entries = await stand.held(empty)
    assert (update.version, entries) == (0, {})
