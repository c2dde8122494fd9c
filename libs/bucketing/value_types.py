"""The types of a flag's values: what each takes."""

from __future__ import annotations

from math import isfinite

from bucketing.flagset import FlagType, Json
from bucketing.limits import INTEGER_MAX

EXPECTED = {
    FlagType.BOOLEAN: "true or false",
    FlagType.STRING: "a string",
    FlagType.INTEGER: f"an integer between -{INTEGER_MAX} and {INTEGER_MAX}",
    FlagType.NUMBER: "a number",
    FlagType.OBJECT: "an object or a list",
}


def is_number(value: Json) -> bool:
    """A finite number that a float can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False


def has_type(value: Json, flag_type: FlagType) -> bool:
    """Whether a flag of this type may have the value."""
    if flag_type is FlagType.BOOLEAN:
        return isinstance(value, bool)
    if flag_type is FlagType.STRING:
        return isinstance(value, str)
    if flag_type is FlagType.OBJECT:
        return isinstance(value, dict | list)
    if flag_type is FlagType.INTEGER:
        return is_number(value) and value == int(value) and abs(value) <= INTEGER_MAX
    return is_number(value)
