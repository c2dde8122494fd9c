"""Why a replay ends early.

ReplayError
├── SetUpError            the control plane refused something, or the edge never got it
├── RequestFailedError    the edge or the ingestor refused a request for good
├── ResultsMissingError   the analytics service did not arrive at what was sent
└── ServiceAwayError      a service did not answer
"""

from __future__ import annotations


class ReplayError(RuntimeError):
    """The replay can't go on; the message says what happened, in words for the user."""


class SetUpError(ReplayError):
    """The control plane refused something, or the edge never held it."""


class RequestFailedError(ReplayError):
    """A request was refused for good, or its connection was lost."""


class ResultsMissingError(ReplayError):
    """The analytics service did not arrive at what was sent."""


class ServiceAwayError(ReplayError):
    """A service did not answer."""
