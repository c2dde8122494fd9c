"""Results and inputs as plain dictionaries that any JSON writer takes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any


def as_document(value: object) -> Any:
    """Dataclasses become dictionaries, tuples lists, enums their values.

    There is no NaN and no infinity in a document: an infinite number becomes None, and the field beside
    it that tells the kind of the set (or df None for the normal distribution) says what it means.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_document(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_document(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [as_document(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no form in a document")
