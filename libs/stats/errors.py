"""Errors of the engine: StatisticsError > InvalidInputError.

A question that the data can't answer is not an error: it is a status in the result.
"""

from __future__ import annotations

from stats.statuses import Status


class StatisticsError(Exception):
    """The root of what this package raises on purpose."""


class InvalidInputError(StatisticsError, ValueError):
    """An argument that no correct caller can send; `field` is its dotted path, `reason` a sentence."""

    status = Status.INVALID_INPUT

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def under(self, parent: str) -> InvalidInputError:
        """The same error with the field's path prefixed by where the value stood."""
        return InvalidInputError(f"{parent}.{self.field}", self.reason)
