"""What a receiver gets, how it is signed, and what comes of an answer that isn't a success."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Self

import pytest
import standardwebhooks.webhooks as library
from control_plane.database import Database
from control_plane.webhooks.pauses import PAUSES_SECONDS, pause_seconds
from control_plane.webhooks.payload import PAYLOAD_BYTES_MAX
from control_plane.webhooks.worker import WebhookWorker
from service_kit.clock import ManualClock
from standardwebhooks import Webhook, WebhookVerificationError

from tests.control_plane.conftest import Tenant
from tests.control_plane.webhooks.stand import Hooks, Received, answer, receiving, worker_on
from tests.waiting import until


def verified(received: Received, secret: str, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Any:
    """By the public library, whose time is the test's."""

    class Time(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Self:
            return cls.fromtimestamp(clock.now() / 1000, tz)

    monkeypatch.setattr(library, "datetime", Time)
    return Webhook(secret).verify(received.body, received.headers)


async def test_a_change_is_told_in_words_and_with_both_sides(
    hooks: Hooks, tenant: Tenant, worker: WebhookWorker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving(answer(200, "thanks")) as receiver:
        made = await hooks.create(receiver.url)
        flag = await hooks.flag("checkout", tags=["shop"])
        path = f"/projects/{tenant.project}/flags/checkout"
        await tenant.api.changed("PATCH", path, {"description": "The new one"})
        assert await worker.turn() == 2
    assert receiver.types == ["flag.created", "flag.updated"]
    document = verified(receiver.received[1], made["secret"], monkeypatch, clock)
    assert document["timestamp"] == "2026-01-05T10:00:00.000Z"
    data = document["data"]
    audit = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=flag&limit=1")
    assert data["summary"] == audit["items"][0]["summary"]
    assert data["changes"] == audit["items"][0]["changes"] != []
    assert data["actor"] == audit["items"][0]["actor"]
    assert data["number"] == audit["items"][0]["number"]
    assert (data["entity"], data["entity_key"], data["action"], data["reason"]) == ("flag", "checkout", "update", None)
    assert data["project"] == {"id": tenant.project, "key": "shop"}
    assert [each["key"] for each in data["environments"]] == ["production"]
    assert (data["before"]["description"], data["after"]["description"]) == ("", "The new one")
    assert data["before"]["tags"] == flag["tags"]
    assert "address" not in data
    headers = receiver.received[1].headers
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("Verdict-Webhooks/")
    shown = await hooks.delivery(made)
    assert (shown["state"], shown["attempts"], shown["last_status"]) == ("delivered", 1, 200)
    assert shown["payload"] == document
    assert shown["message_id"] == headers["webhook-id"]
    assert [(each["number"], each["status"], each["answer"], each["error"]) for each in shown["log"]] == [
        (1, 200, "thanks", None)
    ]
    await worker.turn()
    assert len(receiver.received) == 2


async def test_another_secret_does_not_verify(
    hooks: Hooks, worker: WebhookWorker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        await hooks.create(receiver.url)
        other = await hooks.create(receiver.url, events=["webhook.deleted"])
        await hooks.flag("checkout")
        await worker.turn()
    with pytest.raises(WebhookVerificationError):
        verified(receiver.received[-1], other["secret"], monkeypatch, clock)


async def test_both_secrets_sign_until_the_overlap_is_over(
    hooks: Hooks, tenant: Tenant, worker: WebhookWorker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        rotated = await tenant.api.ok("POST", f"{hooks.path}/{made['id']}/rotate", {"overlap_seconds": 3600})
        assert rotated["secret"] != made["secret"]
        assert rotated["previous_secret_ends_at"] == "2026-01-05T11:00:00Z"
        await hooks.flag("a")
        await worker.turn()
        for secret in (made["secret"], rotated["secret"]):
            verified(receiver.received[0], secret, monkeypatch, clock)
        assert receiver.received[0].headers["webhook-signature"].count("v1,") == 2
        clock.advance(3600)
        await hooks.flag("b")
        await worker.turn()
        verified(receiver.received[1], rotated["secret"], monkeypatch, clock)
        with pytest.raises(WebhookVerificationError):
            verified(receiver.received[1], made["secret"], monkeypatch, clock)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"events": ["*"]}, ["tagged", "plain", "settings"]),
        ({"events": ["flag.*"]}, ["tagged", "plain"]),
        ({"events": ["flag.created"], "tags": ["shop"]}, ["tagged"]),
        ({"events": ["segment.*"]}, []),
        ({"events": ["flag.*"], "projects": ["other"]}, []),
        ({"events": ["flag.*"], "environments": ["production"]}, ["tagged", "plain"]),
        ({"events": ["flag.*"], "environments": ["staging"]}, []),
        ({"events": ["flag_settings.*"], "environments": ["production"]}, ["settings"]),
    ],
    ids=str,
)
async def test_filters(
    hooks: Hooks, tenant: Tenant, worker: WebhookWorker, wanted: dict[str, Any], keys: list[str]
) -> None:
    projects = f"/organizations/{tenant.organization}/projects"
    other = await tenant.api.ok("POST", projects, {"key": "other", "name": "Other"})
    await tenant.api.ok("POST", f"/projects/{other['id']}/environments", {"key": "staging", "name": "Staging"})
    async with receiving() as receiver:
        await hooks.create(receiver.url, **wanted)
        await hooks.flag("tagged", tags=["shop"])
        await hooks.flag("plain")
        enabled = f"/projects/{tenant.project}/flags/plain/environments/production/enabled"
        await tenant.api.ok("PUT", enabled, {"enabled": True})
        await worker.turn()
    found = [
        "settings" if each.document["data"]["entity"] == "flag_settings" else each.document["data"]["entity_key"]
        for each in receiver.received
    ]
    assert sorted(found) == sorted(keys)


async def test_a_failure_is_tried_again_with_growing_pauses_under_one_id(
    hooks: Hooks, worker: WebhookWorker, clock: ManualClock
) -> None:
    answers = (answer(500, "no"), answer(503, Retry_After="600"), answer(302, Location="/"), answer(204))
    async with receiving(*answers) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("checkout")
        for attempts, least in ((1, PAUSES_SECONDS[0]), (2, 600), (3, PAUSES_SECONDS[2])):
            assert await worker.turn() == 1
            shown = await hooks.delivery(made)
            assert (shown["state"], shown["attempts"]) == ("waiting", attempts)
            assert (await hooks.shown(made))["failing_since"] == "2026-01-05T10:00:00Z"
            clock.advance(least - 1)
            assert await worker.turn() == 0
            clock.advance(1 + least * 0.1)
        assert await worker.turn() == 1
    assert len(receiver.received) == 4
    assert len({each.id for each in receiver.received}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.received}) == 4
    shown = await hooks.delivery(made)
    assert [each["status"] for each in shown["log"]] == [500, 503, 302, 204]
    assert (await hooks.shown(made))["failing_since"] is None


def test_pauses_grow_over_a_day() -> None:
    pauses = [pause_seconds(tries, 0.0) for tries in range(1, len(PAUSES_SECONDS) + 1)]
    assert pauses == sorted(PAUSES_SECONDS)
    assert 24 * 3600 <= sum(PAUSES_SECONDS) <= 26 * 3600
    assert pause_seconds(len(PAUSES_SECONDS) + 1, 0.0) is None
    assert pause_seconds(1, 1.0) == pytest.approx(5.5)
    assert pause_seconds(1, 0.0, 600) == 600
    assert pause_seconds(1, 0.0, 86_400) == 3600


async def failing_for_a_day(hooks: Hooks, made: Any, worker: WebhookWorker, clock: ManualClock) -> int:
    """Turns until the delivery is over; answers how many attempts that made."""
    made_attempts = 0
    for _ in range(100):
        made_attempts += await worker.turn()
        shown = await hooks.delivery(made)
        if shown["state"] != "waiting" or not (await hooks.shown(made))["enabled"]:
            return made_attempts
        clock.advance(3600)
    raise AssertionError(shown)


async def test_after_a_day_of_nothing_but_failures_it_is_paused_and_shown(
    hooks: Hooks, tenant: Tenant, worker: WebhookWorker, clock: ManualClock
) -> None:
    async with receiving(answer(500)) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("checkout")
        assert await failing_for_a_day(hooks, made, worker, clock) == len(PAUSES_SECONDS) + 1
        shown = await hooks.shown(made)
        assert (shown["enabled"], shown["paused_because"]) == (False, "failing")
        assert (await hooks.delivery(made))["state"] == "failed"
        entries = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=webhook&action=pause")
        assert entries["items"][0]["actor"]["kind"] == "system"
        await hooks.flag("unheard")
        assert await worker.turn() == 0
        receiver.answers = [answer(200)]
        path = f"{hooks.path}/{made['id']}"
        resumed = await tenant.api.changed("PATCH", path, {"enabled": True})
        assert (resumed["paused_because"], resumed["failing_since"]) == (None, None)
        await hooks.flag("heard")
        assert await worker.turn() == 1
    assert receiver.received[-1].document["data"]["entity_key"] == "heard"


async def test_a_success_in_between_begins_the_day_anew(
    hooks: Hooks, worker: WebhookWorker, clock: ManualClock
) -> None:
    async with receiving(answer(500), answer(200), answer(500)) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker.turn()
        clock.advance(23 * 3600)
        await worker.turn()
        assert (await hooks.shown(made))["failing_since"] is None
        clock.advance(2 * 3600)
        await hooks.flag("b")
        await worker.turn()
        shown = await hooks.shown(made)
        assert (shown["enabled"], shown["failing_since"]) == (True, "2026-01-06T11:00:00Z")


async def test_a_receiver_that_has_gone_is_left_alone_at_once(hooks: Hooks, worker: WebhookWorker) -> None:
    async with receiving(answer(410)) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker.turn()
        shown = await hooks.shown(made)
        assert (shown["enabled"], shown["paused_because"]) == (False, "gone")
        assert (await hooks.delivery(made))["state"] == "failed"
        await hooks.flag("b")
        assert await worker.turn() == 0


async def test_a_redirect_is_a_failure_and_is_not_followed(hooks: Hooks, worker: WebhookWorker) -> None:
    async with receiving(answer(307, Location="http://127.0.0.1:1/")) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker.turn()
    assert len(receiver.received) == 1
    shown = await hooks.delivery(made)
    assert (shown["last_status"], shown["last_error"]) == (307, "the receiver answered 307; redirects are not followed")


async def test_only_the_beginning_of_an_answer_is_kept(hooks: Hooks, worker: WebhookWorker) -> None:
    async with receiving(answer(200, "\x00" + "x" * 100_000)) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker.turn()
    shown = await hooks.delivery(made)
    assert shown["state"] == "delivered"
    assert len(shown["log"][0]["answer"]) == 4096
    assert shown["log"][0]["answer"].startswith("\ufffdxxx")


async def test_nobody_there_is_a_failure_in_words(hooks: Hooks, worker: WebhookWorker) -> None:
    made = await hooks.create("http://127.0.0.1:9/", events=["flag.*"])
    await hooks.flag("a")
    await worker.turn()
    shown = await hooks.delivery(made)
    assert (shown["state"], shown["last_status"]) == ("waiting", None)
    assert shown["last_error"].startswith("no connection: ")


async def test_a_silent_receiver_is_left_after_its_time(hooks: Hooks, database: Database, clock: ManualClock) -> None:
    async with receiving(hold=asyncio.Event()) as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker_on(database, clock, seconds=0.2).turn()
    assert (await hooks.delivery(made))["last_error"] == "no answer within 0.2 s"


async def test_what_is_large_is_told_without_its_sides(hooks: Hooks, tenant: Tenant, worker: WebhookWorker) -> None:
    async with receiving() as receiver:
        await hooks.create(receiver.url, events=["segment.created"])
        body = {"key": "large", "included": [f"user-{number:020}" for number in range(20_000)]}
        await tenant.api.ok("POST", f"/projects/{tenant.project}/segments", body)
        await worker.turn()
    data = receiver.received[0].document["data"]
    assert (data["before"], data["after"], data["truncated"]) == (None, None, True)
    assert len(receiver.received[0].body) < PAYLOAD_BYTES_MAX


async def test_a_test_is_sent_once_also_while_paused(hooks: Hooks, tenant: Tenant, worker: WebhookWorker) -> None:
    async with receiving(answer(500), answer(200)) as receiver:
        made = await hooks.create(receiver.url, enabled=False)
        queued = await tenant.api("POST", f"{hooks.path}/{made['id']}/test")
        assert queued.status_code == 202
        assert (queued.json()["state"], queued.json()["event_type"]) == ("waiting", "webhook.tested")
        assert await worker.turn() == 1
        shown = await tenant.api.ok("GET", queued.headers["location"].removeprefix("/api/v1"))
        assert (shown["state"], shown["last_status"], shown["payload"]["type"]) == ("failed", 500, "webhook.tested")
        assert (await hooks.shown(made))["failing_since"] is None
        await tenant.api.ok("POST", f"{hooks.path}/{made['id']}/deliveries/{shown['id']}/resend")
        await worker.turn()
        assert (await hooks.delivery(made))["state"] == "delivered"
    assert receiver.received[0].document["data"]["webhook"] == made["id"]


async def test_one_is_sent_again_under_its_id(hooks: Hooks, tenant: Tenant, worker: WebhookWorker) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        await hooks.flag("a")
        await worker.turn()
        delivery = (await hooks.deliveries(made))[0]
        path = f"{hooks.path}/{made['id']}"
        await tenant.api.ok("POST", f"{path}/deliveries/{delivery['id']}/resend")
        assert [each["id"] for each in await hooks.deliveries(made, "state=waiting")] == [delivery["id"]]
        await worker.turn()
        shown = await hooks.delivery(made)
        assert (shown["state"], shown["attempts"], len(shown["log"])) == ("delivered", 2, 2)
        await tenant.api.changed("PATCH", path, {"enabled": False})
        paused = await tenant.api("POST", f"{path}/deliveries/{delivery['id']}/resend")
        assert (paused.status_code, paused.json()["code"]) == (409, "webhook_paused")
    assert len(receiver.received) == 2
    assert receiver.received[0].id == receiver.received[1].id
    assert receiver.received[0].body == receiver.received[1].body


async def test_old_deliveries_go_and_the_newest_stay(
    hooks: Hooks, worker: WebhookWorker, clock: ManualClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        for number in range(4):
            clock.advance(86_400)
            await hooks.flag(f"flag-{number}")
            await worker.turn()
    monkeypatch.setattr("control_plane.webhooks.worker.DELIVERIES_KEPT", 2)
    assert await worker.tidy() == 2
    clock.advance(13 * 86_400 + 1)
    assert await worker.tidy() == 1
    assert len(await hooks.deliveries(made)) == 1
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM webhook_attempts") == 1


async def test_deliveries_come_in_pages(hooks: Hooks, tenant: Tenant, worker: WebhookWorker) -> None:
    async with receiving() as receiver:
        made = await hooks.create(receiver.url, events=["flag.*"])
        for number in range(5):
            await hooks.flag(f"flag-{number}")
        await worker.turn()
    path, found, cursor = f"{hooks.path}/{made['id']}/deliveries", list[str](), ""
    while True:
        page = await tenant.api.ok("GET", f"{path}?limit=2{cursor}")
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == len(set(found)) == 5


async def test_the_worker_runs_by_itself(hooks: Hooks, database: Database, clock: ManualClock) -> None:
    async with receiving() as receiver:
        await hooks.create(receiver.url, events=["flag.*"])
        running = asyncio.create_task(worker_on(database, clock).run())
        await hooks.flag("a")
        await until(lambda: len(receiver.received) == 1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
