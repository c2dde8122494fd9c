"""Every version of every entity is kept, compared, brought back as a new one, and the last change undone."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.history.kinds import OF_SETTINGS, Kind

from tests.control_plane.conftest import Tenant

FLAG = {
    "key": "checkout",
    "type": "string",
    "variations": [{"key": "old", "value": "OLD"}, {"key": "new", "value": "NEW"}],
    "off_variation": "old",
    "default": {"variation": "old"},
}
EXPERIMENT = {
    "key": "test",
    "environment": "production",
    "flag": "checkout",
    "variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 50}],
    "metrics": [{"metric": "purchase"}],
}
PRO = {"attribute": "plan", "operator": "eq", "value": "pro"}
BETA = {"if": {"segment": "beta"}, "then": {"variation": "new"}}
SETTINGS = "flags/checkout/environments/production"
CASES = {
    Kind.FLAG: (
        "flags/checkout",
        "flag/checkout",
        {"name": "Other", "default": {"variation": "new"}, "purpose": "operational", "expected_end": "2030-01-31"},
    ),
    Kind.FLAG_SETTINGS: (SETTINGS, "flag_settings/checkout", {"enabled": True, "rules": [BETA], "default": None}),
    Kind.CONFIG: ("configs/page", "config/page", {"value": {"n": 2, "f": 1.0}, "schema": {"required": ["n"]}}),
    Kind.CONFIG_SETTINGS: (
        "configs/page/environments/production",
        "config_settings/page",
        {"value": {"n": 3}, "resolve": "merge", "overrides": [{"segment": "beta", "value": {"n": 4}}]},
    ),
    Kind.SEGMENT: ("segments/beta", "segment/beta", {"included": ["u2"], "if": None}),
    Kind.METRIC: ("metrics/purchase", "metric/purchase", {"aggregation": "sum", "winsorize_at": 0.99}),
    Kind.EXPERIMENT: (
        "experiments/test",
        "experiment/test",
        {"traffic": 20.5, "layer": {"key": "top", "share": 50}, "plan": {"mode": "fixed", "planned_units": 1000}},
    ),
    Kind.LAYER: ("layers/top", "layer/top", {"tags": ["a"], "description": "Prices"}),
    Kind.HOLDOUT: ("holdouts/nobody", "holdout/nobody", {"share": 7.25}),
    Kind.ENVIRONMENT: (
        "environments/production",
        "environment/production",
        {"name": "Live", "hash_user_keys": True, "pii_attributes": ["email"]},
    ),
}
OF_THE_WRITE = {
    "changed_by",
    "version",
    "updated_at",
    "environment_versions",
    "warnings",
    "config_version",
    "environments",
    "invalid_combinations",
}


@pytest.fixture
async def project(tenant: Tenant) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/segments", {"key": "beta", "included": ["u1"], "if": PRO})
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.ok("POST", f"{path}/configs", {"key": "page", "value": {"n": 1}})
    await tenant.api.ok("POST", f"{path}/metrics", {"key": "purchase", "aggregation": "conversion"})
    await tenant.api.ok("POST", f"{path}/layers", {"key": "top"})
    await tenant.api.ok("POST", f"{path}/holdouts", {"key": "nobody", "share": 5})
    await tenant.api.ok("POST", f"{path}/experiments", EXPERIMENT)
    return path


def content(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in OF_THE_WRITE}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind) for kind in Kind])
async def test_every_kind_has_a_history(tenant: Tenant, project: str, kind: Kind) -> None:
    api, (entity, name, change) = tenant.api, CASES[kind]
    history = f"{project}/history/{name}"
    query = "?environment=production" if kind in OF_SETTINGS else ""
    first = await api.ok("GET", f"{project}/{entity}")
    second = await api.changed("PATCH", f"{project}/{entity}", change)
    assert content(first) != content(second)

    versions = (await api.ok("GET", f"{history}{query}"))["items"]
    made = [] if kind in OF_SETTINGS else [(1, "create")]
    assert [(each["version"], each["action"]) for each in versions] == [(2, "update"), *made]
    assert all(each["by"]["name"] and not each["deleted"] for each in versions)
    assert len(versions[0]["changes"]) >= 1
    stored = await api.ok("GET", f"{history}/versions/2{query}")
    assert content(stored["document"]).items() <= second.items()

    undone = await api("POST", f"{history}/undo{query}", headers={"If-Match": '"2"'})
    assert (undone.status_code, undone.headers["etag"]) == (200, '"3"'), undone.text
    assert content(await api.ok("GET", f"{project}/{entity}")) == content(first)
    restored = await api.ok("POST", f"{history}/versions/2/restore{query}")
    assert restored["version"] == 4
    assert restored["environment_versions"].keys() == {"production"}
    assert content(await api.ok("GET", f"{project}/{entity}")) == content(second)
    again = await api("POST", f"{history}/versions/2/restore{query}")
    assert (again.status_code, again.json()["code"]) == (409, "no_change")

    separator = "&" if query else "?"
    compared = await api.ok("GET", f"{history}/comparison{query}{separator}from=3&to=4")
    assert compared["patch"]
    assert compared["changes"] == versions[0]["changes"]
    assert (await api.ok("GET", f"{history}/comparison{query}{separator}from=2"))["patch"] == []
    verdict = await api.ok("GET", f"/organizations/{tenant.organization}/audit/verification")
    assert verdict["intact"]


async def test_a_restore_is_a_write_with_every_check_of_one(tenant: Tenant, project: str, make_member: Any) -> None:
    api, history = tenant.api, f"{project}/history/flag_settings/checkout"
    await api.changed("PATCH", f"{project}/{SETTINGS}", {"rules": [BETA]})
    await api.changed("PATCH", f"{project}/{SETTINGS}", {"rules": []})
    viewer = await make_member(tenant, "viewer")
    assert (await viewer("GET", f"{history}?environment=production")).status_code == 200
    assert (await viewer("POST", f"{history}/versions/2/restore?environment=production")).status_code == 403
    stale = await api("POST", f"{history}/versions/2/restore?environment=production", headers={"If-Match": '"2"'})
    assert stale.status_code == 412
    await api.ok("DELETE", f"{project}/segments/beta")
    refused = await api("POST", f"{history}/versions/2/restore?environment=production")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_segment")
    assert (await api.ok("GET", f"{project}/{SETTINGS}"))["version"] == 3


async def test_what_was_deleted_is_created_again(tenant: Tenant, project: str) -> None:
    api, history = tenant.api, f"{project}/history/segment/beta"
    before = await api.ok("GET", f"{project}/segments/beta")
    await api.ok("DELETE", f"{project}/segments/beta")
    [deletion, _] = (await api.ok("GET", history))["items"]
    assert (deletion["action"], deletion["deleted"], deletion["version"]) == ("delete", True, 1)
    assert (await api("POST", f"{history}/undo", headers={"If-Match": '"1"'})).status_code == 412
    undone = await api.ok("POST", f"{history}/undo")
    assert undone["version"] == 1
    after = await api.ok("GET", f"{project}/segments/beta")
    assert {name: after[name] for name in ("key", "included", "if")} == {
        name: before[name] for name in ("key", "included", "if")
    }


async def test_a_creation_is_undone_by_archiving_and_that_by_restoring(tenant: Tenant, project: str) -> None:
    api, history = tenant.api, f"{project}/history/layer/top"
    assert (await api.ok("POST", f"{history}/undo"))["document"]["archived"] is True
    assert (await api.ok("POST", f"{history}/undo"))["document"]["archived"] is False
    assert (await api.ok("POST", f"{history}/undo"))["document"]["archived"] is True
    refused = await api("POST", f"{history}/versions/1/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_change")


async def test_a_start_and_a_stop_have_no_way_back(tenant: Tenant, project: str) -> None:
    api, history = tenant.api, f"{project}/history/experiment/test"
    for action in ("start", "stop"):
        await api.ok("POST", f"{project}/experiments/test/{action}")
        refused = await api("POST", f"{history}/undo")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_undoable")
    texts = await api.changed("PATCH", f"{project}/experiments/test", {"hypothesis": "More"})
    assert (await api.ok("POST", f"{history}/undo"))["version"] == texts["version"] + 1


async def test_what_a_restored_and_a_deleted_flag_did_to_its_settings(tenant: Tenant, project: str) -> None:
    """Every version of a row has its entry, also where another entity's write has made it."""
    api, history = tenant.api, f"{project}/history/flag_settings/checkout?environment=production"
    await api.ok("PUT", f"{project}/{SETTINGS}/enabled", {"enabled": True})
    for action in ("archive", "restore", "archive"):
        await api.ok("POST", f"{project}/flags/checkout/{action}")
    await api.ok("DELETE", f"{project}/experiments/test")
    await api.ok("DELETE", f"{project}/flags/checkout")
    told = [(each["action"], each["version"], each["deleted"]) for each in (await api.ok("GET", history))["items"]]
    assert told == [("delete", 3, True), ("update", 3, False), ("update", 2, False)]
    path, _, query = history.partition("?")
    refused = await api("POST", f"{path}/undo?{query}")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_undoable")
    await api.ok("POST", f"{project}/history/flag/checkout/undo")
    await api.ok("POST", f"{path}/versions/2/restore?{query}")
    assert (await api.ok("GET", f"{project}/{SETTINGS}"))["enabled"] is True


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        pytest.param("flag/nothing", 404, "not_found", id="no-such-entity"),
        pytest.param("flag/checkout/versions/9", 404, "version_not_found", id="no-such-version"),
        pytest.param("flag/checkout/versions/0", 422, "invalid_input", id="no-number"),
        pytest.param("flag/checkout/comparison", 422, "invalid_input", id="nothing-to-compare"),
        pytest.param("flag/checkout?environment=production", 422, "invalid_input", id="environment-of-a-flag"),
        pytest.param("flag_settings/checkout", 422, "invalid_input", id="settings-without-environment"),
        pytest.param("flag_settings/checkout?environment=mars", 404, "not_found", id="no-such-environment"),
        pytest.param("animal/checkout", 422, "invalid_input", id="no-such-kind"),
        pytest.param("flag/checkout?cursor=bm8=", 422, "invalid_input", id="another-cursor"),
    ],
)
async def test_refused(tenant: Tenant, project: str, address: str, status: int, code: str) -> None:
    answer = await tenant.api("GET", f"{project}/history/{address}")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_others_see_nothing_and_untouched_settings_have_no_versions(
    tenant: Tenant, project: str, make_tenant: Any
) -> None:
    other = await make_tenant("other")
    assert (await other.api("GET", f"{project}/history/flag/checkout")).status_code == 404
    history = f"{project}/history/flag_settings/checkout"
    assert (await tenant.api.ok("GET", f"{history}?environment=production"))["items"] == []
    refused = await tenant.api("POST", f"{history}/undo?environment=production")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_undo")


async def test_pages_neither_skip_nor_repeat(tenant: Tenant, project: str) -> None:
    layer, history = f"{project}/layers/top", f"{project}/history/layer/top"
    for number in range(6):
        await tenant.api.changed("PATCH", layer, {"description": str(number)})
    seen: list[int] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        page = await tenant.api.ok("GET", f"{history}?limit=2{cursor}")
        seen += [each["version"] for each in page["items"]]
        await tenant.api.changed("PATCH", layer, {"description": f"after {len(seen)}"})
    assert seen == [7, 6, 5, 4, 3, 2, 1]
