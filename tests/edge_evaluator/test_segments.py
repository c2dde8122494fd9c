"""Segments at the edge: which ones a context is in, and the chunks of long lists."""

from __future__ import annotations

import hashlib

from bucketing.flagset import AllOf, Comparison, InSegment, Segment

from tests.edge_evaluator.running_edge import CLIENT_KEY, RunningEdge
from tests.long_lists import listed

US = Comparison("country", "eq", "US")


async def test_a_context_is_told_its_segments_and_why(edge: RunningEdge) -> None:
    beta, chunks = listed("beta", [f"user-{number}" for number in range(50)], ["out"])
    nested = Segment("nested", condition=AllOf((US, InSegment(("beta",)))))
    await edge.write(segments=[beta, nested, Segment("only", frozenset({"vip"}))], chunks=chunks.items())
    context = {"targetingKey": "user-7", "country": "US"}
    answer = await edge.post("/v1/segments/evaluate", {"context": context})
    told = answer.json()["segments"]
    assert {key: (each["member"], each["reason"]) for key, each in told.items()} == {
        "beta": (True, "included"),
        "nested": (True, "condition"),
        "only": (False, "not_included"),
        "secret-segment": (False, "condition"),
    }
    assert [part["matched"] for part in told["nested"]["if"]["and"]] == [True, True]
    asked = {"context": {"targetingKey": "out", "country": "US"}, "segments": ["nested", "gone"]}
    told = (await edge.post("/v1/segments/evaluate", asked)).json()["segments"]
    assert {key: (each["member"], each["reason"]) for key, each in told.items()} == {
        "nested": (False, "condition"),
        "beta": (False, "excluded"),
        "gone": (None, "error"),
    }


async def test_segments_are_for_server_keys_and_wrong_requests_are_told(edge: RunningEdge) -> None:
    refused = await edge.post("/v1/segments/evaluate", {"context": {}}, key=CLIENT_KEY)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "GENERAL")
    assert (await edge.get("/v1/segments/beta/chunks/1", key=CLIENT_KEY)).status_code == 403
    for body in ({"segments": "beta"}, {"segments": [1]}, {"segments": ["a"] * 501}, {"segment": "a"}):
        wrong = await edge.post("/v1/segments/evaluate", {"context": {}, **body})
        assert (wrong.status_code, wrong.json()["errorCode"]) == (400, "PARSE_ERROR")


async def test_a_long_list_is_read_chunk_by_chunk(edge: RunningEdge) -> None:
    beta, chunks = listed("beta", [f"ключ-{number}" for number in range(50)], ["out"])
    await edge.write(segments=[beta], chunks=chunks.items())
    told = (await edge.get("/v1/config")).json()["segments"]["beta"]["long_list"]
    assert (told["included"], told["excluded"], len(told["chunks"])) == (50, 1, 4)
    total = 0
    for each in told["chunks"]:
        path = f"/v1/segments/beta/chunks/{each['number']}"
        answer = await edge.get(path)
        assert answer.content == chunks[f"beta.{each['number']}"]
        assert hashlib.sha256(answer.content).hexdigest() == each["digest"]
        total += int(each["digest"], 16)
        assert (await edge.get(path, if_none_match=answer.headers["etag"])).status_code == 304
    assert f"{total % 2**256:064x}" == told["digest"]
    for number in ("1", "99", "x", "9" * 20):
        assert (await edge.get(f"/v1/segments/beta/chunks/{number}")).status_code == 404
    assert (await edge.get("/v1/segments/gone/chunks/4")).status_code == 404
