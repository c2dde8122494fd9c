"""Errors of a configuration, told by the path of the field.

InvalidConfig (ValueError)    a document or an entity that can't be used; carries one or more FieldErrors
EvaluationFailed (Exception)  raised inside an evaluation and turned into an ERROR decision by its caller
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bucketing.decision import ErrorCode

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong: `field` is a path like `rules[0].if.and[1].value`, `code` is stable, `reason` is text."""

    field: str
    code: str
    reason: str


class InvalidConfig(ValueError):
    """A configuration that can't be accepted. `field`, `code` and `reason` are those of the first error."""

    def __init__(self, field: str, reason: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.errors: tuple[FieldError, ...] = (FieldError(field, code, reason),)

    @classmethod
    def of(cls, errors: Iterable[FieldError]) -> Self:
        """One exception for several errors; `errors` must not be empty."""
        collected = tuple(errors)
        first = collected[0]
        error = cls(first.field, first.reason, first.code)
        error.errors = collected
        return error

    @property
    def field(self) -> str:
        return self.errors[0].field

    @property
    def reason(self) -> str:
        return self.errors[0].reason

    @property
    def code(self) -> str:
        return self.errors[0].code


class EvaluationFailed(Exception):
    """Ends an evaluation with `code`."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
