"""The Native block of a query without rows: the engine leaves it out, ClickHouse's clients read the columns from it."""

from __future__ import annotations

import json
import re
from typing import Any

from .statement import Statement

_FORMAT_CLAUSE = re.compile(rb"\s+FORMAT\s+Native\s*;?\s*\Z", re.IGNORECASE)


def empty_block(connection: Any, statement: Statement) -> bytes:
    """Return a block of no rows with the names and types of the statement's columns; empty if it has none."""
    query = _FORMAT_CLAUSE.sub(b"", statement.sql).rstrip(b"; \t\r\n").decode()
    try:
        described = connection.query(
            f"DESCRIBE TABLE (\n{query}\n)", "JSONCompactEachRow", params=dict(statement.parameters)
        )
    except RuntimeError:  # a statement that can't stand inside another, like SHOW
        return b""
    columns = [json.loads(line)[:2] for line in bytes(described.bytes()).splitlines()]
    block = _length(len(columns)) + _length(0)
    for name, kind in columns:
        block += _text(name) + _text(kind)
    return block


def _text(text: str) -> bytes:
    raw = text.encode()
    return _length(len(raw)) + raw


def _length(number: int) -> bytes:
    """LEB128, as the Native format writes lengths."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
