"""Values as a flag's type writes them."""

from __future__ import annotations

from typing import Any


def in_type(value: Any, flag_type: str) -> Any:
    """A number of a flag of type number is a float, one of type integer has no fraction; others stay as they are.

    A value that isn't of the type stays as it is, too: refusing it is the validation's business.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if flag_type == "number":
        return float(value)
    if flag_type == "integer" and value == int(value):
        return int(value)
    return value
