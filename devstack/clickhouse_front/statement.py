"""What a request asks of the engine: the statement, the rows that came with it, its settings and parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from .errors import SYNTAX_ERROR, UNKNOWN_SETTING, ClickHouseError

# Parameters that address the HTTP interface; every other name is a setting of the engine.
_HTTP_ONLY = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "close_session",
        "compress",
        "database",
        "decompress",
        "default_format",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    }
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

# An insert whose rows follow it. Where string literals could stand (functions, SELECT), the engine parses alone.
_INSERT_WITH_ROWS = re.compile(
    rb"""\s*(?P<head>INSERT\s+INTO\s+(?:TABLE\s+)?
          (?:`[^`]+`|"[^"]+"|[\w.])+(?:\.(?:`[^`]+`|"[^"]+"))?       # the table
          \s*(?:\([^()']*\))?                                         # its columns
          (?:\s+SETTINGS\s+[^()]*?)?)                                 # settings of this insert
        \s*(?:\bFORMAT\s+(?P<format>[A-Za-z0-9_]+)[ \t\r;]*(?:\n|\Z)|\bVALUES\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_FORMAT_AT_END = re.compile(rb"\bFORMAT\s+([A-Za-z0-9_]+)\s*;?\s*\Z", re.IGNORECASE)
_TAIL_BYTES = 256


@dataclass(frozen=True)
class Statement:
    """One statement, ready for the engine.

    `rows` are the bytes that follow an insert, in `rows_format`; None when the statement stands alone.
    """

    sql: bytes
    rows: memoryview | None
    rows_format: str
    result_format: str
    database: str | None
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    query_id: str
    read_only: bool


def read_statement(fields: Mapping[str, str], body: bytes, *, read_only: bool) -> Statement:
    """Read a request's fields (URL and form) and body. Raises `ClickHouseError` when there is no statement."""
    in_url = fields.get("query", "").encode()
    text = in_url + b"\n" + body if in_url and body else in_url or body
    if not text.strip():
        raise ClickHouseError.refused(SYNTAX_ERROR, "SYNTAX_ERROR", "Empty query")
    parameters = {name[6:]: value for name, value in fields.items() if name.startswith("param_")}
    sql, rows, rows_format = text, None, ""
    found = _INSERT_WITH_ROWS.match(text)
    if found is not None and not parameters:
        sql = found.group("head")
        rows = memoryview(text)[found.end() :]
        rows_format = (found.group("format") or b"Values").decode()
    return Statement(
        sql=sql,
        rows=rows,
        rows_format=rows_format,
        result_format=_result_format(sql, fields.get("default_format", "TabSeparated")),
        database=fields.get("database") or None,
        settings=_settings(fields),
        parameters=parameters,
        query_id=fields.get("query_id") or str(uuid4()),
        read_only=read_only,
    )


def _result_format(sql: bytes, default: str) -> str:
    if _NAME.match(default) is None:
        raise ClickHouseError.refused(73, "UNKNOWN_FORMAT", f"Unknown format {default[:64]!r}")
    named = _FORMAT_AT_END.search(sql[-_TAIL_BYTES:])
    return named.group(1).decode() if named is not None else default


def _settings(fields: Mapping[str, str]) -> dict[str, str]:
    settings = {}
    for name, value in fields.items():
        if name in _HTTP_ONLY or name.startswith("param_"):
            continue
        if _NAME.match(name) is None:
            raise ClickHouseError.refused(UNKNOWN_SETTING, "UNKNOWN_SETTING", f"Unknown setting {name[:64]!r}")
        settings[name] = value
    return settings
