"""What an export needs of a destination. Calls block, so they are made in threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pyarrow as pa
from service_kit.problems import FieldError

from analytics.exports.datasets import Dataset
from analytics.exports.destinations.policy import DestinationPolicy


@dataclass(frozen=True, slots=True)
class Attempt:
    """`claim` names run and worker, so that no two workers ever write one name; `committed` are the files of the
    generation that count."""

    export_id: str
    generation: int
    claim: str
    committed: frozenset[str]


@dataclass(frozen=True, slots=True)
class BatchRows:
    """Rows of one batch."""

    dataset: Dataset
    number: int
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Delivery:
    """`file` is the path of the file below the destination, empty where there are no files; `bytes` its size."""

    file: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished run leaves: the files that count, and a document that says so for readers.

    `full`: the run brought everything, so what older generations brought can go.
    """

    generation: int
    full: bool
    environment_id: str
    files: frozenset[str]
    manifest: Mapping[str, Any]


class Sink(Protocol):
    """Every call raises DestinationError. Repeating a call does no harm."""

    def test(self) -> None:
        """Tries what a run needs, and leaves nothing behind."""

    def begin(self, attempt: Attempt) -> None:
        """Before the batches of a run: what earlier attempts left unfinished goes. Deliveries belong to it."""

    def deliver(self, cargo: BatchRows, still_mine: Callable[[], None]) -> Delivery:
        """Brings the rows there. Calls `still_mine`, which may raise LeaseLost, right before they become visible."""

    def discard(self, delivered: Delivery) -> None:
        """Takes back what was delivered and not committed."""

    def finish(self, outcome: Outcome) -> None:
        """After the batches: the generation becomes the one that counts, older ones go."""

    def close(self) -> None:
        """Gives connections back; never raises."""


class Destination(Protocol):
    """Where an export goes, as it is stored: a frozen struct with a tag of its own."""

    one_per_organization: ClassVar[bool]
    """Only one export of the organization may go there; else one of each environment."""

    def refusal(self, policy: DestinationPolicy) -> FieldError | None:
        """Why this server does not export there, as far as the address alone tells."""

    def credentials_problem(self, given: Collection[str]) -> str | None:
        """What is wrong with credentials of these names."""

    def sink(self, policy: DestinationPolicy, organization_id: str, credentials: dict[str, str]) -> Sink:
        """Raises DestinationError."""
