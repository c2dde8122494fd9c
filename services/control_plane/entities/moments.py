"""Moments as the API has them: RFC 3339 with an offset or epoch milliseconds in, RFC 3339 in UTC out."""

from __future__ import annotations

from datetime import UTC, datetime

from bucketing.instants import parse_instant
from service_kit.problems import FieldError, InvalidInput

_YEAR_10000_SECONDS = 253_402_300_800


def epoch_milliseconds(moment: str | int, field: str) -> int:
    """Raises `InvalidInput` that names the field."""
    instant = parse_instant(moment)
    if instant is None or not 0 < instant[0] < _YEAR_10000_SECONDS:
        reason = "must be a date and time with an offset (RFC 3339) or epoch milliseconds, after 1970 and before 10000"
        raise InvalidInput([FieldError(field, "date", reason)])
    seconds, fraction = instant
    return seconds * 1000 + int(fraction[:3].ljust(3, "0"))


def rfc3339(milliseconds: int) -> str:
    """Epoch milliseconds as a date and time in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
