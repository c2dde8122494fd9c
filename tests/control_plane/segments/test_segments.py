"""Segments over HTTP: their life, what they may not be, and circles."""

from __future__ import annotations

from typing import Any

import pytest

CONDITION = {"attribute": "plan", "operator": "in", "value": ["pro", "team"]}
SEGMENT = {"key": "beta", "name": "Beta", "included": ["u2", "u1"], "excluded": ["u3"], "if": CONDITION}


@pytest.fixture
def segments(tenant: Any) -> str:
    return f"/projects/{tenant.project}/segments"


async def test_a_segment_lives_from_creation_to_deletion(tenant: Any, segments: str) -> None:
    api, one = tenant.api, f"{segments}/beta"
    answer = await api("POST", segments, SEGMENT)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"], made["environment_versions"]) == (201, '"1"', {"production": 2})
    assert (made["included"], made["excluded"], made["if"]) == (["u1", "u2"], ["u3"], CONDITION)
    assert await api.ok("GET", one) == {**made, "environment_versions": {}}

    changed = await api.changed("PATCH", one, {"excluded": [], "tags": ["a"]})
    assert (changed["excluded"], changed["included"], changed["if"], changed["version"]) == (
        [],
        ["u1", "u2"],
        CONDITION,
        2,
    )
    assert (await api.changed("PATCH", one, {"if": None}))["if"] is None
    audit = (await api.ok("GET", f"/organizations/{tenant.organization}/audit"))["items"]
    entry = next(each for each in audit if each["entity"] == "segment")
    assert (entry["entity_key"], entry["action"], entry["before"]["if"]) == ("beta", "update", CONDITION)

    assert [each["key"] for each in (await api.ok("GET", f"{segments}?tag=a&q=BET"))["items"]] == ["beta"]
    assert (await api.ok("GET", f"{segments}?q=b%25a"))["items"] == []
    assert (await api.ok("POST", f"{one}/archive"))["archived"] is True
    assert (await api.ok("GET", segments))["items"] == []
    assert (await api.ok("POST", f"{one}/restore"))["archived"] is False
    await api.ok("DELETE", one, headers={"If-Match": '"5"'})
    assert (await api("GET", one)).status_code == 404


BAD: list[tuple[dict[str, Any], str]] = [
    ({"included": ["u3"]}, "excluded"),
    ({"included": [""]}, "included[0]"),
    ({"included": ["x" * 1025]}, "included[0]"),
    ({"included": [1]}, "included[0]"),
    ({"included": "u1"}, "included"),
    ({"included": [str(index) for index in range(20_001)]}, "included"),
    ({"if": {"segment": "beta"}}, "if"),
    ({"if": {"segment": "absent"}}, "if.segment"),
    ({"if": {"or": []}}, "if.or"),
    ({"if": {"and": [CONDITION, {"attribute": "age", "operator": "gt", "value": "old"}]}}, "if.and[1].value"),
    ({"if": "everybody"}, "if"),
    ({"condition": CONDITION}, "condition"),
    ({"key": "-beta"}, "key"),
]


async def test_a_bad_segment_is_refused_with_its_field(tenant: Any, segments: str) -> None:
    version = (await tenant.api.ok("GET", tenant.path))["config_version"]
    for patch, field in BAD:
        answer = await tenant.api("POST", segments, {**SEGMENT, **patch})
        assert answer.status_code == 422, (patch, answer.text)
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert (await tenant.api.ok("GET", tenant.path))["config_version"] == version
    assert (await tenant.api.ok("GET", segments))["items"] == []


async def test_segments_do_not_name_each_other_in_a_circle(tenant: Any, segments: str) -> None:
    api = tenant.api
    await api.ok("POST", segments, {"key": "a"})
    await api.ok("POST", segments, {"key": "b", "if": {"segment": "a"}})
    await api.ok("POST", segments, {"key": "c", "if": {"in_segment": ["a", "b"]}})
    etag = (await api("GET", f"{segments}/a")).headers["etag"]
    answer = await api("PATCH", f"{segments}/a", {"if": {"not": {"segment": "c"}}}, headers={"If-Match": etag})
    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (422, "if", "cycle")
    assert (await api("GET", f"{segments}/a")).headers["etag"] == etag
    refused = await api("DELETE", f"{segments}/a")
    assert (refused.json()["code"], refused.json()["detail"]) == (
        "in_use",
        "the segment 'a' is used by segment b, segment c",
    )
    await api.ok("DELETE", f"{segments}/c")
    await api.ok("DELETE", f"{segments}/b")
    await api.ok("DELETE", f"{segments}/a")


async def test_an_archived_segment_can_not_be_named(tenant: Any, segments: str) -> None:
    api = tenant.api
    await api.ok("POST", segments, {"key": "a"})
    await api.ok("POST", segments, {"key": "b", "if": {"segment": "a"}})
    await api.ok("POST", f"{segments}/b/archive")
    await api.ok("POST", f"{segments}/a/archive")
    answer = await api("POST", segments, {"key": "c", "if": {"segment": "a"}})
    assert answer.json()["errors"][0]["code"] == "archived_segment"
    assert (await api("POST", f"{segments}/b/restore")).status_code == 422
    await api.ok("POST", f"{segments}/a/restore")
    await api.ok("POST", f"{segments}/b/restore")
    assert (await api("POST", f"{segments}/a/archive")).json()["code"] == "in_use"
