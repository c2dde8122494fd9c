"""Errors as ClickHouse reports them: a number, a name, a sentence, and the HTTP status that goes with them.

`ClickHouseError`: everything the front or the engine refuses.
"""

from __future__ import annotations

import re

_ENGINE_MESSAGE = re.compile(r"Code: (\d+)\. DB::Exception: .*", re.DOTALL)
_NOT_FOUND = {46, 47, 60, 81, 218}
_BAD_REQUEST = {6, 27, 26, 33, 36, 38, 41, 43, 53, 62, 69, 70, 72, 115, 117, 207, 386, 456, 457}
_FORBIDDEN = {164}
_STATUS = {
    **dict.fromkeys(_NOT_FOUND, 404),
    **dict.fromkeys(_BAD_REQUEST, 400),
    **dict.fromkeys(_FORBIDDEN, 403),
    48: 501,
    159: 408,
    241: 503,
    307: 413,
}

BAD_ARGUMENTS = 36
CANNOT_DECOMPRESS = 271
NOT_IMPLEMENTED = 48
READONLY = 164
SYNTAX_ERROR = 62
TOO_MANY_BYTES = 307
UNKNOWN_SETTING = 115


class ClickHouseError(Exception):
    """A refused statement; `code` is ClickHouse's number, `status` the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.status = _STATUS.get(code, 500)
        super().__init__(message)

    @classmethod
    def refused(cls, code: int, name: str, reason: str) -> ClickHouseError:
        """An error that the front finds itself, worded like the engine's own."""
        return cls(code, f"Code: {code}. DB::Exception: {reason} ({name})")

    @classmethod
    def from_engine(cls, error: Exception) -> ClickHouseError:
        """Read the engine's own words; without a number in them the code is 1002 (unknown exception)."""
        text = str(error)
        found = _ENGINE_MESSAGE.search(text)
        if found is None:
            return cls(1002, f"Code: 1002. DB::Exception: {text} (UNKNOWN_EXCEPTION)")
        return cls(int(found.group(1)), found.group(0).strip())
