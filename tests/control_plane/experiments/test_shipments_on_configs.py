"""The winner of an experiment on a remote config is shipped: its patch stands in the value, overrides stay or go."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.changes.patches import in_words

from .test_experiments_on_configs import CONFIG, EXPERIMENT, HALVES, OVERRIDES

WIDE = {"columns": 3, "rows": 1}
AT = "configs/page/environments/production"


@pytest.fixture
async def project(tenant: Any) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/segments", {"key": "pros", "included": ["p"]})
    await tenant.api.ok("POST", f"{path}/configs", CONFIG)
    await tenant.api.changed("PATCH", f"{path}/{AT}", {"resolve": "merge", "overrides": OVERRIDES})
    await tenant.api.ok("POST", f"{path}/experiments", EXPERIMENT)
    await tenant.api.ok("POST", f"{path}/experiments/x/start")
    return path


async def standing(tenant: Any, project: str) -> tuple[Any, Any]:
    """Experiment and settings as they are."""
    return await tenant.api.ok("GET", f"{project}/experiments/x"), await tenant.api.ok("GET", f"{project}/{AT}")


async def test_a_dry_run_shows_what_the_action_does(tenant: Any, project: str) -> None:
    one, before = f"{project}/experiments/x", await standing(tenant, project)
    wanted = {"variation": "wide", "rules": "drop"}
    shown = await tenant.api.ok("POST", f"{one}/ship", {**wanted, "dry_run": True})
    assert await standing(tenant, project) == before
    assert (shown["flag"], shown["environment"], shown["environment_versions"]) == ("page", "production", {})
    assert (shown["before"]["value"], shown["after"]["value"]) == (CONFIG["value"], WIDE)
    assert shown["changes"] == in_words(shown["before"], shown["after"])
    assert {each["path"].split("/")[1] for each in shown["patch"]} == {"value", "inherited", "overrides"}

    shipped = await tenant.api.ok("POST", f"{one}/ship", wanted)
    assert {**shown, "dry_run": False} == {**shipped, "environment_versions": {}}
    experiment, settings = await standing(tenant, project)
    assert experiment["status"] == "stopped"
    assert (settings["value"], settings["inherited"], settings["overrides"]) == (WIDE, False, [])
    assert (await tenant.api.ok("GET", f"{project}/configs/page"))["value"] == CONFIG["value"]
    # Nothing names the segment any more, and both have one version.
    await tenant.api.ok("POST", f"{project}/segments/pros/archive")
    [version] = shipped["environment_versions"].values()
    entries = (await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=3"))["items"][1:]
    assert {(each["entity"], each["action"]) for each in entries} == {
        ("config_settings", "update"),
        ("experiment", "ship"),
    }
    assert [list(each["environment_versions"].values()) for each in entries] == [[version]] * 2


async def test_overrides_are_kept_and_one_that_has_stopped_is_shipped_later(tenant: Any, project: str) -> None:
    one = f"{project}/experiments/x"
    await tenant.api.ok("POST", f"{one}/ship", {"variation": "wide"})
    experiment, settings = await standing(tenant, project)
    assert (settings["value"], [each["id"] for each in settings["overrides"]]) == (WIDE, ["de", "pro"])
    # The control has no patch: what stands stays, on a value that was changed since.
    await tenant.api.changed("PATCH", f"{project}/{AT}", {"value": {"columns": 1, "rows": 5}})
    await tenant.api.ok("POST", f"{one}/ship", {"variation": "control"})
    assert (await standing(tenant, project))[1]["value"] == {"columns": 1, "rows": 5}
    await tenant.api.ok("POST", f"{one}/ship", {"variation": "wide"})
    again, settings = await standing(tenant, project)
    assert (settings["value"], again["version"]) == ({"columns": 3, "rows": 5}, experiment["version"])


async def test_the_control_leaves_the_value_inherited(tenant: Any, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/experiments/x/ship", {"variation": "control"})
    experiment, settings = await standing(tenant, project)
    assert (experiment["status"], settings["inherited"], settings["value"]) == ("stopped", True, CONFIG["value"])


async def test_what_cannot_be_shipped_is_refused(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/x"
    before = await standing(tenant, project)
    for body in ({"variation": "gone"}, {"variation": "base"}, {}):
        for dry_run in (True, False):
            answer = await api("POST", f"{one}/ship", {**body, "dry_run": dry_run})
            assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["variation"])
    stale = await api("POST", f"{one}/ship", {"variation": "wide"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "key": "draft"})
    refused = await api("POST", f"{project}/experiments/draft/ship", {"variation": "wide"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_running")
    assert await standing(tenant, project) == before


async def test_what_does_not_fit_the_schema_is_refused_and_nothing_ends(tenant: Any, project: str) -> None:
    """Laid on each other the other way round they don't fit: the override was under the patch, and is on it now."""
    api = tenant.api
    schema = {"not": {"properties": {"columns": {"const": 3}, "rows": {"const": 2}}, "required": ["columns", "rows"]}}
    await api.ok("POST", f"{project}/configs", {"key": "apart", "schema": schema, "value": {"columns": 2, "rows": 1}})
    override = [{"id": "de", "if": OVERRIDES[0]["if"], "value": {"rows": 2}}]
    await api.changed("PATCH", f"{project}/configs/apart/environments/production", {"overrides": override})
    patches = [HALVES[0], {"key": "wide", "weight": 50, "value": {"columns": 3, "rows": 7}}]
    body = EXPERIMENT | {"key": "y", "flag": "apart", "variations": patches}
    await api.ok("POST", f"{project}/experiments", body)
    await api.ok("POST", f"{project}/experiments/y/start")
    for dry_run in (True, False):
        refused = await api("POST", f"{project}/experiments/y/ship", {"variation": "wide", "dry_run": dry_run})
        assert refused.status_code == 422, refused.text
        assert [each["field"] for each in refused.json()["errors"]] == ["overrides[0].value"]
    assert (await api.ok("GET", f"{project}/experiments/y"))["status"] == "running"
    await api.ok("POST", f"{project}/experiments/y/ship", {"variation": "wide", "rules": "drop"})
    settings = await api.ok("GET", f"{project}/configs/apart/environments/production")
    assert (settings["value"], settings["overrides"]) == ({"columns": 3, "rows": 7}, [])


async def test_one_beside_it_in_a_layer_is_asked_about(tenant: Any, project: str) -> None:
    api = tenant.api
    await api.ok("POST", f"{project}/experiments/x/stop")
    await api.ok("POST", f"{project}/layers", {"key": "shop"})
    for key in ("one", "two"):
        await api.ok(
            "POST", f"{project}/experiments", {**EXPERIMENT, "key": key, "layer": {"key": "shop", "share": 50}}
        )
        await api.ok("POST", f"{project}/experiments/{key}/start")
    refused = (await api("POST", f"{project}/experiments/one/ship", {"variation": "wide"})).json()
    assert (refused["code"], [each["experiment"] for each in refused["experiments"]]) == (
        "experiment_affected",
        ["two"],
    )
    assert (await api.ok("GET", f"{project}/experiments/one"))["status"] == "running"
    await api.ok("POST", f"{project}/experiments/one/ship", {"variation": "wide", "on_experiments": "new_phase"})
    assert (await api.ok("GET", f"{project}/experiments/two"))["phase"] == 2


async def test_where_approval_is_needed_it_is_an_edit_of_a_change_request(
    tenant: Any, project: str, make_member: Any
) -> None:
    await tenant.api.changed("PUT", f"{project}/environments/production/approval-policy", {"required": True})
    refused = await tenant.api("POST", f"{project}/experiments/x/ship", {"variation": "wide"})
    assert refused.json()["code"] == "approval_required"
    edit = {
        "entity": "config_settings",
        "key": "page",
        "environment": "production",
        "action": "ship",
        "document": {"experiment": "x", "variation": "wide", "rules": "drop"},
    }
    author, reviewer = [await make_member(tenant, "developer") for _ in range(2)]
    requests = f"{project}/change-requests"
    request = await author.ok("POST", requests, {"title": "Wide wins", "edits": [edit]})
    assert (await standing(tenant, project))[0]["status"] == "running"
    at = f"{requests}/{request['number']}"
    stands = await reviewer("GET", at)
    review = {"If-Match": stands.headers["etag"]}
    await reviewer.ok("POST", f"{at}/reviews", {"verdict": "approve"}, headers=review)
    await author.ok("POST", f"{at}/apply")
    experiment, settings = await standing(tenant, project)
    assert (experiment["status"], settings["value"], settings["overrides"]) == ("stopped", WIDE, [])


async def test_it_asks_for_both_rights(tenant: Any, project: str, make_member: Any) -> None:
    viewer = await make_member(tenant, "viewer")
    refused = await viewer("POST", f"{project}/experiments/x/ship", {"variation": "wide"})
    assert (refused.status_code, refused.json()["right"]) == (403, "config:update")
