"""Metrics over HTTP: their life, and which fields belong together."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def metrics(tenant: Any) -> str:
    return f"/projects/{tenant.project}/metrics"


async def test_a_metric_lives_from_creation_to_deletion(tenant: Any, metrics: str) -> None:
    api, one = tenant.api, f"{metrics}/revenue"
    made = await api.ok("POST", metrics, {"key": "revenue", "aggregation": "sum", "winsorize_at": 0.99})
    assert (made["name"], made["event"], made["direction"]) == ("revenue", "revenue", "higher_is_better")
    assert (made["winsorize_at"], made["environment_versions"]) == (0.99, {"production": 2})
    changed = await api.changed("PATCH", one, {"event": "purchase", "window_end_seconds": 604_800})
    assert (changed["event"], changed["window_end_seconds"], changed["winsorize_at"]) == ("purchase", 604_800, 0.99)
    assert (await api.changed("PATCH", one, {"event": None, "winsorize_at": None}))["event"] == "revenue"
    assert (await api.ok("POST", f"{one}/archive"))["archived"] is True
    assert (await api.ok("GET", metrics))["items"] == []
    assert (await api.ok("POST", f"{one}/restore"))["version"] == 5
    await api.ok("DELETE", one)
    assert (await api("GET", one)).status_code == 404


GOOD: list[dict[str, Any]] = [
    {"aggregation": "conversion", "window_end_seconds": 86_400},
    {"aggregation": "count"},
    {"aggregation": "mean", "direction": "lower_is_better"},
    {"aggregation": "ratio", "denominator_event": "visit"},
    {"aggregation": "quantile", "quantile": 0.95},
    {"aggregation": "retention", "window_start_seconds": 518_400, "window_end_seconds": 604_800},
    {"aggregation": "sum", "winsorize_at": 0.99, "winsorize_lower": 0.01, "winsorize_of": "all"},
    {"aggregation": "count", "covariate_days": 366, "per": "unit"},
    {"aggregation": "conversion", "filter": {"not": {"attribute": "a.b", "operator": "in", "value": ["x", 1, True]}}},
    {"aggregation": "ratio", "denominator_event": "visit", "filter": {"attribute": "x", "operator": "exists"}},
]
FUNNEL = {"aggregation": "funnel", "steps": ["visit", "cart", "purchase"]}
GOOD += [
    FUNNEL | {"window_end_seconds": 86_400, "event": "purchase"},
    {"aggregation": "distinct", "property": "product.id", "winsorize_at": 0.99},
    {"aggregation": "days", "event": "visit"},
]
DEEP: dict[str, Any] = {"attribute": "x", "operator": "exists"}
for _ in range(16):
    DEEP = {"not": DEEP}
BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"aggregation": "median"}, ["aggregation"]),
    ({"aggregation": None}, ["aggregation"]),
    ({"aggregation": "ratio"}, ["denominator_event"]),
    ({"denominator_event": "visit"}, ["denominator_event"]),
    ({"aggregation": "quantile"}, ["quantile"]),
    ({"aggregation": "quantile", "quantile": 1}, ["quantile"]),
    ({"quantile": 0.5}, ["quantile"]),
    ({"winsorize_at": 0.99}, ["winsorize_at"]),
    ({"aggregation": "retention"}, ["window_end_seconds"]),
    ({"window_start_seconds": 60, "window_end_seconds": 60}, ["window_end_seconds"]),
    ({"window_start_seconds": -1}, ["window_start_seconds"]),
    ({"window_end_seconds": 2**60}, ["window_end_seconds"]),
    ({"window_end_seconds": 1.5}, ["window_end_seconds"]),
    ({"direction": "up"}, ["direction"]),
    ({"event": ""}, ["event"]),
    ({"event": "e" * 129}, ["event"]),
    ({"event": "a\x00"}, ["event"]),
    ({"unit": "EUR"}, ["unit"]),
    ({"aggregation": "funnel"}, ["steps"]),
    ({"steps": ["a", "b"], "event": "b"}, ["steps"]),
    (FUNNEL | {"steps": ["a"]}, ["steps"]),
    (FUNNEL | {"steps": ["a", ""]}, ["steps[1]"]),
    (FUNNEL | {"steps": ["a", "b", "a"]}, ["steps[2]"]),
    (FUNNEL | {"steps": [str(n) for n in range(21)]}, ["steps"]),
    (FUNNEL | {"event": "visit"}, ["event"]),
    (FUNNEL | {"winsorize_at": 0.9}, ["winsorize_at"]),
    ({"aggregation": "distinct"}, ["property"]),
    ({"aggregation": "days", "property": "x"}, ["property"]),
    ({"aggregation": "distinct", "property": ""}, ["property"]),
    ({"winsorize_lower": 0.01}, ["winsorize_lower"]),
    ({"aggregation": "sum", "winsorize_at": 0.5, "winsorize_lower": 0.5}, ["winsorize_lower"]),
    ({"aggregation": "sum", "winsorize_lower": 0}, ["winsorize_lower"]),
    ({"aggregation": "sum", "winsorize_lower": 0.01}, ["winsorize_at"]),
    ({"winsorize_of": "some"}, ["winsorize_of"]),
    ({"winsorize_of": None}, ["winsorize_of"]),
    ({"covariate_days": 0}, ["covariate_days"]),
    ({"covariate_days": 367}, ["covariate_days"]),
    ({"per": "session"}, ["per"]),
    ({"aggregation": "days", "per": "unit"}, ["per"]),
    ({"aggregation": "distinct", "property": "x", "per": "unit"}, ["per"]),
    ({"filter": []}, ["filter"]),
    ({"filter": {}}, ["filter"]),
    ({"filter": DEEP}, ["filter" + ".not" * 16]),
    ({"filter": {"attribute": "x", "operator": "is", "value": 1}}, ["filter.operator"]),
    ({"filter": {"attribute": "x", "operator": "matches", "value": "("}}, ["filter.value"]),
    ({"filter": {"attribute": "x", "operator": "eq", "value": "a\x00"}}, ["filter.value"]),
    ({"filter": {"or": [{"segment": "beta"}, {"segment": "b"}]}}, ["filter.or[0].segment", "filter.or[1].segment"]),
    ({"filter": {"and": [{"attribute": "x", "operator": "exists"}] * 51}}, ["filter"]),
    ({"filter": {"attribute": "x", "operator": "in", "value": ["y" * 4000] * 17}}, ["filter"]),
]


async def test_each_aggregation_has_its_fields(tenant: Any, metrics: str) -> None:
    for number, fields in enumerate(GOOD):
        made = await tenant.api.ok("POST", metrics, {"key": f"m{number}", **fields})
        assert {name: made[name] for name in fields} == fields


async def test_a_bad_metric_is_refused_with_its_field(tenant: Any, metrics: str) -> None:
    for patch, fields in BAD:
        answer = await tenant.api("POST", metrics, {"key": "bad", "aggregation": "conversion", **patch})
        assert answer.status_code == 422, (patch, answer.text)
        assert [each["field"] for each in answer.json()["errors"]] == fields
    assert (await tenant.api.ok("GET", metrics))["items"] == []


async def test_a_filter_is_kept_in_canonical_form(tenant: Any, metrics: str) -> None:
    older = {"field": "country", "op": "eq", "value": "DE"}
    body = {"key": "german", "aggregation": "conversion", "filter": older}
    made = await tenant.api.ok("POST", metrics, body)
    assert made["filter"] == {"attribute": "country", "operator": "eq", "value": "DE"}
    assert (await tenant.api.changed("PATCH", f"{metrics}/german", {"filter": None}))["filter"] is None


async def test_a_funnels_event_is_its_last_step(tenant: Any, metrics: str) -> None:
    api, one = tenant.api, f"{metrics}/sales"
    made = await api.ok("POST", metrics, {"key": "sales", **FUNNEL})
    assert (made["event"], made["steps"]) == ("purchase", FUNNEL["steps"])
    assert (await api.changed("PATCH", one, {"steps": ["visit", "order"]}))["event"] == "order"
    plain = await api.changed("PATCH", one, {"aggregation": "conversion", "steps": None, "event": "sale"})
    assert (plain["event"], plain["steps"]) == ("sale", None)
    assert (await api.changed("PATCH", one, {"aggregation": "funnel", "steps": ["a", "b"]}))["event"] == "b"
