"""The values of settings: from the text of a variable, or from what a program gives, to what the class declares.

`Annotated` says more of a value: how it is made (`Reads`), what it lies between, and what it must be (`Checks`). What
can't be used is a ValueError, whose sentence is for people and never has the value.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from service_kit.truths import truth


class Secret:
    """A text that is never shown by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({'**********' if self._text else ''!r})"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Reads:
    """Makes the value of what is given, whatever the annotated type is."""

    make: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Checks:
    """What follows the reading: answers the value to take, or raises ValueError."""

    check: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        return self.check(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The range of a number: at least, more than, at most."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None

    def __call__(self, value: Any) -> Any:
        inside = (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
        )
        if not inside:
            bounds = {"at least": self.ge, "more than": self.gt, "at most": self.le}
            raise ValueError(
                "must be " + " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
            )
        return value


def read_value(kind: Any, given: Any) -> Any:
    """What is given as a value of the annotated kind. Raises ValueError."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        makes = [each.make for each in parts[1:] if isinstance(each, Reads)]
        value = makes[-1](given) if makes else read_value(parts[0], given)
        for each in parts[1:]:
            if isinstance(each, Between | Checks):
                value = each(value)
        return value
    if origin in (Union, types.UnionType):
        (present,) = (each for each in parts if each is not types.NoneType)
        return None if given is None else read_value(present, given)
    if origin is Literal:
        if given not in parts:
            raise ValueError(f"must be one of {', '.join(map(str, parts))}")
        return given
    return _READERS[kind](given)


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError("must be a text")
    return given


def _secret(given: Any) -> Secret:
    return given if isinstance(given, Secret) else Secret(_text(given))


def _path(given: Any) -> Path:
    return given if isinstance(given, Path) else Path(_text(given))


def _truth(given: Any) -> bool:
    value = given if isinstance(given, bool) else truth(_text(given).strip())
    if value is None:
        raise ValueError("must be true or false")
    return value


def _whole(given: Any) -> int:
    try:
        if isinstance(given, str | int) and not isinstance(given, bool):
            return int(given)
    except ValueError:
        pass
    raise ValueError("must be a whole number")


def _number(given: Any) -> float:
    try:
        if isinstance(given, str | int | float) and not isinstance(given, bool):
            number = float(given)
            if math.isfinite(number):
                return number
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a number")


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _truth,
    Secret: _secret,
    Path: _path,
}
