"""Spans: whose trace they go on in, and that nothing is done where nothing is traced."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from service_kit import traces
from service_kit.logs import JsonFormatter
from service_kit.traced_requests import TracedRequests
from service_kit.traces import (
    LINKS_MAX,
    NO_SPAN,
    TraceIds,
    current_ids,
    current_traceparent,
    part,
    read_traceparent,
    span,
    together,
    traceparent_of,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.recorded_traces import recorded_traces, some_traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param(f"00-{TRACE}-{SPAN}-01", TraceIds(TRACE, SPAN, True), id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-00", TraceIds(TRACE, SPAN, False), id="not-sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-02", TraceIds(TRACE, SPAN, False), id="another-flag"),
        pytest.param(f"01-{TRACE}-{SPAN}-01-more", TraceIds(TRACE, SPAN, True), id="later-version"),
        pytest.param(f"00-{TRACE}-{SPAN}-01-more", None, id="too-long"),
        pytest.param(f"ff-{TRACE}-{SPAN}-01", None, id="forbidden-version"),
        pytest.param(f"00-{'0' * 32}-{SPAN}-01", None, id="no-trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", None, id="no-span"),
        pytest.param(f"00-{TRACE.upper()}-{SPAN}-01", None, id="capitals"),
        pytest.param("", None, id="empty"),
        pytest.param("anything", None, id="anything"),
    ],
)
def test_a_traceparent_is_read_as_w3c_says(text: str, ids: TraceIds | None) -> None:
    assert read_traceparent(text) == ids
    if ids is not None:
        assert read_traceparent(traceparent_of(ids)) == ids


def test_where_nothing_is_traced_nothing_is_made() -> None:
    assert span("a", parent=some_traceparent()) is NO_SPAN
    assert part("b") is NO_SPAN
    with span("a"):
        assert (current_traceparent(), current_ids()) == ("", None)
    traces.close()


def test_spans_stand_within_each_other_and_end_with_what_failed() -> None:
    parent = some_traceparent()
    with recorded_traces() as recorded:
        with pytest.raises(LookupError), span("outer", parent=parent):
            with part("inner"):
                pass
            with span("other trace", parent=some_traceparent()):
                pass
            raise LookupError("a sentence about somebody")
        assert current_traceparent() == ""
    outer, inner, other = recorded.spans
    assert outer.request.parent == read_traceparent(parent)
    assert inner.request.parent == outer.ids
    assert other.ids.trace_id != outer.ids.trace_id
    assert [(each.failure, each.ended) for each in recorded.spans] == [("LookupError", True), ("", True), ("", True)]


def test_parts_are_told_within_what_is_told_alone() -> None:
    with recorded_traces() as recorded:
        assert part("beside everything") is NO_SPAN
        with span("quiet", parent=some_traceparent(sampled=False)):
            assert part("within") is NO_SPAN
            assert current_traceparent().endswith("-00")
    assert [each.name for each in recorded.spans] == ["quiet"]


def test_works_that_go_on_as_one_belong_to_the_first_that_is_told() -> None:
    quiet, first, second = some_traceparent(sampled=False), some_traceparent(), some_traceparent()
    assert together(["", None, quiet, first, first, second]) == (first, [second, quiet])
    assert together([None, ""]) == ("", [])
    assert len(together(some_traceparent() for _ in range(2 * LINKS_MAX))[1]) == LINKS_MAX


def test_lines_of_the_log_say_which_trace_they_belong_to() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "said", None, None)
    with recorded_traces() as recorded, span("a"):
        line = json.loads(JsonFormatter("tests").format(record))
    assert (line["trace_id"], line["span_id"]) == recorded.spans[0].ids[:2]
    assert "trace_id" not in json.loads(JsonFormatter("tests").format(record))


async def _answered(request: Request) -> Response:
    return Response(status_code=int(request.query_params.get("status", "200")), headers={"x-request-id": "r1"})


APP = Starlette(routes=[Route("/people/{name}", _answered), Route("/healthz", _answered)])


def client_of(app: TracedRequests) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tests")


async def test_a_request_is_a_span_named_by_its_template() -> None:
    parent = some_traceparent()
    two = [("traceparent", parent), ("traceparent", some_traceparent())]
    with recorded_traces() as recorded:
        async with client_of(TracedRequests(APP)) as client:
            await client.get("/people/anna", headers={"traceparent": parent})
            await client.get("/people/anna?status=503", headers=two)
            await client.get("/healthz")
    known, doubtful = recorded.spans
    assert (known.name, known.request.parent) == ("GET /people/{name}", read_traceparent(parent))
    assert known.attributes == {
        "http.request.method": "GET",
        "http.route": "/people/{name}",
        "http.response.status_code": 200,
        "verdict.request_id": "r1",
    }
    assert (doubtful.request.parent, doubtful.failure) == (None, "503")


async def test_requests_are_traced_where_it_is_said() -> None:
    with recorded_traces() as recorded:
        async with client_of(TracedRequests(APP, paths=frozenset(("/elsewhere",)))) as client:
            await client.get("/people/anna")
    assert recorded.spans == []
