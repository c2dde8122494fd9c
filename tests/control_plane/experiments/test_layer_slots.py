"""Who owns which range of a layer, what is free, who waits, and who has owned what, by environment."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.access import Right
from service_kit.clock import ManualClock

from tests.control_plane.test_access_matrix import own_role, with_role

from .test_phases import EXPERIMENT, FLAG

NEW_PHASE = {"on_experiments": "new_phase"}


@pytest.fixture
async def project(tenant: Any) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.ok("POST", f"{path}/layers", {"key": "shop"})
    await tenant.api.ok("POST", f"{path}/layers", {"key": "other"})
    for key, share in (("global", 5), ("unnamed", 10)):
        await tenant.api.ok("POST", f"{path}/holdouts", {"key": key, "share": share})
    return path


async def drafted(tenant: Any, project: str, key: str, share: float, **more: Any) -> str:
    body = EXPERIMENT | {"key": key, "layer": {"key": "shop", "share": share}, "traffic": 100} | more
    await tenant.api.ok("POST", f"{project}/experiments", body)
    return f"{project}/experiments/{key}"


async def started(tenant: Any, project: str, key: str, share: float, **more: Any) -> str:
    one = await drafted(tenant, project, key, share, **more)
    await tenant.api.ok("POST", f"{one}/start")
    return one


async def slots(tenant: Any, project: str, layer: str = "shop", environment: str = "production") -> Any:
    return await tenant.api.ok("GET", f"{project}/layers/{layer}/environments/{environment}/slots")


def ranges(told: list[Any]) -> list[Any]:
    return [(each["experiment"], each["slot"]["start"], each["slot"]["end"]) for each in told]


async def test_an_empty_layer_is_free(tenant: Any, project: str) -> None:
    await drafted(tenant, project, "draft", 10)
    whole = {"start": 0, "end": 10_000, "start_percent": 0, "end_percent": 100, "share": 100}
    assert await slots(tenant, project) == {
        "layer": "shop",
        "environment": "production",
        "buckets": 10_000,
        "owners": [],
        "free": [whole],
        "waiting": [],
        "holdouts": [],
        "past": [],
        "past_total": 0,
    }
    assert (await tenant.api("GET", f"{project}/layers/none/environments/production/slots")).status_code == 404
    assert (await tenant.api("GET", f"{project}/layers/shop/environments/none/slots")).status_code == 404


async def test_owners_waiters_holdouts_and_what_is_free(tenant: Any, project: str) -> None:
    api = tenant.api
    first = await started(tenant, project, "b-first", 30, traffic=50)
    await started(tenant, project, "a-second", 12.34, holdouts=["global"])
    await api.ok("POST", f"{first}/pause")
    for key, share, more in (
        ("fits", 57.66, {"holdouts": ["global"]}),
        ("wide", 57.67, {}),
        ("odd", 1, {"bucket_by": "c"}),
    ):
        one = await drafted(tenant, project, key, share, **more)
        schedule = {"start_at": "2100-01-05T09:00:00Z"}
        etag = (await api("GET", one)).headers["etag"]
        await api.ok("PUT", f"{one}/schedule", schedule, headers={"If-Match": etag})
    told = await slots(tenant, project)
    assert ranges(told["owners"]) == [("b-first", 0, 3000), ("a-second", 3000, 4234)]
    assert [(each["status"], each["traffic"], each["phase"]) for each in told["owners"]] == [
        ("paused", 50, 1),
        ("running", 100, 1),
    ]
    second = told["owners"][1]["slot"]
    assert (second["start_percent"], second["end_percent"], second["share"]) == (30, 42.34, 12.34)
    free = {"start": 4234, "end": 10_000, "start_percent": 42.34, "end_percent": 100, "share": 57.66}
    assert told["free"] == [free]
    assert [(each["experiment"], each["share"], each["slot_now"]) for each in told["waiting"]] == [
        ("fits", 57.66, free),
        ("odd", 1, None),
        ("wide", 57.67, None),
    ]
    assert told["holdouts"] == [
        {"holdout": "global", "name": "global", "share": 5, "buckets": 500, "experiments": ["a-second", "fits"]}
    ]
    assert (told["past"], told["past_total"]) == ([], 0)
    assert await slots(tenant, project) == told


async def test_past_owners_and_whether_their_range_is_free(tenant: Any, project: str, clock: ManualClock) -> None:
    api = tenant.api
    gone = await started(tenant, project, "gone", 20)
    moved = await started(tenant, project, "moved", 20)
    clock.advance(60)
    await api.ok("POST", f"{gone}/stop")
    await api.ok("POST", f"{gone}/archive")
    clock.advance(60)
    # It keeps its slot in the second phase, leaves the layer in the third, and is in another layer in the fourth.
    await api.changed("PATCH", moved, {"traffic": 50, **NEW_PHASE})
    clock.advance(60)
    await api.changed("PATCH", moved, {"layer": None, **NEW_PHASE})
    clock.advance(60)
    await api.changed("PATCH", moved, {"layer": {"key": "other", "share": 7.5}, **NEW_PHASE})
    told = await slots(tenant, project)
    assert told["owners"] == []
    assert [(each["experiment"], each["phase"], each["status"], each["traffic"]) for each in told["past"]] == [
        ("moved", 2, "running", 50),
        ("moved", 1, "running", 100),
        ("gone", 1, "stopped", 100),
    ]
    assert ranges(told["past"]) == [("moved", 2000, 4000), ("moved", 2000, 4000), ("gone", 0, 2000)]
    second, one, of_gone = told["past"]
    assert one["started_at"] < one["ended_at"] == second["started_at"] < second["ended_at"]
    assert (of_gone["archived"], second["archived"], told["past_total"]) == (True, False, 3)
    assert all(each["free"] and each["owned_by"] == [] for each in told["past"])

    await api.ok("POST", f"{project}/flags", {**FLAG, "key": "size"})
    await started(tenant, project, "new", 30, flag="size")
    told = await slots(tenant, project)
    assert [(each["experiment"], each["free"], each["owned_by"]) for each in told["past"]] == [
        ("moved", False, ["new"]),
        ("moved", False, ["new"]),
        ("gone", False, ["new"]),
    ]
    assert ranges((await slots(tenant, project, "other"))["owners"]) == [("moved", 0, 750)]


async def test_an_environment_has_slots_of_its_own(tenant: Any, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    await started(tenant, project, "here", 40)
    await started(tenant, project, "there", 60, environment="staging")
    assert ranges((await slots(tenant, project))["owners"]) == [("here", 0, 4000)]
    assert ranges((await slots(tenant, project, environment="staging"))["owners"]) == [("there", 0, 6000)]


async def test_whoever_may_read_layers_alone_is_refused(tenant: Any, project: str, make_member: Any) -> None:
    needed = [Right.LAYER_READ, Right.EXPERIMENT_READ, Right.HOLDOUT_READ]
    for number, lacking in enumerate(needed):
        role = await own_role(tenant, f"lacks-{number}", [each for each in needed if each is not lacking])
        person = await with_role(tenant, make_member, role)
        refused = await person("GET", f"{project}/layers/shop/environments/production/slots")
        assert (refused.status_code, refused.json()["right"]) == (403, lacking)
    reader = await with_role(tenant, make_member, await own_role(tenant, "reads", needed))
    await reader.ok("GET", f"{project}/layers/shop/environments/production/slots")
