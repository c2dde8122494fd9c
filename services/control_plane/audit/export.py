"""Exports of the audit log: NDJSON and CSV, piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal

import msgspec

from control_plane.audit.schemas import AuditEntryView

Format = Literal["ndjson", "csv"]
MEDIA_TYPES: dict[Format, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
COLUMNS = (
    "number",
    "at",
    "summary",
    "actor_kind",
    "actor_id",
    "actor_name",
    "on_behalf_of",
    "right",
    "reason",
    "project",
    "environments",
    "entity",
    "entity_key",
    "action",
    "address",
    "request_id",
    "patch",
    "before",
    "after",
    "previous_hash",
    "hash",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula, or that breaks out of the cell before it."""


async def exported(
    pieces: AsyncIterator[Sequence[AuditEntryView]], form: Format, *, begins: bool
) -> AsyncIterator[bytes]:
    """The bytes of an export. `begins`: it is no continuation, so a CSV has its line of names."""
    rendered: Callable[[AuditEntryView], str] = _csv_line if form == "csv" else _json_line
    if form == "csv" and begins:
        yield _csv(COLUMNS).encode()
    async for piece in pieces:
        yield "".join(rendered(entry) for entry in piece).encode()


def _json_line(entry: AuditEntryView) -> str:
    return entry.model_dump_json() + "\n"


def _csv_line(entry: AuditEntryView) -> str:
    given = {
        **entry.model_dump(mode="json"),
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "on_behalf_of": entry.on_behalf_of.name if entry.on_behalf_of else None,
        "environments": " ".join(entry.environments),
    }
    return _csv([_cell(given[name]) for name in COLUMNS])


def _cell(value: Any) -> str:
    """As text that a spreadsheet shows and never computes."""
    if value is None:
        return ""
    text = msgspec.json.encode(value).decode() if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
