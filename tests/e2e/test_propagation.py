"""A write is served by the edge and confirmed: with a user of NATS for each service, edges may say what they serve."""

from __future__ import annotations

from tests.waiting import until_blocking

from .conftest import Tenant

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}


def test_a_write_is_confirmed_by_the_edge(tenant: Tenant) -> None:
    flags = f"/api/v1/projects/{tenant.project}/flags"
    answer = tenant.api.post(flags, json=FLAG, headers={"Prefer": "wait=30"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait=30")
    found = answer.json()["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (1, 1, [])
    with tenant.edge() as edge:
        served = edge.get("/v1/environment").json()["version"]
    assert served >= answer.json()["environment_versions"]["production"]


def test_a_remote_config_is_served_merged_where_its_segment_matches(tenant: Tenant) -> None:
    schema = {"type": "object", "properties": {"columns": {"type": "integer", "maximum": 4}}}
    value = {"columns": 2, "banner": {"text": "Hello", "link": "/a"}}
    beta = {"id": "beta", "segment": "beta", "value": {"columns": 3, "banner": {"link": None}}}
    german = {"id": "de", "if": {"attribute": "country", "operator": "eq", "value": "DE"}, "value": {"columns": 4}}
    tenant.create("segments", {"key": "beta", "included": ["anna"]})
    tenant.create("configs", {"key": "page", "schema": schema, "value": value, "client_visible": True})
    tenant.change("configs/page/environments/production", {"resolve": "merge", "overrides": [beta, german]})
    tenant.wait_for_edge()
    with tenant.edge() as edge:
        served = edge.get("/v1/configs?user_id=anna&country=DE").json()["configs"]
        general = edge.get("/v1/configs/page?user_id=bob").json()
    assert [(each["value"], each["variant"]) for each in served] == [
        ({"columns": 4, "banner": {"text": "Hello"}}, "beta+de")
    ]
    assert (general["value"], general["reason"]) == (value, "DEFAULT")
    halves = [
        {"key": "control", "weight": 50},
        {"key": "wide", "weight": 50, "value": {"columns": 3, "banner": {"text": "Hi"}}},
    ]
    tenant.create(
        "experiments", {"key": "page-test", "environment": "production", "flag": "page", "variations": halves}
    )
    tenant.act("experiments/page-test/start")
    tenant.wait_for_edge()
    with tenant.edge() as edge:
        served = [edge.get(f"/v1/configs/page?user_id=u{number}&country=DE").json() for number in range(12)]
        assigned = [edge.get(f"/v1/experiments/page-test/assign?user_id=u{number}").json() for number in range(12)]
    assert {each["variant"]: each["value"] for each in served} == {
        "control": {**value, "columns": 4},
        "wide": {"columns": 3, "banner": {"text": "Hi", "link": "/a"}},
    }
    assert [each["variation"] for each in assigned] == [each["variant"] for each in served]


def test_a_rollout_goes_forward_by_itself_and_the_edge_serves_its_share(tenant: Tenant) -> None:
    tenant.create("flags", FLAG | {"key": "rolled"})
    tenant.change("flags/rolled/environments/production", {"enabled": True})
    at = f"/api/v1/projects/{tenant.project}/environments/production/rollouts"
    steps = [{"share": 0, "hold_seconds": 1}, {"share": 40, "hold_seconds": 1}, {"share": 100}]
    plan = {"key": "ship", "flag": "rolled", "variation": "on", "plan": {"steps": steps}}
    assert tenant.api.post(at, json=plan).status_code == 201
    assert tenant.api.post(f"{at}/ship/start").json()["share"] == 0
    with tenant.edge() as edge:
        until_blocking(lambda: edge.get("/v1/flags/rolled?user_id=anna").json().get("value"))
    until_blocking(lambda: tenant.api.get(f"{at}/ship").json()["state"] == "completed")
    told = [(each["action"], each["share"]) for each in tenant.api.get(f"{at}/ship/timeline").json()["items"]]
    # On a slow machine two overdue steps may be one change.
    assert told[:2] == [("create", 0), ("start", 0)]
    assert told[-2:] == [("advance", 100), ("complete", 100)]


def test_a_long_list_goes_from_a_file_to_the_edge(tenant: Tenant) -> None:
    tenant.create("segments", {"key": "listed"})
    path = f"/api/v1/projects/{tenant.project}/segments/listed/long-list"
    file = "".join(f"user-{number}\n" for number in range(30_000)).encode()
    answer = tenant.api.put(f"{path}/included", content=file, headers={"Content-Type": "text/plain"})
    tenant.versions.append(answer.raise_for_status().json()["environment_versions"]["production"])
    members = {unit: _membership(tenant, unit) for unit in ("user-7", "user-29999", "user-30000")}
    assert members == {"user-7": True, "user-29999": True, "user-30000": False}
    answer = tenant.api.patch(path, json={"included": {"add": ["one more"], "remove": ["user-7"]}})
    tenant.versions.append(answer.raise_for_status().json()["environment_versions"]["production"])
    assert (_membership(tenant, "one more"), _membership(tenant, "user-7")) == (True, False)


def _membership(tenant: Tenant, unit: str) -> bool | None:
    tenant.wait_for_edge()
    with tenant.edge() as edge:
        asked = {"context": {"targetingKey": unit}, "segments": ["listed"]}
        told = edge.post("/v1/segments/evaluate", json=asked).raise_for_status().json()["segments"]["listed"]
    member: bool | None = told["member"]
    return member
