"""Experiments start and stop at given times: once, as whoever said so; where they can't, they say why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from control_plane.app import experiment_scheduler_of
from control_plane.database import Database
from control_plane.experiments.scheduler import ExperimentScheduler
from control_plane.quotas import Quotas, QuotaTelemetry
from service_kit.clock import ManualClock
from service_kit.telemetry import new_registry

from .test_phases import EXPERIMENT, FLAG

MINUTE = 60_000


@pytest.fixture
def scheduler(database: Database) -> ExperimentScheduler:
    return experiment_scheduler_of(database, Quotas({}, 0.05, QuotaTelemetry(new_registry())), 730)


@pytest.fixture
async def one(tenant: Any) -> str:
    """The path of a draft."""
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.changed("PATCH", f"{path}/flags/price/environments/production", {"enabled": True})
    await tenant.api.ok("POST", f"{path}/experiments", EXPERIMENT)
    return f"{path}/experiments/x"


async def actions(tenant: Any, one: str) -> list[str]:
    history = one.replace("/experiments/", "/history/experiment/")
    return [each["action"] for each in (await tenant.api.ok("GET", history))["items"]]


async def test_it_starts_and_stops_when_it_is_time(
    tenant: Any, one: str, clock: ManualClock, scheduler: ExperimentScheduler
) -> None:
    api, now = tenant.api, clock.now()
    body = {"start_at": now + MINUTE, "stop_at": now + 3 * MINUTE}
    told = await api.changed("PUT", f"{one}/schedule", body, read=one)
    assert (told["status"], told["schedule_failure"]) == ("scheduled", None)
    assert told["schedule"]["start_at"] == "2026-01-05T10:01:00.000Z"
    assert told["schedule"]["by"]["kind"] == "user"
    # It changes as a draft does meanwhile.
    await api.changed("PATCH", one, {"traffic": 30})
    await scheduler.run_all()
    assert (await api.ok("GET", one))["status"] == "scheduled"

    clock.advance(60)
    await scheduler.run_all()
    running = await api.ok("GET", one)
    assert (running["status"], running["start_at"], running["traffic"]) == ("running", "2026-01-05T10:01:00Z", 30)
    assert (running["schedule"]["start_at"], running["schedule"]["stop_at"]) == (None, "2026-01-05T10:03:00.000Z")
    clock.advance(120)
    await scheduler.run_all()
    stopped = await api.ok("GET", one)
    assert (stopped["status"], stopped["stop_at"], stopped["schedule"]) == ("stopped", "2026-01-05T10:03:00Z", None)
    assert await actions(tenant, one) == ["stop", "start", "update", "schedule", "create"]


async def test_several_workers_start_each_once(
    tenant: Any, one: str, clock: ManualClock, scheduler: ExperimentScheduler, database: Database
) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/layers", {"key": "shop"})
    keys = [f"x{number}" for number in range(5)]
    for key in keys:
        body = {**EXPERIMENT, "key": key, "layer": {"key": "shop", "share": 10}}
        await api.ok("POST", f"{project}/experiments", body)
        at = f"{project}/experiments/{key}"
        await api.changed("PUT", f"{at}/schedule", {"start_at": clock.now() + MINUTE}, read=at)
    clock.advance(60)
    another = experiment_scheduler_of(database, Quotas({}, 0.05, QuotaTelemetry(new_registry())), 730)
    await asyncio.gather(*(each.run_all() for each in (scheduler, another, scheduler, another)))
    # Who finds the project held by another one looks again.
    await scheduler.run_all()
    for key in keys:
        assert await actions(tenant, f"{project}/experiments/{key}") == ["start", "schedule", "create"]
    layers = [(await api.ok("GET", f"{project}/experiments/{key}"))["layer"]["start"] for key in keys]
    assert sorted(layers) == [0, 1000, 2000, 3000, 4000]


async def test_what_cannot_be_started_is_a_draft_again_and_says_why(
    tenant: Any, one: str, clock: ManualClock, scheduler: ExperimentScheduler
) -> None:
    """Another one assigns on the flag by then, or what it would disturb runs."""
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.changed("PUT", f"{one}/schedule", {"start_at": clock.now() + MINUTE}, read=one)
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "rival"})
    await api.ok("POST", f"{project}/experiments/rival/start")
    clock.advance(60)
    await scheduler.run_all()
    failed = await api.ok("GET", one)
    assert (failed["status"], failed["schedule"]) == ("draft", None)
    failure = failed["schedule_failure"]
    assert (failure["action"], failure["code"]) == ("start", "flag_has_experiment")
    assert (await actions(tenant, one))[0] == "fail_start"
    await api.ok("POST", f"{project}/experiments/rival/stop")

    watching = {**EXPERIMENT, "key": "watch", "mode": "observes", "traffic": 100}
    await api.ok("POST", f"{project}/experiments", watching)
    await api.ok("POST", f"{project}/experiments/watch/start")
    await api.changed("PUT", f"{one}/schedule", {"start_at": clock.now() + MINUTE}, read=one)
    assert (await api.ok("GET", one))["schedule_failure"] is None
    clock.advance(60)
    await scheduler.run_all()
    assert (await api.ok("GET", one))["schedule_failure"]["code"] == "experiment_affected"
    said = {"start_at": clock.now() + MINUTE, "on_experiments": "new_phase"}
    await api.changed("PUT", f"{one}/schedule", said, read=one)
    clock.advance(60)
    await scheduler.run_all()
    assert (await api.ok("GET", one))["status"] == "running"
    assert (await api.ok("GET", f"{project}/experiments/watch"))["phase"] == 2


async def test_it_is_done_as_whoever_scheduled_it(
    tenant: Any, one: str, clock: ManualClock, scheduler: ExperimentScheduler, make_member: Any
) -> None:
    api, organization = tenant.api, f"/organizations/{tenant.organization}"
    developer = await make_member(tenant, "developer")
    await developer.changed("PUT", f"{one}/schedule", {"start_at": clock.now() + MINUTE}, read=one)
    by = (await api.ok("GET", one))["schedule"]["by"]
    await api.ok("DELETE", f"{organization}/members/{by['id']}")
    clock.advance(60)
    await scheduler.run_all()
    failed = await api.ok("GET", one)
    assert (failed["status"], failed["schedule_failure"]["code"]) == ("draft", "scheduler_gone")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "start_at"),
    ({"stop_at": 4_000_000_000_000}, "start_at"),
    ({"start_at": 1}, "start_at"),
    ({"start_at": "tomorrow"}, "start_at"),
    ({"start_at": 4_000_000_000_000, "stop_at": 4_000_000_000_000}, "stop_at"),
]


async def test_moments_are_checked(tenant: Any, one: str, clock: ManualClock, scheduler: ExperimentScheduler) -> None:
    api = tenant.api
    for body, field in REFUSED:
        answer = await api("PUT", f"{one}/schedule", body, headers={"If-Match": '"1"'})
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field]), body
    assert (await api("DELETE", f"{one}/schedule")).json()["code"] == "no_change"
    await api.ok("PUT", f"{one}/schedule", {"start_at": clock.now() + MINUTE}, headers={"If-Match": '"1"'})
    assert (await api("POST", f"{one}/archive")).json()["code"] == "experiment_scheduled"
    assert (await api.ok("DELETE", f"{one}/schedule"))["status"] == "draft"
    # One that is started by hand keeps the stop that was scheduled, and that may be moved.
    later = {"start_at": clock.now() + MINUTE, "stop_at": clock.now() + 2 * MINUTE}
    await api.changed("PUT", f"{one}/schedule", later, read=one)
    started = await api.ok("POST", f"{one}/start")
    assert (started["status"], started["schedule"]["start_at"]) == ("running", None)
    for body, field in (({"start_at": clock.now() + MINUTE}, "start_at"), ({}, "stop_at")):
        answer = await api("PUT", f"{one}/schedule", body, headers={"If-Match": f'"{started["version"]}"'})
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    await api.ok("POST", f"{one}/pause")
    moved = await api.changed("PUT", f"{one}/schedule", {"stop_at": clock.now() + 3 * MINUTE}, read=one)
    assert moved["status"] == "paused"
    clock.advance(180)
    await scheduler.run_all()
    assert (await api.ok("GET", one))["status"] == "stopped"
    over = await api("PUT", f"{one}/schedule", later, headers={"If-Match": '"99"'})
    assert over.status_code in (409, 412)


async def test_a_change_request_schedules(tenant: Any, one: str, clock: ManualClock) -> None:
    project = f"/projects/{tenant.project}"
    edit = {"entity": "experiment", "key": "x", "action": "schedule", "document": {"start_at": clock.now() + MINUTE}}
    request = await tenant.api.ok("POST", f"{project}/change-requests", {"title": "T", "edits": [edit]})
    await tenant.api.ok("POST", f"{project}/change-requests/{request['number']}/apply")
    assert (await tenant.api.ok("GET", one))["status"] == "scheduled"
