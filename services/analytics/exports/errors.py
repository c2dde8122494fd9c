"""Errors of destinations, in words for the person who set it up.

DestinationError            code and sentence; never a credential
├── DestinationRefused      it will not take it as configured: trying again does not help
└── DestinationAway         it does not answer, or not now: trying again may help
LeaseLost                   another worker has the run
"""

from __future__ import annotations


class DestinationError(Exception):
    """`code` is stable for programs, the text is a sentence for people."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class DestinationRefused(DestinationError):
    """Something has to be changed first."""


class DestinationAway(DestinationError):
    """It may work later."""


class LeaseLost(Exception):
    """This worker was silent for too long; what it holds must not be committed."""
