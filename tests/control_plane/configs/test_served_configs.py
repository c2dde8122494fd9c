"""From the API by the compiler to the engine: what people have saved of a remote config is what an edge answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from bucketing import compile_flagset
from bucketing.flagset import FlagSet
from control_plane.database import Database
from control_plane.publishing.compiler import CompiledEnvironment, Compiler
from messages.documents import remote_config_of, segment_of
from messages.generated import config_pb2 as pb
from messages.subjects import config_subject
from service_kit.clock import ManualClock

ROOT = Path(__file__).resolve().parents[3]
PRO = {"attribute": "plan", "operator": "eq", "value": "pro"}
CONFIG = {
    "key": "checkout-page",
    "schema": {"properties": {"retries": {"maximum": 9}}},
    "value": {"retries": 3, "texts": {"pay": "Pay now", "back": "Back"}},
    "metadata": {"team": "shop"},
}
OVERRIDES = [
    {"id": "testers", "segment": "beta", "value": {"texts": {"pay": "Buy"}}},
    {"id": "pro", "if": PRO, "value": {"retries": 9, "texts": {"back": None}}},
]
BETA = {"targetingKey": "u1"}
BOTH = {"targetingKey": "u1", "plan": "pro"}


@pytest.fixture
async def configs(tenant: Any) -> str:
    configs = f"/projects/{tenant.project}/configs"
    await tenant.api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta", "included": ["u1"]})
    await tenant.api.ok("POST", configs, CONFIG)
    settings = f"{configs}/checkout-page/environments/production"
    await tenant.api.changed("PATCH", settings, {"resolve": "merge", "overrides": OVERRIDES})
    return configs


def message(compiled: CompiledEnvironment, kind: str, key: str) -> pb.ConfigMessage:
    return pb.ConfigMessage.FromString(compiled.entries[config_subject(compiled.environment_id, kind, key)])


def decision(compiled: CompiledEnvironment, context: dict[str, Any]) -> tuple[Any, ...]:
    """What an edge answers that has read these bytes."""
    config = remote_config_of(message(compiled, "remote_config", "checkout-page"))
    segment = segment_of(message(compiled, "segment", "beta"))
    flagset = FlagSet("", remote_configs={config.key: config}, segments={segment.key: segment})
    decided = compile_flagset(flagset).evaluate("checkout-page", context, 0)
    return decided.value, decided.variation, decided.reason


async def test_an_edge_answers_what_was_saved(tenant: Any, configs: str, database: Database) -> None:
    compiler, environment = Compiler(database), UUID((await tenant.api.ok("GET", tenant.path))["id"])
    compiled = await compiler.compile(environment)
    assert compiled is not None
    assert not compiled.invalid
    document = json.loads(message(compiled, "remote_config", "checkout-page").remote_config)
    grammar = json.loads((ROOT / "proto/config.schema.json").read_text())
    jsonschema.validate(document, {**grammar, "$ref": "#/$defs/RemoteConfig"})
    assert [each["if"] for each in document["overrides"]] == [{"segment": "beta"}, PRO]

    buy, pay = {"pay": "Buy", "back": "Back"}, CONFIG["value"]
    assert decision(compiled, {"targetingKey": "u2"}) == (pay, "base", "DEFAULT")
    assert decision(compiled, BETA) == ({"retries": 3, "texts": buy}, "testers", "TARGETING_MATCH")
    merged = {"retries": 9, "texts": {"pay": "Buy"}}
    assert decision(compiled, BOTH) == (merged, "testers+pro", "TARGETING_MATCH")

    await tenant.api.changed("PATCH", f"{configs}/checkout-page/environments/production", {"resolve": "first"})
    followed = await compiler.compile(environment)
    assert followed is not None
    assert followed.touched == {config_subject(str(environment), "remote_config", "checkout-page")}
    assert decision(followed, BOTH) == ({"retries": 3, "texts": buy}, "testers", "TARGETING_MATCH")
    await tenant.api.ok("POST", f"{configs}/checkout-page/archive")
    archived = await compiler.compile(environment)
    assert archived is not None
    assert decision(archived, BOTH) == (pay, "base", "DISABLED")


async def test_people_are_told_why(tenant: Any, configs: str, clock: ManualClock) -> None:
    asked = {"flag": "checkout-page", "context": BOTH}
    told = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    assert (told["decision"]["variation"], told["decision"]["value"]["retries"]) == ("testers+pro", 9)
    assert (told["segments"].keys(), told["last_changed_by"]["entity"]) == ({"beta"}, "config_settings")
    clock.advance(60)
    await tenant.api.changed("PATCH", f"/projects/{tenant.project}/segments/beta", {"included": []})
    clock.advance(60)
    await tenant.api.changed("PATCH", f"{configs}/checkout-page", {"name": "Of no matter"})
    now = await tenant.api.ok("POST", f"{tenant.path}/explain", asked)
    assert (now["decision"]["variation"], now["last_changed_by"]["entity"]) == ("pro", "segment")
    then = await tenant.api.ok("POST", f"{tenant.path}/explain", asked | {"at": told["now"]})
    assert (then["decision"], then["steps"]) == (told["decision"], told["steps"])
    absent = await tenant.api("POST", f"{tenant.path}/explain", {"flag": "absent"})
    assert (absent.status_code, absent.json()["code"]) == (404, "flag_not_found")


async def test_a_combination_that_breaks_the_schema_serves_the_value_alone(tenant: Any, database: Database) -> None:
    at = f"/projects/{tenant.project}/configs"
    limited = {"dependentSchemas": {"b": {"properties": {"a": {"maximum": 1}}}}}
    await tenant.api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta", "included": ["u1"]})
    await tenant.api.ok("POST", at, {"key": "checkout-page", "schema": limited, "value": {"a": 1}})
    patches = [("beta", {"a": 5}), ("beta", {"b": True})]
    overrides = [{"segment": segment, "value": value} for segment, value in patches]
    overrides.append({"if": PRO, "value": {"a": 0}})
    settings = f"{at}/checkout-page/environments/production"
    told = await tenant.api.changed("PATCH", settings, {"resolve": "merge", "overrides": overrides})
    assert told["invalid_combinations"] == [["override-1", "override-2"]]
    environment = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    compiled = await Compiler(database).compile(environment)
    assert compiled is not None
    assert decision(compiled, BETA)[:2] == ({"a": 1}, "base")
    assert decision(compiled, BOTH)[0] == {"a": 0, "b": True}
    then = await tenant.api.ok("POST", f"{tenant.path}/explain", {"flag": "checkout-page", "context": BETA})
    past = {"flag": "checkout-page", "context": BETA, "at": then["now"]}
    assert (await tenant.api.ok("POST", f"{tenant.path}/explain", past))["decision"] == then["decision"]
