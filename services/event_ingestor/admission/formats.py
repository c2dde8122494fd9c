"""From the bytes of a request to its events: a JSON array, `{"events": [...]}`, NDJSON or a single event.

`decoding` reads everything and gives up at the first thing that is wrong; then `splitting` cuts the same bytes into the
text of each event, however broken its inside is, so that one event never costs its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from json import JSONDecoder
from json.scanner import make_scanner
from typing import Generic, TypeVar

import msgspec
from service_kit.fair_work import Steps
from service_kit.problems import BadRequest, TooLarge

from event_ingestor.admission.event_types import EVENTS_PER_REQUEST_MAX, Event

_LINE_BREAK = b"\n"
_WINDOW_BYTES = 4096
_DEPTH_MAX = 50_000
_STEP_EVENTS = 64
AT_ONCE_BYTES = 64 * 1024
"""A body of so many is decoded by one call, which takes a quarter of a millisecond."""
PART_EVENTS, _PART_BYTES = 128, 16 * 1024

T = TypeVar("T")
TextT = TypeVar("TextT", bytes, msgspec.Raw)


class _Envelope(msgspec.Struct, Generic[T], gc=False):
    events: list[T]


class _Shapes(Generic[T]):
    """The shapes in which a body may hold values of a kind."""

    def __init__(self, kind: type[T]) -> None:
        self.one: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)
        self._array: msgspec.json.Decoder[list[T]] = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._envelope: msgspec.json.Decoder[_Envelope[T]] = msgspec.json.Decoder(_Envelope[kind])  # type: ignore[valid-type]

    def found(self, body: bytes, *, lines: bool) -> list[T] | None:
        """Every value, or None where they can't be told for sure. Raises `UNDECODABLE`."""
        start = body.lstrip()[:1]
        if start == b"[":
            return self._array.decode(body)
        if not lines:
            try:
                return self._envelope.decode(body).events
            except UNDECODABLE:
                if _LINE_BREAK not in body:
                    raise
        values = self.one.decode_lines(body)
        # More or fewer than the lines: something is written over several of them, which only `splitting` judges.
        return values if len(values) == body.strip().count(_LINE_BREAK) + 1 else None


_events: _Shapes[Event] = _Shapes(Event)  # type: ignore[arg-type]
_texts = _Shapes(msgspec.Raw)
# Finds where a value ends; takes everything that looks like JSON, never builds big numbers.
_scan_once = make_scanner(
    JSONDecoder(strict=False, parse_int=len, parse_float=len, parse_constant=len)  # type: ignore[arg-type]
)
_blank = re.compile(r"[ \t\r\n]*").match
_line = re.compile(rb"[^ \t\r\n][^\r\n]*")
# A bracket, after everything that can't change the depth: strings, scalars, and brackets with only scalars inside.
_bracket = re.compile(r'(?:[^][{}"]++|"(?:[^"\\]++|\\.)*+"|\[[^][{}"]*+\]|\{[^][{}"]*+\})*+([][{}])', re.DOTALL).match
_string = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL).match

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding may raise."""


def decode_one(text: bytes | msgspec.Raw) -> Event:
    """One event. Raises `UNDECODABLE`."""
    return _events.one.decode(text)


def decoding(body: bytes, *, lines: bool) -> Steps[list[list[Event]] | None]:
    """Every event of the body, in parts that are a step's work each, or None when anything in it is not as it should
    be. `lines`: declared as NDJSON. Raises TooLarge for more than 5,000 events."""
    try:
        if len(body) <= AT_ONCE_BYTES:
            events = _events.found(body, lines=lines)
            return None if events is None else _even_parts(_few(events), len(body))
        texts = _texts.found(body, lines=lines)
        if texts is None:
            return None
        decoded: list[list[Event]] = []
        for part in parts(_few(texts), PART_EVENTS):
            yield
            decoded.append([decode_one(each) for each in part])
    except UNDECODABLE:
        return None
    return decoded


def parts(texts: Iterable[TextT], events_max: int) -> Iterator[list[TextT]]:
    """So many together, or fewer where they are long."""
    part: list[TextT] = []
    size = 0
    for text in texts:
        part.append(text)
        size += len(text)
        if len(part) == events_max or size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _even_parts(events: list[Event], size: int) -> list[list[Event]]:
    if size <= _PART_BYTES and len(events) <= PART_EVENTS:
        return [events]
    count = max(1, min(PART_EVENTS, len(events) * _PART_BYTES // size)) if events else 1
    return [events[start : start + count] for start in range(0, len(events), count)]


def _few(found: list[T]) -> list[T]:
    if len(found) > EVENTS_PER_REQUEST_MAX:
        raise _too_many()
    return found


def splitting(body: bytes, *, lines: bool) -> Steps[list[bytes]]:
    """The text of each event, its inside unchecked. Raises BadRequest (not JSON), TooLarge (over 5,000)."""
    # One character per byte, so that positions in the text are positions in the body.
    text = body.decode("latin-1")
    start = _skip_blank(text, 0)
    is_array = text.startswith("[", start)
    try:
        if is_array:
            found, end = yield from _array(body, text, start)
            if _skip_blank(text, end) != len(text):
                raise _NotOneDocument
            return found
        if text.startswith("{", start) and not lines:
            return (yield from _object(body, text, start))
    except _NotOneDocument:
        if is_array:
            raise not_json() from None
    found = _limited(each.group() for each in _line.finditer(body))
    if not found or (len(found) == 1 and not lines):
        raise not_json()
    return found


class _NotOneDocument(Exception):
    pass


def not_json() -> BadRequest:
    return BadRequest("neither a JSON array of events, nor an object with them, nor NDJSON", code="invalid_json")


def _too_many() -> TooLarge:
    return TooLarge(f"more than {EVENTS_PER_REQUEST_MAX} events in one request", code="too_many_events")


def _limited(texts: Iterable[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for each in texts:
        if len(found) == EVENTS_PER_REQUEST_MAX:
            raise _too_many()
        found.append(each)
    return found


def _skip_blank(text: str, position: int) -> int:
    found = _blank(text, position)
    return found.end() if found else position


def _end_of_value(text: str, position: int) -> int:
    """Where the JSON value at `position` ends."""
    # A window, because the scanner's error counts the lines of all the text that it was given.
    window = text[position : position + _WINDOW_BYTES]
    try:
        end = position + int(_scan_once(window, 0)[1])
    except (StopIteration, ValueError, RecursionError):
        return _end_by_brackets(text, position)
    return end if end < position + _WINDOW_BYTES else _end_by_brackets(text, position)


def _end_by_brackets(text: str, position: int) -> int:
    """Where the object, array or string at `position` ends, whatever else is in it."""
    if found := _string(text, position):
        return found.end()
    if not text.startswith(("{", "["), position):
        raise _NotOneDocument
    depth, position = 1, position + 1
    while 0 < depth <= _DEPTH_MAX and (found := _bracket(text, position)):
        depth += 1 if found.group(1) in "[{" else -1
        position = found.end()
    if depth != 0:
        raise _NotOneDocument
    return position


def _array(body: bytes, text: str, position: int) -> Steps[tuple[list[bytes], int]]:
    """The values of the array that begins at `position`, and where it ends."""
    found: list[bytes] = []
    position = _skip_blank(text, position + 1)
    if text.startswith("]", position):
        return found, position + 1
    while True:
        if len(found) == EVENTS_PER_REQUEST_MAX:
            raise _too_many()
        if len(found) % _STEP_EVENTS == 0:
            yield
        end = _end_of_value(text, position)
        found.append(body[position:end])
        position = _skip_blank(text, end)
        if text.startswith("]", position):
            return found, position + 1
        if not text.startswith(",", position):
            raise _NotOneDocument
        position = _skip_blank(text, position + 1)


def _object(body: bytes, text: str, start: int) -> Steps[list[bytes]]:
    """The values of the member `events` (the last of several), or the object itself when it has none."""
    found: list[bytes] | None = None
    position = _skip_blank(text, start + 1)
    while not text.startswith("}", position):
        colon = _skip_blank(text, _end_of_value(text, position))
        if not text.startswith('"', position) or not text.startswith(":", colon):
            raise _NotOneDocument
        value = _skip_blank(text, colon + 1)
        if not text.startswith('"events"', position):
            end = _end_of_value(text, value)
        elif text.startswith("[", value):
            found, end = yield from _array(body, text, value)
        else:
            raise BadRequest('"events" is not an array', code="invalid_json")
        position = _skip_blank(text, end)
        if text.startswith(",", position):
            position = _skip_blank(text, position + 1)
            if text.startswith("}", position):
                raise _NotOneDocument
        elif not text.startswith("}", position):
            raise _NotOneDocument
    if _skip_blank(text, position + 1) != len(text):
        raise _NotOneDocument
    return [body[start : position + 1]] if found is None else found
