"""Remote configs over HTTP: their life, what they may not be, what an environment sets of them, and who uses what."""

from __future__ import annotations

from typing import Any

import pytest

PRO = {"attribute": "plan", "operator": "eq", "value": "pro"}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"retries": {"type": "integer", "maximum": 9}, "theme": {"enum": ["light", "dark"]}},
    "required": ["retries"],
    "additionalProperties": False,
}
CONFIG = {"key": "checkout-page", "schema": SCHEMA, "value": {"retries": 3, "theme": "light"}, "tags": ["shop"]}


@pytest.fixture
def configs(tenant: Any) -> str:
    return f"/projects/{tenant.project}/configs"


@pytest.fixture
def settings(configs: str) -> str:
    return f"{configs}/checkout-page/environments/production"


async def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


async def test_a_config_lives_from_creation_to_deletion(tenant: Any, configs: str, settings: str) -> None:
    api, one = tenant.api, f"{configs}/checkout-page"
    answer = await api("POST", configs, CONFIG)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"], made["environment_versions"]) == (201, '"1"', {"production": 2})
    assert answer.headers["location"].endswith("/configs/checkout-page")
    assert (made["schema"], made["value"], made["client_visible"]) == (SCHEMA, CONFIG["value"], False)
    assert made["environments"] == {"production": {"own_value": False, "overrides": 0, "version": 1}}
    assert await api.ok("GET", one) == {**made, "environment_versions": {}}

    stale = await api("PATCH", one, {"tags": []}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    changed = await api.changed(
        "PATCH", one, {"value": {"retries": 4}, "metadata": {"tier": 1}, "client_visible": True}
    )
    assert (changed["value"], changed["metadata"], changed["version"]) == ({"retries": 4}, {"tier": 1}, 2)
    listed = await api.ok("GET", f"{configs}?tag=shop&q=CHECK&total=true")
    assert ([each["key"] for each in listed["items"]], listed["total"]) == (["checkout-page"], 1)

    override = {"segment": "beta", "value": {"theme": "dark"}}
    await api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta"})
    set_there = await api.changed("PATCH", settings, {"overrides": [override], "value": {"retries": 1}})
    stored = {"id": "override-1", "if": {"segment": "beta"}, "value": {"theme": "dark"}}
    assert (set_there["overrides"], set_there["inherited"], set_there["version"]) == ([stored], False, 2)
    assert (await api.ok("GET", one))["environments"]["production"] == {"own_value": True, "overrides": 1, "version": 2}

    assert (await api("DELETE", one)).json()["code"] == "not_archived"
    assert (await api.ok("POST", f"{one}/archive"))["archived"] is True
    assert (await api("PATCH", settings, {"overrides": []}, headers={"If-Match": '"2"'})).json()["code"] == "archived"
    assert (await api.ok("POST", f"{one}/restore"))["archived"] is False
    await api.ok("POST", f"{one}/archive")
    await api.ok("DELETE", one)
    assert (await api("GET", one)).status_code == 404
    audit = (await api.ok("GET", f"/organizations/{tenant.organization}/audit"))["items"]
    told = [(each["entity"], each["entity_key"], each["action"]) for each in audit[:2]]
    assert told == [
        ("config_settings", "checkout-page/production", "delete"),
        ("config", "checkout-page", "delete"),
    ]


BAD_SCHEMAS: list[tuple[Any, str, str]] = [
    ({"type": "objekt"}, "schema/type", "invalid_schema"),
    ({"properties": {"a/b": {"minimum": "1"}}}, "schema/properties/a~1b/minimum", "invalid_schema"),
    ({"properties": {"a": {"pattern": "(?=x)"}}}, "schema/properties/a/pattern", "invalid_schema"),
    ({"properties": {"a": {"$ref": "https://example.com/s"}}}, "schema/properties/a/$ref", "remote_reference"),
    ({"$ref": "file:///etc/passwd"}, "schema/$ref", "remote_reference"),
    ({"$ref": "#/$defs/none"}, "schema/$ref", "unknown_reference"),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "schema/$schema", "unknown_dialect"),
    ({"$defs": {"a": {"$id": "https://example.com/a"}}}, "schema/$defs/a/$id", "not_applicable"),
    ({"patternProperties": {f"^{number}$": True for number in range(101)}}, "schema", "too_many"),
    ({"title": "x" * 65_536}, "schema", "too_large"),
    ({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, "schema", "too_costly"),
    ([], "schema", "dict_type"),
    (True, "schema", "dict_type"),
]
BAD_CONFIGS: list[tuple[dict[str, Any], str, str]] = [
    ({"value": {"retries": 10}}, "value/retries", "schema"),
    ({"value": {"theme": "dark"}}, "value/retries", "schema"),
    ({"value": {"retries": 1, "more": 1}}, "value/more", "schema"),
    ({"value": []}, "value", "dict_type"),
    ({"value": None}, "value", "dict_type"),
    ({"metadata": {"version": 1}}, "metadata.version", "reserved"),
    ({"key": "-x"}, "key", "string_pattern_mismatch"),
    ({"owner": "nobody@example.com"}, "owner", "unknown_member"),
]


async def test_what_is_no_config_is_refused_with_its_field(tenant: Any, configs: str) -> None:
    cases = [({"schema": schema}, field, code) for schema, field, code in BAD_SCHEMAS]
    for patch, field, code in (*cases, *BAD_CONFIGS):
        answer = await tenant.api("POST", configs, {**CONFIG, **patch})
        assert (field, code) in await refused(answer), (patch, answer.text)
    assert (await tenant.api.ok("GET", configs))["items"] == []


async def test_what_results_in_an_environment_fits_the_schema(tenant: Any, configs: str, settings: str) -> None:
    api = tenant.api
    await api.ok("POST", configs, CONFIG)
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"value": {"retries": 10}}, "value/retries", "schema"),
        ({"overrides": [{"if": PRO, "value": {"retries": "x"}}]}, "overrides[0].value/retries", "schema"),
        ({"overrides": [{"if": PRO, "value": {"retries": None}}]}, "overrides[0].value/retries", "schema"),
        ({"overrides": [{"if": PRO}]}, "overrides[0].value", "missing"),
        ({"overrides": [{"value": {}}]}, "overrides[0].if", "missing"),
        ({"overrides": [{"segment": "none", "value": {}}]}, "overrides[0].if.segment", "unknown_segment"),
        ({"overrides": [{"id": "base", "if": PRO, "value": {}}]}, "overrides[0].id", "reserved"),
        ({"resolve": "all"}, "resolve", "unknown_value"),
        ({"resolve": "merge", "overrides": [{"if": PRO, "value": {}}] * 11}, "overrides", "too_many"),
    ]
    for patch, field, code in bad:
        answer = await api("PATCH", settings, patch, headers={"If-Match": '"1"'})
        assert field in [each for each, _ in await refused(answer)], (patch, code, answer.text)
    await api.changed("PATCH", settings, {"overrides": [{"if": PRO, "value": {"retries": 9}}]})

    narrower = {**SCHEMA, "properties": {**SCHEMA["properties"], "retries": {"maximum": 8}}}  # type: ignore[dict-item]
    answer = await api("PATCH", f"{configs}/checkout-page", {"schema": narrower}, headers={"If-Match": '"1"'})
    assert await refused(answer) == [("schema", "needed_in_environment")]
    assert "production needs it: overrides[0].value/retries" in answer.text
    changed = await api.changed(
        "PATCH", f"{configs}/checkout-page", {"schema": {}, "value": {"anything": [1, 1.0, None]}}
    )
    assert changed["value"] == {"anything": [1, 1.0, None]}


async def test_combinations_that_break_the_schema_are_told(tenant: Any, configs: str, settings: str) -> None:
    """The value, each override alone and all together must fit; others are listed, and follow the schema."""
    api, one = tenant.api, f"{configs}/sizes"
    at_most = {
        "properties": {"a": {"type": "integer"}},
        "dependentSchemas": {"b": {"properties": {"a": {"maximum": 1}}}},
    }
    await api.ok("POST", configs, {"key": "sizes", "schema": at_most, "value": {"a": 1}})
    overrides = [
        {"id": "more", "if": PRO, "value": {"a": 5}},
        {"id": "bold", "if": PRO, "value": {"b": True}},
        {"id": "less", "if": PRO, "value": {"a": 0}},
    ]
    at = f"{one}/environments/production"
    made = await api.changed("PATCH", at, {"resolve": "merge", "overrides": overrides})
    assert made["invalid_combinations"] == [["more", "bold"]]
    [warning] = made["warnings"]
    assert (warning["code"], "more+bold" in warning["detail"]) == ("invalid_combinations", True)
    refusal = await api("PATCH", at, {"overrides": overrides[:2]}, headers={"If-Match": '"2"'})
    assert await refused(refusal) == [("overrides", "schema")]
    assert "all together they don't fit at /a" in refusal.text

    await api.changed("PATCH", one, {"schema": {}})
    assert (await api.ok("GET", at))["invalid_combinations"] == []
    await api.changed("PATCH", one, {"schema": at_most})
    standing = await api.ok("GET", at)
    assert (standing["invalid_combinations"], standing["version"]) == ([["more", "bold"]], 2)
    assert (await api.changed("PATCH", at, {"resolve": "first"}))["invalid_combinations"] == []


async def test_flags_and_configs_share_one_key_space(tenant: Any, configs: str) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    on = {"key": "on", "value": True}
    flag = {"type": "boolean", "variations": [on], "off_variation": "on", "default": {"variation": "on"}}
    await api.ok("POST", configs, CONFIG)
    await api.ok("POST", flags, {**flag, "key": "banner"})
    for path, body in ((flags, {**flag, "key": "checkout-page"}), (configs, {**CONFIG, "key": "banner"})):
        answer = await api("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "key_taken"), answer.text
    for path in (f"{flags}/banner", f"{configs}/checkout-page"):
        await api.ok("POST", f"{path}/archive")
        await api.ok("DELETE", path)
    await api.ok("POST", configs, {**CONFIG, "key": "banner"})
    await api.ok("POST", flags, {**flag, "key": "checkout-page"})


async def test_a_segment_that_an_override_names_stays(tenant: Any, configs: str, settings: str) -> None:
    api, segment = tenant.api, f"/projects/{tenant.project}/segments/beta"
    await api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta"})
    await api.ok("POST", configs, CONFIG)
    await api.changed("PATCH", settings, {"overrides": [{"segment": "beta", "value": {"theme": "dark"}}]})
    for method, path in (("POST", f"{segment}/archive"), ("DELETE", segment)):
        answer = await api(method, path)
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
        assert "config checkout-page in production" in answer.json()["detail"]
    await api.ok("POST", f"{configs}/checkout-page/archive")
    await api.ok("POST", f"{segment}/archive")
    answer = await api("POST", f"{configs}/checkout-page/restore")
    assert await refused(answer) == [("overrides[0].if.segment", "archived_segment")]
    await api.ok("DELETE", f"{configs}/checkout-page")
    await api.ok("DELETE", segment)


async def test_settings_are_copied_undone_and_restored(tenant: Any, configs: str, settings: str) -> None:
    api = tenant.api
    await api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "Staging"})
    await api.ok("POST", configs, CONFIG)
    await api.changed("PATCH", settings, {"value": {"retries": 2}, "overrides": [{"if": PRO, "value": {"retries": 9}}]})
    staging = f"{configs}/checkout-page/environments/staging"
    copied = await api.changed("POST", f"{staging}/copy-from/production", read=staging)
    assert (copied["value"], copied["overrides"][0]["id"]) == ({"retries": 2}, "override-1")

    history = f"/projects/{tenant.project}/history/config_settings/checkout-page"
    undone = await api.ok("POST", f"{history}/undo?environment=staging")
    assert (undone["document"]["inherited"], undone["document"]["overrides"]) == (True, [])
    await api.ok("POST", f"{history}/versions/2/restore?environment=staging")
    assert (await api.ok("GET", staging))["value"] == {"retries": 2}
    of_config = f"/projects/{tenant.project}/history/config/checkout-page"
    await api.changed("PATCH", f"{configs}/checkout-page", {"value": {"retries": 8}})
    assert (await api.ok("POST", f"{of_config}/undo"))["document"]["value"] == CONFIG["value"]
    compared = await api.ok("GET", f"{of_config}/comparison?from=1&to=2")
    assert compared["patch"]


async def test_a_clone_is_as_the_original_with_what_is_set_of_it(tenant: Any, configs: str, settings: str) -> None:
    api = tenant.api
    await api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "Staging"})
    await api.ok("POST", f"/projects/{tenant.project}/segments", {"key": "beta"})
    await api.ok("POST", configs, CONFIG)
    override = {"id": "o", "if": {"segment": "beta"}, "value": {"theme": "dark"}}
    there = await api.changed("PATCH", settings, {"overrides": [override], "value": {"retries": 1}})
    await api.changed("PATCH", settings.replace("production", "staging"), {"value": {"retries": 2}})

    answer = await api("POST", f"{configs}/checkout-page/clone", {"key": "second", "environments": ["production"]})
    made = answer.json()
    assert (answer.status_code, made["key"], made["schema"], made["value"]) == (201, "second", SCHEMA, CONFIG["value"])
    assert made["environments"] == {
        "production": {"own_value": True, "overrides": 1, "version": 2},
        "staging": {"own_value": False, "overrides": 0, "version": 1},
    }
    copied = await api.ok("GET", f"{configs}/second/environments/production")
    names = ("value", "overrides", "resolve", "inherited")
    assert {name: copied[name] for name in names} == {name: there[name] for name in names}
    in_use = await api("DELETE", f"/projects/{tenant.project}/segments/beta")
    assert "second" in in_use.text, "what it names is used by it, too"
    assert (await api("POST", f"{configs}/checkout-page/clone", {"key": "second"})).json()["code"] == "key_taken"
    unknown = await api("POST", f"{configs}/checkout-page/clone", {"key": "third", "environments": ["moon"]})
    assert await refused(unknown) == [("environments", "unknown_environment")]
    log = f"/organizations/{tenant.organization}/audit?project={tenant.project}&limit=2"
    told = [(each["entity"], each["entity_key"], each["action"]) for each in (await api.ok("GET", log))["items"]]
    assert sorted(told) == [("config", "second", "create"), ("config_settings", "second/production", "update")]
