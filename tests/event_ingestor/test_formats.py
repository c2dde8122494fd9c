"""The shapes in which a request may hold its events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from event_ingestor.admission import events, formats, taken
from event_ingestor.admission.event_types import EVENTS_PER_REQUEST_MAX
from event_ingestor.admission.events import admission, admit
from service_kit.problems import BadRequest, TooLarge

from tests.event_ingestor.events import RULES, codes, metric

Write = Callable[[list[Any]], bytes]


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


WRITERS: dict[str, tuple[Write, bool]] = {
    "array": (text, False),
    "array declared as lines": (text, True),
    "pretty array": (lambda events: json.dumps(events, indent=1).encode(), False),
    "array with blanks around": (lambda events: b" \r\n\t" + text(events) + b"\n ", False),
    "envelope": (lambda events: text({"sent_at": [{}], "events": events, "sdk": {"a": "]}"}}), False),
    "pretty envelope": (lambda events: json.dumps({"events": events}, indent=1).encode(), False),
    "lines": (lambda events: b"\n".join(map(text, events)), True),
    "lines by looking": (lambda events: b"\n".join(map(text, events)) + b"\n", False),
    "lines of windows": (lambda events: b"\r\n".join(map(text, events)) + b"\r\n", True),
    "lines with blank ones": (lambda events: b"\n\n  \n".join([b"", *map(text, events), b""]), True),
}
SEVERAL = [metric(event_id="a"), metric(event_id="b"), metric(event_id="c")]


@pytest.fixture(params=["small", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How bodies are read: all at once, or in parts."""
    if request.param == "large":
        monkeypatch.setattr(formats, "AT_ONCE_BYTES", 0)
    return str(request.param)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "bad",
    [None, metric(value="x"), metric(user_key="\ud800"), 7, "text", ["]", "\"'"]],
    ids=["none is bad", "wrong value", "surrogate", "number", "text", "list"],
)
def test_every_shape_gives_the_same_events(name: str, bad: Any) -> None:
    write, lines = WRITERS[name]
    events = SEVERAL if bad is None else [SEVERAL[0], bad, *SEVERAL[1:]]
    admission = admit(write(events), RULES, lines=lines)
    assert admission.metric_count == 3
    assert [index for index, _ in codes(admission)] == ([] if bad is None else [1])


@pytest.mark.parametrize("lines", [False, True])
def test_a_single_event_needs_no_array(lines: bool) -> None:
    assert admit(text(metric()), RULES, lines=lines).metric_count == 1


@pytest.mark.parametrize("body", [b"[]", b' {"events": []} ', b"[ ]", b'{"events": [{}], "events": []}'])
def test_no_events_are_fine(body: bytes) -> None:
    admission = admit(body, RULES)
    assert (admission.accepted, admission.rejected) == (0, ())


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"hello",
        b"hello\nworld\n",
        b"null",
        b"17",
        b'"text"',
        b"[",
        b"[}",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1]]",
        b"[1] x",
        b"{",
        b'{"events": [',
        b'{"events": []',
        b'{"events": [],}',
        b'{"events": []} {}',
        b'{"events": {}}',
        b'{"events": 1}',
        b'{"events"; []}',
        b"{events: []}",
        b"[{broken}, {too}]",
        b"[" + text(metric()) + b', {"cut": "of',
        b"[" * 300_000,
        b"\xff\xfe[]",
    ],
    ids=lambda body: body[:30].decode("latin-1"),
)
def test_what_is_not_json_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        admit(body, RULES)
    assert refused.value.code == "invalid_json"


@pytest.mark.usefixtures("size")
def test_an_event_that_is_not_json_costs_itself_alone() -> None:
    good = text(metric())
    for bad in (b'{"a": tru}', b'{"a": "\\x"}', b"{'a': 1}", b'{"a": "\n"}', b"[nan]"):
        admission = admit(b"[" + good + b"," + bad + b"," + good + b"]", RULES)
        assert codes(admission) == [(1, "invalid_json")]
        assert admission.metric_count == 2


@pytest.mark.usefixtures("size")
def test_an_object_over_several_lines_is_not_ndjson() -> None:
    body = text(metric()) + b"\n" + json.dumps(metric(), indent=1).encode()
    admission = admit(body, RULES, lines=True)
    assert admission.metric_count == 1
    assert {code for _, code in codes(admission)} <= {"invalid_json", "wrong_type"}


@pytest.mark.usefixtures("size")
def test_two_events_on_a_line_are_one_bad_line() -> None:
    body = text(metric()) + b"\n" + text(metric()) * 2
    admission = admit(body, RULES, lines=True)
    assert (admission.metric_count, codes(admission)) == (1, [(1, "invalid_json")])


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("last", [metric(), 7], ids=["good last", "bad last"])
def test_the_number_of_events_is_limited(name: str, last: Any) -> None:
    write, lines = WRITERS[name]
    most = [metric()] * (EVENTS_PER_REQUEST_MAX - 1)
    admission = admit(write([*most, last]), RULES, lines=lines)
    assert admission.accepted + len(admission.rejected) == EVENTS_PER_REQUEST_MAX
    with pytest.raises(TooLarge) as refused:
        admit(write([*most, metric(), last]), RULES, lines=lines)
    assert refused.value.code == "too_many_events"


DONE_WITH_EVENTS = ["decoded", "judged", "written"]


@pytest.mark.parametrize("what", DONE_WITH_EVENTS)
@pytest.mark.parametrize(
    ("event", "count", "per_step"),
    [
        pytest.param(metric(), 5000, 128, id="short events"),
        pytest.param(metric(properties={"filling": "x" * 1000}), 2000, 16, id="long events"),
        pytest.param(metric(properties={"filling": "x" * 20_000}), 200, 1, id="very long events"),
    ],
)
def test_no_step_holds_more_than_a_part_of_a_request(
    what: str, event: Any, count: int, per_step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def counted(function: Callable[..., Any], size: Callable[..., int]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            done[-1] += size(*arguments)
            return function(*arguments)

        return call

    owner, name, size = {
        "decoded": (formats, "decode_one", lambda _: 1),
        "judged": (events.Judge, "line", lambda *_: 1),
        "written": (taken, "_encode_lines", len),
    }[what]
    monkeypatch.setattr(owner, name, counted(getattr(owner, name), size))
    done.append(0)
    done.extend(0 for _ in admission(text([event] * count), RULES))
    assert sum(done) == count
    assert max(done) <= per_step
