"""Points in time: RFC 3339 texts of any year and any number of fraction digits, and epoch milliseconds."""

from __future__ import annotations

from bucketing.instants import INSTANT_LENGTH_MAX, Instant

from analytics.warehouse.filters.numbers import number_test
from analytics.warehouse.filters.parameters import Parameters

_TEXT = (
    r"^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$"
)
_EPOCH_DAYS = 719_528
"""From 1 January 0000."""
_LEAP = "(n[1] % 4 = 0 AND (n[1] % 100 != 0 OR n[1] % 400 = 0))"
_LEAP_YEARS_BEFORE = "(intDiv(n[1] + 3, 4) - intDiv(n[1] + 99, 100) + intDiv(n[1] + 399, 400))"
_DAYS = (
    f"(n[1] * 365 + {_LEAP_YEARS_BEFORE} - {_EPOCH_DAYS} "
    f"+ [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][n[2]] + (n[2] > 2 AND {_LEAP}) + n[3] - 1)"
)
_SECONDS = f"({_DAYS} * 86400 + n[4] * 3600 + n[5] * 60 + n[6] - (n[9] * 3600 + n[10] * 60) * if(g[8] = '-', -1, 1))"
_IS_DATE = (
    "n[2] BETWEEN 1 AND 12 AND n[3] >= 1 "
    f"AND n[3] <= [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][n[2]] + (n[2] = 2 AND {_LEAP}) "
    "AND n[4] <= 23 AND n[5] <= 59 AND n[6] <= 60 AND n[9] <= 23 AND n[10] <= 59"
)


def instant_test(comparison: str, instant: Instant, parameters: Parameters) -> str:
    """`comparison` is < or >."""
    seconds, fraction = instant
    held = f"({parameters.add(seconds, 'Int128')}, {parameters.add(fraction, 'String')})"
    told = "(toInt128(s), replaceRegexpOne(g[7], '0+$', ''))"
    compared = f"arrayExists(s -> (n[6] < 60 OR s % 86400 = 0) AND {told} {comparison} {held}, [{_SECONDS}])"
    text = (
        f"item.1 = 'String' AND length(item.2) <= {INSTANT_LENGTH_MAX} AND arrayExists(g -> notEmpty(g) AND "
        f"arrayExists(n -> {_IS_DATE} AND {compared}, [arrayMap(t -> toInt64OrZero(t), g)]), "
        f"[extractGroups(item.2, '{_TEXT}')])"
    )
    return f"(({text}) OR {_number(comparison, instant, parameters)})"


def _number(comparison: str, instant: Instant, parameters: Parameters) -> str:
    """A number counts down to its whole milliseconds: below the instant, or beyond the millisecond that holds it."""
    seconds, fraction = instant
    held = seconds * 1000 + int(f"{fraction:0<3}"[:3])
    if comparison == "<":
        return number_test("<", held + bool(fraction[3:]), parameters)
    return number_test(">=", held + 1, parameters)
