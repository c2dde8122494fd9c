"""An odd value at any place of a body gets an answer in words, never an unexpected error."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

NUMBERS = [0, -1, 2**53, 1e308, 0.001]
TEXTS = ["", "x" * 5000, "é\u202e"]
ODD: list[Any] = [None, True, *NUMBERS, *TEXTS, [], [[]], {}, {"": None}, [None], ["a"] * 3]
CONDITION = {"and": [{"attribute": "a", "operator": "in", "value": ["x"]}, {"not": {"segment": "beta"}}]}
ROLLOUT = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}], "bucket_by": "b"}}
FLAG = {
    "key": "odd",
    "name": "Odd",
    "description": "d",
    "tags": ["t"],
    "type": "boolean",
    "variations": [{"key": "on", "value": True, "name": "n"}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": ROLLOUT,
    "client_visible": False,
    "purpose": "operational",
    "expected_end": "2030-01-31",
}
SETTINGS = {
    "enabled": True,
    "rules": [
        {"id": "r", "description": "d", "if": CONDITION, "then": ROLLOUT},
        {"field": "a", "op": "eq", "value": 1, "enabled": True},
    ],
    "targets": [{"key": "u", "variation": "on", "expires_at": "2030-01-01T00:00:00Z"}],
    "prerequisites": [{"flag": "other", "variation": "on"}],
    "default": {"variation": "on"},
    "off_variation": "off",
    "report_exposures": True,
}
SEGMENT = {"key": "odd", "included": ["a"], "excluded": ["b"], "if": CONDITION, "tags": ["t"]}
CONFIG = {
    "key": "odd",
    "schema": {"$defs": {"a": {"pattern": "^x"}}, "properties": {"a": {"$ref": "#/$defs/a"}, "n": {"maximum": 5}}},
    "value": {"a": "x", "n": 1, "o": {"p": [1]}},
    "client_visible": False,
    "metadata": {"m": 1},
}
OVERRIDES = {
    "resolve": "merge",
    "value": {"a": "xy"},
    "overrides": [{"id": "o", "if": CONDITION, "value": {"n": 2}}, {"segment": "beta", "value": {"o": None}}],
}
METRIC = {
    "key": "odd",
    "aggregation": "retention",
    "direction": "lower_is_better",
    "event": "e",
    "denominator_event": None,
    "quantile": None,
    "window_start_seconds": 1,
    "window_end_seconds": 2,
    "winsorize_at": None,
    "winsorize_lower": None,
    "steps": None,
    "property": None,
    "filter": None,
}
EXPERIMENT = {
    "key": "odd",
    "environment": "production",
    "flag": "other",
    "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
    "control": "on",
    "traffic": 50,
    "audience": CONDITION,
    "bucket_by": "b",
    "layer": {"key": "layer", "share": 50},
    "holdouts": ["holdout"],
    "metrics": [{"metric": "metric", "role": "guardrail", "margin": 0.1, "margin_kind": "absolute"}],
    "plan": {
        "alpha": 0.05,
        "power": 0.8,
        "mode": "group",
        "planned_looks": 2,
        "planned_units": 10,
        "planned_end": None,
        "boundary": "pocock",
        "n_star": None,
        "minimum_days": 7,
        "cuped": True,
        "covariates": ["metric"],
        "post_stratify_by": "b",
        "matured_only": True,
        "bayes": {"lift_mean": 0.1, "lift_sd": 0.2},
    },
    "trigger_event": "e",
    "exposure_filter": {"attribute": "a", "operator": "eq", "value": "b"},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield (*path, name)
        yield from places(each, (*path, name))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    body = copy.deepcopy(body)
    place = body
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return body


async def test_no_odd_value_is_an_unexpected_error(tenant: Any) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    await api.ok("POST", f"{project}/segments", {"key": "beta"})
    await api.ok("POST", f"{project}/metrics", {"key": "metric", "aggregation": "count"})
    await api.ok("POST", f"{project}/layers", {"key": "layer"})
    await api.ok("POST", f"{project}/holdouts", {"key": "holdout", "share": 1})
    await api.ok("POST", f"{project}/flags", {**FLAG, "key": "other"})
    await api.ok("POST", f"{project}/flags", {**FLAG, "key": "settled"})
    settings = f"{project}/flags/settled/environments/production"
    await api.ok("POST", f"{project}/configs", {**CONFIG, "key": "page"})
    settings_of_config = f"{project}/configs/page/environments/production"
    tried = 0
    for method, path, good in (
        ("POST", f"{project}/flags", FLAG),
        ("PATCH", settings, SETTINGS),
        ("POST", f"{project}/segments", SEGMENT),
        ("POST", f"{project}/configs", CONFIG),
        ("PATCH", settings_of_config, OVERRIDES),
        ("POST", f"{project}/metrics", METRIC),
        ("POST", f"{project}/experiments", EXPERIMENT),
    ):
        version = (await api("GET", path)).headers["etag"] if method == "PATCH" else '"1"'
        for place in places(good):
            for odd in ODD:
                answer = await api(method, path, replaced(good, place, odd), headers={"If-Match": version})
                version = answer.headers.get("etag", version)
                assert answer.status_code in {200, 201, 409, 422}, (path, place, odd, answer.text)
                tried += 1
                if answer.status_code == 201:
                    made = f"{path}/{answer.json()['key']}"
                    await api("POST", f"{made}/archive")
                    await api.ok("DELETE", made)
    assert tried > 1000
