"""What somebody got at a moment, why, and whose change it was: asked later, the answer is the one of then."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import Database
from control_plane.entities.models import columns_of, row_of
from control_plane.experiments.models import EXPERIMENTS
from control_plane.experiments.views import experiment_row, experiment_view
from control_plane.flags.models import FLAGS
from control_plane.flags.repository import settings_by_environment
from control_plane.flags.switches import Known
from control_plane.flags.views import flag_row, flag_view, settings_row, settings_view
from control_plane.segments.models import SEGMENTS
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Tenant
from tests.control_plane.history.past_day import CONTEXTS, PastDay

EDITS = 100
FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_day_of_edits_is_answered_as_it_was(
    tenant: Tenant, database: Database, clock: ManualClock, seed: int
) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/holdouts", {"key": "nobody", "share": 10})
    environment_id = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    day = PastDay(tenant.api, project, database, environment_id, clock, Random(seed))
    await day.begin()
    moments = [await day.moment()]
    for _ in range(EDITS):
        # Some edits share a moment: the last one of it counts.
        clock.advance(day.random.choice([0.001, 1.5, 60]))
        await day.edit()
        moments.append(await day.moment())
    await _rows_are_what_the_log_says(database, tenant)
    clock.advance(1)
    told = {each.at: each for each in moments}
    for at, moment in told.items():
        for flag, decisions in moment.decisions.items():
            index = day.random.randrange(len(CONTEXTS))
            asked = {"flag": flag, "context": CONTEXTS[index], "at": at}
            answer = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
            assert answer["decision"] == decisions[index], (asked, day.done)
            assert answer["config_version"] == moment.version
            assert answer["now"] == at
            assert answer["last_changed_by"]["who"]["kind"] == "user"
    given = [each for moment in moments for decisions in moment.decisions.values() for each in decisions]
    assert {each["reason"] for each in given} >= {"SPLIT", "TARGETING_MATCH", "DISABLED", "DEFAULT"}
    assert any("experiment" in each for each in given)


async def _rows_are_what_the_log_says(database: Database, tenant: Tenant) -> None:
    """Each row can be made again, exactly, from the last entry of the audit log about it."""
    async with database.transaction() as tx:
        environment_id = UUID((await tenant.api.ok("GET", tenant.path))["id"])
        organization = await tx.fetchval("SELECT organization_id FROM environments WHERE id = $1", environment_id)
        flags = await FLAGS.of_environment(tx, environment_id)
        for flag in flags:
            assert columns_of(flag_row(flag, flag_view(flag, Known({})).audited())) == columns_of(flag)
            assert await _last(tenant, "flag", flag.key) == flag_view(flag, Known({})).audited()
            for key, settings in (await settings_by_environment(tx, flag)).items():
                kept = settings_view(flag, key, settings).audited()
                assert settings_row(flag, settings.environment_id, kept) == settings
        for segment in await SEGMENTS.of_environment(tx, environment_id):
            kept = await _last(tenant, "segment", segment.key)
            assert row_of(type(segment), segment, kept, condition=kept["if"]) == segment
        for experiment in await EXPERIMENTS.of_environment(tx, environment_id):
            kept = await _last(tenant, "experiment", experiment.key)
            assert kept == experiment_view(experiment).audited()
            assert experiment_row(experiment, environment_id, kept) == experiment
    assert organization == UUID(tenant.organization)
    assert flags


async def _last(tenant: Tenant, entity: str, key: str) -> Any:
    path = f"/projects/{tenant.project}/history/{entity}/{key}"
    [latest] = (await tenant.api.ok("GET", f"{path}?limit=1"))["items"]
    return (await tenant.api.ok("GET", f"{path}/versions/{latest['version']}"))["document"]


@pytest.fixture
async def project(tenant: Tenant) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/segments", {"key": "beta", "included": ["u1"]})
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.ok("POST", f"{path}/flags", {**FLAG, "key": "gate"})
    rules = [{"if": {"segment": "beta"}, "then": {"variation": "off"}}]
    settings = {"enabled": True, "rules": rules, "prerequisites": [{"flag": "gate", "variation": "off"}]}
    await tenant.api.changed("PATCH", f"{path}/flags/checkout/environments/production", settings)
    return path


@pytest.mark.parametrize(
    ("write", "entity"),
    [
        pytest.param(("PATCH", "flags/checkout", {"name": "Other", "tags": ["a"]}), None, id="a-name-matters-not"),
        pytest.param(
            ("PATCH", "flags/checkout", {"purpose": "operational", "expected_end": "2030-01-31"}),
            None,
            id="a-purpose-matters-not",
        ),
        pytest.param(("PATCH", "flags/checkout", {"metadata": {"tier": 1}}), "flag checkout", id="the-flag"),
        pytest.param(
            ("PATCH", "flags/checkout/environments/production", {"targets": [{"key": "u2", "variation": "off"}]}),
            "flag_settings checkout/production",
            id="its-settings",
        ),
        pytest.param(("PATCH", "segments/beta", {"included": []}), "segment beta", id="a-segment"),
        pytest.param(("PATCH", "segments/beta", {"description": "Testers"}), None, id="a-text-of-a-segment"),
        pytest.param(
            ("PATCH", "flags/gate/environments/production", {"enabled": True}),
            "flag_settings gate/production",
            id="a-prerequisite",
        ),
        pytest.param(("POST", "segments", {"key": "other"}), None, id="another-entity"),
    ],
)
async def test_whose_change_it_was(
    tenant: Tenant, project: str, clock: ManualClock, make_member: Any, write: Any, entity: str | None
) -> None:
    asked = {"flag": "checkout", "context": {"targetingKey": "u1"}}
    before = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    assert before["last_changed_by"]["entity"] == "flag_settings"
    clock.advance(60)
    editor = await make_member(tenant, "developer")
    method, path, body = write
    await (editor.changed if method == "PATCH" else editor.ok)(method, f"{project}/{path}", body)
    clock.advance(60)
    after = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    last = after["last_changed_by"]
    if entity is None:
        assert last == before["last_changed_by"]
    else:
        assert f"{last['entity']} {last['entity_key']}" == entity
        assert last["who"] != before["last_changed_by"]["who"]
        [entry] = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=1"))["items"]
        assert (last["entry"], last["action"]) == (entry["number"], "update")
    then = await tenant.api.ok("POST", f"{tenant.path}/explain", {**asked, "at": before["now"]})
    assert then == before


async def test_an_experiments_start_and_stop_matter_and_its_draft_does_not(
    tenant: Tenant, project: str, clock: ManualClock
) -> None:
    draft = {
        "key": "test",
        "environment": "production",
        "flag": "gate",
        "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
    }
    asked = {"flag": "gate", "context": {"targetingKey": "u1"}}
    settings = f"{project}/flags/gate/environments/production"
    await tenant.api.changed("PATCH", settings, {"enabled": True})

    async def last() -> tuple[str, str]:
        told = (await tenant.api.ok("POST", f"{tenant.path}/explain", asked))["last_changed_by"]
        return told["entity"], told["action"]

    await tenant.api.ok("POST", f"{project}/experiments", draft)
    assert await last() == ("flag_settings", "update")
    await tenant.api.ok("POST", f"{project}/experiments/test/start")
    assert await last() == ("experiment", "start")
    await tenant.api.changed("PATCH", f"{project}/experiments/test", {"hypothesis": "More"})
    assert await last() == ("experiment", "start")
    clock.advance(60)
    for action in ("stop", "archive"):
        await tenant.api.ok("POST", f"{project}/experiments/test/{action}")
        assert await last() == ("experiment", "stop")


async def test_before_there_was_something_to_ask(tenant: Tenant, project: str, clock: ManualClock) -> None:
    asked: dict[str, Any] = {"flag": "checkout", "context": {"targetingKey": "u1"}}
    born = clock.now()
    clock.advance(60)
    await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": "late"})
    early = await tenant.api("POST", f"{tenant.path}/explain", {**asked, "flag": "late", "at": born})
    assert (early.status_code, early.json()["code"]) == (404, "flag_not_found")
    for at, code in ((born - 3_600_000, "range"), (clock.now() + 1, "range"), ("yesterday", "date")):
        refused = await tenant.api("POST", f"{tenant.path}/explain", {**asked, "at": at})
        error = refused.json()["errors"][0]
        assert (refused.status_code, error["field"], error["code"]) == (422, "at", code)


async def test_a_flag_that_is_gone_is_explained_as_it_was(tenant: Tenant, project: str, clock: ManualClock) -> None:
    asked: dict[str, Any] = {"flag": "checkout", "context": {"targetingKey": "u1"}}
    then = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    clock.advance(60)
    await tenant.api.ok("POST", f"{project}/flags/checkout/archive")
    await tenant.api.ok("DELETE", f"{project}/flags/checkout")
    await tenant.api.ok("DELETE", f"{project}/segments/beta")
    assert (await tenant.api("POST", f"{tenant.path}/explain", asked)).status_code == 404
    assert await tenant.api.ok("POST", f"{tenant.path}/explain", {**asked, "at": then["now"]}) == then
