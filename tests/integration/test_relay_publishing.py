"""From a commit in PostgreSQL to complete versions on a real JetStream."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
from control_plane.publishing import queries
from control_plane.publishing.compiler import CompiledEnvironment, Compiler
from control_plane.publishing.publisher import Fenced, Publisher
from control_plane.publishing.status import read_status
from messages.config_tree import config_message
from messages.documents import flag_of
from messages.generated import config_tree_pb2 as tree
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import CONFIG, config_subject, manifest_subject
from service_kit.clock import SystemClock
from service_kit.traces import span, traceparent_of
from streams import Delivered, StreamSpec

from devstack.parts import Nats
from tests.integration.relay_stand import Stand, open_stand
from tests.recorded_traces import recorded_traces, some_traceparent
from tests.waiting import same, until


@pytest.fixture
async def stand(migrated_postgres_url: str, fresh_nats: Nats) -> AsyncIterator[Stand]:
    async with open_stand(migrated_postgres_url, fresh_nats.url) as opened:
        yield opened


async def test_a_commit_is_published_as_a_complete_version(stand: Stand) -> None:
    async with stand.relay():
        await stand.published(1)
        version = await stand.rename_attributes("email", "address")
        await stand.published(version)
    update, entries = await stand.held()
    assert (update.version, len(entries)) == (2, 1)
    message = entries[config_subject(str(stand.environment), "environment", "production")]
    assert message is not None
    assert list(message.environment.pii_attributes) == ["address", "email"]
    assert message.environment.sdk_keys[0].kind == 1
    assert message.environment.organization_id == str(stand.organization)
    assert message.version == version
    async with stand.database.connection() as connection:
        assert (await read_status(connection)).waiting_since is None
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0


async def test_what_was_committed_before_the_relay_came_is_published(stand: Stand) -> None:
    for number in range(20):
        await stand.rename_attributes(f"a{number}")
    async with stand.relay():
        await stand.published(21)
    update, entries = await stand.held()
    assert update.version == 21
    assert [list(each.environment.pii_attributes) for each in entries.values() if each] == [["a19"]]


async def test_changes_that_are_published_together_go_on_in_one_trace_that_names_the_others(stand: Stand) -> None:
    parents = [some_traceparent() for _ in range(3)]
    with recorded_traces() as recorded:
        for number, parent in enumerate(parents):
            with span("request", parent=parent):
                await stand.rename_attributes(f"a{number}")
        async with stand.relay():
            await stand.published(4)
            traced = await stand.bus.last_message(CONFIG, manifest_subject(str(stand.environment)))
            await stand.published(await stand.rename_attributes("in no request"))
    first, second = (each for each in recorded.spans if each.name == "config publish")
    assert first.request.parent is not None
    told = [first.request.parent, *first.request.links]
    assert [each.trace_id for each in told] == [each.split("-")[1] for each in reversed(parents)]
    assert first.attributes == {"verdict.environment_id": str(stand.environment), "verdict.version": 4}
    assert (second.request.parent, second.attributes["verdict.version"]) == (None, 5)
    assert traced is not None
    assert traced.trace == traceparent_of(first.ids)
    entry = await stand.bus.last_message(CONFIG, config_subject(str(stand.environment), "environment", "production"))
    assert entry is not None
    assert entry.trace == ""


async def test_an_unchanged_entry_is_not_written_again(stand: Stand) -> None:
    async with stand.relay():
        await stand.published(1)
        before = await stand.bus.state(CONFIG)
        await stand.published(await stand.change())
        after = await stand.bus.state(CONFIG)
    assert after.last_sequence == before.last_sequence + 1
    assert (await stand.held())[0].version == 2


async def test_one_relay_leads_and_the_next_takes_over(stand: Stand) -> None:
    async with contextlib.AsyncExitStack() as running:
        first = await running.enter_async_context(stand.relay())
        await stand.published(1)
        async with stand.relay() as second:
            for number in range(10):
                await stand.published(await stand.rename_attributes(f"a{number}"))
                assert (first.leading, second.leading) == (True, False)
            await running.aclose()
            await stand.published(await stand.rename_attributes("last"))
            assert second.leading
    update, _ = await stand.held()
    assert (update.version, update.epoch) == (12, 2)


async def test_an_earlier_leader_is_fenced_off(stand: Stand) -> None:
    await stand.bus.ensure_stream(stand.stream)
    identity, compiler = str(stand.environment), Compiler(stand.database)
    zombie, leader = (Publisher(bus=stand.bus, clock=SystemClock(), epoch=epoch) for epoch in (1, 2))
    await zombie.take_over([identity])
    compiled = await compiler.compile(stand.environment)
    assert compiled is not None
    await zombie.publish(compiled)
    await stand.rename_attributes("new")
    await leader.take_over([identity])
    before = await stand.bus.state(CONFIG)
    content = next(iter(compiled.entries.values()))
    ghost = {**compiled.entries, config_subject(identity, "flag", "ghost"): content}
    with pytest.raises(Fenced):
        await zombie.publish(CompiledEnvironment(identity, compiled.version + 5, ghost))
    with pytest.raises(Fenced):
        await zombie.take_over([identity])
    assert await stand.bus.state(CONFIG) == before
    current = await compiler.compile(stand.environment)
    assert current is not None
    await leader.publish(current)
    assert (await stand.held())[0].version == current.version


async def corrupt_text(stand: Stand, subject: str) -> None:
    await stand.bus.publish(subject, b"\xff not a message")


async def corrupt_content(stand: Stand, subject: str) -> None:
    message = ConfigMessage(environment_id=str(stand.environment), version=1, epoch=1)
    message.environment.key = "another"
    await stand.bus.publish(subject, message.SerializeToString())


async def remove_entry(stand: Stand, subject: str) -> None:
    message = ConfigMessage(environment_id=str(stand.environment), version=1, epoch=1)
    message.tombstone.SetInParent()
    await stand.bus.publish(subject, message.SerializeToString())


async def add_entry(stand: Stand, subject: str) -> None:
    message = ConfigMessage(environment_id=str(stand.environment), version=1, epoch=1, flag=b'{"key":"ghost"}')
    await stand.bus.publish(config_subject(str(stand.environment), "flag", "ghost"), message.SerializeToString())


async def corrupt_manifest(stand: Stand, subject: str) -> None:
    await stand.bus.publish(manifest_subject(str(stand.environment)), b"\xff")


@pytest.mark.parametrize(
    "damage", [corrupt_text, corrupt_content, remove_entry, add_entry, corrupt_manifest], ids=lambda each: each.__name__
)
async def test_a_damaged_stream_is_repaired_on_request(
    stand: Stand, damage: Callable[[Stand, str], Awaitable[None]]
) -> None:
    subject = config_subject(str(stand.environment), "environment", "production")
    async with stand.relay():
        await stand.published(1)
        sound = await stand.held()
        await damage(stand, subject)
        async with stand.database.transaction() as tx:
            await queries.request_repair(tx, stand.organization, stand.environment)

        async def no_request() -> bool:
            async with stand.database.connection() as connection:
                return bool(await connection.fetchval("SELECT bool_and(repair_requested_at IS NULL) FROM environments"))

        await until(no_request)
    update, entries = await stand.held()
    assert update.version == 1
    live = {key: each.environment.key for key, each in entries.items() if each is not None}
    assert live == {key: each.environment.key for key, each in sound[1].items() if each is not None}


async def test_a_new_leader_repairs_at_its_start(stand: Stand) -> None:
    subject = config_subject(str(stand.environment), "environment", "production")
    async with stand.relay():
        await stand.published(1)
    await corrupt_text(stand, subject)
    async with stand.relay():

        async def repaired() -> bool:
            return stand.metric("verdict_relay_repaired_entries_total") >= 2

        await until(repaired)
    update, _ = await stand.held()
    assert (update.version, update.epoch) == (1, 2)


async def test_a_new_leader_writes_anew_what_version_0_1_published(stand: Stand) -> None:
    """Then entities were trees in the message: read for as long as they stand there, and gone after a relay's start."""
    await stand.change(
        "INSERT INTO flags (id, organization_id, project_id, key, name, description, tags, type, variations, "
        "off_variation, default_serve, client_visible, archived, version, created_at, updated_at) VALUES "
        "(gen_random_uuid(), $1, $2, 'new-checkout', 'n', '', '{}', 'boolean', $3, 'off', $4, false, false, 1, now(), "
        "now())",
        stand.organization,
        stand.project,
        [{"key": "on", "value": True, "name": ""}, {"key": "off", "value": False, "name": ""}],
        {"variation": "on"},
    )
    subject = config_subject(str(stand.environment), "flag", "new-checkout")
    async with stand.relay():
        await stand.published(2)
    _, entries = await stand.held()
    written = entries[subject]
    assert written is not None

    flag = tree.Flag(
        key="new-checkout",
        type=tree.FLAG_TYPE_BOOLEAN,
        variations=[
            tree.Variation(key="on", value_json="true"),
            tree.Variation(key="off", value_json="false"),
        ],
        off_variation="off",
        default_serve=tree.Serve(variation="on"),
    )
    before = tree.ConfigTree(environment_id=str(stand.environment), version=2, epoch=1, flag=flag)
    await stand.bus.publish(subject, before.SerializeToString())
    assert flag_of(config_message(before.SerializeToString())) == flag_of(written)
    async with stand.relay():

        async def repaired() -> bool:
            return stand.metric("verdict_relay_repaired_entries_total") >= 3

        await until(repaired)
    _, entries = await stand.held()
    assert entries[subject] is not None
    newest = await stand.bus.last_message(CONFIG, subject)
    assert newest is not None
    assert ConfigMessage.FromString(newest.payload).flag == written.flag


async def test_an_archived_environment_leaves_nothing_but_its_manifest(stand: Stand) -> None:
    staging = await stand.add_environment("staging")
    archive = "UPDATE environments SET archived_at = $2::text::timestamptz WHERE id = $1"
    async with stand.relay():
        await stand.published(1, staging)
        assert len((await stand.held(staging))[1]) == 1
        await stand.published(await stand.change(archive, staging, "2026-01-01Z", environment=staging), staging)
        update, entries = await stand.held(staging)
        assert (update.version, [each for each in entries.values() if each is not None]) == (2, [])
        await stand.published(await stand.change(archive, staging, None, environment=staging), staging)
        assert len((await stand.held(staging))[1]) == 1
        assert (await stand.held())[0].version == 1


async def test_environments_of_another_database_are_left_alone(stand: Stand) -> None:
    foreign = str(uuid4())
    await stand.bus.ensure_stream(stand.stream)
    subject = config_subject(foreign, "flag", "theirs")
    message = ConfigMessage(environment_id=foreign, version=7, flag=b"{}")
    await stand.bus.publish(subject, message.SerializeToString())
    async with stand.relay():
        await stand.published(1)
        await until(lambda: same(stand.metric("verdict_relay_foreign_environments"), 1))
    last = await stand.bus.last_message(CONFIG, subject)
    assert isinstance(last, Delivered)
    assert last.payload == message.SerializeToString()


async def test_an_entry_too_large_for_the_bus_holds_up_nothing(stand: Stand) -> None:
    spec = stand.stream
    stand.stream = StreamSpec(
        spec.name, spec.subjects, spec.max_bytes, messages_per_subject=1, max_message_bytes=20_000
    )
    async with stand.relay():
        await stand.published(1)
        await stand.published(await stand.rename_attributes(*(f"{n}-{'x' * 240}" for n in range(100))))
        update, entries = await stand.held()
        assert update.version == 2
        assert [list(each.environment.pii_attributes) for each in entries.values() if each] == [[]]
        await stand.published(await stand.rename_attributes("short"))
    _, entries = await stand.held()
    assert [list(each.environment.pii_attributes) for each in entries.values() if each] == [["short"]]


async def test_a_bus_that_was_away_gets_everything(stand: Stand, fresh_nats: Nats) -> None:
    async with stand.relay():
        await stand.published(1)
        fresh_nats.kill()
        version = await stand.rename_attributes("meanwhile")
        await until(lambda: stand.metric("verdict_relay_failures_total") >= 2)
        fresh_nats.start()
        await stand.published(version)
    update, _ = await stand.held()
    assert update.version == version
