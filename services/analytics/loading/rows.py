"""From the bytes of a batch to columns of rows. Pure; what is not an event becomes a rejected line, never an error.

A block is columns of one table, and knows for each row the line that it came from, so that a row which the
store refuses can be kept as it was received.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from messages.events import (
    EVENT_BYTES_MAX,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    Experiments,
    ExposureLine,
    MetricLine,
    UsageCount,
    UsageCounts,
    UsageLine,
)
from messages.generated.event_pb2 import EventBatch

from analytics.warehouse.tables import (
    EXPOSURE_COLUMNS,
    EXPOSURE_TABLE,
    METRIC_COLUMNS,
    METRIC_TABLE,
    MOMENT_FIELD,
    ORDER_COLUMN,
    USAGE_COLUMNS,
    USAGE_TABLE,
    WHOLE,
)

Kind = Literal["exposure", "metric", "usage"]
TABLES: dict[Kind, str] = {"exposure": EXPOSURE_TABLE, "metric": METRIC_TABLE, "usage": USAGE_TABLE}
COLUMNS: dict[Kind, dict[str, str]] = {
    "exposure": EXPOSURE_COLUMNS | {ORDER_COLUMN: WHOLE},
    "metric": METRIC_COLUMNS | {ORDER_COLUMN: WHOLE},
    "usage": USAGE_COLUMNS | {ORDER_COLUMN: WHOLE},
}

_ORDER_MAX = 2**64 - 1
_SEQUENCE_BITS, _LINE_BITS = 7, 14
"""Of what was received in one millisecond: the end of the message's sequence, and the line in it."""
_encode = msgspec.json.Encoder().encode

_DETAIL_MAX = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """The message a row came in."""

    organization_id: str
    project_id: str
    environment_id: str
    sdk_key_id: str
    received_at: int
    sequence: int

    @property
    def first_wins(self) -> int:
        """The rank of the message's first line; each further line's is one less."""
        order = self.received_at << _SEQUENCE_BITS | self.sequence % (1 << _SEQUENCE_BITS)
        return _ORDER_MAX - (order << _LINE_BITS)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is no event of its kind: `detail` says why, `raw` is the line as it came."""

    kind: Kind
    origin: Origin
    raw: bytes
    detail: str


@dataclass(slots=True)
class Block:
    """Rows of one table by columns, in the order of the table's columns."""

    kind: Kind
    columns: list[list[Any]]
    _starts: list[int] = field(default_factory=list)
    _runs: list[tuple[Origin, Sequence[bytes] | bytes]] = field(default_factory=list)

    @classmethod
    def empty(cls, kind: Kind) -> Block:
        return cls(kind, [[] for _ in COLUMNS[kind]])

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def table(self) -> str:
        return TABLES[self.kind]

    def typed_columns(self, start: int, stop: int) -> dict[str, tuple[str, list[Any]]]:
        """Rows `start <= row < stop` as name to (ClickHouse type, values)."""
        named = zip(COLUMNS[self.kind].items(), self.columns, strict=True)
        whole = start == 0 and stop == len(self)
        return {name: (kind, values if whole else values[start:stop]) for (name, kind), values in named}

    def append(self, origin: Origin, columns: list[list[Any]], lines: Sequence[bytes] | bytes) -> None:
        """Adds rows that came in one message; `lines` are theirs, split or still as one text."""
        self._starts.append(len(self))
        self._runs.append((origin, lines))
        for column, values in zip(self.columns, columns, strict=True):
            column.extend(values)

    def source(self, row: int) -> tuple[Origin, bytes]:
        """The message and the line that a row came from."""
        run = bisect_right(self._starts, row) - 1
        origin, lines = self._runs[run]
        if isinstance(lines, bytes):
            lines = list(_lines(lines))
        return origin, lines[row - self._starts[run]]

    def sources(self) -> Iterator[tuple[Origin, bytes]]:
        """The runs of rows with the bytes they came from, in order."""
        for origin, lines in self._runs:
            yield origin, lines if isinstance(lines, bytes) else b"\n".join(lines)


def origin_of(batch: EventBatch, sequence: int) -> Origin:
    return Origin(
        batch.organization_id,
        batch.project_id,
        batch.environment_id,
        batch.sdk_key_id,
        min(max(batch.received_at, TIMESTAMP_MIN), TIMESTAMP_MAX),
        sequence,
    )


def decode_into(block: Block, data: bytes, origin: Origin) -> list[RejectedLine]:
    """Adds the events in `data` (one JSON object per line) to the block; returns the lines that are none."""
    if not data:
        return []
    try:
        data.decode()
        events = _DECODERS[block.kind].decode_lines(data)
        columns = _columns(block.kind, events, origin)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        return _decode_each(block, data, origin)
    block.append(origin, columns, data)
    return []


def _decode_each(block: Block, data: bytes, origin: Origin) -> list[RejectedLine]:
    rejected: list[RejectedLine] = []
    kept: list[bytes] = []
    events = []
    for line in _lines(data):
        try:
            line.decode()
            event = _DECODERS[block.kind].decode(line)
            _columns(block.kind, [event], origin)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
            rejected.append(RejectedLine(block.kind, origin, line, str(error)[:_DETAIL_MAX]))
            continue
        events.append(event)
        kept.append(line)
    if events:
        block.append(origin, _columns(block.kind, events, origin), kept)
    return rejected


def _lines(data: bytes) -> Iterator[bytes]:
    return (line for line in data.split(b"\n") if line.strip())


def _columns(kind: Kind, events: list[Any], origin: Origin) -> list[list[Any]]:
    constant = (
        origin.received_at,
        origin.organization_id,
        origin.project_id,
        origin.environment_id,
        origin.sdk_key_id,
    )
    first = origin.first_wins
    last = first - (1 << _LINE_BITS) + 1
    ranks = [max(rank, last) for rank in range(first, first - len(events), -1)]
    return [*(read(events) for read in _READERS[kind]), *([value] * len(events) for value in constant), ranks]


def _lists(values: list[Experiments | None] | list[list[UsageCount]]) -> list[bytes]:
    """As JSON; nothing where the sender did not say."""
    return [b"" if value is None else _encode(value) for value in values]


def _json_objects(values: list[msgspec.Raw | None]) -> list[bytes]:
    """Raises ValueError for anything but an object (null is an empty one) or an object that is too large."""
    texts = [bytes(value) if value is not None else b"null" for value in values]
    for index, text in enumerate(texts):
        if text[:1] != b"{":
            if text != b"null":
                raise ValueError("context and properties must be JSON objects")
            texts[index] = b"{}"
        elif len(text) > EVENT_BYTES_MAX:
            raise ValueError(f"context and properties must be at most {EVENT_BYTES_MAX} bytes")
    return texts


def _reader(field: msgspec.structs.FieldInfo) -> Callable[[list[Any]], list[Any]]:
    """Reads a field of many lines as a column. Null is the field's default."""
    # Python reads an attribute that stands in code twice as fast as one by its name.
    otherwise = "" if field.required or field.default is None else f" or {field.default!r}"
    read: Callable[[list[Any]], list[Any]] = eval(f"lambda lines: [line.{field.name}{otherwise} for line in lines]")  # noqa: S307
    if field.type is msgspec.Raw:
        return lambda lines: _json_objects(read(lines))
    is_list = field.type in (Experiments | None, UsageCounts)
    return (lambda lines: _lists(read(lines))) if is_list else read


def _readers(line: Any) -> list[Callable[[list[Any]], list[Any]]]:
    """In the order of the table's columns, where the moment stands behind what is sent."""
    fields = {each.name: each for each in msgspec.structs.fields(line)}
    moment = fields.pop(MOMENT_FIELD)
    return [_reader(each) for each in (*fields.values(), moment)]


_LINES: dict[Kind, Any] = {
    "exposure": ExposureLine[msgspec.Raw],
    "metric": MetricLine[msgspec.Raw],
    "usage": UsageLine,
}
_READERS = {kind: _readers(line) for kind, line in _LINES.items()}
_DECODERS: dict[Kind, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(line) for kind, line in _LINES.items()}
