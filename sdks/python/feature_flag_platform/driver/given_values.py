"""Values that JSON has no form of, as commands write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Odd:
    """An object that can't be JSON."""


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "$date": lambda milliseconds: _EPOCH + timedelta(milliseconds=milliseconds),
    "$integer": int,
    "$number": float,
    "$set": lambda elements: {given(each) for each in elements},
    "$odd": lambda _: Odd(),
}


def given(value: Any) -> Any:
    """The value of a command, with each `{"$date": …}` and its like replaced by what it stands for."""
    if isinstance(value, list):
        return [given(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, inside = next(iter(value.items()))
        if name in _FORMS:
            return _FORMS[name](inside)
    return {name: given(each) for name, each in value.items()}
