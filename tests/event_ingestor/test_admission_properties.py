"""Whatever is sent: no error but the expected ones, no neighbour harmed, and what is accepted is what was meant."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import msgspec
from event_ingestor.admission import formats
from event_ingestor.admission.events import admit
from event_ingestor.admission.refusals import explain
from hypothesis import given, settings
from hypothesis import strategies as st
from messages.events import METRIC_VALUE_MAX
from service_kit.problems import BadRequest

from tests.event_ingestor.events import NOW, RULES, codes, exposure, judged, lines_of, metric

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
FIELDS = sorted(exposure() | metric())
CHANGES = st.dictionaries(st.sampled_from([*FIELDS, "other"]), VALUES | st.just(...), max_size=3)
EVENTS = st.one_of(CHANGES.map(lambda changes: metric(**changes)), CHANGES.map(lambda changes: exposure(**changes)))


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_judged(body: bytes, lines: bool) -> None:
    with suppress(BadRequest):
        admit(body, RULES, lines=lines)


@given(st.text(st.sampled_from('[]{}",:0\\ue\n atrue-.'), max_size=60), st.booleans())
def test_any_json_like_text_is_judged(text: str, lines: bool) -> None:
    with suppress(BadRequest):
        admit(text.encode(), RULES, lines=lines)


@given(st.binary())
def test_any_bytes_are_explained(text: bytes) -> None:
    assert explain(text).code


@settings(max_examples=300)
@given(st.lists(EVENTS | VALUES, min_size=1, max_size=4), st.integers(0, 4))
def test_an_event_is_judged_as_if_it_were_alone(events: list[Any], bad_at: int) -> None:
    """The fast way for whole batches and the slow one for single events agree, whoever stands beside."""
    alone = [judged(event, metric(event_id="neighbour")) for event in events]
    together = judged(*events, *[{}] * (bad_at % 2))
    assert codes(together)[: len(codes(together)) - bad_at % 2] == [
        (index, code) for index, each in enumerate(alone) for place, code in codes(each) if place == 0
    ]
    accepted = [line for each in alone for line in lines_of(each) if line["event_id"] != "neighbour"]
    key = lambda line: msgspec.json.encode(line, order="sorted")  # noqa: E731
    assert sorted(lines_of(together), key=key) == sorted(accepted, key=key)


@settings(max_examples=300)
@given(st.lists(EVENTS | VALUES, max_size=4), st.sampled_from(["[{}]", '{{"events": [{}]}}', "{}"]), st.booleans())
def test_a_body_gives_the_same_in_parts_as_at_once(values: list[Any], shape: str, lines: bool) -> None:
    separator = "\n" if shape == "{}" else ","
    body = shape.replace("{}", separator.join(map(json.dumps, values))).replace("{{", "{").replace("}}", "}").encode()
    found: list[Any] = []
    for at_once in (formats.AT_ONCE_BYTES, 0):
        with patch.object(formats, "AT_ONCE_BYTES", at_once):
            try:
                found.append(admit(body, RULES, lines=lines))
            except BadRequest as error:
                found.append((error.code, error.detail))
    assert found[0] == found[1]


@settings(max_examples=300)
@given(EVENTS)
def test_a_refusal_has_a_reason_of_its_own(event: dict[str, Any]) -> None:
    assert not {"malformed_event"} & {code for _, code in codes(judged(event, {}))}


FINITE = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ATTRIBUTES = st.dictionaries(
    TEXT.filter(bool), FINITE | TEXT | st.lists(FINITE | TEXT, max_size=3) | st.dictionaries(TEXT, FINITE, max_size=2)
)


@given(
    ATTRIBUTES,
    TEXT.filter(bool),
    st.floats(-METRIC_VALUE_MAX, METRIC_VALUE_MAX) | st.integers(-(10**15), 10**15),
    st.integers(NOW - 10**9, NOW),
)
def test_what_is_accepted_is_what_was_sent(attributes: dict[str, Any], user: str, value: float, time: int) -> None:
    sent = metric(properties=attributes, user_key=user[:512], value=value, timestamp=time)
    admission = admit(json.dumps([sent]).encode(), RULES)
    assert admission.rejected == ()
    (line,) = lines_of(admission)
    assert line == {name: each for name, each in sent.items() if name != "type"} | {"value": float(value)}
