"""Uploaded lists: a key on each line, read as they arrive and told by the number of the line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from bucketing.limits import UNIT_KEY_BYTES_MAX
from service_kit.problems import FieldError, InvalidInput

from control_plane.segments.list_edits import KeyPartition

FORMS = ("text/csv", "application/x-ndjson", "text/plain")
_LINE_BYTES_MAX = 16 * 1024
_ERRORS_MAX = 20
_HEADER = "key"
_decode: Callable[[bytes], Any] = msgspec.json.Decoder().decode


class KeyFile:
    """The lines of one file. Raises `InvalidInput` as soon as there is too much wrong with it."""

    def __init__(self, form: str) -> None:
        self._read = _READERS[form]
        self._header = form == "text/csv"
        self._rest = b""
        self._line = 0
        self._errors: list[FieldError] = []
        self.keys = KeyPartition()

    def feed(self, data: bytes) -> None:
        """Takes the next piece, wherever it is cut."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._take(line)
        if len(self._rest) > _LINE_BYTES_MAX:
            self._line += 1
            self._refuse("too_long", f"a line holds at most {_LINE_BYTES_MAX} bytes")
            raise InvalidInput(self._errors)

    def end(self) -> KeyPartition:
        """All keys, once there is nothing more to come."""
        rest, self._rest = self._rest, b""
        if rest:
            self._take(rest)
        if self._errors:
            raise InvalidInput(self._errors)
        return self.keys

    def _take(self, line: bytes) -> None:
        self._line += 1
        if self._line == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.removesuffix(b"\r")
        if not line:
            return
        try:
            key = self._read(line)
        except UnicodeDecodeError:
            self._refuse("encoding", "is not UTF-8")
            return
        except ValueError as error:
            self._refuse("form", str(error))
            return
        if self._line == 1 and self._header and key == _HEADER:
            return
        if not key:
            self._refuse("empty", "has no key")
        elif "\0" in key:
            self._refuse("nul", "holds NUL")
        elif len(key.encode()) > UNIT_KEY_BYTES_MAX:
            self._refuse("too_long", f"a key holds at most {UNIT_KEY_BYTES_MAX} bytes")
        else:
            self.keys.add(key)

    def _refuse(self, code: str, reason: str) -> None:
        self._errors.append(FieldError(f"line {self._line}", code, reason))
        if len(self._errors) >= _ERRORS_MAX:
            raise InvalidInput(self._errors)


def _plain(line: bytes) -> str:
    return line.decode()


def _first_column(line: bytes) -> str:
    text = line.decode()
    if '"' not in text:
        return text.partition(",")[0]
    try:
        [columns] = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        raise ValueError("is no CSV: a quoted key ends on its line") from None
    return columns[0]


def _ndjson(line: bytes) -> str:
    """A text, or an object with `key`."""
    try:
        read = _decode(line)
    except (msgspec.MsgspecError, RecursionError):
        raise ValueError("is no JSON") from None
    key = read.get("key") if isinstance(read, dict) else read
    if not isinstance(key, str):
        raise ValueError('must be a string, or an object with a string "key"')
    key.encode()
    return key


_READERS: Mapping[str, Callable[[bytes], str]] = {
    "text/csv": _first_column,
    "application/x-ndjson": _ndjson,
    "text/plain": _plain,
}
