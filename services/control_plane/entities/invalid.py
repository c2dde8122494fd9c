"""What the rule engine refuses, told as field errors of the request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bucketing.errors import InvalidConfig
from service_kit.problems import FieldError, InvalidInput


@contextmanager
def refused_fields() -> Iterator[None]:
    """Turns the engine's `InvalidConfig` into `InvalidInput` (422), path by path."""
    try:
        yield
    except InvalidConfig as error:
        raise InvalidInput([FieldError(each.field, each.code, each.reason) for each in error.errors]) from error
