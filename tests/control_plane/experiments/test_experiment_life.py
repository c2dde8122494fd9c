"""The life of an experiment over HTTP, with layers and holdouts."""

from __future__ import annotations

from typing import Any

import pytest
from service_kit.clock import ManualClock

FLAG = {
    "key": "checkout",
    "name": "Checkout",
    "type": "string",
    "variations": [{"key": key, "value": key} for key in ("old", "new", "newest")],
    "off_variation": "old",
    "default": {"variation": "old"},
}
EXPERIMENT = {
    "key": "checkout-test",
    "environment": "production",
    "flag": "checkout",
    "variations": [{"key": "old", "weight": 33.33}, {"key": "new", "weight": 66.67}],
    "metrics": [{"metric": "purchase"}, {"metric": "latency", "role": "guardrail", "margin": 0.02}],
}


@pytest.fixture
async def project(tenant: Any) -> str:
    """The path of a project with a flag, two metrics and a segment."""
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/environments", {"key": "staging", "name": "Staging"})
    await tenant.api.ok("POST", f"{path}/flags", FLAG)
    await tenant.api.ok("POST", f"{path}/metrics", {"key": "purchase", "aggregation": "conversion"})
    latency = {"key": "latency", "aggregation": "mean", "direction": "lower_is_better"}
    await tenant.api.ok("POST", f"{path}/metrics", latency)
    await tenant.api.ok("POST", f"{path}/segments", {"key": "beta", "included": ["u1"]})
    return path


async def refused(api: Any, method: str, path: str, body: Any = None) -> tuple[int, str, list[str]]:
    """Status, code and the fields named, of a write that changed nothing."""
    etag = (await api("GET", path)).headers.get("etag", '"1"') if method == "PATCH" else '"1"'
    headers = {"If-Match": etag} if method == "PATCH" else {}
    answer = await api(method, path, body, headers=headers)
    problem = answer.json()
    return answer.status_code, problem["code"], [each["field"] for each in problem.get("errors", [])]


async def test_an_experiment_is_drafted_started_and_stopped(tenant: Any, project: str, clock: ManualClock) -> None:
    api, experiments = tenant.api, f"{project}/experiments"
    answer = await api("POST", experiments, EXPERIMENT)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert (made["status"], made["control"], made["name"], made["traffic"]) == ("draft", "old", "checkout-test", 100)
    assert (made["start_at"], made["stop_at"], made["layer"]) == (None, None, None)
    assert made["metrics"][1] == {"metric": "latency", "role": "guardrail", "margin": 0.02, "margin_kind": "relative"}
    assert made["plan"]["alpha"] == 0.05

    one = f"{experiments}/checkout-test"
    changed = await api.changed("PATCH", one, {"traffic": 20.5, "audience": {"segment": "beta"}, "control": "new"})
    assert (changed["traffic"], changed["audience"], changed["control"]) == (20.5, {"segment": "beta"}, "new")

    clock.advance(60)
    started = await api.ok("POST", f"{one}/start")
    assert (started["status"], started["start_at"]) == ("running", "2026-01-05T10:01:00Z")
    assert list(started["environment_versions"]) == ["production"]
    assert (await refused(api, "POST", f"{one}/start"))[:2] == (409, "not_a_draft")
    assert (await refused(api, "POST", f"{one}/archive"))[:2] == (409, "experiment_running")

    clock.advance(1800)
    stopped = await api.ok("POST", f"{one}/stop")
    assert (stopped["status"], stopped["stop_at"]) == ("stopped", "2026-01-05T10:31:00Z")
    assert (await refused(api, "POST", f"{one}/stop"))[:2] == (409, "not_running")
    assert (await refused(api, "POST", f"{one}/start"))[:2] == (409, "not_a_draft")
    assert (await refused(api, "DELETE", one))[:2] == (409, "experiment_started")
    assert (await api.ok("POST", f"{one}/archive"))["archived"] is True
    assert (await api.ok("GET", experiments))["items"] == []
    restored = await api.ok("POST", f"{one}/restore")
    assert (restored["archived"], restored["status"]) == (False, "stopped")


async def test_only_a_draft_is_deleted(tenant: Any, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT)
    await tenant.api.ok("DELETE", f"{project}/experiments/checkout-test")
    assert (await tenant.api("GET", f"{project}/experiments/checkout-test")).status_code == 404


BREAKING: list[tuple[dict[str, Any], list[str]]] = [
    ({"plan": {"alpha": 0.1}}, ["plan"]),
    ({"metrics": [{"metric": "latency"}]}, ["metrics"]),
    ({"metrics": [{"metric": "purchase"}]}, ["metrics"]),
    ({"metrics": [{"metric": "purchase"}, {"metric": "latency", "role": "secondary"}]}, ["metrics"]),
    (
        {"metrics": [{"metric": "purchase"}, {"metric": "latency", "role": "guardrail", "margin": 0.03}]},
        ["metrics"],
    ),
    ({"trigger_event": "opened"}, ["trigger_event"]),
    ({"exposure_filter": {"attribute": "country", "operator": "eq", "value": "DE"}}, ["exposure_filter"]),
    ({"mode": "observes", "audience": None, "traffic": 100}, ["mode"]),
]


async def test_what_breaks_the_analysis_stays_while_it_runs(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/checkout-test"
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "traffic": 20, "audience": {"segment": "beta"}})
    before = await api.ok("POST", f"{one}/start")
    for patch, fields in BREAKING:
        assert await refused(api, "PATCH", one, patch) == (409, "experiment_started", fields)
    after = await api.ok("GET", one)
    assert after == {**before, "environment_versions": {}, "warnings": []}


async def test_texts_more_traffic_and_further_metrics_may_change_while_it_runs(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/checkout-test"
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "traffic": 20})
    await api.ok("POST", f"{one}/start")
    await api.ok("POST", f"{project}/metrics", {"key": "visits", "aggregation": "count"})
    await api.ok("POST", f"{project}/metrics", {"key": "errors", "aggregation": "count"})
    others = [{"metric": "errors", "role": "guardrail", "margin": 0.1}, {"metric": "visits", "role": "secondary"}]
    metrics = [*EXPERIMENT["metrics"], *others]
    changed = await api.changed("PATCH", one, {"name": "Other", "traffic": 40, "metrics": metrics})
    assert (changed["name"], changed["traffic"], changed["metrics"][3]["role"]) == ("Other", 40, "secondary")
    await api.ok("POST", f"{one}/stop")
    assert (await refused(api, "PATCH", one, {"traffic": 50}))[1:] == ("experiment_started", ["traffic"])
    assert (await api.changed("PATCH", one, {"hypothesis": "It was so"}))["hypothesis"] == "It was so"


BAD_DRAFTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 49}]}, ["variations"]),
    (
        {"variations": [{"key": "old", "weight": 33.333}, {"key": "new", "weight": 66.667}]},
        ["variations[0].weight"],
    ),
    ({"variations": [{"key": "old", "weight": 50}, {"key": "gone", "weight": 50}]}, ["variations[1].key"]),
    ({"variations": [{"key": "old", "weight": 100}]}, ["variations"]),
    ({"flag": "absent"}, ["flag"]),
    ({"environment": "absent"}, ["environment"]),
    ({"control": "newest"}, ["control"]),
    ({"traffic": 101}, ["traffic"]),
    ({"traffic": 0.001}, ["traffic"]),
    ({"audience": {"attribute": "a", "operator": "gt", "value": "abc"}}, ["audience.value"]),
    ({"audience": {"and": [{"segment": "absent"}]}}, ["audience.and[0].segment"]),
    ({"metrics": [{"metric": "absent"}]}, ["metrics[0].metric"]),
    ({"metrics": [{"metric": "purchase"}, {"metric": "purchase"}]}, ["metrics[1].metric"]),
    ({"metrics": [{"metric": "purchase", "margin": 0.1}]}, ["metrics[0].margin"]),
    ({"layer": {"key": "absent", "share": 10}}, ["layer.key"]),
    ({"layer": {"key": "absent", "share": 0}}, ["layer.share"]),
    ({"holdouts": ["absent"]}, ["holdouts[0]"]),
    ({"plan": {"mode": "group"}}, ["plan.planned_looks", "plan.planned_units"]),
    ({"plan": {"alpha": 1}}, ["plan.alpha"]),
    ({"exposure_filter": {"segment": "beta"}}, ["exposure_filter.segment"]),
    (
        {"exposure_filter": {"and": [{"attribute": "a", "operator": "gt", "value": "b"}]}},
        ["exposure_filter.and[0].value"],
    ),
    ({"trigger_event": ""}, ["trigger_event"]),
    ({"mode": "observes", "traffic": 50}, ["traffic"]),
    ({"mode": "observes", "audience": {"segment": "beta"}}, ["audience"]),
    ({"surprise": 1}, ["surprise"]),
]


async def test_a_bad_draft_is_refused_with_its_field(tenant: Any, project: str) -> None:
    version = (await tenant.api.ok("GET", tenant.path))["config_version"]
    for patch, fields in BAD_DRAFTS:
        answer = await tenant.api("POST", f"{project}/experiments", {**EXPERIMENT, **patch})
        assert answer.status_code == 422, (patch, answer.text)
        assert [each["field"] for each in answer.json()["errors"]] == fields
    assert (await tenant.api.ok("GET", tenant.path))["config_version"] == version


async def test_one_flag_has_one_running_experiment_that_assigns(tenant: Any, project: str) -> None:
    api, experiments = tenant.api, f"{project}/experiments"
    await api.ok("POST", experiments, EXPERIMENT)
    await api.ok("POST", experiments, {**EXPERIMENT, "key": "rival"})
    await api.ok("POST", experiments, {**EXPERIMENT, "key": "watcher", "mode": "observes"})
    await api.ok("POST", f"{experiments}/checkout-test/start")
    assert (await refused(api, "POST", f"{experiments}/rival/start"))[:2] == (409, "flag_has_experiment")
    await api.ok("POST", f"{experiments}/watcher/start")
    await api.ok("POST", f"{experiments}/checkout-test/stop")
    accepted = {"on_experiments": "accept"}
    await api.ok("POST", f"{experiments}/rival/start", accepted, headers={"X-Verdict-Reason": "watched on"})


async def test_experiments_of_a_layer_share_no_bucket(tenant: Any, project: str) -> None:
    api, experiments = tenant.api, f"{project}/experiments"
    await api.ok("POST", f"{project}/layers", {"key": "pricing"})
    for key, share in (("a", 40), ("b", 35.5), ("c", 30), ("d", 24.5)):
        await api.ok("POST", experiments, {**EXPERIMENT, "key": key, "layer": {"key": "pricing", "share": share}})
    a = (await api.ok("POST", f"{experiments}/a/start"))["layer"]
    b = (await api.ok("POST", f"{experiments}/b/start"))["layer"]
    assert (a, b) == (
        {"key": "pricing", "share": 40, "start": 0, "end": 4000},
        {"key": "pricing", "share": 35.5, "start": 4000, "end": 7550},
    )
    assert (await refused(api, "POST", f"{experiments}/c/start"))[:2] == (409, "layer_full")
    assert (await api.ok("POST", f"{experiments}/d/start"))["layer"]["end"] == 10_000
    await api.ok("POST", f"{experiments}/a/stop")
    assert (await api.ok("POST", f"{experiments}/c/start"))["layer"]["start"] == 0
    other_unit = {**EXPERIMENT, "key": "e", "bucket_by": "company", "layer": {"key": "pricing", "share": 1}}
    await api.ok("POST", experiments, other_unit)
    assert (await refused(api, "POST", f"{experiments}/e/start"))[:2] == (409, "layer_bucket_by")
    assert (await refused(api, "DELETE", f"{project}/layers/pricing"))[:2] == (409, "in_use")


async def test_a_holdout_keeps_its_share_while_an_experiment_runs_with_it(tenant: Any, project: str) -> None:
    api = tenant.api
    made = await api.ok("POST", f"{project}/holdouts", {"key": "nobody", "share": 5.25})
    assert made["share"] == 5.25
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "holdouts": ["nobody"]})
    assert (await api.changed("PATCH", f"{project}/holdouts/nobody", {"share": 6}))["share"] == 6
    await api.ok("POST", f"{project}/experiments/checkout-test/start")
    assert (await refused(api, "PATCH", f"{project}/holdouts/nobody", {"share": 7}))[:2] == (409, "experiment_affected")
    assert (await api.changed("PATCH", f"{project}/holdouts/nobody", {"name": "Others"}))["share"] == 6


async def test_what_a_running_experiment_uses_stays(tenant: Any, project: str) -> None:
    api = tenant.api
    await api.ok("POST", f"{project}/experiments", {**EXPERIMENT, "audience": {"segment": "beta"}})
    await api.ok("POST", f"{project}/experiments/checkout-test/start")
    for path in ("flags/checkout", "metrics/purchase", "segments/beta"):
        answer = await api("POST", f"{project}/{path}/archive")
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
        assert "experiment checkout-test in production" in answer.json()["detail"]
    assert (await refused(api, "DELETE", f"{project}/segments/beta"))[:2] == (409, "in_use")
    assert (await refused(api, "DELETE", f"{project}/metrics/purchase"))[:2] == (409, "in_use")
    assert (await refused(api, "PATCH", f"{project}/metrics/purchase", {"event": "other"}))[:2] == (409, "in_use")
    assert (await api.changed("PATCH", f"{project}/metrics/purchase", {"name": "Bought"}))["name"] == "Bought"
    fewer = {"variations": [{"key": "old", "value": "old"}, {"key": "newest", "value": "newest"}]}
    status, _, fields = await refused(api, "PATCH", f"{project}/flags/checkout", fewer)
    assert (status, fields) == (422, ["variations"])
    await api.ok("POST", f"{project}/experiments/checkout-test/stop")
    await api.ok("POST", f"{project}/metrics/purchase/archive")
    assert (await refused(api, "DELETE", f"{project}/metrics/purchase"))[:2] == (409, "in_use")
    await api.ok("POST", f"{project}/experiments/checkout-test/archive")
    await api.changed("PATCH", f"{project}/flags/checkout", fewer)


async def test_experiments_are_listed_by_environment_flag_and_status(tenant: Any, project: str) -> None:
    api, experiments = tenant.api, f"{project}/experiments"
    for key in ("a", "b"):
        await api.ok("POST", experiments, {**EXPERIMENT, "key": key, "tags": [f"tag-{key}"]})
    await api.ok("POST", f"{experiments}/a/start")

    async def keys(query: str) -> list[str]:
        return [each["key"] for each in (await api.ok("GET", f"{experiments}?{query}"))["items"]]

    assert await keys("state=running") == ["a"]
    assert await keys("environment=production&flag=checkout") == ["a", "b"]
    assert await keys("flag=other") == []
    assert await keys("tag=tag-b") == ["b"]
    assert (await api("GET", f"{experiments}?state=other")).status_code == 422
