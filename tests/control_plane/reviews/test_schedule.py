"""A scheduled change is applied once at its moment, as whoever scheduled it; where it can't be, it says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from control_plane.app import reviews_of
from control_plane.database import EVERY_TENANT, Database
from control_plane.quotas import Quotas, QuotaTelemetry
from control_plane.reviews.schedule import Schedule
from service_kit.clock import ManualClock
from service_kit.telemetry import new_registry

from .conftest import FLAG, Shop, settings_edit
from .test_applying import version_of
from .test_reviewing import identity

ON = settings_edit({"enabled": True})
LATER = 600_000


@dataclass
class Worker:
    """One beside the app's requests, on the same database."""

    schedule: Schedule

    async def apply_due(self) -> int:
        count = 0
        while await self.schedule.apply_next():
            count += 1
        return count


def new_worker(database: Database) -> Worker:
    return Worker(Schedule(reviews_of(database, Quotas({}, 0.05, QuotaTelemetry(new_registry())), 730)))


@pytest.fixture
def worker(database: Database) -> Worker:
    return new_worker(database)


async def scheduled(shop: Shop, clock: ManualClock, request: Any, by: Any = None) -> Any:
    path = f"{shop.requests}/{request['number']}/schedule"
    return await (by or shop.author).ok("PUT", path, {"at": clock.now() + LATER})


async def test_it_is_applied_when_its_moment_has_come_and_not_before(
    shop: Shop, clock: ManualClock, worker: Worker
) -> None:
    request = await shop.approve(await shop.propose(ON))
    told = await scheduled(shop, clock, request)
    moment = datetime.fromtimestamp((clock.now() + LATER) / 1000, UTC)
    assert (told["state"], datetime.fromisoformat(told["scheduled_at"])) == ("scheduled", moment)
    assert await worker.apply_due() == 0
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 1
    applied = await shop.read(request)
    assert (applied["state"], applied["failure"]) == ("applied", None)
    assert applied["ended_by"]["id"] == await identity(shop.author)
    assert (await shop.owner.ok("GET", shop.settings()))["enabled"] is True
    audit = f"/organizations/{shop.tenant.organization}/audit?entity=flag_settings&limit=1"
    [entry] = (await shop.owner.ok("GET", audit))["items"]
    assert entry["actor"]["id"] == await identity(shop.author)
    assert await worker.apply_due() == 0


async def test_two_workers_apply_each_request_once(shop: Shop, clock: ManualClock, database: Database) -> None:
    for number in range(4):
        rules = [{"id": f"r{number}", "if": {"attribute": "a", "operator": "exists"}, "then": {"variation": "on"}}]
        key = f"flag-{number}"
        body = {**FLAG, "key": key}
        await shop.owner.ok("POST", f"{shop.path}/flags", body)
        request = await shop.approve(await shop.propose(settings_edit({"enabled": True, "rules": rules}, key)))
        await scheduled(shop, clock, request)
    before = await version_of(shop)
    clock.advance(LATER / 1000)
    workers = [new_worker(database) for _ in range(3)]
    counts = await asyncio.gather(*(each.apply_due() for each in workers))
    left = await workers[0].apply_due()
    assert sum(counts) + left == 4
    assert await version_of(shop) == before + 4
    states = {each["state"] for each in (await shop.owner.ok("GET", shop.requests))["items"]}
    assert states == {"applied"}


async def test_one_whose_project_is_held_keeps_none_waiting(
    shop: Shop, clock: ManualClock, worker: Worker, database: Database
) -> None:
    request = await shop.approve(await shop.propose(ON))
    await scheduled(shop, clock, request)
    clock.advance(LATER / 1000)
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        await tx.execute("SELECT FROM projects WHERE id = $1 FOR UPDATE", UUID(str(shop.tenant.project)))
        assert await worker.apply_due() == 0
    assert await worker.apply_due() == 1
    assert (await shop.read(request))["state"] == "applied"


async def test_the_schedulers_rights_are_asked_again(shop: Shop, clock: ManualClock, worker: Worker) -> None:
    request = await shop.approve(await shop.propose(ON))
    await scheduled(shop, clock, request)
    person = f"/organizations/{shop.tenant.organization}/members/{await identity(shop.author)}"
    await shop.owner.changed("PATCH", person, {"role": "viewer"})
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 1
    opened = await shop.read(request)
    assert (opened["state"], opened["scheduled_at"], opened["failure"]["code"]) == ("open", None, "missing_right")
    assert (await shop.owner.ok("GET", shop.settings()))["enabled"] is False
    assert await worker.apply_due() == 0, "it isn't tried again by itself"
    again = await shop.apply(request, shop.owner)
    assert (again.json()["state"], again.json()["failure"]) == ("applied", None)


async def test_who_is_gone_applies_nothing(shop: Shop, clock: ManualClock, worker: Worker) -> None:
    request = await shop.approve(await shop.propose(ON))
    await scheduled(shop, clock, request)
    await shop.owner.ok("DELETE", f"/organizations/{shop.tenant.organization}/members/{await identity(shop.author)}")
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 1
    opened = await shop.read(request)
    assert opened["state"] == "open"
    assert opened["failure"]["code"] == "scheduler_gone"


async def test_reviewers_rights_are_asked_again(shop: Shop, clock: ManualClock, worker: Worker) -> None:
    request = await shop.approve(await shop.propose(ON))
    await scheduled(shop, clock, request)
    person = f"/organizations/{shop.tenant.organization}/members/{await identity(shop.reviewer)}"
    await shop.owner.changed("PATCH", person, {"role": "viewer"})
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 1
    assert (await shop.read(request))["failure"]["code"] == "not_approved"


async def test_one_that_fails_keeps_no_other_waiting(shop: Shop, clock: ManualClock, worker: Worker) -> None:
    stale = await shop.approve(await shop.propose(settings_edit({"off_variation": "on"})))
    good = await shop.approve(await shop.propose(settings_edit({"report_exposures": True})))
    await scheduled(shop, clock, stale)
    await scheduled(shop, clock, good)
    await shop.set({"off_variation": "off"})
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 2
    failed = await shop.read(stale)
    assert (failed["state"], failed["failure"]["code"]) == ("open", "collision")
    assert "off_variation" in failed["failure"]["detail"]
    assert (await shop.read(good))["state"] == "applied"


async def test_it_is_cancelled_by_hand_by_new_edits_and_by_a_rejection(
    shop: Shop, clock: ManualClock, worker: Worker
) -> None:
    request = await shop.approve(await shop.propose(ON))
    path = f"{shop.requests}/{request['number']}"
    await scheduled(shop, clock, request)
    opened = await shop.author.ok("DELETE", f"{path}/schedule")
    assert (opened["state"], opened["scheduled_at"], opened["scheduled_by"]) == ("open", None, None)
    assert (await shop.author("DELETE", f"{path}/schedule")).json()["code"] == "not_open"
    await scheduled(shop, clock, request)
    await shop.author.changed("PATCH", path, {"edits": [settings_edit({"report_exposures": True})]})
    assert (await shop.read(request))["state"] == "open"
    await shop.approve(request)
    await scheduled(shop, clock, request)
    assert (await shop.review(request, shop.second, "reject")).is_success
    clock.advance(LATER / 1000)
    assert await worker.apply_due() == 0
    assert (await shop.owner.ok("GET", shop.settings()))["enabled"] is False


@pytest.mark.parametrize("at", ["yesterday", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", -1, 10**20])
async def test_a_moment_lies_in_the_near_future(shop: Shop, at: Any) -> None:
    request = await shop.approve(await shop.propose(ON))
    refused = await shop.author("PUT", f"{shop.requests}/{request['number']}/schedule", {"at": at})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "at")


async def test_only_what_is_agreed_on_is_scheduled(shop: Shop, clock: ManualClock) -> None:
    request = await shop.propose(ON)
    refused = await shop.author("PUT", f"{shop.requests}/{request['number']}/schedule", {"at": clock.now() + LATER})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
