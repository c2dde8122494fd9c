"""`GET /v1/flags/{key}` and `POST /v1/evaluate`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge_evaluator.running_edge import CLIENT_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS


@pytest.mark.parametrize(
    ("query", "context"),
    [
        ("user_id=hidden-target-user", {"targetingKey": "hidden-target-user"}),
        ("country=US&plan=gold", {"country": "US", "plan": "gold"}),
        ("country=DE", {"country": "DE"}),
    ],
)
async def test_a_get_is_the_same_evaluation(edge: RunningEdge, query: str, context: dict[str, Any]) -> None:
    assert (await edge.get(f"/v1/flags/ruled?{query}")).content == (await edge.flag("ruled", context)).content


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("7.0", 7.0),
        ("07", "07"),
        ("true", True),
        ("True", "True"),
        ("acme", "acme"),
        ("1e2", 100.0),
        ("-0", 0),
    ],
)
async def test_query_parameters_have_types(edge: RunningEdge, text: str, value: Any) -> None:
    direct = await edge.flag("by-company", {"targetingKey": "u", "company": value})
    answer = await edge.get(f"/v1/flags/by-company?user_id=u&company={text}")
    assert (answer.status_code, answer.json()) == (direct.status_code, direct.json())
    assert answer.status_code == (400 if value is True else 200)


@pytest.mark.parametrize(
    "query", ["a=1&a=2", "a=%00", "a=%ff", "=1", f"{'n' * 257}=1", "&".join(f"a{n}=1" for n in range(1001))]
)
async def test_a_wrong_query_is_refused(edge: RunningEdge, query: str) -> None:
    answer = await edge.get(f"/v1/flags/plain?{query}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_CONTEXT")


async def test_one_flag_is_evaluated_by_name(edge: RunningEdge) -> None:
    answer = await edge.post("/v1/evaluate", {"flag": "greeting", "context": {}})
    assert answer.json() == (await edge.flag("greeting")).json()
    missing = await edge.post("/v1/evaluate", {"flag": "half"})
    assert (missing.status_code, missing.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert (await edge.post("/v1/evaluate", {"flag": "unknown"})).status_code == 404


async def test_several_flags_or_all_are_evaluated(edge: RunningEdge) -> None:
    several = (await edge.post("/v1/evaluate", {"flags": ["plain", "unknown", "half"]})).json()
    assert [flag.get("errorCode", flag.get("variant")) for flag in several["flags"]] == [
        "on",
        "FLAG_NOT_FOUND",
        "TARGETING_KEY_MISSING",
    ]
    assert several["metadata"]["version"] == "1"
    everything = (await edge.post("/v1/evaluate", {"context": {"targetingKey": "u"}})).json()
    assert len(everything["flags"]) == len(FLAGS) + len(REMOTE_CONFIGS)


async def test_an_explanation_tells_why(edge: RunningEdge) -> None:
    body = {"flag": "ruled", "context": {"country": "US", "plan": "gold"}, "explain": True}
    answer = (await edge.post("/v1/evaluate", body)).json()
    assert (answer["variant"], answer["explanation"]["decision"]["variation"]) == ("on", "on")
    assert "hidden-rule-id" in str(answer["explanation"]["steps"])
    assert "secret-segment" in answer["explanation"]["segments"]
    assert "salt-of-env-1" not in str(answer)


async def test_an_explanation_is_not_for_client_keys(edge: RunningEdge) -> None:
    answer = await edge.post("/v1/evaluate", {"flag": "ruled", "explain": True}, key=CLIENT_KEY)
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "GENERAL")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"flag": 1}, "flag"),
        ({"flags": "plain"}, "flags"),
        ({"flags": [1]}, "flags"),
        ({"flags": ["x"] * 1001}, "flags"),
        ({"flag": "a", "flags": ["a"]}, "flag, flags"),
        ({"flag": "a", "explain": 1}, "explain"),
        ({"flag": "a", "expose": "yes"}, "expose"),
        ({"flagg": "a"}, "flagg"),
    ],
    ids=[
        "flag is a number",
        "flags is a text",
        "flags of a number",
        "too many flags",
        "flag and flags",
        "explain is a number",
        "expose is a text",
        "unknown field",
    ],
)
async def test_a_wrong_field_is_named(edge: RunningEdge, body: dict[str, Any], field: str) -> None:
    answer = await edge.post("/v1/evaluate", body)
    assert answer.status_code == 400
    assert field in answer.json()["errorDetails"] or answer.json()["errorCode"] == "INVALID_CONTEXT"
