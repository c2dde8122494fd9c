"""Several workers share the work, a dead receiver harms nobody else, a crash costs nothing but a second delivery."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from control_plane.database import Database
from control_plane.webhooks import deliveries_repository
from control_plane.webhooks.follower import AuditFollower
from control_plane.webhooks.models import Delivery
from control_plane.webhooks.worker import CLAIM_SECONDS, lanes
from service_kit.clock import ManualClock
from service_kit.outbound import OutboundGuard

from tests.control_plane.conftest import Tenant
from tests.control_plane.webhooks.stand import LOCAL, Hooks, answer, receiving, worker_on
from tests.waiting import until


async def test_two_workers_share_without_doubles(hooks: Hooks, database: Database, clock: ManualClock) -> None:
    async with receiving() as first, receiving() as second:
        for receiver in (first, second):
            await hooks.create(receiver.url, events=["flag.*"])
        for number in range(12):
            await hooks.flag(f"flag-{number}")
        workers = [worker_on(database, clock) for _ in range(3)]
        while sum(await asyncio.gather(*(each.turn() for each in workers))):
            pass
        for receiver in (first, second):
            assert sorted(Counter(each.id for each in receiver.received).values()) == [1] * 12
        ids = {each.id for receiver in (first, second) for each in receiver.received}
    assert len(ids) == 24, "an event has an id of its own for each webhook"


async def test_a_crash_between_sending_and_noting_sends_the_same_id_again(
    hooks: Hooks, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        with monkeypatch.context() as patched:

            async def killed(*_: object) -> Delivery | None:
                raise ConnectionError("the process died here")

            patched.setattr(deliveries_repository, "still_claimed", killed)
            await worker_on(database, clock).turn()
        assert len(receiver.received) == 1
        other = worker_on(database, clock)
        assert await other.turn() == 0, "the claim still holds"
        clock.advance(CLAIM_SECONDS)
        assert await other.turn() == 1
        assert await other.turn() == 0
        assert (await hooks.delivery(made))["state"] == "delivered"
    assert receiver.received[0].id == receiver.received[1].id
    assert receiver.received[0].body == receiver.received[1].body


async def test_whoever_comes_late_notes_nothing(hooks: Hooks, database: Database, clock: ManualClock) -> None:
    """A worker that was paused beyond its claim: another one has delivered meanwhile."""
    hold = asyncio.Event()
    async with receiving(hold=hold) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        late = asyncio.create_task(worker_on(database, clock).turn())
        await until(lambda: len(receiver.received) == 1)
        clock.advance(CLAIM_SECONDS)
        again = asyncio.create_task(worker_on(database, clock).turn())
        await until(lambda: len(receiver.received) == 2)
        hold.set()
        await asyncio.gather(late, again)
        shown = await hooks.delivery(made)
    assert (shown["state"], shown["attempts"], len(shown["log"])) == ("delivered", 1, 1)


async def test_following_again_queues_nothing_twice(hooks: Hooks, database: Database) -> None:
    made = await hooks.create("http://127.0.0.1:9/", events=["flag.*"])
    for key in ("a", "b"):
        await hooks.flag(key)
    assert await AuditFollower(database).turn() == 2
    async with database.transaction() as tx:
        await tx.execute("UPDATE webhooks SET position = 0")
    before = await hooks.deliveries(made)
    await asyncio.gather(*(AuditFollower(database).turn() for _ in range(4)))
    assert await hooks.deliveries(made) == before


async def test_a_long_log_is_followed_in_parts(
    hooks: Hooks, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("control_plane.webhooks.follower._ENTRIES_MAX", 3)
    made = await hooks.create("http://127.0.0.1:9/", events=["flag.*"])
    for number in range(8):
        await hooks.flag(f"flag-{number}")
    assert await AuditFollower(database).turn() == 8
    assert len(await hooks.deliveries(made)) == 8


async def test_a_silent_receiver_delays_nobody_else(hooks: Hooks, database: Database, clock: ManualClock) -> None:
    hold = asyncio.Event()
    async with receiving(hold=hold) as silent, receiving() as quick:
        await hooks.create(silent.url, events=["flag.*"])
        for number in range(20):
            await hooks.flag(f"before-{number}")
        await hooks.create(quick.url, events=["flag.*"])
        await hooks.flag("after")
        running = asyncio.create_task(worker_on(database, clock).run())
        try:
            await until(lambda: len(quick.received) == 1)
            await until(lambda: silent.at_once == lanes(64)[0].of_webhook)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert silent.at_once_most == lanes(64)[0].of_webhook


async def test_receivers_that_fail_leave_the_other_lane_free(
    hooks: Hooks, database: Database, clock: ManualClock
) -> None:
    async with receiving(answer(500)) as failing:
        made = [await hooks.create(failing.url, events=["flag.*"]) for _ in range(6)]
        await hooks.flag("a")
        worker = worker_on(database, clock)
        await worker.turn()
        for _ in made:
            await worker.turn()
        hold = failing.hold = asyncio.Event()
        clock.advance(3600)
        running = asyncio.create_task(worker_on(database, clock, at_once=8).run())
        try:
            slow = lanes(8)[1]
            await until(lambda: failing.at_once == slow.of_organization)
            async with receiving() as quick:
                await hooks.create(quick.url, events=["flag.*"])
                await hooks.flag("b")
                await until(lambda: quick.types == ["flag.created"])
        finally:
            hold.set()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_name_that_changes_after_it_was_saved_is_never_reached(
    hooks: Hooks, database: Database, clock: ManualClock, tenant: Tenant
) -> None:
    """Saved and tested while it led outside; by the time of the delivery it leads to this machine."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [LOCAL]

    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        async with database.transaction() as tx:
            url = f"https://hooks.example.com:{receiver.port}/"
            await tx.execute("UPDATE webhooks SET url = $1", url)
        await hooks.flag("a")
        guarded = worker_on(database, clock, guard=OutboundGuard(["10.0.0.0/8"], resolve=resolve))
        await guarded.turn()
        shown = await hooks.delivery(made)
        assert shown["state"] == "waiting"
        assert "no public address" in shown["last_error"]
        refused = await tenant.api("POST", f"{hooks.path}/{made['id']}/test")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_public")
    assert asked == ["hooks.example.com"]
    assert receiver.received == []


async def test_a_deleted_webhook_takes_what_is_under_way_with_it(
    hooks: Hooks, database: Database, clock: ManualClock, tenant: Tenant
) -> None:
    hold = asyncio.Event()
    async with receiving(hold=hold) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        sending = asyncio.create_task(worker_on(database, clock).turn())
        await until(lambda: len(receiver.received) == 1)
        await tenant.api.ok("DELETE", f"{hooks.path}/{made['id']}")
        hold.set()
        assert await sending == 1
