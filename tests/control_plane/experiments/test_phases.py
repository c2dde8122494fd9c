"""Phases and pauses of experiments over HTTP: what is told, what is published, and what edges make of it."""

from __future__ import annotations

from typing import Any

import pytest
from bucketing.document import experiment_to_document
from control_plane.database import EVERY_TENANT, Database
from control_plane.experiments.queries import PublishedExperiment, compiled
from messages.documents import experiment_of
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock

FLAG: dict[str, Any] = {
    "key": "price",
    "type": "integer",
    "variations": [{"key": key, "value": value} for value, key in enumerate(("low", "high", "other"))],
    "off_variation": "low",
    "default": {"variation": "low"},
}
EXPERIMENT = {
    "key": "x",
    "environment": "production",
    "flag": "price",
    "variations": [{"key": "low", "weight": 50}, {"key": "high", "weight": 50}],
    "traffic": 20,
}
FEWER_LOW = [{"key": "low", "weight": 30}, {"key": "high", "weight": 70}]
MIXING: list[tuple[dict[str, Any], list[str]]] = [
    ({"variations": FEWER_LOW}, ["variations"]),
    ({"control": "high"}, ["control"]),
    ({"audience": {"attribute": "country", "operator": "eq", "value": "DE"}}, ["audience"]),
    ({"bucket_by": "company"}, ["bucket_by"]),
    ({"holdouts": ["global"]}, ["holdouts"]),
    ({"layer": {"key": "shop", "share": 40}}, ["layer"]),
    ({"traffic": 10}, ["traffic"]),
    ({"traffic": 10, "variations": FEWER_LOW, "name": "X"}, ["variations", "traffic"]),
]
NEW_PHASE = {"on_experiments": "new_phase"}


@pytest.fixture
async def one(tenant: Any) -> str:
    """The path of a running experiment."""
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.changed("PATCH", f"{path}/flags/price/environments/production", {"enabled": True})
    await tenant.api.ok("POST", f"{path}/holdouts", {"key": "global", "share": 5})
    await tenant.api.ok("POST", f"{path}/layers", {"key": "shop"})
    await tenant.api.ok("POST", f"{path}/experiments", EXPERIMENT)
    await tenant.api.ok("POST", f"{path}/experiments/x/start")
    return f"{path}/experiments/x"


async def attempt(tenant: Any, path: str, body: Any) -> Any:
    etag = (await tenant.api("GET", path)).headers["etag"]
    return await tenant.api("PATCH", path, body, headers={"If-Match": etag})


async def published(tenant: Any, database: Database) -> pb.Experiment:
    async with database.transaction(tenancy=EVERY_TENANT) as tx:
        found = await tx.fetchval("SELECT id FROM environments WHERE key = 'production'")
        [each] = await compiled(tx, found)
    assert isinstance(each, PublishedExperiment)
    return each.message


async def test_what_would_mix_populations_asks_for_a_new_phase(tenant: Any, one: str) -> None:
    before = await tenant.api.ok("GET", one)
    for patch, fields in MIXING:
        for said in ({}, {"on_experiments": "accept"}, {"on_experiments": "stop"}):
            problem = (await attempt(tenant, one, {**patch, **said})).json()
            assert (problem["code"], problem["choices"]) == ("experiment_affected", ["new_phase"]), patch
            assert [each["field"] for each in problem["errors"]] == fields
            assert problem["experiments"][0]["disturbances"][0]["fields"] == fields
    assert await tenant.api.ok("GET", one) == before
    await tenant.api.ok("POST", f"{one}/stop")
    for patch, fields in MIXING:
        problem = (await attempt(tenant, one, {**patch, **NEW_PHASE})).json()
        assert (problem["code"], [each["field"] for each in problem["errors"]]) == ("experiment_started", fields)


async def test_a_new_phase_is_drawn_anew_and_the_old_one_stays_told(
    tenant: Any, one: str, clock: ManualClock, database: Database
) -> None:
    clock.advance(60)
    layered = {"layer": {"key": "shop", "share": 40}, "variations": FEWER_LOW, "traffic": 10}
    second = await tenant.api.changed("PATCH", one, {**layered, **NEW_PHASE})
    assert (second["phase"], second["status"], second["traffic"]) == (2, "running", 10)
    assert (second["start_at"], second["phase_started_at"]) == ("2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z")
    assert second["layer"] == {"key": "shop", "share": 40, "start": 0, "end": 4000}
    [first] = second["ended_phases"]
    assert (first["phase"], first["traffic"], first["layer"]) == (1, 20, None)
    assert (first["started_at"], first["ended_at"]) == ("2026-01-05T10:00:00.000Z", "2026-01-05T10:01:00.000Z")
    assert first["variations"] == EXPERIMENT["variations"]

    clock.advance(60)
    third = await tenant.api.changed("PATCH", one, {"bucket_by": "company", **NEW_PHASE})
    assert [each["phase"] for each in third["ended_phases"]] == [1, 2]
    assert third["ended_phases"][0] == first
    message = await published(tenant, database)
    now = experiment_of(message)
    assert (now.phase, now.seed, now.bucket_by, now.start_at) == (3, "phase:3:x", "company", 1767607200000)
    assert message.phase_started_at == 1767607320000
    spans = [(each.started_at, each.ended_at, each.control_variation) for each in message.ended_phases]
    assert spans == [
        (1767607200000, 1767607260000, "low"),
        (1767607260000, 1767607320000, "low"),
    ]
    told = [experiment_of(pb.Experiment(document=each.document)) for each in message.ended_phases]
    assert [(each.phase, each.seed, each.bucket_by) for each in told] == [(1, None, None), (2, "phase:2:x", None)]
    assert experiment_to_document(told[1])["layer"] == {"key": "shop", "start": 0, "end": 4000}
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=experiment"))["items"]
    assert [each["action"] for each in entries][:2] == ["begin_phase", "begin_phase"]


async def test_more_traffic_and_texts_begin_no_phase(tenant: Any, one: str) -> None:
    changed = await tenant.api.changed("PATCH", one, {"traffic": 40, "name": "X", **NEW_PHASE})
    assert (changed["phase"], changed["traffic"], changed["ended_phases"]) == (1, 40, [])


async def test_what_disturbs_an_experiment_begins_its_phase(tenant: Any, one: str, clock: ManualClock) -> None:
    """Also that of one that observes beside it, because other units are drawn now."""
    api, project = tenant.api, f"/projects/{tenant.project}"
    watching = {**EXPERIMENT, "key": "watch", "mode": "observes", "traffic": 100}
    await api.ok("POST", f"{project}/experiments", watching)
    await api.ok("POST", f"{project}/experiments/watch/start")
    clock.advance(60)
    settings = f"{project}/flags/price"
    values = [{**each, "value": 7} if each["key"] == "high" else each for each in FLAG["variations"]]
    changed = (await attempt(tenant, settings, {"variations": values, **NEW_PHASE})).json()
    assert [each["code"] for each in changed["warnings"]] == ["experiment_phase_begun"] * 2
    for key in ("x", "watch"):
        begun = await api.ok("GET", f"{project}/experiments/{key}")
        assert (begun["phase"], begun["status"], begun["disturbances"]) == (2, "running", [])
    # What the one begins itself disturbs the other.
    etag = (await api("GET", one)).headers["etag"]
    await api.ok("PATCH", one, {"traffic": 10, **NEW_PHASE}, headers={"If-Match": etag})
    assert [(await api.ok("GET", f"{project}/experiments/{key}"))["phase"] for key in ("x", "watch")] == [3, 3]


async def test_a_pause_is_told_and_published(tenant: Any, one: str, clock: ManualClock, database: Database) -> None:
    api = tenant.api
    clock.advance(60)
    paused = await api.ok("POST", f"{one}/pause")
    assert (paused["status"], list(paused["environment_versions"])) == ("paused", ["production"])
    assert paused["pauses"] == [{"started_at": "2026-01-05T10:01:00.000Z", "ended_at": None}]
    message = await published(tenant, database)
    assert (message.status, experiment_of(message).paused) == (pb.EXPERIMENT_STATUS_PAUSED, True)
    assert [(each.started_at, each.ended_at) for each in message.pauses] == [(1767607260000, 0)]
    again = await api("POST", f"{one}/pause")
    assert (again.status_code, again.json()["code"]) == (409, "not_running")
    for action, code in (("start", "not_a_draft"), ("archive", "experiment_running")):
        assert (await api("POST", f"{one}/{action}")).json()["code"] == code

    clock.advance(60)
    resumed = await api.ok("POST", f"{one}/resume")
    assert resumed["status"] == "running"
    assert resumed["pauses"] == [{"started_at": "2026-01-05T10:01:00.000Z", "ended_at": "2026-01-05T10:02:00.000Z"}]
    assert (await api("POST", f"{one}/resume")).json()["code"] == "not_paused"
    assert experiment_of(await published(tenant, database)).paused is False
    clock.advance(60)
    await api.ok("POST", f"{one}/pause")
    clock.advance(60)
    stopped = await api.ok("POST", f"{one}/stop")
    assert [each["ended_at"] for each in stopped["pauses"]] == ["2026-01-05T10:02:00.000Z", "2026-01-05T10:04:00.000Z"]
    history = f"/projects/{tenant.project}/history/experiment/x"
    assert [each["action"] for each in (await api.ok("GET", history))["items"]][:3] == ["stop", "pause", "resume"]


async def test_a_paused_experiment_keeps_its_place(tenant: Any, one: str) -> None:
    """Its flag and its layer are its own, it is disturbed by what would disturb it, and begins phases."""
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{one}/pause")
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "rival"})
    assert (await api("POST", f"{project}/experiments/rival/start")).json()["code"] == "flag_has_experiment"
    archived = await api("POST", f"{project}/flags/price/archive")
    assert (archived.status_code, archived.json()["code"]) == (409, "in_use")
    values = [{**each, "value": 7} for each in FLAG["variations"]]
    refused = (await attempt(tenant, f"{project}/flags/price", {"variations": values})).json()
    assert (refused["code"], refused["choices"]) == ("experiment_affected", ["new_phase", "stop", "accept"])
    begun = await api.changed("PATCH", one, {"traffic": 10, **NEW_PHASE})
    assert (begun["phase"], begun["status"]) == (2, "paused")


async def test_a_change_request_pauses_and_begins_phases(tenant: Any, one: str) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    of = {"entity": "experiment", "key": "x"}
    for edit, told in (
        ({"action": "update", "document": {"traffic": 10, **NEW_PHASE}}, ("running", 2)),
        ({"action": "pause"}, ("paused", 2)),
        ({"action": "resume"}, ("running", 2)),
    ):
        request = await api.ok("POST", f"{project}/change-requests", {"title": "T", "edits": [{**of, **edit}]})
        await api.ok("POST", f"{project}/change-requests/{request['number']}/apply")
        now = await api.ok("GET", one)
        assert (now["status"], now["phase"]) == told
