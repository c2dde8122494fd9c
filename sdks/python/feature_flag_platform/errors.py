"""Errors between the edge, the ingestor and this package. None of them reaches an evaluation.

EdgeError
├── Unreachable   no answer, or none that can be used; trying again may help
└── Refused       the SDK key is not taken; trying again does not help
"""

from __future__ import annotations


class EdgeError(Exception):
    """What the edge or the ingestor answered can't be used."""


class Unreachable(EdgeError):
    """`retry_after`: seconds before which nobody should ask again, as the answer says."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(EdgeError):
    """The message says which kind of key it is, or what may be wrong with it."""
