"""The winner is shipped in one action: one version, the difference shown first, approval where it is needed."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.changes.patches import in_words

from .test_phases import EXPERIMENT, FLAG

RULES = [{"id": "de", "if": {"attribute": "country", "operator": "eq", "value": "DE"}, "then": {"variation": "other"}}]


@pytest.fixture
async def one(tenant: Any) -> str:
    """The path of a running experiment on a flag with a rule."""
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    settings = {"enabled": True, "rules": RULES}
    await tenant.api.changed("PATCH", f"{path}/flags/price/environments/production", settings)
    await tenant.api.ok("POST", f"{path}/experiments", EXPERIMENT)
    await tenant.api.ok("POST", f"{path}/experiments/x/start")
    return f"{path}/experiments/x"


async def standing(tenant: Any, one: str) -> tuple[Any, Any]:
    """Experiment and settings as they are."""
    settings = f"/projects/{tenant.project}/flags/price/environments/production"
    return await tenant.api.ok("GET", one), await tenant.api.ok("GET", settings)


async def test_a_dry_run_shows_what_the_action_does(tenant: Any, one: str) -> None:
    before = await standing(tenant, one)
    wanted = {"variation": "high", "rules": "drop"}
    shown = await tenant.api.ok("POST", f"{one}/ship", {**wanted, "dry_run": True})
    assert await standing(tenant, one) == before
    assert (shown["dry_run"], shown["flag"], shown["environment"]) == (True, "price", "production")
    assert (shown["environment_versions"], shown["warnings"]) == ({}, [])
    assert shown["changes"] == in_words(shown["before"], shown["after"])
    assert {each["path"].split("/")[1] for each in shown["patch"]} >= {"default", "rules"}

    shipped = await tenant.api.ok("POST", f"{one}/ship", wanted)
    assert {**shown, "dry_run": False} == {**shipped, "environment_versions": {}}
    experiment, settings = await standing(tenant, one)
    assert experiment["status"] == "stopped"
    assert (settings["default"], settings["rules"]) == ({"variation": "high"}, [])
    # One version for both, an entry each.
    version = shipped["environment_versions"]["production"]
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=2"))["items"]
    assert {(each["entity"], each["action"]) for each in entries} == {
        ("flag_settings", "update"),
        ("experiment", "ship"),
    }
    assert [each["environment_versions"] for each in entries] == [entries[0]["environment_versions"]] * 2
    assert list(entries[0]["environment_versions"].values()) == [version]


async def test_rules_are_kept_and_one_that_has_stopped_is_shipped_later(tenant: Any, one: str) -> None:
    await tenant.api.ok("POST", f"{one}/pause")
    await tenant.api.ok("POST", f"{one}/ship", {"variation": "high"})
    experiment, settings = await standing(tenant, one)
    assert experiment["status"] == "stopped"
    assert (settings["default"], [each["id"] for each in settings["rules"]]) == ({"variation": "high"}, ["de"])
    await tenant.api.ok("POST", f"{one}/ship", {"variation": "low"})
    again, settings = await standing(tenant, one)
    assert (again["version"], settings["default"]) == (experiment["version"], {"variation": "low"})


async def test_what_cannot_be_shipped_is_refused(tenant: Any, one: str) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    before = await standing(tenant, one)
    for body, field in (({"variation": "other"}, "variation"), ({"variation": "gone"}, "variation"), ({}, "variation")):
        for dry_run in (True, False):
            answer = await api("POST", f"{one}/ship", {**body, "dry_run": dry_run})
            assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    stale = await api("POST", f"{one}/ship", {"variation": "high"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "draft"})
    refused = await api("POST", f"{project}/experiments/draft/ship", {"variation": "high"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_running")
    assert await standing(tenant, one) == before


async def test_one_that_observes_beside_it_is_asked_about(tenant: Any, one: str) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "watch", "mode": "observes", "traffic": 100})
    await api.ok("POST", f"{project}/experiments/watch/start")
    refused = (await api("POST", f"{one}/ship", {"variation": "high"})).json()
    assert (refused["code"], [each["experiment"] for each in refused["experiments"]]) == (
        "experiment_affected",
        ["watch"],
    )
    assert (await api.ok("GET", one))["status"] == "running"
    await api.ok("POST", f"{one}/ship", {"variation": "high", "on_experiments": "new_phase"})
    assert (await api.ok("GET", f"{project}/experiments/watch"))["phase"] == 2


async def test_where_approval_is_needed_it_is_an_edit_of_a_change_request(
    tenant: Any, one: str, make_member: Any
) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    policy = f"{project}/environments/production/approval-policy"
    await api.changed("PUT", policy, {"required": True})
    refused = await api("POST", f"{one}/ship", {"variation": "high"})
    assert refused.json()["code"] == "approval_required"
    edit = {
        "entity": "flag_settings",
        "key": "price",
        "environment": "production",
        "action": "ship",
        "document": {"experiment": "x", "variation": "high", "rules": "drop"},
    }
    author, reviewer = [await make_member(tenant, "developer") for _ in range(2)]
    requests = f"{project}/change-requests"
    request = await author.ok("POST", requests, {"title": "High wins", "edits": [edit]})
    assert (await api.ok("GET", one))["status"] == "running"
    at = f"{requests}/{request['number']}"
    early = await author("POST", f"{at}/apply")
    assert (early.status_code, (await api.ok("GET", one))["status"]) == (409, "running")
    stands = await reviewer("GET", at)
    review = {"If-Match": stands.headers["etag"]}
    await reviewer.ok("POST", f"{at}/reviews", {"verdict": "approve"}, headers=review)
    await author.ok("POST", f"{at}/apply")
    experiment, settings = await standing(tenant, one)
    assert (experiment["status"], settings["default"], settings["rules"]) == ("stopped", {"variation": "high"}, [])
