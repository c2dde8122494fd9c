"""OFREP single and bulk evaluation, over the fast path and over FastAPI alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, boolean

METADATA = {"version": "1", "flagSetId": "shop/production", "ageSeconds": 0}


@pytest.mark.parametrize(
    ("flag", "context", "value", "variant", "reason"),
    [
        ("plain", {}, True, "on", "STATIC"),
        ("disabled", {}, False, "off", "DISABLED"),
        ("archived", {}, False, "off", "DISABLED"),
        ("ruled", {"country": "US", "plan": "gold"}, True, "on", "TARGETING_MATCH"),
        ("ruled", {"country": "DE", "plan": "gold"}, False, "off", "DEFAULT"),
        ("ruled", {"targetingKey": "hidden-target-user"}, True, "on", "TARGETING_MATCH"),
        ("greeting", {}, "hällo ☃", "hello", "STATIC"),
        ("limit", {}, 2**53 - 1, "high", "STATIC"),
        ("theme", {}, {"bg": "#000", "n": [1, 2.5, None]}, "dark", "STATIC"),
    ],
)
async def test_a_flag_is_served(
    edge: RunningEdge, flag: str, context: dict[str, Any], value: Any, variant: str, reason: str
) -> None:
    answer = await edge.flag(flag, context)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"key": flag, "value": value, "variant": variant, "reason": reason, "metadata": METADATA}


async def test_numbers_are_floats_and_integers_are_not(edge: RunningEdge) -> None:
    assert b'"value":1.0,' in (await edge.flag("ratio")).content
    assert b'"value":9007199254740991,' in (await edge.flag("limit")).content


async def test_a_split_gives_everybody_the_same_variant_again(edge: RunningEdge) -> None:
    users = [f"user-{n}" for n in range(40)]
    first = [(await edge.flag("half", {"targetingKey": user})).json() for user in users]
    again = [(await edge.flag("half", {"targetingKey": user, "more": 1})).json() for user in users]
    assert first == again
    assert {each["reason"] for each in first} == {"SPLIT"}
    assert {each["variant"] for each in first} == {"on", "off"}


async def test_errors_have_key_code_and_details(edge: RunningEdge) -> None:
    missing = await edge.flag("half")
    assert (missing.status_code, missing.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    wrong = await edge.flag("by-company", {"targetingKey": "u", "company": [1]})
    assert (wrong.status_code, wrong.json()["errorCode"]) == (400, "INVALID_CONTEXT")
    unknown = await edge.flag("no-such-flag")
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
    for answer in (missing, wrong, unknown):
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"key", "errorCode", "errorDetails"}


async def test_a_failed_prerequisite_is_named(edge: RunningEdge) -> None:
    answer = (await edge.flag("needs-hidden")).json()
    assert (answer["variant"], answer["reason"]) == ("off", "DEFAULT")
    assert answer["metadata"] == {**METADATA, "prerequisite": "disabled"}


async def test_bulk_holds_every_flag_with_its_own_answer(edge: RunningEdge) -> None:
    context = {"targetingKey": "u1", "company": 7}
    answer = await edge.bulk(context)
    flags = {flag["key"]: flag for flag in answer.json()["flags"]}
    assert len(flags) == len(FLAGS) + len(REMOTE_CONFIGS)
    for key, flag in flags.items():
        assert flag == (await edge.flag(key, context)).json()
    assert answer.json()["metadata"] == METADATA


async def test_a_flag_that_fails_does_not_cost_the_others(edge: RunningEdge) -> None:
    answer = await edge.bulk({})
    assert answer.status_code == 200
    failed = {flag["key"]: flag["errorCode"] for flag in answer.json()["flags"] if "errorCode" in flag}
    assert failed == {"half": "TARGETING_KEY_MISSING"}


async def test_the_event_stream_is_the_same_for_a_key_and_another_for_another(edge: RunningEdge) -> None:
    streams = [
        (await edge.bulk({"n": n}, key=key)).json()["eventStreams"] for n in (1, 2) for key in (SERVER_KEY, CLIENT_KEY)
    ]
    assert streams[0] == streams[2]
    assert streams[1] == streams[3] != streams[0]
    (stream,) = streams[0]
    assert stream["type"] == "sse"
    assert stream["url"].startswith(f"http://127.0.0.1:{edge.port}/ofrep/v1/events?token=")
    assert SERVER_KEY not in stream["url"]


@pytest.mark.parametrize("form", ["{}", "strong", "bare", '"other", {}', "*"])
async def test_an_unchanged_bulk_answer_is_not_sent_again(edge: RunningEdge, form: str) -> None:
    context = {"targetingKey": "u1", "email": "a@example.com"}
    etag = (await edge.bulk(context)).headers["etag"]
    assert etag.startswith('W/"')
    strong = etag.removeprefix("W/")
    held = {"bare": strong.strip('"'), "strong": strong}.get(form, form.format(etag))
    again = await edge.bulk(context, headers={"if-none-match": held})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


async def test_another_context_key_or_version_is_never_unchanged(edge: RunningEdge) -> None:
    context = {"targetingKey": "u1", "email": "a@example.com"}
    held = {"if-none-match": (await edge.bulk(context)).headers["etag"]}
    assert (await edge.bulk(context | {"email": "b@example.com"}, headers=held)).status_code == 200
    assert (await edge.bulk(context, key=CLIENT_KEY, headers=held)).status_code == 200
    await edge.write(flags=[boolean("new")])
    assert (await edge.bulk(context, headers=held)).status_code == 200


async def test_a_refetch_never_gets_an_older_version(edge: RunningEdge) -> None:
    assert (await edge.post('/ofrep/v1/evaluate/flags?flagConfigEtag="1-00"')).status_code == 200
    early = await edge.post('/ofrep/v1/evaluate/flags?flagConfigEtag="2-00"')
    assert (early.status_code, early.headers["retry-after"]) == (503, "1")
    await edge.write(flags=[boolean("new")])
    answer = await edge.post('/ofrep/v1/evaluate/flags?flagConfigEtag="2-00"')
    assert answer.json()["metadata"]["version"] == "2"


BAD_BODIES = {
    "not json": b"{",
    "not an object": b"[]",
    "text": b'"x"',
    "nan": b'{"context":{"a":NaN}}',
    "infinity": b'{"context":{"a":1e999}}',
    "lone surrogate": b'{"context":{"a":"\\ud800"}}',
    "bad utf-8": b'{"context":{"a":"\xff"}}',
    "nul": b'{"context":{"a":"x\\u0000"}}',
    "raw control": b'{"context":{"a":"\x01"}}',
    "duplicate key": b'{"context":{"a":1,"a":2}}',
    "duplicate key, spaced": b'{"context":{"a" : 1,"a":2}}',
    "duplicate context": b'{"context":{},"context":{"a":1}}',
    "duplicate deep": b'{"context":{"a":[{"b":1,"b":"x:y"}]}}',
    "endless integer": b'{"context":{"a":' + b"1" * 5000 + b"}}",
    "context is a list": b'{"context":[1]}',
    "context is text": b'{"context":"x"}',
    "too deep": b'{"context":{"a":' + b"[" * 50 + b"]" * 50 + b"}}",
    "far too deep": b'{"context":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "too many": json.dumps({"context": {f"a{n}": n for n in range(1001)}}).encode(),
    "too many elements": json.dumps({"context": {"a": list(range(1001))}}).encode(),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_told_in_ofreps_form(edge: RunningEdge, name: str) -> None:
    single = await edge.post("/ofrep/v1/evaluate/flags/plain", BAD_BODIES[name])
    bulk = await edge.post("/ofrep/v1/evaluate/flags", BAD_BODIES[name])
    assert (single.status_code, bulk.status_code) == (400, 400)
    assert single.json()["key"] == "plain"
    assert single.json()["errorCode"] == bulk.json()["errorCode"]
    assert single.json()["errorCode"] in ("PARSE_ERROR", "INVALID_CONTEXT")
    assert set(bulk.json()) == {"errorCode", "errorDetails"}


GOOD_BODIES = {
    "empty": b"",
    "no context": b"{}",
    "null context": b'{"context":null}',
    "other members": b'{"context":{"a":1},"other":[1,{"b":2}]}',
    "spaces": b' { "context" : { "a" : 1 , "b" : "x" } } ',
    "colons in text": b'{"context":{"a":"2026-01-05T10:00:00Z","b":"\\": \\":"}}',
    "escaped backslash before u0000": b'{"context":{"a":"\\\\u0000"}}',
    "nested": b'{"context":{"a":{"b":[1,{"c":2}]}}}',
    "huge integer": b'{"context":{"a":123456789012345678901234567890}}',
    "64 bits": b'{"context":{"a":9223372036854775807,"b":[9007199254740993]}}',
}


@pytest.mark.parametrize("name", GOOD_BODIES)
async def test_an_odd_body_is_taken(edge: RunningEdge, name: str) -> None:
    assert (await edge.post("/ofrep/v1/evaluate/flags/plain", GOOD_BODIES[name])).status_code == 200
    assert (await edge.post("/ofrep/v1/evaluate/flags", GOOD_BODIES[name])).status_code == 200


async def test_a_body_over_the_limit_is_refused(edge: RunningEdge) -> None:
    body = b'{"context":{"a":"' + b"x" * (1 << 20) + b'"}}'
    for path, key in (("", None), ("/plain", "plain")):
        answer = await edge.post(f"/ofrep/v1/evaluate/flags{path}", body)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/json")
        assert (answer.json().get("key"), answer.json()["errorCode"]) == (key, "GENERAL")
        assert "1048576" in answer.json()["errorDetails"]
    assert (await edge.flag("plain")).status_code == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"context":{"a":"\\ud83d"}}', "half of a surrogate pair"),
        (b'{"context":{"a":"\\ude00 \\ud83d\\ude00"}}', "half of a surrogate pair"),
        (b'{"context":{"a":"\\ud83d\\ude00","b":NaN}}', "invalid character"),
        (b'{"context":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}", "nested too deep"),
    ],
)
async def test_a_body_that_is_no_json_is_told_why(edge: RunningEdge, body: bytes, reason: str) -> None:
    answer = await edge.post("/ofrep/v1/evaluate/flags/plain", body)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "PARSE_ERROR")
    assert reason in answer.json()["errorDetails"]


async def test_a_compressed_body_is_refused(edge: RunningEdge) -> None:
    answer = await edge.post("/ofrep/v1/evaluate/flags", b"\x1f\x8b", headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["errorCode"]) == (415, "GENERAL")
