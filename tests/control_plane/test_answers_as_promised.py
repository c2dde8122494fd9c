"""What entities answer is written by hand, and is what their models would write and what OpenAPI says of it.

Byte for byte, but for the sign of an exponent: 1e300 and 1e+300 are one number.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from tests.control_plane.conftest import Api, Tenant

ODD_TEXT = 'a "b" \\ </script> \x7f \x01\t\n é 你 😀 \u2028'
ODD_VALUES: dict[str, list[Any]] = {
    "boolean": [True, False],
    "string": [ODD_TEXT, ""],
    "integer": [0, -(2**53) + 1],
    "number": [1.0, 1e-7, 1.5e300, -0.0, 123456789012345680.0, 0.1],
    "object": [{"z": [1, 2.0, None, {"ä": []}], "a": {"b": 1e16}}, [], [[ODD_TEXT]]],
}
CONDITION = {"attribute": "a", "operator": "exists"}
SERVE = {"rollout": {"variations": [{"key": "v0", "weight": 33.33}, {"key": "v1", "weight": 66.67}]}}
RULES = [
    {"if": {"attribute": ODD_TEXT, "operator": "in", "value": ["x", 1, 1.5, True]}, "then": {"variation": "v1"}},
    {"id": "own", "description": ODD_TEXT, "if": {"segment": "beta"}, "then": SERVE},
]
TARGETS = [
    {"key": "é", "variation": "v0"},
    {"key": "u", "variation": "v1", "expires_at": "2031-05-06T07:08:09.123456+02:00"},
]
PLANS: list[dict[str, Any]] = [
    {},
    {"mode": "group", "planned_units": 1000, "planned_looks": 3, "bayes": {"lift_mean": 1}},
    {"mode": "fixed", "planned_end": "2031-05-06T07:08:09Z", "alpha": 0.01, "covariates": ["bought"], "cuped": True},
    {"n_star": 500, "post_stratify_by": "plan", "bayes": {"lift_mean": 0, "lift_sd": 2}, "cuped": True},
]


class Held:
    """Asks, and holds each answer to its model and to the document."""

    def __init__(self, app: FastAPI, api: Api) -> None:
        self._app = app
        self._api = api
        self._document = app.openapi()
        self.seen: dict[str, int] = {}

    async def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = await self._api(method, path, body, headers={name.replace("_", "-"): v for name, v in headers.items()})
        assert answer.is_success, (method, path, answer.text)
        self.hold(method, answer)
        return answer

    def hold(self, method: str, answer: httpx.Response) -> None:
        route = self._route(method, answer.url.path)
        assert answer.headers["content-type"] == "application/json"
        model = TypeAdapter(route.response_model)
        modelled = model.dump_json(model.validate_json(answer.content), by_alias=True)
        assert modelled.replace(b"e+", b"e") == answer.content.replace(b"e+", b"e"), route.name
        operation = self._document["paths"][route.path][method.lower()]
        schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": self._document["components"]}).validate(answer.json())
        self.seen[route.name] = self.seen.get(route.name, 0) + 1

    def _route(self, method: str, path: str) -> APIRoute:
        routes = [each for each in self._app.routes if isinstance(each, APIRoute)]
        return next(each for each in routes if method in (each.methods or ()) and each.path_regex.fullmatch(path))


@pytest.fixture
def held(app: FastAPI, tenant: Tenant) -> Held:
    return Held(app, tenant.api)


async def make_flags(held: Held, project: str) -> None:
    for flag_type, values in ODD_VALUES.items():
        variations = [{"key": f"v{n}", "value": value, "name": ODD_TEXT} for n, value in enumerate(values)]
        body = {"key": f"f-{flag_type}", "type": flag_type, "variations": variations, "off_variation": "v0"}
        more = {"description": ODD_TEXT, "tags": ["b", "ä"], "metadata": {"n": 1, "f": 1.0, "t": ODD_TEXT, "b": True}}
        created = await held("POST", f"{project}/flags", {**body, **more, "default": SERVE})
        path = f"{project}/flags/f-{flag_type}"
        assert created.headers["location"] == f"/api/v1{path}"
        changed = await held("PATCH", path, {"name": ODD_TEXT, "tags": []}, If_Match=created.headers["etag"])
        assert changed.headers["etag"] == '"2"'
        await held("GET", path)
        settings = f"{path}/environments/production"
        first = await held("GET", settings)
        own = {"default": {"variation": "v1"}, "off_variation": "v1", "exposure_attributes": ["plan"]}
        edit = {"rules": RULES, "targets": TARGETS, "enabled": True, "report_exposures": True}
        second = await held("PATCH", settings, {**edit, **own}, If_Match=first.headers["etag"])
        needed = {"prerequisites": [{"flag": "f-boolean", "variation": "v1"}], "default": None}
        if flag_type != "boolean":
            second = await held("PATCH", settings, needed, If_Match=second.headers["etag"])
        await held("PUT", f"{settings}/enabled", {"enabled": False})
        await held("GET", settings)
    await held("POST", f"{project}/flags/f-number/clone", {"key": "copied"})
    copied = await held("GET", f"{project}/flags/copied/environments/staging")
    copy = f"{project}/flags/copied/environments/staging/copy-from/production"
    await held("POST", copy, If_Match=copied.headers["etag"])


async def make_configs(held: Held, project: str) -> None:
    schema = {"properties": {"t": {"type": "string"}}, "dependentSchemas": {"b": {"properties": {"a": {"maximum": 1}}}}}
    config = {
        "key": "page",
        "schema": schema,
        "value": {"t": ODD_TEXT, "n": 1, "f": 1.0, "a": 1},
        "metadata": {"f": 1.0},
    }
    await held("POST", f"{project}/configs", config)
    at = f"{project}/configs/page"
    await held("PATCH", at, {"client_visible": True, "tags": ["ä"]}, If_Match='"1"')
    overrides = [{"segment": "beta", "value": each} for each in ({"a": 2}, {"b": ODD_TEXT}, {"a": 0.5})]
    there = f"{at}/environments/production"
    told = await held("PATCH", there, {"resolve": "merge", "overrides": overrides}, If_Match='"1"')
    assert told.json()["invalid_combinations"]
    await held("GET", there)
    await held("POST", f"{at}/environments/staging/copy-from/production", If_Match='"1"')


async def make_others(held: Held, project: str) -> None:
    for body in ({"key": "top"}, {"key": "side", "name": ODD_TEXT, "tags": ["x"]}):
        await held("POST", f"{project}/layers", body)
    await held("POST", f"{project}/holdouts", {"key": "kept", "share": 5})
    await held("PATCH", f"{project}/holdouts/kept", {"share": 7.25}, If_Match='"1"')
    metrics: list[dict[str, Any]] = [
        {"key": "bought", "aggregation": "conversion"},
        {
            "key": "spent",
            "aggregation": "sum",
            "winsorize_at": 0.99,
            "filter": {"attribute": "n", "operator": "exists"},
        },
        {"key": "waited", "aggregation": "quantile", "quantile": 0.5, "window_end_seconds": 60},
        {"key": "way", "aggregation": "funnel", "steps": ["seen", ODD_TEXT[:9]]},
    ]
    for metric in metrics:
        await held("POST", f"{project}/metrics", metric)
    await held("PATCH", f"{project}/metrics/spent", {"covariate_days": 7}, If_Match='"1"')


async def make_experiments(held: Held, project: str) -> None:
    for number, plan in enumerate(PLANS):
        body = {
            "key": f"e{number}",
            "environment": "production",
            "flag": "f-string",
            "variations": [{"key": "v0", "weight": 50}, {"key": "v1", "weight": 50}],
            "traffic": 12.5 if number else 100,
            "layer": {"key": "top", "share": 20},
            "holdouts": ["kept"],
            "metrics": [
                {"metric": "bought"},
                {"metric": "spent", "role": "guardrail", "margin": 0.02},
                {"metric": "waited", "role": "guardrail", "margin": 3, "margin_kind": "absolute"},
            ],
            "plan": plan,
            "audience": {"attribute": "plan", "operator": "eq", "value": ODD_TEXT},
        }
        created = await held("POST", f"{project}/experiments", body)
        await held(
            "PATCH", f"{project}/experiments/e{number}", {"hypothesis": ODD_TEXT}, If_Match=created.headers["etag"]
        )
    await held("POST", f"{project}/experiments/e1/start", {})
    await held("POST", f"{project}/experiments/e1/stop")
    await held("GET", f"{project}/layers/top/environments/production/slots")


async def test_every_answer_is_what_its_model_and_the_document_say(held: Held, tenant: Tenant) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    segment = {"key": "beta", "included": ["u", "é"], "excluded": ["x"], "if": CONDITION}
    await held("POST", f"{project}/segments", segment)
    await held("PATCH", f"{project}/segments/beta", {"included": []}, If_Match='"1"')
    await make_flags(held, project)
    await make_others(held, project)
    await make_experiments(held, project)
    await make_configs(held, project)
    for plural in ("flags", "configs", "segments", "metrics", "layers", "holdouts", "experiments"):
        first = await held("GET", f"{project}/{plural}?limit=1&total=true&facets=tag,owner&sort=-updated_at")
        cursor = json.loads(first.content)["next_cursor"]
        if cursor is not None:
            await held("GET", f"{project}/{plural}?limit=200&sort=-updated_at&cursor={cursor}")
    await held("GET", f"{project}/flags?q=nothing-like-this")
    await held("POST", f"{project}/layers/side/archive")
    await held("POST", f"{project}/layers/side/restore")
    await held("DELETE", f"{project}/layers/side")
    assert len(held.seen) >= 27, held.seen


async def test_the_audit_log_keeps_what_was_answered(held: Held, tenant: Tenant) -> None:
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/environments", {"key": "staging", "name": "Staging"})
    await held("POST", f"{project}/segments", {"key": "beta", "included": ["u"]})
    await make_flags(held, project)
    await make_configs(held, project)
    for entity, path in (
        ("flag", "flags/f-object"),
        ("flag_settings", "flags/f-object/environments/production"),
        ("config", "configs/page"),
        ("config_settings", "configs/page/environments/production"),
    ):
        answered = (await held("GET", f"{project}/{path}")).json()
        key = path.partition("/")[2].replace("/environments", "")
        listed = f"/organizations/{tenant.organization}/audit?entity={entity}&entity_key={key}&limit=1"
        [entry] = (await tenant.api.ok("GET", listed))["items"]
        kept = entry["after"]
        assert kept == {name: answered[name] for name in kept}
        assert answered.keys() - kept.keys() <= {
            "changed_by",
            "environments",
            "environment_versions",
            "warnings",
            "invalid_combinations",
        }
