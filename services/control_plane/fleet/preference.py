"""The preference `wait` of RFC 7240: how long a client would wait for an answer that says more."""

from __future__ import annotations

import re
from collections.abc import Iterable

WAIT_SECONDS_MAX = 30
_LENGTH_MAX = 1000
_PREFERENCES = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_SECONDS = re.compile(r'[0-9]{1,9}|"[0-9]{1,9}"')


def preferred_wait(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Seconds from 1 to 30; more is taken for 30. None without the preference, and for one that is malformed: RFC 7240
    has it ignored. Of several the first counts."""
    values = [value for name, value in headers if name == b"prefer"]
    text = b",".join(values).decode("latin-1")
    if not text or len(text) > _LENGTH_MAX:
        return None
    for preference in _PREFERENCES.findall(text):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip()
            wanted = int(seconds.strip('"')) if _SECONDS.fullmatch(seconds) else 0
            return min(wanted, WAIT_SECONDS_MAX) or None
    return None
