"""Users as evaluation contexts: what a program has at hand becomes JSON, and nothing in it raises."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from collections.abc import Set as AnySet
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any
from uuid import UUID

TARGETING_KEY = "targetingKey"
DEPTH_MAX = 32
_PLAIN = frozenset({str, int, bool, type(None)})
"""Classes whose objects are JSON as they are."""
_MISSING: Any = object()

Context = dict[str, Any]


class Contexts:
    """Makes contexts. `left_out` is told the name of each attribute that can't be JSON."""

    def __init__(self, left_out: Callable[[str], None]) -> None:
        self._left_out = left_out

    def of(self, user: Any) -> Any:
        """The context of a user: a text (the targeting key), an object with `key` and `attributes`, an evaluation
        context (`targetingKey` and attributes side by side), or None for nobody.

        A mapping or an object that has a `key` and no targeting key is the second form; what else it has is passed
        over, and so is a targeting key among its attributes. What is no user at all comes back as it is, and the
        engine says INVALID_CONTEXT of it. The context is only to be read: it may be the user's own mapping."""
        kind = user.__class__
        if kind is str or kind is int:
            return {TARGETING_KEY: user}
        if kind is dict:
            if "key" in user and TARGETING_KEY not in user:
                key, attributes = user["key"], user.get("attributes")
                if attributes.__class__ is not dict or key is None:
                    return self._joined(key, attributes)
                given = {**attributes, TARGETING_KEY: key}
                return given if _PLAIN.issuperset(map(type, given.values())) else self._members(given)
            return self._plain(user)
        if user is None:
            return {}
        if isinstance(user, Mapping):
            return self.of(dict(user))
        return self._of_object(user)

    def attributes(self, given: Mapping[str, Any]) -> Context:
        """A mapping as JSON, whatever its names mean."""
        return self._plain(dict(given))

    def _of_object(self, user: Any) -> Any:
        if isinstance(user, str | UUID) or (isinstance(user, Integral) and not isinstance(user, bool)):
            return {TARGETING_KEY: self._converted(user, 1)}
        for name in ("targeting_key", "key"):
            key = getattr(user, name, _MISSING)
            if key is not _MISSING:
                return self._joined(key, getattr(user, "attributes", None))
        return user

    def _joined(self, key: Any, attributes: Any) -> Context:
        given = dict(attributes) if isinstance(attributes, Mapping) else {}
        given.pop(TARGETING_KEY, None)
        if key is not None:
            given[TARGETING_KEY] = key
        return self._plain(given)

    def _plain(self, given: Context) -> Context:
        return given if _PLAIN.issuperset(map(type, given.values())) else self._members(given)

    def _members(self, given: Mapping[Any, Any]) -> Context:
        context = {}
        for name, value in given.items():
            kept = value if value.__class__ in _PLAIN else self._converted(value, 1)
            if kept is _MISSING or not isinstance(name, str):
                self._left_out(str(name))
            else:
                context[name] = kept
        return context

    def _converted(self, value: Any, depth: int) -> Any:
        """As JSON; `_MISSING` for what can't be, or is nested too deep. Parts that can't be are left out of a whole."""
        kind = value.__class__
        if kind in _PLAIN:
            return value
        if kind is float:
            return value if math.isfinite(value) else _MISSING
        if depth > DEPTH_MAX:
            return _MISSING
        if isinstance(value, Mapping):
            parts = {str(name): self._converted(each, depth + 1) for name, each in value.items()}
            self._tell_of({name for name, each in parts.items() if each is _MISSING})
            return {name: each for name, each in parts.items() if each is not _MISSING}
        if isinstance(value, list | tuple | AnySet):
            elements = [self._converted(each, depth + 1) for each in value]
            return [each for each in elements if each is not _MISSING]
        return _scalar(value)

    def _tell_of(self, names: set[str]) -> None:
        for name in names:
            self._left_out(name)


def _scalar(value: Any) -> Any:
    """A text or a number for an object that stands for one."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Enum):
        return value.value if value.value.__class__ in _PLAIN else _MISSING
    if isinstance(value, date):
        return _moment(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else _finite(value)
    if isinstance(value, Real):
        return _finite(value)
    return _MISSING


def _finite(value: Decimal | Real) -> Any:
    number = float(value)
    return number if math.isfinite(number) else _MISSING


def _moment(value: date) -> str:
    """RFC 3339 in UTC. One without a zone is local time, as everywhere in Python; a day alone is its first moment."""
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00Z"
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
