"""What a flag may not be: each refusal names its field, and nothing has changed after it."""

from __future__ import annotations

from typing import Any

import pytest

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "on"},
}


def rule(condition: Any, then: Any = None) -> dict[str, Any]:
    return {"if": condition, "then": then or {"variation": "on"}}


def compare(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "value": value}


def rollout(on: float, off: float) -> dict[str, Any]:
    return {"rollout": {"variations": [{"key": "on", "weight": on}, {"key": "off", "weight": off}]}}


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = compare("a", "eq", 1)
    for _ in range(depth):
        condition = {"not": condition}
    return condition


@pytest.fixture
async def settings(tenant: Any) -> str:
    """The path of the settings of a flag, beside another one and a segment."""
    project = f"/projects/{tenant.project}"
    await tenant.api.ok("POST", f"{project}/flags", FLAG)
    await tenant.api.ok("POST", f"{project}/flags", {**FLAG, "key": "other"})
    await tenant.api.ok("POST", f"{project}/segments", {"key": "beta", "included": ["u1"]})
    return f"{project}/flags/checkout/environments/production"


async def state(tenant: Any) -> tuple[int, int]:
    """The environment's version and how many changes were recorded."""
    audit = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit?limit=200")
    return (await tenant.api.ok("GET", tenant.path))["config_version"], len(audit["items"])


async def assert_refused(tenant: Any, method: str, path: str, body: Any, fields: list[str]) -> None:
    before = await state(tenant)
    etag = (await tenant.api("GET", path)).headers.get("etag", "")
    answer = await tenant.api(method, path, body, headers={"If-Match": etag} if method == "PATCH" else {})
    assert answer.status_code == 422, (body, answer.text)
    assert list(dict.fromkeys(each["field"] for each in answer.json()["errors"])) == fields, (body, answer.text)
    assert await state(tenant) == before


BAD_DEFINITIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"key": "Upper"}, ["key"]),
    ({"key": "a\n"}, ["key"]),
    ({"key": "x" * 129}, ["key"]),
    ({"name": " "}, ["name"]),
    ({"type": "json"}, ["type"]),
    ({"variations": []}, ["variations"]),
    ({"variations": [*FLAG["variations"], {"key": "on", "value": True}]}, ["variations[2].key"]),
    ({"variations": [{"key": "on", "value": True}, {"key": "off", "value": None}]}, ["variations[1].value"]),
    ({"variations": [{"key": "on", "value": 1}, {"key": "off", "value": False}]}, ["variations[0].value"]),
    ({"variations": [{"key": "a b", "value": True}, {"key": "off", "value": False}]}, ["variations[0].key"]),
    ({"off_variation": "gone"}, ["off_variation"]),
    ({"off_variation": None}, ["off_variation"]),
    ({"default": {"variation": "gone"}}, ["default.variation"]),
    ({"default": None}, ["default"]),
    ({"default": {"variation": "on", "rollout": {}}}, ["default"]),
    ({"default": rollout(50, 49)}, ["default.rollout.variations"]),
    ({"default": rollout(33.333, 66.667)}, ["default.rollout.variations[0].weight"]),
    ({"default": rollout(-1, 101)}, ["default.rollout.variations[0].weight"]),
    ({"client_visible": "yes"}, ["client_visible"]),
    ({"purpose": "kill switch"}, ["purpose"]),
    ({"purpose": None}, ["purpose"]),
    ({"expected_end": "soon"}, ["expected_end"]),
    ({"expected_end": "2026-02-30"}, ["expected_end"]),
    ({"expected_end": "0000-01-01"}, ["expected_end"]),
    ({"expected_end": "2026-06-01T00:00:00Z"}, ["expected_end"]),
    ({"expected_end": "2026-06-01\n"}, ["expected_end"]),
    ({"expected_end": 20260601}, ["expected_end"]),
    ({"tags": [""]}, ["tags[0]"]),
    ({"tags": [f"t{index}" for index in range(51)]}, ["tags"]),
    ({"colour": "red"}, ["colour"]),
    ({"description": "a\x00b"}, ["description"]),
]


async def test_a_bad_definition(tenant: Any) -> None:
    for patch, fields in BAD_DEFINITIONS:
        await assert_refused(tenant, "POST", f"/projects/{tenant.project}/flags", {**FLAG, **patch}, fields)


VALUES: list[tuple[str, Any, Any]] = [
    ("integer", 2**53 - 1, 2**53 - 1),
    ("integer", 5.0, 5),
    ("number", 1, 1.0),
    ("number", 1e300, 1e300),
    ("string", "", ""),
    ("object", [], []),
    ("object", {"b": 1.0, "a": [None, 2]}, {"b": 1.0, "a": [None, 2]}),
    ("boolean", True, True),
    ("integer", 2**53, None),
    ("integer", 2**53 + 1, None),
    ("integer", 1.5, None),
    ("integer", True, None),
    ("number", True, None),
    ("number", "1", None),
    ("string", 1, None),
    ("object", "{}", None),
    ("object", ["x" * 60_000] * 2, None),
    ("boolean", 0, None),
]


async def test_a_value_has_the_type_of_its_flag(tenant: Any) -> None:
    flags = f"/projects/{tenant.project}/flags"
    for number, (flag_type, value, kept) in enumerate(VALUES):
        body = {
            "key": f"typed-{number}",
            "type": flag_type,
            "variations": [{"key": "one", "value": value}],
            "off_variation": "one",
            "default": {"variation": "one"},
        }
        if kept is None:
            await assert_refused(tenant, "POST", flags, body, ["variations[0].value"])
            continue
        await tenant.api.ok("POST", flags, body)
        stored = (await tenant.api.ok("GET", f"{flags}/typed-{number}"))["variations"][0]["value"]
        assert stored == kept
        assert type(stored) is type(kept)


BAD_SETTINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"rules": [rule(compare("a", "eq", 1)), rule({"and": [compare("a", "eq", 1), compare("b", "gt", "x")]})]},
     ["rules[1].if.and[1].value"]),
    ({"rules": [rule(compare("a", "roughly", 1))]}, ["rules[0].if.operator"]),
    ({"rules": [rule(compare("a", "matches", "("))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "matches", "x" * 5000))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "in_cidr", "10.0.0.0/64"))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "before", "2026-01-01"))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "semver_gt", "1.2.3.4"))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "in", "US"))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("", "eq", 1))]}, ["rules[0].if.attribute"]),
    ({"rules": [rule(compare("a" * 257, "eq", 1))]}, ["rules[0].if.attribute"]),
    ({"rules": [rule({"and": []})]}, ["rules[0].if.and"]),
    ({"rules": [rule({"or": []})]}, ["rules[0].if.or"]),
    ({"rules": [rule({})]}, ["rules[0].if"]),
    ({"rules": [rule([])]}, ["rules[0].if"]),
    ({"rules": [{"then": {"variation": "on"}}]}, ["rules[0].if"]),
    ({"rules": [rule(compare("a", "eq", 1), {"variation": "gone"})]}, ["rules[0].then.variation"]),
    ({"rules": [rule(compare("a", "eq", 1), rollout(50, 49))]}, ["rules[0].then.rollout.variations"]),
    ({"rules": [rule(nested(40))]}, ["rules[0].if" + ".not" * 16]),
    ({"rules": [rule(compare("a", "eq", 1))] * 501}, ["rules"]),
    ({"rules": [{"id": "same", **rule(compare("a", "eq", 1))}] * 2}, ["rules[1].id"]),
    ({"rules": [{**rule(compare("a", "eq", 1)), "when": 1}]}, ["rules[0].when"]),
    ({"rules": [rule(compare("a", "eq", 2**60))]}, ["rules[0].if.value"]),
    ({"rules": [rule(compare("a", "eq", "x\x00"))]}, ["rules[0].if.value"]),
    ({"rules": [rule({"segment": "absent"}), rule({"or": [{"not": {"segment": "gone"}}]})]},
     ["rules[0].if.segment", "rules[1].if.or[0].not.segment"]),
    ({"rules": ["x"]}, ["rules[0]"]),
    ({"rules": None}, ["rules"]),
    ({"targets": [{"key": "u1", "variation": "gone"}]}, ["targets[0].variation"]),
    ({"targets": [{"key": "", "variation": "on"}]}, ["targets[0].key"]),
    ({"targets": [{"key": "u1", "variation": "on"}] * 2}, ["targets[1].key"]),
    ({"targets": [{"key": "u1", "variation": "on", "expires_at": "2026-01-01"}]}, ["targets[0].expires_at"]),
    ({"targets": [{"key": "u1", "variation": "on", "expires_at": "2026-02-30T00:00:00Z"}]},
     ["targets[0].expires_at"]),
    ({"targets": [{"key": "u1", "variation": "on", "expires_at": -1}]}, ["targets[0].expires_at"]),
    ({"targets": [{"key": "u1", "variation": "on", "expires_at": 2**52}]}, ["targets[0].expires_at"]),
    ({"prerequisites": [{"flag": "absent", "variation": "on"}]}, ["prerequisites[0].flag"]),
    ({"prerequisites": [{"flag": "other", "variation": "gone"}]}, ["prerequisites[0].variation"]),
    ({"prerequisites": [{"flag": "checkout", "variation": "on"}]}, ["prerequisites[0].flag"]),
    ({"prerequisites": [{"flag": "other", "variation": "on"}] * 2}, ["prerequisites[1].flag"]),
    ({"default": {"variation": "gone"}}, ["default.variation"]),
    ({"off_variation": "gone"}, ["off_variation"]),
    ({"enabled": "yes"}, ["enabled"]),
    ({"enabled": 1}, ["enabled"]),
    ({"surprise": 1}, ["surprise"]),
]  # fmt: skip


async def test_bad_settings(tenant: Any, settings: str) -> None:
    before = await tenant.api.ok("GET", settings)
    for patch, fields in BAD_SETTINGS:
        await assert_refused(tenant, "PATCH", settings, patch, fields)
    assert await tenant.api.ok("GET", settings) == before


async def test_flags_are_not_each_others_prerequisites(tenant: Any, settings: str) -> None:
    flags = f"/projects/{tenant.project}/flags"
    other = f"{flags}/other/environments/production"
    await tenant.api.ok("POST", f"{flags}", {**FLAG, "key": "third"})
    await tenant.api.changed("PATCH", settings, {"prerequisites": [{"flag": "other", "variation": "on"}]})
    third = f"{flags}/third/environments/production"
    await tenant.api.changed("PATCH", other, {"prerequisites": [{"flag": "third", "variation": "off"}]})
    await assert_refused(
        tenant, "PATCH", third, {"prerequisites": [{"flag": "checkout", "variation": "on"}]}, ["prerequisites"]
    )
    await tenant.api.ok("POST", f"/projects/{tenant.project}/environments", {"key": "staging", "name": "Staging"})
    elsewhere = f"{flags}/third/environments/staging"
    await tenant.api.changed("PATCH", elsewhere, {"prerequisites": [{"flag": "checkout", "variation": "on"}]})


async def test_what_others_name_stays(tenant: Any, settings: str) -> None:
    api, project = tenant.api, f"/projects/{tenant.project}"
    rules = [rule({"segment": "beta"}, {"variation": "off"})]
    prerequisites = [{"flag": "other", "variation": "on"}]
    await api.changed("PATCH", settings, {"rules": rules, "prerequisites": prerequisites})
    for method, path in (
        ("POST", "segments/beta/archive"),
        ("DELETE", "segments/beta"),
        ("POST", "flags/other/archive"),
    ):
        before = await state(tenant)
        answer = await api(method, f"{project}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
        assert "flag checkout in production" in answer.json()["detail"]
        assert await state(tenant) == before
    for key in ("other", "checkout"):
        fewer = (
            {"variations": [{"key": "off", "value": False}], "default": {"variation": "off"}}
            if key == "other"
            else {"variations": [{"key": "on", "value": True}], "off_variation": "on"}
        )
        await assert_refused(tenant, "PATCH", f"{project}/flags/{key}", fewer, ["variations"])

    await api.ok("POST", f"{project}/flags/checkout/archive")
    await api.ok("POST", f"{project}/segments/beta/archive")
    await api.ok("POST", f"{project}/flags/other/archive")
    assert (await api("DELETE", f"{project}/segments/beta")).json()["code"] == "in_use"
    assert (await api("DELETE", f"{project}/flags/other")).json()["code"] == "in_use"
    restored = await api("POST", f"{project}/flags/checkout/restore")
    assert (restored.status_code, restored.json()["errors"][0]["field"]) == (422, "rules[0].if.segment")
    await api.ok("DELETE", f"{project}/flags/checkout")
    await api.ok("DELETE", f"{project}/flags/other")
    await api.ok("DELETE", f"{project}/segments/beta")


async def test_a_type_and_a_key_never_change(tenant: Any, settings: str) -> None:
    one = f"/projects/{tenant.project}/flags/checkout"
    await assert_refused(tenant, "PATCH", one, {"type": "string"}, ["type"])
    await assert_refused(tenant, "PATCH", one, {"key": "renamed"}, ["key"])


async def test_a_flag_is_not_larger_than_a_message(tenant: Any, settings: str) -> None:
    targets = [{"key": f"{index:04d}" + "x" * 200, "variation": "on"} for index in range(5_000)]
    await assert_refused(tenant, "PATCH", settings, {"targets": targets}, ["targets"])


async def test_a_key_is_taken_once(tenant: Any, settings: str) -> None:
    before = await state(tenant)
    answer = await tenant.api("POST", f"/projects/{tenant.project}/flags", FLAG)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_taken")
    assert await state(tenant) == before


async def test_an_old_version_changes_nothing(tenant: Any, settings: str) -> None:
    one = f"/projects/{tenant.project}/flags/checkout"
    for path, patch in ((one, {"name": "Other"}), (settings, {"enabled": True})):
        before = await state(tenant)
        old = await tenant.api("PATCH", path, patch, headers={"If-Match": '"7"'})
        none = await tenant.api("PATCH", path, patch)
        assert (old.status_code, none.status_code) == (412, 428)
        assert await state(tenant) == before
    for action in ("archive", "restore"):
        answer = await tenant.api("POST", f"{one}/{action}", headers={"If-Match": '"7"'})
        assert answer.status_code == 412
    assert (await tenant.api("DELETE", one, headers={"If-Match": '"7"'})).status_code == 412


async def test_the_flag_of_another_tenant_is_absent(tenant: Any, settings: str, make_tenant: Any) -> None:
    stranger = (await make_tenant("stranger")).api
    before = await state(tenant)
    for method, path, body in (
        ("GET", settings, None),
        ("PATCH", settings, {"enabled": True}),
        ("PUT", f"{settings}/enabled", {"enabled": True}),
        ("GET", f"/projects/{tenant.project}/flags", None),
        ("DELETE", f"/projects/{tenant.project}/flags/checkout", None),
    ):
        answer = await stranger(method, path, body, headers={"If-Match": '"1"'})
        assert answer.status_code == 404, (method, path)
    assert await state(tenant) == before
