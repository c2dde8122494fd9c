"""While an experiment runs, what it serves doesn't change silently; its start says what keeps exposures away."""

from __future__ import annotations

from typing import Any

import pytest

FLAG: dict[str, Any] = {
    "key": "price",
    "type": "integer",
    "variations": [{"key": "low", "value": 1}, {"key": "high", "value": 2}, {"key": "other", "value": 3}],
    "off_variation": "low",
    "default": {"variation": "low"},
}
EXPERIMENT = {
    "key": "x",
    "environment": "production",
    "flag": "price",
    "variations": [{"key": "low", "weight": 50}, {"key": "high", "weight": 50}],
}
HALVES = {"rollout": {"variations": EXPERIMENT["variations"]}}


def values(**changed: int) -> dict[str, Any]:
    return {"variations": [{**each, "value": changed.get(each["key"], each["value"])} for each in FLAG["variations"]]}


@pytest.fixture
async def project(tenant: Any) -> str:
    """The path of a project with a flag that is on in production."""
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.changed("PATCH", f"{path}/flags/price/environments/production", {"enabled": True})
    return path


async def running(tenant: Any, project: str, **fields: Any) -> Any:
    await tenant.api.ok("POST", f"{project}/experiments", {**EXPERIMENT, **fields})
    return await tenant.api.ok("POST", f"{project}/experiments/x/start")


async def affected(tenant: Any, path: str, body: Any) -> list[str]:
    """The fields that are refused because an experiment runs."""
    etag = (await tenant.api("GET", path)).headers["etag"]
    answer = await tenant.api("PATCH", path, body, headers={"If-Match": etag})
    if answer.is_success:
        return []
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "experiment_affected"), answer.text
    assert all("'x'" in each["reason"] and "production" in each["reason"] for each in problem["errors"])
    return [each["field"] for each in problem["errors"]]


async def test_values_of_a_running_experiment_stay(tenant: Any, project: str) -> None:
    flag = f"{project}/flags/price"
    await running(tenant, project)
    assert await affected(tenant, flag, values(high=20)) == ["variations[1].value"]
    assert await affected(tenant, flag, values(low=10, high=20)) == ["variations[0].value", "variations[1].value"]
    assert (await tenant.api.ok("GET", flag))["variations"][1]["value"] == 2
    await tenant.api.ok("POST", f"{project}/experiments/x/stop")
    assert await affected(tenant, flag, values(high=20)) == []


async def test_what_it_does_not_serve_may_change(tenant: Any, project: str) -> None:
    flag = f"{project}/flags/price"
    await running(tenant, project)
    named = [{**each, "name": each["key"].upper()} for each in FLAG["variations"]]
    for body in (
        values(other=30),
        {"variations": named},
        {"variations": [named[1], named[0], named[2]]},
        {"default": {"variation": "other"}, "off_variation": "other"},
        {"name": "Price", "tags": ["web"], "client_visible": True},
        {"purpose": "permission", "expected_end": "2020-01-31"},
    ):
        assert await affected(tenant, flag, body) == []
    settings = f"{flag}/environments/production"
    for body in ({"default": HALVES}, {"off_variation": "low"}, {"rules": []}, {"report_exposures": True}):
        assert await affected(tenant, settings, body) == []


async def test_a_draft_holds_nothing(tenant: Any, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT)
    assert await affected(tenant, f"{project}/flags/price", values(high=20)) == []


async def test_what_an_observing_experiment_is_served_by_default_stays(tenant: Any, project: str) -> None:
    flag, settings = f"{project}/flags/price", f"{project}/flags/price/environments/production"
    await tenant.api.changed("PATCH", settings, {"default": HALVES})
    await running(tenant, project, mode="observes")
    assert await affected(tenant, settings, {"default": {"variation": "high"}}) == ["default"]
    assert await affected(tenant, settings, {"default": None, "off_variation": "high"}) == ["default", "off_variation"]
    assert await affected(tenant, flag, {"off_variation": "high"}) == ["off_variation"]
    # What the environment has of its own, the flag's default doesn't reach; nor does another environment.
    assert await affected(tenant, flag, {"default": {"variation": "high"}}) == []
    staging = f"{project}/flags/price/environments/staging"
    assert await affected(tenant, staging, {"default": {"variation": "other"}}) == []
    copied = await tenant.api("POST", f"{settings}/copy-from/staging", headers={"If-Match": '"3"'})
    assert (copied.status_code, copied.json()["code"]) == (409, "experiment_affected")


async def test_switching_off_gets_through_and_says_what_it_ends(tenant: Any, project: str) -> None:
    await running(tenant, project)
    off = await tenant.api.ok("PUT", f"{project}/flags/price/environments/production/enabled", {"enabled": False})
    assert [each["code"] for each in off["warnings"]] == ["experiment_without_exposures"]
    other = await tenant.api.ok("PUT", f"{project}/flags/price/environments/staging/enabled", {"enabled": False})
    assert other["warnings"] == []


async def test_a_change_of_settings_says_what_it_keeps_away(tenant: Any, project: str) -> None:
    settings = f"{project}/flags/price/environments/production"
    await tenant.api.changed("PATCH", settings, {"report_exposures": True})
    await running(tenant, project)
    quiet = await tenant.api.changed("PATCH", settings, {"report_exposures": False})
    assert [each["code"] for each in quiet["warnings"]] == ["exposures_not_reported"]
    off = await tenant.api.changed("PATCH", settings, {"enabled": False, "report_exposures": True})
    assert [each["code"] for each in off["warnings"]] == ["experiment_without_exposures"]
    on = await tenant.api.changed("PATCH", settings, {"enabled": True})
    assert on["warnings"] == []


async def test_the_start_says_what_keeps_exposures_away(tenant: Any, project: str) -> None:
    settings = f"{project}/flags/price/environments/production"
    await tenant.api.ok("PUT", f"{settings}/enabled", {"enabled": False})
    started = await running(tenant, project)
    assert started["status"] == "running"
    assert [each["code"] for each in started["warnings"]] == ["flag_off", "no_sdk_key", "exposures_not_reported"]
    assert (await tenant.api.ok("GET", f"{project}/experiments/x"))["warnings"] == []


@pytest.mark.parametrize(
    ("kinds", "visible", "said"),
    [
        (["client"], False, ["flag_hidden"]),
        (["client"], True, []),
        (["client", "server"], False, []),
        (["server"], False, []),
    ],
)
async def test_a_flag_that_no_key_sees(
    tenant: Any, project: str, kinds: list[str], visible: bool, said: list[str]
) -> None:
    await tenant.api.changed("PATCH", f"{project}/flags/price", {"client_visible": visible})
    settings = f"{project}/flags/price/environments/production"
    await tenant.api.changed("PATCH", settings, {"report_exposures": True})
    for kind in kinds:
        await tenant.api.ok("POST", f"{tenant.path}/sdk-keys", {"kind": kind, "name": "k"})
    started = await running(tenant, project)
    assert [each["code"] for each in started["warnings"]] == said
