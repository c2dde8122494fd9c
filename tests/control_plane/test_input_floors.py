"""What the door refuses before anything else sees it: always 4xx, always with the field."""

from __future__ import annotations

from typing import Any

import pytest

DEEP = "[" * 65 + "]" * 65
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ("{", 400, "invalid_json", None),
        ('{"name": }', 400, "invalid_json", None),
        (b"\xff\xfe", 400, "invalid_json", None),
        ('{"name": "a", "name": "b"}', 422, "duplicate_key", "name"),
        ('{"a": [{"b": 1, "b": 1}]}', 422, "duplicate_key", "a[0].b"),
        ('{"name": "a\\u0000b"}', 422, "nul_character", "name"),
        ('{"name": "\\ud800"}', 422, "lone_surrogate", "name"),
        ('{"\\ud800": 1}', 422, "lone_surrogate", "body"),
        ('{"name": NaN}', 422, "number_not_finite", "name"),
        ('{"name": -Infinity}', 422, "number_not_finite", "name"),
        ('{"name": 1e999}', 422, "number_not_finite", "name"),
        ('{"name": 9007199254740993}', 422, "number_out_of_range", "name"),
        ('{"name": [1, -9223372036854775809]}', 422, "number_out_of_range", "name[1]"),
        ('{"name": ' + "1" * 10_000 + "}", 422, "number_not_finite", "name"),
        ('{"name": ' + DEEP + "}", 422, "too_deep", "body"),
        ('{"name": ' + "[" * 100_000 + "}", 422, "too_deep", "body"),
        ("[" * 1_000_000, 422, "too_many_values", "body"),
        ('{"' + "n" * 1025 + '": 1}', 422, "name_too_long", "body"),
        ('{"name": "' + "n" * 201 + '"}', 422, "string_too_long", "name"),
        ('{"name": "  "}', 422, "string_too_short", "name"),
        ('{"name": 3}', 422, "string_type", "name"),
        ("[]", 422, "model_attributes_type", "body"),
        ("null", 422, "model_attributes_type", "body"),
    ],
)
async def test_a_bad_body_is_named(tenant: Any, body: str, status: int, code: str, field: str | None) -> None:
    headers = {"If-Match": '"1"', **JSON}
    answer = await tenant.api("PATCH", f"/projects/{tenant.project}", content=body, headers=headers)
    problem = answer.json()
    assert answer.status_code == status, problem
    if field is None:
        assert problem["code"] == code
    else:
        assert (problem["errors"][0]["code"], problem["errors"][0]["field"]) == (code, field)
    assert (await tenant.api.ok("GET", f"/projects/{tenant.project}"))["version"] == 1


async def test_brackets_inside_of_texts_are_no_depth(tenant: Any) -> None:
    name = '"' + "[" * 100 + '\\"' + "{" * 50
    await tenant.api.ok("PATCH", f"/projects/{tenant.project}", {"name": name}, headers={"If-Match": '"1"'})


async def test_a_body_over_the_limit_is_refused(tenant: Any) -> None:
    body = b'{"name": "' + b"x" * (2 * 1024 * 1024) + b'"}'
    answer = await tenant.api("PATCH", f"/projects/{tenant.project}", content=body, headers={"If-Match": '"1"', **JSON})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "text/plain"])
async def test_a_body_that_is_not_said_to_be_json_is_refused_by_its_type(tenant: Any, media: str) -> None:
    headers = {"If-Match": '"1"', "Content-Type": media}
    answer = await tenant.api("PATCH", f"/projects/{tenant.project}", content=b'{"name": "New"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/projects/%00", 404),
        ("/projects/" + "x" * 300, 404),
        ("/projects/%ff%fe", 404),
        ("/organizations/%00/projects", 404),
        ("/organizations?cursor=%00", 422),
        ("/organizations?limit=NaN", 422),
        ("/organizations?limit=99999999999999999999", 422),
        ("/organizations?cursor=" + "x" * 3000, 422),
        ("/nowhere", 404),
    ],
)
async def test_an_odd_address_is_refused(tenant: Any, path: str, status: int) -> None:
    answer = await tenant.api("GET", path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("header", ['"', '"x"', '"1", "2"', '"99999999999999999999"', "-1", "*"])
async def test_an_odd_if_match_is_refused(tenant: Any, header: str) -> None:
    answer = await tenant.api("PATCH", f"/projects/{tenant.project}", {"name": "x"}, headers={"If-Match": header})
    assert answer.status_code == 400


async def test_odd_headers_are_refused(tenant: Any) -> None:
    for value in (b"Bearer \xff\xfe", b"Basic YTpi", b"Bearer", b"Bearer a.b.c"):
        answer = await tenant.api.client.get("/api/v1/me", headers={"Authorization": value})
        assert answer.status_code == 401
