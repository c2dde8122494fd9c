"""A head is found again without the lines that trace its request, and never means what it doesn't say."""

from __future__ import annotations

import random
import re
from typing import Any

import httptools
import pytest
from edge_evaluator.fast_path.head_forms import HeadForm
from edge_evaluator.fast_path.heads import Heads
from edge_evaluator.fast_path.plain_requests import PlainRequest, PlainRequests
from service_kit.cors import CorsPolicy, Pages

from tests.edge_evaluator.plain_posts import BULK, CONTEXTS, SINGLE, exchange
from tests.edge_evaluator.running_edge import SERVER_KEY, RunningEdge

LINES = (
    b"host: edge.example",
    b"authorization: Bearer " + SERVER_KEY.encode(),
    b"content-type: application/json",
    b"content-length: 2",
    b"accept: */*",
)
TRACED = (
    b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    b"tracestate: congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
    b'baggage: userId=alice,serverNode=DF%2028;a="b"',
)
AN_ID = b"x-request-id: 0af76519-16cd-43dd-8448-eb211c80319c"


def head(*lines: bytes, target: str = SINGLE + "plain") -> bytes:
    return b"\r\n".join((f"POST {target} HTTP/1.1".encode(), *lines, b"", b""))


class Parsed:
    """What the parser of requests makes of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.whole = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_message_complete(self) -> None:
        self.whole = True


READER = PlainRequests(1000, "", Pages((), CorsPolicy((), (), (), "FF_EDGE_CORS_ORIGINS")))


def read(data: bytes) -> tuple[PlainRequest, bytes | None] | None:
    """Of a head alone: what the fast path takes it for when it reads it."""
    try:
        parsed = Parsed(data + b"{}")
    except httptools.HttpParserError:
        return None
    method, version = parsed.parser.get_method(), parsed.parser.get_http_version()
    if not parsed.whole or (method, version) != (b"POST", "1.1"):
        return None
    return READER.read(parsed.url, parsed.headers, "http")


def heads_after(*seen: bytes) -> Heads:
    heads = Heads(100)
    for each in seen:
        found = read(each)
        if found is not None:
            heads.remember(each, *found)
    return heads


FOUND = {
    "the same": LINES,
    "a traceparent": (*LINES, TRACED[0]),
    "all of W3C": (*LINES, *TRACED),
    "before all others": (*TRACED, *LINES),
    "between others": (*LINES[:2], TRACED[0], *LINES[2:4], TRACED[1], LINES[4]),
    "an id": (*LINES, AN_ID),
    "an id and all": (LINES[0], TRACED[2], AN_ID, *LINES[1:], *TRACED[:2]),
    "Go's spelling": (*LINES, b"Traceparent: 1", b"Tracestate: 2", b"Baggage: 3", b"X-Request-Id: 4"),
    "an id in capitals": (*LINES, b"X-Request-ID: 4"),
    "nothing in it": (*LINES, b"baggage: "),
    "twice": (*LINES, TRACED[0], TRACED[0]),
    "a balancer's": (*LINES, b"X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678"),
    "Zipkin's": (*LINES, b"b3: 0", b"x-b3-traceid: 1", b"X-B3-Spanid: 2"),
}


@pytest.mark.parametrize("name", FOUND)
def test_tracing_does_not_make_another_head(name: str) -> None:
    told = head(*FOUND[name])
    expected = read(told)
    assert expected is not None
    heads = heads_after(head(*LINES))
    assert [heads.find(told) for _ in range(4)] == [expected] * 4
    assert heads.whole == {told: expected}
    assert heads_after(told).find(head(*LINES)) == (expected[0], None)


UNKNOWN = {
    "odd case": (*LINES, b"TraceParent: 1"),
    "an id in odd case": (*LINES, b"X-REQUEST-ID: 1"),
    "no space": (*LINES, b"traceparent:1"),
    "a space before the colon": (*LINES, b"traceparent : 1"),
    "a longer name": (*LINES, b"traceparent-x: 1"),
    "a name that ends so": (*LINES, b"x-traceparent: 1"),
    "no name": (*LINES, b"traceparent"),
    "folded": (*LINES, TRACED[0], b" more"),
    "folded by a tab": (*LINES, TRACED[0], b"\tmore"),
    "folded before others": (LINES[0], TRACED[0], b" x", *LINES[1:]),
    "a return in it": (*LINES, b"traceparent: a\rx-api-key: other"),
    "a line break in it": (*LINES, b"traceparent: a\nx-api-key: other"),
    "a NUL in it": (*LINES, b"traceparent: a\0"),
    "a tab in it": (*LINES, b"baggage: a\tb"),
    "beyond ASCII": (*LINES, "baggage: ü".encode()),
    "two ids": (*LINES, AN_ID, AN_ID),
    "two ids, one in odd case": (*LINES, b"X-REQUEST-ID: 1", AN_ID),
    "no good id": (*LINES, b"x-request-id: no good"),
    "an empty id": (*LINES, b"x-request-id: "),
    "a long id": (*LINES, b"x-request-id: " + b"i" * 65),
    "a long head": (*LINES, b"baggage: " + b"b" * 4096),
    "another header": (*LINES, b"x-api-key: other"),
    "a header less": LINES[:4],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_unusual_is_unknown(name: str) -> None:
    told = head(*UNKNOWN[name])
    assert heads_after(head(*LINES)).find(told) is None


@pytest.mark.parametrize("name", ["odd case", "no space", "folded", "two ids", "an id in odd case", "a tab in it"])
def test_what_is_unusual_is_no_pattern_for_others(name: str) -> None:
    heads = heads_after(head(*UNKNOWN[name]))
    assert heads.find(head(*LINES)) is None
    assert heads.find(head(*LINES, AN_ID)) is None


PARTS = (
    *LINES,
    *TRACED,
    AN_ID,
    b"X-Request-Id: other",
    b"Tracestate: ",
    b"x-api-key: k",
    b"X-REQUEST-ID: a",
    b"transfer-encoding: chunked",
    b"connection: close",
    b" folded",
    b"\tfolded",
    b"\r",
    b"\n",
    b"\0",
    b": ",
    b"",
    "é".encode(),
)
ODD = (b"\r", b"\n", b"\0", b" ", b"\r\n", b":", b"t", b"\x7f")


def test_a_head_is_found_as_what_the_parser_reads() -> None:
    chance = random.Random(7)
    seen = [head(*LINES), head(*LINES, target=BULK), head(*LINES, b"accept-encoding: gzip")]
    heads = heads_after(*seen)
    traced = [head(*LINES[:2], TRACED[0], AN_ID, *LINES[2:]), head(*LINES, *TRACED, target=BULK)]
    forms = [heads.form(each, read(each)[0]) for each in (*seen, *traced)]  # type: ignore[index]
    found = formed = 0
    for _ in range(20_000):
        lines = list(LINES)
        for _ in range(chance.randrange(1, 4)):
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(PARTS))
        told = bytearray(head(*lines, target=chance.choice((SINGLE + "plain", BULK))))
        if chance.random() < 0.4:
            told = bytearray(chance.choice((*seen, *traced)))
        if chance.random() < 0.5:
            at = chance.randrange(len(told) - 4)
            told[at : at + chance.randrange(2)] = chance.choice(
                (b"\r", b"\n", b"\0", b" ", b"\r\n", b":", b"t", b"\x7f")
            )
        data = bytes(told)
        for form in forms:
            fits = form.find(data + b"{}")
            if fits is not None:
                formed += 1
                assert (fits[:2], fits[2]) == (read(data), len(data)), data
        known = heads.find(data)
        assert heads.find(data) == known == heads.find(data)
        if known is not None:
            found += 1
            assert known == read(data), data
        elif chance.random() < 0.05 and data.find(b"\r\n\r\n") == len(data) - 4 and (learnt := read(data)) is not None:
            heads.remember(data, *learnt)
    assert found > 1000
    assert formed > 1000


FORMED = head(*LINES, *TRACED, AN_ID)


def form() -> HeadForm:
    return heads_after(FORMED).form(FORMED, read(FORMED)[0])  # type: ignore[index]


def test_a_form_leaves_open_what_differs_from_request_to_request() -> None:
    plain = read(FORMED)[0]  # type: ignore[index]
    for length in (0, 9, 10, 100):
        body = b"x" * length
        told = FORMED.replace(b"content-length: 2", b"content-length: %d" % length).replace(AN_ID, b"x-request-id: y")
        told = told.replace(TRACED[0], b"traceparent: ")
        assert form().find(told + body) == (plain, b"y", len(told))
        for other in (body + b"x", body[1:] if body else b"x"):
            assert form().find(told + other) is None
    too_long = FORMED.replace(b"content-length: 2", b"content-length: 101")
    assert form().find(too_long + b"x" * 101) is None


def test_a_form_without_an_id_and_a_length_fits() -> None:
    bare = head(*LINES[:3], TRACED[0])
    plain = heads_after().form(bare, READER.read(b"/x", [], "http") or object())  # type: ignore[arg-type]
    assert plain.find(bare)[1:] == (None, len(bare))  # type: ignore[index]
    assert plain.find(bare + b"x") is None


LENGTH = b"content-length: 2"
CHANGES = {
    "no good id": (AN_ID, b"x-request-id: no good"),
    "two ids": (AN_ID, AN_ID + b"\r\n" + AN_ID),
    "an id in odd case": (AN_ID, b"X-REQUEST-ID: y"),
    "folded": (TRACED[0], TRACED[0] + b"\r\n folded"),
    "a return in it": (TRACED[0], b"traceparent: a\rx-api-key: b"),
    "a line break in it": (TRACED[0], b"traceparent: a\nx-api-key: b"),
    "a blank line in it": (TRACED[0], b"traceparent: a\r\n\r\nb"),
    "a NUL in it": (TRACED[0], b"traceparent: a\0"),
    "a space before the colon": (TRACED[0], b"traceparent : a"),
    "another header": (TRACED[0], b"x-api-key: b"),
    "a signed length": (LENGTH, b"content-length: +2"),
    "a list of lengths": (LENGTH, b"content-length: 2, 2"),
    "a space after the length": (LENGTH, b"content-length: 2 "),
    "two lengths": (LENGTH, b"content-length: 2\r\ncontent-length: 2"),
    "chunked": (LENGTH, b"content-length: 2\r\ntransfer-encoding: chunked"),
    "no length": (LENGTH, b"content-length: "),
    "a dot that is none": (b"host: edge.example", b"host: edge_example"),
    "an older version": (b"HTTP/1.1", b"HTTP/1.0"),
    "stars that are none": (b"*/*", b"xxx"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_another_form_does_not_fit(name: str) -> None:
    assert form().find(FORMED + b"{}") is not None
    assert form().find(FORMED.replace(*CHANGES[name]) + b"{}") is None


async def test_a_connection_whose_heads_are_alike_is_answered_as_the_slow_path_answers(
    both: tuple[RunningEdge, RunningEdge],
) -> None:
    requests = []
    for number in range(60):
        body = b'{"context": {"targetingKey": "%s"}}' % (b"u" * (number % 7 + number % 11 * 10))
        lines = [line for line in LINES if not line.startswith(b"content-length")]
        tracing = (b"traceparent: %x" % number, b"x-request-id: id-%d" % number)
        target = BULK if number % 25 == 24 else SINGLE + ("unknown" if number % 10 == 9 else "half")
        requests.append(head(*lines, b"content-length: %d" % len(body), *tracing, target=target) + body)
    fast, slow = [await exchange(each, *requests) for each in both]
    assert fast == slow
    assert await both[0].fast_answers() == sum(b" 200 OK" in answer for answer in fast)


@pytest.mark.parametrize("name", [*FOUND, *(name for name in UNKNOWN if name != "a long head")])
async def test_the_answer_is_that_of_the_slow_path(both: tuple[RunningEdge, RunningEdge], name: str) -> None:
    lines = FOUND.get(name) or UNKNOWN[name]
    plain = head(*LINES) + CONTEXTS[0]
    traced = [head(*lines, target=target) + CONTEXTS[0] for target in (SINGLE + "half", SINGLE + "plain", BULK)]
    new_id = re.compile(rb"x-request-id: [0-9a-f]{32}\r\n")
    answers = []
    for edge in both:
        found: list[Any] = []
        for each in (plain, *traced):
            answer = await edge.raw(plain, each, head(*LINES, b"connection: close") + CONTEXTS[0])
            found.append(re.sub(rb"date: [^\r]*\r\n|(?<=\"ageSeconds\":)\d+", b"", new_id.sub(b"", answer)))
        answers.append(found)
    assert answers[0] == answers[1]


async def test_requests_that_are_traced_never_see_the_parser_again(both: tuple[RunningEdge, RunningEdge]) -> None:
    fast = both[0]
    requests = [
        head(*LINES, b"traceparent: %d" % number, b"x-request-id: id-%d" % number) + CONTEXTS[0] for number in range(9)
    ]
    reads = 0
    requests_read = PlainRequests.read

    def counted(*arguments: Any) -> Any:
        nonlocal reads
        reads += 1
        return requests_read(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainRequests, "read", counted)
        answers = await exchange(fast, *requests)
    assert reads == 1
    assert [b"x-request-id: id-%d\r\n" % number in answer for number, answer in enumerate(answers)] == [True] * 9
