"""Ranges of users' keys, so that what one query does stays small however many users there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyRange:
    """From `begin` until before `end`, in the order of bytes; empty: without that end."""

    begin: str = ""
    end: str = ""

    @property
    def condition(self) -> str:
        """SQL: whether a row is of one of these users."""
        ends = ("user_key >= {key_begin:String}", self.begin), ("user_key < {key_end:String}", self.end)
        return " AND ".join(text for text, key in ends if key) or "1"

    def parameters(self) -> dict[str, str]:
        return {"key_begin": self.begin, "key_end": self.end}


EVERYBODY = KeyRange()


def ranges_between(borders: Sequence[str]) -> Iterator[KeyRange]:
    """All keys, in ranges that end at the borders, which are in their order."""
    begin = ""
    for border in borders:
        yield KeyRange(begin, border)
        begin = border
    yield KeyRange(begin)
