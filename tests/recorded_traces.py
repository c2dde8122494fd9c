"""Where spans go in tests of one part: they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from secrets import token_hex

from service_kit import traces
from service_kit.traces import Attributes, SpanRequest, TraceIds


@dataclass
class RecordedSpan:
    """As it was begun; what became of it."""

    request: SpanRequest
    ids: TraceIds
    name: str
    attributes: dict[str, str | int | float | bool]
    failure: str = ""
    ended: bool = False

    @property
    def recorded(self) -> bool:
        return self.ids.sampled

    def rename(self, name: str) -> None:
        self.name = name

    def put(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def fail(self, reason: str) -> None:
        self.failure = reason

    def end(self) -> None:
        self.ended = True


@dataclass
class RecordedTraces:
    """Samples as the parent was, and whatever has none."""

    spans: list[RecordedSpan] = field(default_factory=list)
    closed: bool = False

    def begin(self, request: SpanRequest) -> RecordedSpan:
        parent = request.parent or TraceIds(token_hex(16), "", sampled=True)
        ids = TraceIds(parent.trace_id, token_hex(8), parent.sampled)
        begun = RecordedSpan(request, ids, request.name, dict(request.attributes))
        self.spans.append(begun)
        return begun

    def close(self) -> None:
        self.closed = True


@contextmanager
def recorded_traces() -> Iterator[RecordedTraces]:
    recorded = RecordedTraces()
    traces.use(recorded)
    try:
        yield recorded
    finally:
        traces.use(None)


def some_traceparent(*, sampled: bool = True) -> str:
    return traces.traceparent_of(TraceIds(token_hex(16), token_hex(8), sampled))
