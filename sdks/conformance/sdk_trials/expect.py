"""Comparisons that say what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def equal(found: Any, expected: Any, about: str = "") -> None:
    """Raises AssertionError. As JSON: true is not 1."""
    if found != expected or isinstance(found, bool) is not isinstance(expected, bool):
        raise AssertionError(f"{about + ': ' if about else ''}{found!r} instead of {expected!r}")


def has(found: Mapping[str, Any], **expected: Any) -> None:
    """These members, whatever else there is."""
    seen = {name: found.get(name) for name in expected}
    equal(seen, expected, f"in {dict(found)!r}")


def holds(condition: object, about: object) -> None:
    """Raises AssertionError with what it is about."""
    if not condition:
        raise AssertionError(str(about)[:2000])
