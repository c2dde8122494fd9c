"""An experiment's plan, its guardrails, who is analysed, and where it begins, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from service_kit.clock import ManualClock

DRAFT = {
    "key": "test",
    "environment": "production",
    "flag": "checkout",
    "variations": [{"key": "old", "weight": 50}, {"key": "new", "weight": 50}],
}
METRICS: dict[str, dict[str, Any]] = {
    "purchase": {"aggregation": "conversion"},
    "visits": {"aggregation": "count"},
    "spend": {"aggregation": "sum"},
    "latency": {"aggregation": "quantile", "quantile": 0.9},
    "rate": {"aggregation": "ratio", "denominator_event": "visits"},
}
GROUP: dict[str, Any] = {"mode": "group", "planned_units": 8000, "planned_looks": 4}


@pytest.fixture
async def project(tenant: Any) -> str:
    """The path of a project with a flag and a metric of some kinds."""
    path = f"/projects/{tenant.project}"
    flag = {
        "key": "checkout",
        "type": "string",
        "variations": [{"key": key, "value": key} for key in ("old", "new")],
        "off_variation": "old",
        "default": {"variation": "old"},
    }
    await tenant.api.ok("POST", f"{path}/flags", flag)
    for key, fields in METRICS.items():
        await tenant.api.ok("POST", f"{path}/metrics", {"key": key, **fields})
    return path


async def test_a_plan_that_nobody_gave_is_always_valid(tenant: Any, project: str) -> None:
    made = await tenant.api.ok("POST", f"{project}/experiments", DRAFT)
    assert made["plan"] == {
        "alpha": 0.05,
        "power": 0.8,
        "mode": "always_valid",
        "planned_units": None,
        "planned_end": None,
        "planned_looks": None,
        "boundary": None,
        "n_star": None,
        "minimum_days": 7,
        "correction": "holm",
        "cuped": False,
        "covariates": [],
        "post_stratify_by": None,
        "matured_only": False,
        "bayes": None,
    }


async def test_a_plan_is_kept_as_it_was_given(tenant: Any, project: str) -> None:
    plan = {
        "alpha": 0.01,
        "power": 0.9,
        "mode": "group",
        "planned_units": 8000,
        "planned_end": None,
        "planned_looks": 4,
        "boundary": "pocock",
        "n_star": None,
        "minimum_days": 14,
        "correction": "benjamini_hochberg",
        "cuped": True,
        "covariates": ["visits", "spend"],
        "post_stratify_by": "country",
        "matured_only": True,
        "bayes": {"lift_mean": 0.0, "lift_sd": 0.1},
    }
    await tenant.api.ok("POST", f"{project}/experiments", {**DRAFT, "plan": plan})
    assert (await tenant.api.ok("GET", f"{project}/experiments/test"))["plan"] == plan


async def test_a_group_plan_has_a_boundary_and_a_fixed_one_an_end(tenant: Any, project: str) -> None:
    made = await tenant.api.ok("POST", f"{project}/experiments", {**DRAFT, "plan": GROUP})
    assert made["plan"]["boundary"] == "obrien_fleming"
    for number, end in enumerate(("2026-02-01T12:00:00+02:00", 1_769_940_000_000)):
        plan = {"mode": "fixed", "planned_end": end}
        made = await tenant.api.ok("POST", f"{project}/experiments", {**DRAFT, "key": f"fixed-{number}", "plan": plan})
        assert made["plan"]["planned_end"] == "2026-02-01T10:00:00.000Z"


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"mode": "fixed"}, [("plan.planned_units", "missing")]),
    ({"mode": "group"}, [("plan.planned_looks", "missing"), ("plan.planned_units", "missing")]),
    ({**GROUP, "planned_units": 7}, [("plan.planned_units", "range")]),
    ({**GROUP, "n_star": 5}, [("plan.n_star", "not_applicable")]),
    ({**GROUP, "planned_end": "2026-02-01T00:00:00Z"}, [("plan.planned_end", "not_applicable")]),
    ({"planned_looks": 4}, [("plan.planned_looks", "not_applicable")]),
    ({"boundary": "pocock"}, [("plan.boundary", "not_applicable")]),
    ({"mode": "fixed", "planned_end": "2026-02-01"}, [("plan.planned_end", "date")]),
    ({"alpha": 0.5, "power": 0.5}, [("plan.power", "range")]),
    ({"covariates": ["visits"]}, [("plan.covariates", "not_applicable")]),
    ({"cuped": True, "covariates": ["visits", "visits"]}, [("plan.covariates[1]", "duplicate")]),
    ({"cuped": True, "covariates": ["absent"]}, [("plan.covariates[0]", "unknown_metric")]),
    ({"cuped": True, "covariates": ["visits", "latency"]}, [("plan.covariates[1]", "not_per_unit")]),
    ({"cuped": True, "covariates": ["rate"]}, [("plan.covariates[0]", "not_per_unit")]),
]
UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"correction": "none"}, "plan.correction"),
    ({"mode": "bayes"}, "plan.mode"),
    ({"alpha": 0}, "plan.alpha"),
    ({"power": 1}, "plan.power"),
    ({"minimum_days": -1}, "plan.minimum_days"),
    ({"cuped": True, "covariates": ["a", "b", "c", "d", "e", "f"]}, "plan.covariates"),
    ({"bayes": {"lift_sd": 0}}, "plan.bayes.lift_sd"),
    ({"post_stratify_by": ""}, "plan.post_stratify_by"),
    ({"n_star": 0}, "plan.n_star"),
]


async def test_a_plan_that_contradicts_itself_is_refused_with_its_field(tenant: Any, project: str) -> None:
    for plan, expected in REFUSED:
        answer = await tenant.api("POST", f"{project}/experiments", {**DRAFT, "plan": plan})
        assert answer.status_code == 422, (plan, answer.text)
        assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == expected
    for plan, field in UNREADABLE:
        answer = await tenant.api("POST", f"{project}/experiments", {**DRAFT, "plan": plan})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_fixed_plan_ends_after_its_minimum_days(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    plan = {"mode": "fixed", "planned_end": "2026-01-10T00:00:00Z"}
    await api.ok("POST", f"{project}/experiments", {**DRAFT, "plan": plan})
    refused = await api("POST", f"{one}/start")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "plan.planned_end")
    await api.changed("PATCH", one, {"plan": {**plan, "minimum_days": 4}})
    assert (await api.ok("POST", f"{one}/start"))["status"] == "running"


GUARDRAILS: list[tuple[dict[str, Any], str, str]] = [
    ({"role": "guardrail"}, "metrics[0].margin", "missing"),
    ({"role": "guardrail", "margin": 1.5}, "metrics[0].margin", "range"),
    ({"role": "guardrail", "margin": 0}, "metrics[0].margin", "greater_than"),
    ({"role": "goal", "margin": 0.1}, "metrics[0].margin", "not_applicable"),
    ({"role": "secondary", "margin_kind": "relative"}, "metrics[0].margin_kind", "not_applicable"),
]


async def test_a_guardrail_has_a_margin_that_a_person_gave(tenant: Any, project: str) -> None:
    for fields, field, code in GUARDRAILS:
        answer = await tenant.api(
            "POST", f"{project}/experiments", {**DRAFT, "metrics": [{"metric": "spend", **fields}]}
        )
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["code"]) == (422, field, code)
    metrics = [{"metric": "spend", "role": "guardrail", "margin": 30, "margin_kind": "absolute"}]
    made = await tenant.api.ok("POST", f"{project}/experiments", {**DRAFT, "metrics": metrics})
    assert made["metrics"] == metrics


async def test_a_stored_guardrail_without_margin_is_given_one_when_somebody_likes(
    tenant: Any, project: str, database: Any
) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    await api.ok("POST", f"{project}/experiments", {**DRAFT, "traffic": 10})
    await api.ok("POST", f"{one}/start")
    async with database.connection() as connection:
        before = [{"metric": "spend", "role": "guardrail", "margin": None}]
        await connection.execute("UPDATE experiments SET metrics = $1", before)
    assert (await api.changed("PATCH", one, {"traffic": 20}))["metrics"][0]["margin"] is None
    given = [{"metric": "spend", "role": "guardrail", "margin": 0.1}]
    assert (await api.changed("PATCH", one, {"metrics": given}))["metrics"][0]["margin"] == 0.1
    etag = (await api("GET", one)).headers["etag"]
    other = [{**given[0], "margin": 0.2}]
    refused = await api("PATCH", one, {"metrics": other}, headers={"If-Match": etag})
    assert (refused.status_code, refused.json()["code"]) == (409, "experiment_started")


async def test_a_covariate_stays_while_its_experiment_runs(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    draft = {**DRAFT, "metrics": [{"metric": "visits"}], "plan": {"cuped": True, "covariates": ["spend", "visits"]}}
    await api.ok("POST", f"{project}/experiments", draft)
    await api.ok("POST", f"{one}/start")
    refused = await api("POST", f"{project}/metrics/spend/archive")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert "experiment test in production" in refused.json()["detail"]
    await api.ok("POST", f"{one}/stop")
    await api.ok("POST", f"{project}/metrics/spend/archive")


async def test_an_experiment_that_observes_begins_in_the_past(tenant: Any, project: str, clock: ManualClock) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    await api.ok("POST", f"{project}/experiments", {**DRAFT, "mode": "observes"})
    for moment, code in (
        ("2026-01-05T10:00:01Z", "range"),
        ("2023-01-05T10:00:00Z", "range"),
        ("2026-01-05", "date"),
        ("yesterday", "date"),
    ):
        answer = await api("POST", f"{one}/start", {"start_at": moment})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["code"]) == (422, "start_at", code), moment
    clock.advance(60)
    begun = await api.ok("POST", f"{one}/start", {"start_at": "2025-12-24T18:00:00+01:00"})
    assert (begun["status"], begun["start_at"]) == ("running", "2025-12-24T17:00:00Z")
    assert "past_exposures" in [each["code"] for each in begun["warnings"]]
    entries = await api.ok("GET", f"/organizations/{tenant.organization}/audit")
    assert entries["items"][0]["after"]["start_at"] == "2025-12-24T17:00:00Z"


async def test_an_experiment_that_assigns_begins_now(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    await api.ok("POST", f"{project}/experiments", DRAFT)
    refused = await api("POST", f"{one}/start", {"start_at": "2026-01-05T09:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_applicable")
    assert (await api.ok("POST", f"{one}/start", {}))["start_at"] == "2026-01-05T10:00:00Z"


async def test_a_start_warns_of_attributes_that_exposures_lack(tenant: Any, project: str) -> None:
    api, one = tenant.api, f"{project}/experiments/test"
    settings = f"{project}/flags/checkout/environments/production"
    reported = {"enabled": True, "report_exposures": True, "exposure_attributes": ["country", "email"]}
    await api.changed("PATCH", settings, reported)
    await api.changed("PATCH", f"{project}/environments/production", {"pii_attributes": ["email"]})
    condition = {
        "and": [
            {"attribute": "country", "operator": "eq", "value": "DE"},
            {"not": {"attribute": "app.version", "operator": "eq", "value": "1"}},
            {"attribute": "email", "operator": "exists"},
        ]
    }
    draft = {**DRAFT, "exposure_filter": condition, "plan": {"post_stratify_by": "tier"}}
    made = await api.ok("POST", f"{project}/experiments", draft)
    assert made["exposure_filter"] == condition
    warnings = {each["code"]: each["detail"] for each in (await api.ok("POST", f"{one}/start"))["warnings"]}
    assert "app.version, tier" in warnings["attribute_not_reported"]
    assert warnings["attribute_hashed"].startswith("email is stored as a hash in production")
