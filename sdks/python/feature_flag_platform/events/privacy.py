"""What of a user leaves the process: keys, hashed where that is wanted, and the attributes that exposures name."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bucketing.attributes import lookup

from feature_flag_platform.evaluation.contexts import TARGETING_KEY

KEY_LENGTH_MAX = 512
TEXT_LENGTH_MAX = 256
LIST_LENGTH_MAX = 20
_DOT = re.compile(r"\.")
_INTEGERS = range(-(2**63), 2**63)
_UNFIT = re.compile("[\0\ud800-\udfff]")


class Privacy:
    """`private`: names of attributes that never leave. `secret`: what keys are hashed with, None to tell them as they
    are."""

    def __init__(self, private: Iterable[str], secret: str | None) -> None:
        self._private = frozenset(private)
        self._secret = None if secret is None else secret.encode()

    def is_tellable(self, key: str) -> bool:
        """Whether an ingestor takes this key of a user, as events tell it."""
        return self._secret is not None or len(key) <= KEY_LENGTH_MAX

    def hides_unit(self, bucket_by: str) -> bool:
        """Whether the unit that this attribute gives is told to nobody."""
        return self._secret is None and self._is_private(bucket_by)

    def key(self, key: str) -> str:
        """A user's or unit's key as events tell it."""
        if self._secret is None:
            return clean(key)
        return hmac.new(self._secret, clean(key).encode(), hashlib.sha256).hexdigest()

    def shown(self, context: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """The attributes of these names: texts, numbers, truth values and lists of them, as they stand in the context.

        What is found by a path stays inside its objects. What is missing, an object, private or longer than the limits
        is left out."""
        found: dict[str, Any] = {}
        for name in names:
            if self._is_private(name) or (self._secret is not None and name == TARGETING_KEY):
                continue
            path = (name,) if name in context else tuple(name.split("."))
            value = lookup(context, name, path)
            if not _is_plain(value):
                continue
            inside = found
            for step in path[:-1]:
                inside = inside.setdefault(clean(step), {})
            inside[clean(path[-1])] = _cleaned(value)
        return found

    def without_private(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Properties of a metric event, but for those that are private, at whatever depth."""
        return {clean(name): _cleaned(value) for name, value in self._open(properties, "").items()}

    def _open(self, properties: Mapping[str, Any], above: str) -> Mapping[str, Any]:
        if not self._private:
            return properties
        return {
            name: self._open(value, f"{above}{name}.") if value.__class__ is dict else value
            for name, value in properties.items()
            if not self._is_private(above + name)
        }

    def _is_private(self, name: str) -> bool:
        """An attribute is as private as the objects around it. `name`: its path."""
        private = self._private
        return bool(private) and (
            name in private or any(name[: each.start()] in private for each in _DOT.finditer(name))
        )


def clean(text: str) -> str:
    """Without what no event may hold: NUL and lone surrogates become the replacement character."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub("\ufffd", text)


def _cleaned(value: Any) -> Any:
    if value.__class__ is str:
        return clean(value)
    if value.__class__ is list:
        return [_cleaned(each) for each in value]
    if value.__class__ is dict:
        return {clean(name): _cleaned(each) for name, each in value.items()}
    return value


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= LIST_LENGTH_MAX and all(each is None or _is_scalar(each) for each in value)
    return _is_scalar(value)


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= TEXT_LENGTH_MAX
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return value in _INTEGERS
    return isinstance(value, float) and math.isfinite(value)
