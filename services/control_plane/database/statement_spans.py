"""Statements as spans: what kind of statement of which table, never its values."""

from __future__ import annotations

import re
from functools import lru_cache

from service_kit.traces import NO_SPAN, Entering, part, recording

_ATTRIBUTES = {"db.system.name": "postgresql"}
_WRITE = re.compile(r"(?<!FOR )(?<!DO )\b(INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)")
_READ = re.compile(r"\bFROM\s+([a-z_]+)")


def statement_span(sql: str) -> Entering:
    """Nothing outside of a span that is told."""
    return part(summary(sql), attributes=_ATTRIBUTES) if recording() else NO_SPAN


@lru_cache(maxsize=2048)
def summary(sql: str) -> str:
    """What changes something tells more than what it reads beside that."""
    if write := _WRITE.search(sql):
        return f"{write[1]} {write[2]}"
    verb = sql.split(None, 1)[0]
    read = _READ.search(sql)
    return f"SELECT {read[1]}" if read else verb
