"""Points in time, exact: RFC 3339 text with an offset, or epoch milliseconds."""

from __future__ import annotations

import re
from functools import lru_cache
from math import floor, isfinite

from bucketing.flagset import Json

INSTANT_LENGTH_MAX = 256

Instant = tuple[int, str]
"""Whole seconds since the epoch, and the fraction's decimal digits without trailing zeros."""

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_SECONDS = 86_400


def _days_before_year(year: int) -> int:
    """Days from 1 January 0000 to 1 January of `year` in the proleptic Gregorian calendar."""
    last = year - 1
    return year * 365 + last // 4 - last // 100 + last // 400 + 1


_EPOCH_DAYS = _days_before_year(1970)


def _days(year: int, month: int, day: int) -> int | None:
    """Days since the epoch, None if there is no such date."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12:
        return None
    lengths = [*_MONTH_LENGTHS]
    lengths[1] += leap
    if not 1 <= day <= lengths[month - 1]:
        return None
    return _days_before_year(year) - _EPOCH_DAYS + sum(lengths[: month - 1]) + day - 1


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> Instant | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = match.groups()[6:]
    days = _days(year, month, day)
    offset = 0
    if sign is not None:
        if int(offset_hours) > 23 or int(offset_minutes) > 59:
            return None
        offset = (int(offset_hours) * 3600 + int(offset_minutes) * 60) * (1 if sign == "+" else -1)
    if days is None or hour > 23 or minute > 59 or second > 60:
        return None
    seconds = days * _DAY_SECONDS + hour * 3600 + minute * 60 + second - offset
    if second == 60 and seconds % _DAY_SECONDS != 0:
        return None
    return seconds, (fraction or "").rstrip("0")


def _parse_number(milliseconds: float) -> Instant | None:
    if isinstance(milliseconds, float) and not isfinite(milliseconds):
        return None
    seconds, thousandths = divmod(floor(milliseconds), 1000)
    return seconds, f"{thousandths:03d}".rstrip("0")


def parse_instant(value: Json) -> Instant | None:
    """A value that orders in time, or None if `value` is no point in time.

    Text must be RFC 3339 with an offset: any number of fraction digits, at most 256 characters in all; second
    60 only at the end of a UTC day, where a leap second can be, and it counts as the second after. A number is
    epoch milliseconds; a fraction of a millisecond is cut. A date alone, a time without an offset, digits in a
    string and a boolean are none.
    """
    kind = value.__class__
    if kind is str:
        return _parse_text(value) if len(value) <= INSTANT_LENGTH_MAX else None
    if kind is int or kind is float:
        return _parse_number(value)
    return None
