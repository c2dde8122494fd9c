"""Traces: what a request, a change or an event goes through, across processes.

Nothing is told and next to nothing is done until `use` was called, which `trace_export` does where an operator names a
collector. What is said in a span is names, numbers and ids of our own: never a key, a context or a text of somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Literal, NamedTuple, Protocol

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int | float | bool]

LINKS_MAX = 32
"""How many others a span names that stands for many."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[ -~]{0,64})?")
_SAMPLED = 1


class TraceIds(NamedTuple):
    """A place in a trace, as W3C's `traceparent` tells it."""

    trace_id: str
    span_id: str
    sampled: bool


class Span(Protocol):
    """A stretch of work in a trace. `recorded`: it is told to the collector."""

    @property
    def ids(self) -> TraceIds: ...

    @property
    def recorded(self) -> bool: ...

    def rename(self, name: str) -> None: ...

    def put(self, attributes: Attributes) -> None: ...

    def fail(self, reason: str) -> None:
        """`reason`: a name, such as an exception's, never a sentence."""

    def end(self) -> None: ...


class SpanRequest(NamedTuple):
    """What begins a span. `begun_at`: nanoseconds since the Unix epoch; None: now."""

    name: str
    kind: Kind
    parent: TraceIds | None
    links: Sequence[TraceIds]
    attributes: Attributes
    begun_at: int | None


class Tracing(Protocol):
    """Where spans go."""

    def begin(self, request: SpanRequest) -> Span: ...

    def close(self) -> None:
        """Tells what is left, within a moment."""


class _NoSpan:
    """In place of a span where nothing is traced."""

    ids = TraceIds("", "", sampled=False)
    recorded = False

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def put(self, attributes: Attributes) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass

    def end(self) -> None:
        pass


class _Entered:
    """A span that is the current one of its block."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token: Token[Span | None] = _current.set(self._span)
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        if kind is not None:
            self._span.fail(kind.__name__)
        self._span.end()


Entering = _Entered | _NoSpan
NO_SPAN = _NoSpan()
_current: ContextVar[Span | None] = ContextVar("span", default=None)
_tracing: Tracing | None = None


def use(tracing: Tracing | None) -> None:
    """From now on spans of this process go there; None: nowhere."""
    global _tracing  # noqa: PLW0603 - of a process, as its log is
    _tracing = tracing


def traced() -> bool:
    """Whether anything is traced in this process."""
    return _tracing is not None


def recording() -> bool:
    """Whether a part of what goes on here would be told."""
    if _tracing is None:
        return False
    around = _current.get()
    return around is not None and around.recorded


def close() -> None:
    """Tells the collector what is left. What begins later is told to nobody."""
    tracing = _tracing
    use(None)
    if tracing is not None:
        tracing.close()


def span(
    name: str,
    *,
    kind: Kind = "internal",
    parent: str = "",
    links: Sequence[str] = (),
    attributes: Attributes | None = None,
    begun_at: int | None = None,
) -> Entering:
    """A span for a `with`. `parent`, `links`: traceparents; without a parent it belongs to the span around it, and
    begins a trace where there is none."""
    if _tracing is None:
        return NO_SPAN
    above = read_traceparent(parent) if parent else _ids(_current.get())
    linked = [ids for each in links[:LINKS_MAX] if (ids := read_traceparent(each)) is not None]
    return _Entered(_tracing.begin(SpanRequest(name, kind, above, linked, attributes or {}, begun_at)))


def part(name: str, *, kind: Kind = "client", attributes: Attributes | None = None) -> Entering:
    """A span within the one around it; nothing where that is not told to anybody."""
    around = _current.get()
    if _tracing is None or around is None or not around.recorded:
        return NO_SPAN
    return _Entered(_tracing.begin(SpanRequest(name, kind, around.ids, (), attributes or {}, None)))


def current_ids() -> TraceIds | None:
    """Of the span that is under way here; None outside of one."""
    return _ids(_current.get())


def current_traceparent() -> str:
    """What the next process is told; empty outside of a span."""
    ids = current_ids()
    return "" if ids is None else traceparent_of(ids)


def traceparent_of(ids: TraceIds) -> str:
    return f"00-{ids.trace_id}-{ids.span_id}-{_SAMPLED if ids.sampled else 0:02x}"


def read_traceparent(text: str) -> TraceIds | None:
    """None for what is none."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None or text.startswith("ff") or (found[4] and text.startswith("00")):
        return None
    if not int(found[1], 16) or not int(found[2], 16):
        return None
    return TraceIds(found[1], found[2], bool(int(found[3], 16) & _SAMPLED))


def together(traceparents: Iterable[str | None]) -> tuple[str, list[str]]:
    """Of works that go on as one: whose trace that belongs to, the first that is told to anybody; and the others'."""
    found = [each for each in dict.fromkeys(traceparents) if each]
    found.sort(key=lambda each: (ids := read_traceparent(each)) is None or not ids.sampled)
    return (found[0], found[1 : LINKS_MAX + 1]) if found else ("", [])


def _ids(span: Span | None) -> TraceIds | None:
    return None if span is None else span.ids
