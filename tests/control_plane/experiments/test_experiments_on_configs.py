"""Experiments on remote configs: variations are patches that fit whatever the config gives, while they run, too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from bucketing import compile_flagset
from bucketing.flagset import FlagSet
from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from messages.documents import experiment_of, remote_config_of, segment_of
from messages.generated.config_pb2 import ConfigMessage
from messages.subjects import parse_config_subject

from tests.control_plane.publishing.two_ways import TwoWays

WHY = {"X-Verdict-Reason": "support"}
COLUMNS = {"type": "integer", "minimum": 1, "maximum": 4}
CONFIG = {
    "key": "page",
    "schema": {"properties": {"columns": COLUMNS, "rows": {"maximum": 9}}, "additionalProperties": False},
    "value": {"columns": 2, "rows": 1},
}
OVERRIDES = [
    {"id": "de", "if": {"attribute": "country", "operator": "eq", "value": "DE"}, "value": {"rows": 2}},
    {"id": "pro", "segment": "pros", "value": {"columns": 4}},
]
HALVES = [{"key": "control", "weight": 50}, {"key": "wide", "weight": 50, "value": {"columns": 3}}]
EXPERIMENT = {"key": "x", "environment": "production", "flag": "page", "variations": HALVES}


@pytest.fixture
async def project(tenant: Any) -> str:
    path = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{path}/segments", {"key": "pros", "included": ["p"]})
    await tenant.api.ok("POST", f"{path}/configs", CONFIG)
    settings = f"{path}/configs/page/environments/production"
    await tenant.api.changed("PATCH", settings, {"resolve": "merge", "overrides": OVERRIDES})
    return path


async def attempt(tenant: Any, path: str, body: Any, **headers: str) -> Any:
    etag = (await tenant.api("GET", path)).headers["etag"]
    return await tenant.api("PATCH", path, body, headers={"If-Match": etag, **headers})


def with_patch(patch: Any, **more: Any) -> dict[str, Any]:
    return EXPERIMENT | {"variations": [HALVES[0], {"key": "wide", "weight": 50, "value": patch}]} | more


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (with_patch({"columns": 5}), "variations[1].value/columns", "schema"),
        (with_patch({"colour": "red"}), "variations[1].value/colour", "schema"),
        (EXPERIMENT | {"flag": "absent"}, "flag", "unknown_flag"),
        (
            EXPERIMENT | {"mode": "observes", "variations": [{**each, "value": None} for each in HALVES]},
            "mode",
            "not_applicable",
        ),
        (EXPERIMENT | {"variations": [{"key": "base", "weight": 50}, HALVES[1]]}, "variations[0].key", "reserved"),
        (
            EXPERIMENT | {"variations": [HALVES[0], {"key": "b", "weight": 50, "value": [1]}]},
            "variations[1].value",
            "dict_type",
        ),
    ],
    ids=["too large", "another member", "no such key", "observes", "base", "no object"],
)
async def test_what_can_not_be_served_is_refused(
    tenant: Any, project: str, body: dict[str, Any], field: str, code: str
) -> None:
    answer = await tenant.api("POST", f"{project}/experiments", body)
    assert answer.status_code == 422, answer.text
    assert (field, code) in {(each["field"], each["code"]) for each in answer.json()["errors"]}


async def test_a_patch_fits_each_combination_that_is_served(tenant: Any, project: str) -> None:
    """With `rows` of an override that stands in the way of the patch, and none of the value itself."""
    schema = {"not": {"properties": {"columns": {"const": 1}, "rows": {"const": 2}}}}
    body = {"key": "apart", "schema": schema, "value": {"columns": 2, "rows": 1}}
    await tenant.api.ok("POST", f"{project}/configs", body)
    settings = f"{project}/configs/apart/environments/production"
    await tenant.api.changed("PATCH", settings, {"overrides": OVERRIDES[:1]})
    refused = await tenant.api("POST", f"{project}/experiments", with_patch({"columns": 1}, flag="apart"))
    [error] = refused.json()["errors"]
    assert error["field"] == "variations[1].value"
    assert error["reason"].endswith("where de apply")
    await tenant.api.ok("POST", f"{project}/experiments", with_patch({"columns": 3}, flag="apart"))


async def test_a_flags_variations_have_no_patches(tenant: Any, project: str) -> None:
    flag = {
        "key": "f",
        "type": "boolean",
        "variations": [{"key": "control", "value": True}, {"key": "wide", "value": False}],
        "off_variation": "wide",
        "default": {"variation": "wide"},
    }
    await tenant.api.ok("POST", f"{project}/flags", flag)
    refused = await tenant.api("POST", f"{project}/experiments", EXPERIMENT | {"flag": "f"})
    assert [each["field"] for each in refused.json()["errors"]] == ["variations[1].value"]
    plain = [{"key": each["key"], "weight": 50} for each in HALVES]
    made = await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT | {"flag": "f", "variations": plain})
    assert made["variations"] == plain


async def test_it_is_published_with_its_config_and_followed(tenant: Any, project: str, database: Database) -> None:
    both = TwoWays(database)
    await both.begin()
    await both.compare()
    made = await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT)
    assert made["variations"] == HALVES
    started = await tenant.api.ok("POST", f"{project}/experiments/x/start")
    assert {each["code"] for each in started["warnings"]} == {"no_sdk_key"}
    await both.compare()
    await tenant.api.changed("PATCH", f"{project}/configs/page", {"client_visible": True})
    await both.compare()
    assert both.whole == 0

    environments = await tenant.api.ok("GET", f"{project}/environments")
    [production] = [UUID(each["id"]) for each in environments["items"]]
    compiled = await Compiler(database).compile(production)
    assert compiled is not None
    messages = {
        (parsed.kind, parsed.key): ConfigMessage.FromString(entry)
        for subject, entry in compiled.entries.items()
        for parsed in [parse_config_subject(subject)]
    }
    config = remote_config_of(messages["remote_config", "page"])
    experiment = experiment_of(messages["experiment", "x"].experiment)
    assert experiment.patches == {"wide": {"columns": 3}}
    segments = {"pros": segment_of(messages["segment", "pros"])}
    served = compile_flagset(FlagSet("s", 1, {}, segments, {"x": experiment}, {"page": config}))
    decisions = [
        served.evaluate("page", {"targetingKey": f"u{number}", "country": "DE"}, experiment.start_at)
        for number in range(20)
    ]
    assert {each.variation: each.value for each in decisions} == {
        "control": {"columns": 2, "rows": 2},
        "wide": {"columns": 3, "rows": 2},
    }


async def test_what_it_runs_on_stays_and_is_edited_with_a_word(tenant: Any, project: str) -> None:
    api, settings = tenant.api, f"{project}/configs/page/environments/production"
    await api.ok("POST", f"{project}/experiments", EXPERIMENT)
    await api.ok("POST", f"{project}/experiments/x/start")
    archive = await api("POST", f"{project}/configs/page/archive")
    assert (archive.status_code, archive.json()["code"]) == (409, "in_use")
    for path, body, fields, hops in (
        (f"{project}/configs/page", {"value": {"columns": 1, "rows": 1}}, ["value"], ["config", "experiment"]),
        (settings, {"overrides": OVERRIDES[:1]}, ["overrides"], ["config", "experiment"]),
        (f"{project}/segments/pros", {"included": []}, ["included"], ["segment", "config", "experiment"]),
    ):
        refused = (await attempt(tenant, path, body)).json()
        assert refused["code"] == "experiment_affected", refused
        [disturbance] = refused["experiments"][0]["disturbances"]
        assert (disturbance["kind"], disturbance["fields"]) == ("values", fields)
        assert [each["entity"] for each in disturbance["path"]] == hops
    assert (await attempt(tenant, f"{project}/configs/page", {"name": "Page", "client_visible": True})).is_success
    accepted = await attempt(tenant, settings, {"overrides": OVERRIDES[:1], "on_experiments": "accept"}, **WHY)
    assert [each["code"] for each in accepted.json()["warnings"]] == ["experiment_disturbed"]
    assert len((await api.ok("GET", f"{project}/experiments/x"))["disturbances"]) == 1


async def test_nothing_is_saved_that_breaks_a_variation_that_goes_on(tenant: Any, project: str) -> None:
    api, settings = tenant.api, f"{project}/configs/page/environments/production"
    await api.ok("POST", f"{project}/experiments", EXPERIMENT)
    await api.ok("POST", f"{project}/experiments/x/start")
    narrow = {"schema": {"properties": {"columns": {"enum": [2, 4]}}}}
    refused = await attempt(tenant, f"{project}/configs/page", narrow)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (422, "value", "needed_by_experiment")
    assert "'wide'" in error["reason"]
    stopped = await attempt(tenant, settings, {"value": {"columns": 1, "rows": 1}, "on_experiments": "stop"})
    assert [each["code"] for each in stopped.json()["warnings"]] == ["experiment_stopped"]
    assert (await attempt(tenant, f"{project}/configs/page", narrow | {"value": {"columns": 2}})).status_code == 422
    value = {"value": {"columns": 2}}
    assert (await attempt(tenant, settings, value)).is_success
    assert (await attempt(tenant, f"{project}/configs/page", narrow | value)).is_success


async def test_units_are_not_overridden_on_it(tenant: Any, project: str) -> None:
    await tenant.api.ok("POST", f"{project}/experiments", EXPERIMENT)
    body = {"experiment": "x", "variation": "wide", "reason": "QA"}
    refused = await tenant.api("PUT", f"{project}/environments/production/overrides/u1", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "experiment")
