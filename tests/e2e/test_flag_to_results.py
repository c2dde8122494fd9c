"""The path as a story: a flag is edited, served, exposed, measured and analysed, by real processes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from scipy import stats as scipy_stats

from tests.waiting import same, until_blocking

from .conftest import Tenant

FLAG = {
    "key": "new-checkout",
    "name": "New checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
    "client_visible": True,
}
HALF = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}}
EXPERIMENT = {
    "key": "checkout-test",
    "name": "Checkout test",
    "environment": "production",
    "flag": "new-checkout",
    "mode": "assigns",
    "variations": [{"key": "off", "weight": 50}, {"key": "on", "weight": 50}],
    "control": "off",
    "metrics": [{"metric": "purchase", "role": "goal"}, {"metric": "revenue", "role": "secondary"}],
}


def evaluate(edge: httpx.Client, user: str, flag: str = "new-checkout", **attributes: object) -> dict[str, Any]:
    answer = edge.post(f"/ofrep/v1/evaluate/flags/{flag}", json={"context": {"targetingKey": user, **attributes}})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def now() -> str:
    return datetime.now(UTC).isoformat()


def exposure(user: str, variation: str, **more: object) -> dict[str, Any]:
    return {
        "type": "exposure",
        "event_id": str(uuid4()),
        "timestamp": now(),
        "user_key": user,
        "flag": "new-checkout",
        "variation": variation,
        "experiment": "checkout-test",
        **more,
    }


def metric(user: str, name: str, value: float | None = None) -> dict[str, Any]:
    event = {"type": "metric", "event_id": str(uuid4()), "timestamp": now(), "user_key": user, "metric": name}
    return event if value is None else event | {"value": value}


def run_experiment(tenant: Tenant, users: int) -> tuple[str, dict[str, str], list[dict[str, Any]]]:
    """Starts the experiment and plays `users` users: id of the experiment, variation by user, their events."""
    tenant.create("flags", FLAG)
    tenant.change("flags/new-checkout/environments/production", {"enabled": True})
    tenant.create("metrics", {"key": "purchase", "name": "Purchase", "aggregation": "conversion"})
    tenant.create("metrics", {"key": "revenue", "name": "Revenue", "aggregation": "sum", "event": "purchase"})
    plan = {"mode": "fixed", "planned_units": users, "minimum_days": 0}
    experiment = tenant.create("experiments", EXPERIMENT | {"plan": plan})
    tenant.act("experiments/checkout-test/start")
    tenant.wait_for_edge()
    assigned = {}
    events = []
    with tenant.edge() as edge:
        for number in range(users):
            user = f"user-{number}"
            served = evaluate(edge, user)
            assert served["reason"] == "SPLIT"
            assigned[user] = served["variant"]
            events.append(exposure(user, served["variant"], config_version=int(served["metadata"]["version"])))
            if number % (3 if served["variant"] == "on" else 5) == 0:
                events.append(metric(user, "purchase", 10 + number % 7))
    return experiment["id"], assigned, events


def test_a_flag_is_edited_served_exposed_and_analysed(tenant: Tenant) -> None:
    tenant.create("segments", {"key": "beta", "name": "Beta", "included": ["anna"]})
    tenant.create("flags", FLAG)
    tenant.wait_for_edge()
    with tenant.edge() as edge:
        assert evaluate(edge, "anna")["reason"] == "DISABLED"

        rules = [{"if": {"and": [{"segment": "beta"}]}, "then": {"variation": "on"}}]
        tenant.change("flags/new-checkout/environments/production", {"enabled": True, "rules": rules})
        tenant.wait_for_edge()
        served = evaluate(edge, "anna")
        assert (served["value"], served["variant"], served["reason"]) == (True, "on", "TARGETING_MATCH")
        assert evaluate(edge, "bert")["reason"] == "DEFAULT"

        tenant.change("flags/new-checkout/environments/production", {"rules": [], "default": HALF})
        tenant.wait_for_edge()
        variants = {user: evaluate(edge, user)["variant"] for user in map(str, range(200))}
        assert 60 < Counter(variants.values())["on"] < 140

        curl = edge.get("/v1/flags/new-checkout", params={"user_id": "7"})
        assert curl.json()["variant"] == variants["7"]


def test_an_experiment_is_analysed_as_scipy_would(tenant: Tenant) -> None:
    users = 400
    experiment, assigned, events = run_experiment(tenant, users)
    answer = tenant.send(events)
    assert (answer.status_code, answer.json()) == (202, {"accepted": len(events), "rejected": []})
    repeated = tenant.send(events)
    assert repeated.status_code == 202

    bought = {event["user_key"]: event["value"] for event in events if event["type"] == "metric"}
    tenant.wait_for_units(experiment, users)
    until_blocking(lambda: same(conversions(tenant.results(experiment)), len(bought)))
    results = tenant.results(experiment)

    arms = {key: [user for user, variation in assigned.items() if variation == key] for key in ("off", "on")}
    table = [[sum(user in bought for user in arms[key]), sum(user not in bought for user in arms[key])] for key in arms]
    chi2, p_value, _, _ = scipy_stats.chi2_contingency(table, correction=False)
    purchase = variations_of(results, "purchase")["on"]["comparison"]["fixed_horizon"]
    assert purchase["statistic"] == pytest.approx(chi2, rel=1e-9)
    assert purchase["p_value"] == pytest.approx(p_value, rel=1e-9)

    values = {key: [bought.get(user, 0.0) for user in arms[key]] for key in arms}
    welch = scipy_stats.ttest_ind(values["on"], values["off"], equal_var=False)
    revenue = variations_of(results, "revenue")["on"]["comparison"]["fixed_horizon"]
    assert revenue["statistic"] == pytest.approx(welch.statistic, rel=1e-9)
    assert revenue["p_value"] == pytest.approx(welch.pvalue, rel=1e-9)
    interval = [revenue["difference"]["lower"], revenue["difference"]["upper"]]
    assert interval == pytest.approx(list(welch.confidence_interval()), rel=1e-9)

    expected = scipy_stats.chisquare([len(arms["off"]), len(arms["on"])]).pvalue
    assert results["sample_ratio"]["p_value"] == pytest.approx(expected, rel=1e-9)
    assert results["summary"]
    assert "NaN" not in json.dumps(results)

    off = {"entity": "flag_settings", "key": "new-checkout", "environment": "production", "action": "update"}
    edits = [off | {"document": {"enabled": False}}]
    preview = f"/api/v1/projects/{tenant.project}/environments/production/preview"
    told: dict[str, Any] = {}

    def counted() -> object:
        told.update(tenant.api.post(preview, json={"edits": edits, "examples": 1}).json())
        return same(told["status"], "counted")

    until_blocking(counted)
    impact = told["impact"]
    assert (impact["units"], impact["unknown"], impact["changed"]) == (users, 0, len(arms["on"]))
    assert impact["flags"][0]["moves"] == [{"before": "on", "after": "off", "units": len(arms["on"])}]
    (trial,) = impact["experiments"]
    assert (trial["key"], trial["before"], trial["lost"]) == ("checkout-test", users, users)
    assert assigned[impact["examples"][0]["unit"]] == "on"
    assert told["disturbed_experiments"] == ["checkout-test"]


def variations_of(results: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """One metric's figures by variation."""
    (found,) = [each for each in results["metrics"] if each["metric"] == key]
    return {each["variation"]: each for each in found["variations"]}


def conversions(results: dict[str, Any]) -> int:
    """Units with a purchase, over both variations."""
    return sum(round(each["units"] * (each["rate"] or 0)) for each in variations_of(results, "purchase").values())


def test_killing_the_loader_loses_and_doubles_nothing(tenant: Tenant) -> None:
    users = 300
    experiment, assigned, events = run_experiment(tenant, users)
    loader = tenant.services.loader
    for start in range(0, len(events), 50):
        assert tenant.send(events[start : start + 50]).status_code == 202
        if start in (100, 200, 300):
            loader.kill()
            loader.restart()
    tenant.wait_for_units(experiment, users)
    units = tenant.results(experiment)["units"]
    assert units["in_several_variations"] == 0
    counts = {each["variation"]: each["units"] for each in units["variations"]}
    assert counts == dict(Counter(assigned.values()))


def test_an_edit_with_an_old_version_changes_nothing(tenant: Tenant) -> None:
    tenant.create("flags", FLAG)
    url = f"/api/v1/projects/{tenant.project}/flags/new-checkout"
    first = tenant.api.get(url).headers["etag"]
    assert tenant.api.patch(url, json={"name": "B"}, headers={"If-Match": first}).status_code == 200
    refused = tenant.api.patch(url, json={"name": "C"}, headers={"If-Match": first})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert tenant.api.get(url).json()["name"] == "B"
    assert tenant.api.patch(url, json={"name": "C"}).status_code == 428


BAD_SETTINGS = {
    "a bad rule": (
        {"rules": [{"if": {"attribute": "age", "operator": "gt", "value": "old"}, "then": {"variation": "on"}}]},
        "rules[0].if.value",
    ),
    "a weight sum of 99": (
        {"default": {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 49}]}}},
        "default.rollout",
    ),
    "an unknown operator": (
        {"rules": [{"if": {"attribute": "a", "operator": "like", "value": "x"}, "then": {"variation": "on"}}]},
        "rules[0].if.operator",
    ),
    "an unknown variation": ({"default": {"variation": "maybe"}}, "default"),
    "an unknown field": ({"enabledd": True}, "enabledd"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_bad_settings_are_refused_by_field_and_change_nothing(tenant: Tenant, name: str) -> None:
    body, field = BAD_SETTINGS[name]
    tenant.create("flags", FLAG)
    url = f"/api/v1/projects/{tenant.project}/flags/new-checkout/environments/production"
    before = tenant.api.get(url)
    answer = tenant.api.patch(url, json=body, headers={"If-Match": before.headers["etag"]})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field), answer.text
    after = tenant.api.get(url)
    assert (after.headers["etag"], after.json()) == (before.headers["etag"], before.json())


def test_an_unknown_flag_type_is_refused(tenant: Tenant) -> None:
    answer = tenant.api.post(f"/api/v1/projects/{tenant.project}/flags", json=FLAG | {"type": "date"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "type"
    assert tenant.api.get(f"/api/v1/projects/{tenant.project}/flags").json()["items"] == []


def test_a_tenant_sees_nothing_of_another(make_tenant: Callable[[], Tenant]) -> None:
    one, other = make_tenant(), make_tenant()
    one.create("flags", FLAG)
    one.wait_for_edge()
    with other.edge() as edge:
        answer = edge.post("/ofrep/v1/evaluate/flags/new-checkout", json={"context": {"targetingKey": "u"}})
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
    with one.edge("sdk-server-nonsense") as edge:
        assert edge.get("/v1/environment").status_code == 401


def test_a_session_that_ends_ends_at_analytics_too(tenant: Tenant) -> None:
    person = {"email": f"{uuid4()}@example.com", "role": "viewer"}
    made = tenant.api.post(f"/api/v1/organizations/{tenant.organization}/invitations", json=person).json()
    password = "a password of one's own"
    account = {"secret": made["link"].partition("=")[2], "password": password}

    def at_analytics(token: str) -> tuple[int, str]:
        url = f"{tenant.services.analytics.url}/v1/exports"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        return answer.status_code, answer.json().get("code", "")

    old = tenant.api.post("/api/v1/auth/invitations/accept", json=account).json()["access_token"]
    until_blocking(lambda: same(at_analytics(old), (200, "")))
    changed = httpx.put(
        f"{tenant.services.control_plane.url}/api/v1/me/password",
        json={"current_password": password, "new_password": "another long password"},
        headers={"Authorization": f"Bearer {old}"},
    )
    new = changed.json()["access_token"]
    assert at_analytics(new) == (200, "")
    until_blocking(lambda: same(at_analytics(old), (401, "token_withdrawn")))
    assert at_analytics(new) == (200, "")
    members = f"/api/v1/organizations/{tenant.organization}/members"
    people = tenant.api.get(members, params={"limit": 200}).json()["items"]
    identity = next(each["id"] for each in people if each["email"] == person["email"])
    link = tenant.api.post(f"{members}/{identity}/password-reset").json()["link"]
    chosen = {"secret": link.partition("=")[2], "password": "a third long password"}
    newest = tenant.api.post("/api/v1/auth/password-resets/use", json=chosen).json()["access_token"]
    until_blocking(lambda: same(at_analytics(new), (401, "token_withdrawn")))
    assert at_analytics(newest) == (200, "")


def test_whoever_signs_out_or_is_revoked_is_out_of_analytics_too(tenant: Tenant) -> None:
    organization = f"/api/v1/organizations/{tenant.organization}"
    person = {"email": f"{uuid4()}@example.com", "role": "viewer"}
    made = tenant.api.post(f"{organization}/invitations", json=person).json()
    account = {"secret": made["link"].partition("=")[2], "password": "a password of one's own"}
    token = tenant.api.post("/api/v1/auth/invitations/accept", json=account).json()["access_token"]
    program = tenant.api.post(f"{organization}/tokens", json={"name": "CI", "role": "viewer"}).json()
    where = {"project": tenant.project, "environment": "production"}

    def at_analytics(bearer: str) -> tuple[int, str]:
        url = f"{tenant.services.analytics.url}/v1/reconciliation"
        answer = httpx.get(url, params=where, headers={"Authorization": f"Bearer {bearer}"}, timeout=30)
        return answer.status_code, answer.json().get("code", "")

    until_blocking(lambda: same(at_analytics(token), (200, "")))
    until_blocking(lambda: same(at_analytics(program["token"]), (200, "")))
    gone = httpx.delete(
        f"{tenant.services.control_plane.url}/api/v1/me/sessions/current", headers={"Authorization": f"Bearer {token}"}
    )
    assert gone.status_code == 204
    assert tenant.api.delete(f"{organization}/tokens/{program['id']}").is_success
    until_blocking(lambda: same(at_analytics(token), (401, "token_withdrawn")))
    until_blocking(lambda: same(at_analytics(program["token"]), (401, "invalid_token")))


def test_a_malformed_event_costs_only_itself(tenant: Tenant) -> None:
    good = exposure("u1", "on")
    answer = tenant.send([good, {"type": "exposure"}, good | {"event_id": str(uuid4()), "timestamp": "yesterday"}])
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [(each["index"], bool(each["code"]), bool(each["detail"])) for each in answer.json()["rejected"]] == [
        (1, True, True),
        (2, True, True),
    ]


def test_a_body_over_the_limit_is_refused_everywhere(tenant: Tenant) -> None:
    big = "x" * (6 * 1024 * 1024)
    for answer in (
        tenant.send([exposure(big, "on")]),
        tenant.api.post(f"/api/v1/projects/{tenant.project}/flags", json=FLAG | {"description": big}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    with tenant.edge() as edge:
        refused = edge.post("/ofrep/v1/evaluate/flags/a", json={"context": {"targetingKey": big}})
        assert refused.status_code == 413
