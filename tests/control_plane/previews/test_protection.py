"""A write that disturbs running experiments is refused with the path, until somebody says what is to happen to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.touched import touched_between
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import config_subject

from tests.control_plane.publishing.two_ways import TwoWays

HALVES = [{"key": "low", "weight": 50}, {"key": "high", "weight": 50}]
FLAG: dict[str, Any] = {
    "key": "price",
    "type": "integer",
    "variations": [{"key": "low", "value": 1}, {"key": "high", "value": 2}, {"key": "other", "value": 3}],
    "off_variation": "other",
    "default": {"variation": "other"},
}
GATE: dict[str, Any] = {
    "key": "gate",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}
WHY = {"X-Verdict-Reason": "fraud"}


@pytest.fixture
async def project(tenant: Any) -> str:
    """The path of a project whose experiment `x` runs on `price`, for buyers that pass `gate`; all in production."""
    api, path = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{path}/environments", {"key": "staging", "name": "Staging"})
    await api.ok("POST", f"{path}/segments", {"key": "payers", "included": ["anna"]})
    await api.ok("POST", f"{path}/segments", {"key": "buyers", "if": {"segment": "payers"}})
    for flag in (FLAG, GATE):
        await api.ok("POST", f"{path}/flags", flag)
    gate = [{"flag": "gate", "variation": "on"}]
    await api.changed("PATCH", f"{path}/flags/gate/environments/production", {"enabled": True})
    await api.changed("PATCH", f"{path}/flags/price/environments/production", {"enabled": True, "prerequisites": gate})
    await api.ok("POST", f"{path}/holdouts", {"key": "never", "share": 5})
    more = {"environment": "production", "audience": {"segment": "buyers"}, "holdouts": ["never"]}
    await api.ok("POST", f"{path}/experiments", {"key": "x", "flag": "price", "variations": HALVES, **more})
    await api.ok("POST", f"{path}/experiments/x/start")
    return path


async def attempt(tenant: Any, path: str, body: Any, **headers: str) -> Any:
    etag = (await tenant.api("GET", path)).headers["etag"]
    return await tenant.api("PATCH", path, body, headers={"If-Match": etag, **headers})


async def refused(tenant: Any, path: str, body: Any) -> list[str]:
    """The path on which it would have disturbed the experiment; empty where it didn't."""
    answer = await attempt(tenant, path, body)
    if answer.is_success:
        return []
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "experiment_affected"), answer.text
    assert problem["choices"] == ["new_phase", "stop", "accept"]
    [one] = problem["experiments"]
    assert (one["experiment"], one["environment"]) == ("x", "production")
    [disturbance] = one["disturbances"]
    assert [each["field"] for each in problem["errors"]] == disturbance["fields"]
    return [disturbance["kind"], *(f"{each['entity']}:{each['key']}" for each in disturbance["path"])]


async def marks(tenant: Any, project: str) -> list[Any]:
    found: list[Any] = (await tenant.api.ok("GET", f"{project}/experiments/x"))["disturbances"]
    return found


async def test_what_disturbs_it_is_refused_with_its_path(tenant: Any, project: str) -> None:
    price, gate = (f"{project}/flags/{key}/environments/production" for key in ("price", "gate"))
    to_price = ["flag:price", "experiment:x"]
    # One that the holdout keeps out is not in it; of twenty some are.
    targets = [{"key": f"user-{number}", "variation": "low"} for number in range(20)]
    assert await refused(tenant, price, {"targets": targets}) == ["targets", *to_price]
    assert await refused(tenant, price, {"prerequisites": []}) == ["prerequisites", *to_price]
    off = {"default": {"variation": "off"}}
    assert await refused(tenant, gate, off) == ["prerequisites", "flag:gate", *to_price]
    assert await refused(tenant, f"{project}/flags/gate", off) == ["prerequisites", "flag:gate", *to_price]
    payers = ["segment:payers", "segment:buyers", "experiment:x"]
    assert await refused(tenant, f"{project}/segments/payers", {"included": []}) == ["audience", *payers]
    assert await refused(tenant, f"{project}/holdouts/never", {"share": 6}) == [
        "holdouts",
        "holdout:never",
        "experiment:x",
    ]
    assert await marks(tenant, project) == []


async def test_safe_edits_pass_without_a_word(tenant: Any, project: str) -> None:
    staging = f"{project}/flags/gate/environments/staging"
    rule = {"if": {"segment": "buyers"}, "then": {"variation": "high"}}
    for path, body in (
        (f"{project}/flags/gate", {"name": "Gate", "tags": ["web"], "metadata": {"team": "shop"}}),
        (f"{project}/segments/payers", {"description": "Who pays"}),
        (f"{project}/holdouts/never", {"name": "Never"}),
        (staging, {"enabled": True, "default": {"variation": "off"}}),
        (f"{project}/flags/price/environments/production", {"rules": [rule], "default": {"variation": "low"}}),
        (f"{project}/flags/price/environments/production", {"rules": []}),
    ):
        answer = await attempt(tenant, path, body)
        assert answer.is_success, answer.text
        assert answer.json()["warnings"] == []
    assert await marks(tenant, project) == []


async def test_it_is_accepted_with_a_reason_and_marks_the_experiment(tenant: Any, project: str) -> None:
    payers = f"{project}/segments/payers"
    body = {"included": ["anna", "bob"], "on_experiments": "accept"}
    unexplained = await attempt(tenant, payers, body)
    assert (unexplained.status_code, unexplained.json()["code"]) == (422, "reason_required")
    accepted = await attempt(tenant, payers, body, **WHY)
    assert [each["code"] for each in accepted.json()["warnings"]] == ["experiment_disturbed"]
    [mark] = await marks(tenant, project)
    assert (mark["cause"], mark["reason"], mark["entity"], mark["key"]) == ("accepted", "fraud", "segment", "payers")
    assert mark["disturbances"] == [
        {
            "kind": "audience",
            "fields": ["included"],
            "path": [
                {"entity": "segment", "key": "payers"},
                {"entity": "segment", "key": "buyers"},
                {"entity": "experiment", "key": "x"},
            ],
        }
    ]
    log = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=disturbance")
    [entry] = log["items"]
    assert (entry["entity_key"], entry["action"], entry["reason"]) == ("x", "accept", "fraud")
    assert entry["after"]["disturbances"] == mark["disturbances"]


async def test_the_experiment_is_stopped_with_it_and_published_so(
    tenant: Any, project: str, database: Database
) -> None:
    answer = await attempt(tenant, f"{project}/segments/payers", {"included": [], "on_experiments": "stop"})
    told = answer.json()
    assert [each["code"] for each in told["warnings"]] == ["experiment_stopped"]
    experiment = await tenant.api.ok("GET", f"{project}/experiments/x")
    assert (experiment["status"], experiment["disturbances"]) == ("stopped", [])
    log = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?entity=experiment&action=stop")
    assert [each["entity_key"] for each in log["items"]] == ["x"]
    version = told["environment_versions"]["production"]
    environments = await tenant.api.ok("GET", f"{project}/environments")
    [production] = [UUID(each["id"]) for each in environments["items"] if each["key"] == "production"]
    async with database.transaction() as tx:
        touched = await touched_between(tx, production, version - 1, version)
    assert touched is not None
    assert (set(touched.segments), set(touched.experiments)) == ({"payers"}, {"x"})


async def test_switching_off_never_waits_and_marks(tenant: Any, project: str) -> None:
    gate = f"{project}/flags/gate/environments/production/enabled"
    off = await tenant.api.ok("PUT", gate, {"enabled": False})
    assert [each["code"] for each in off["warnings"]] == ["experiment_disturbed"]
    on = await tenant.api("PUT", gate, {"enabled": True})
    assert on.json()["code"] == "experiment_affected"
    await tenant.api.ok("PUT", gate, {"enabled": True, "on_experiments": "accept"}, headers=WHY)
    price = f"{project}/flags/price/environments/production/enabled"
    await tenant.api.ok("PUT", price, {"enabled": False}, headers=WHY)
    await tenant.api.ok("PUT", price, {"enabled": True})
    found = [(each["cause"], each["key"], each["disturbances"][0]["kind"]) for each in await marks(tenant, project)]
    assert found == [
        ("switched_off", "gate", "prerequisites"),
        ("accepted", "gate", "prerequisites"),
        ("switched_off", "price", "switched_off"),
    ]
    await tenant.api.ok("PUT", price, {"enabled": False, "on_experiments": "stop"})
    assert (await tenant.api.ok("GET", f"{project}/experiments/x"))["status"] == "stopped"


async def test_marks_travel_with_the_experiment(tenant: Any, project: str, database: Database) -> None:
    """Whatever was written beside it, and compiled by what was written or whole."""
    both, gate = TwoWays(database), f"{project}/flags/gate/environments/production/enabled"
    await both.begin()
    await both.compare()
    accepted = {"included": ["bob"], "on_experiments": "accept"}
    assert (await attempt(tenant, f"{project}/segments/payers", accepted, **WHY)).is_success
    await both.compare()
    await tenant.api.ok("PUT", gate, {"enabled": False})
    await both.compare()
    edit = {"entity": "segment", "key": "payers", "action": "update", "document": {**accepted, "included": ["carol"]}}
    request = await tenant.api.ok("POST", f"{project}/change-requests", {"title": "Others", "edits": [edit]})
    await tenant.api.ok("POST", f"{project}/change-requests/{request['number']}/apply")
    await both.compare()
    assert both.whole == 0

    environments = await tenant.api.ok("GET", f"{project}/environments")
    [production] = [UUID(each["id"]) for each in environments["items"] if each["key"] == "production"]
    compiled = await Compiler(database).compile(production)
    assert compiled is not None
    entry = compiled.entries[config_subject(str(production), "experiment", "x")]
    told = ConfigMessage.FromString(entry).experiment
    shown = await marks(tenant, project)
    assert told.disturbance_count == len(told.disturbances) == len(shown) == 3
    for mark, one in zip(told.disturbances, shown, strict=True):
        assert mark.at // 1000 == int(datetime.fromisoformat(one["at"]).timestamp())
        assert (mark.cause, mark.reason, mark.entity, mark.key) == (
            one["cause"],
            one["reason"] or "",
            one["entity"],
            one["key"],
        )
        assert [
            {
                "kind": each.kind,
                "fields": list(each.fields),
                "path": [{"entity": hop.entity, "key": hop.key} for hop in each.path],
            }
            for each in mark.effects
        ] == one["disturbances"]


async def test_writes_without_a_body_choose_in_the_query(tenant: Any, project: str) -> None:
    gate = f"{project}/flags/gate/environments/production"
    copy = f"{gate}/copy-from/staging"
    await tenant.api.changed("PATCH", f"{project}/flags/gate/environments/staging", {"default": {"variation": "off"}})
    etag = {"If-Match": (await tenant.api("GET", gate)).headers["etag"]}
    assert (await tenant.api("POST", copy, headers=etag)).json()["code"] == "experiment_affected"
    assert (await tenant.api("POST", f"{copy}?on_experiments=no", headers=etag)).status_code == 422
    await tenant.api.ok("POST", f"{copy}?on_experiments=accept", headers={**etag, **WHY})
    undo = f"{project}/history/flag_settings/gate/undo?environment=production"
    assert (await tenant.api("POST", undo)).json()["code"] == "experiment_affected"
    await tenant.api.ok("POST", f"{undo}&on_experiments=accept", headers=WHY)
    assert [each["reason"] for each in await marks(tenant, project)] == ["fraud", "fraud"]


async def test_a_change_request_says_it_when_it_is_opened(tenant: Any, project: str) -> None:
    edit: dict[str, Any] = {"entity": "segment", "key": "payers", "action": "update", "document": {"included": []}}
    body = {"title": "Nobody pays", "edits": [edit]}
    opened = await tenant.api("POST", f"{project}/change-requests", body)
    assert opened.json()["code"] == "experiment_affected"
    assert [each["field"] for each in opened.json()["errors"]] == ["edits[0].included"]
    assert opened.json()["experiments"][0]["experiment"] == "x"
    edit["document"]["on_experiments"] = "accept"
    request = await tenant.api.ok("POST", f"{project}/change-requests", body)
    assert await marks(tenant, project) == []
    await tenant.api.ok("POST", f"{project}/change-requests/{request['number']}/apply")
    [mark] = await marks(tenant, project)
    assert (mark["cause"], mark["reason"]) == ("accepted", "change request 1: Nobody pays")


async def test_experiments_disturb_each_other(tenant: Any, project: str) -> None:
    """One that assigns on `gate` decides who comes as far as `price`."""
    api, on_gate = tenant.api, f"{project}/experiments/on-gate"
    halves = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    body = {"key": "on-gate", "environment": "production", "flag": "gate", "variations": halves, "traffic": 50}
    await api.ok("POST", f"{project}/experiments", body)
    start = await api("POST", f"{on_gate}/start")
    assert start.status_code == 409, start.text
    [disturbance] = start.json()["experiments"][0]["disturbances"]
    assert [each["key"] for each in disturbance["path"]] == ["on-gate", "gate", "price", "x"]
    await api.ok("POST", f"{on_gate}/start", {"on_experiments": "accept"}, headers=WHY)
    assert (await attempt(tenant, on_gate, {"hypothesis": "H"})).is_success
    assert (await attempt(tenant, on_gate, {"traffic": 60})).json()["code"] == "experiment_affected"
    await api.ok("POST", f"{on_gate}/stop")
    assert [each["cause"] for each in await marks(tenant, project)] == ["accepted", "stopped"]


async def test_what_ends_takes_along_what_its_end_disturbs(tenant: Any, project: str) -> None:
    api, halves = tenant.api, [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    await api.ok("POST", f"{project}/segments", {"key": "testers", "included": ["eve"]})
    body = {"key": "on-gate", "environment": "production", "flag": "gate", "variations": halves}
    await api.ok("POST", f"{project}/experiments", {**body, "audience": {"segment": "testers"}})
    await api.ok("POST", f"{project}/experiments/on-gate/start", {"on_experiments": "accept"}, headers=WHY)
    testers = {"included": ["eve", "zoe"], "on_experiments": "stop"}
    stopped = await attempt(tenant, f"{project}/segments/testers", testers)
    assert [each["code"] for each in stopped.json()["warnings"]] == ["experiment_stopped"] * 2
    states = await api.ok("GET", f"{project}/experiments?state=running")
    assert states["items"] == []
