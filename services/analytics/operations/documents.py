"""Answers of the operations' endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.instants import rfc3339
from analytics.loading.dead_letters_command import LetterDocument
from analytics.operations.reconciliation import Reconciliation


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterList:
    items: list[LetterDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDocument:
    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteDocument:
    """Events by the minute of their receipt; `distinct` and `missing` count each event once."""

    minute: str
    accepted: int
    streamed: int
    distinct: int
    stored: int
    dead_letters: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationDocument:
    """`complete` false: the stream holds more messages of this time than one answer reads."""

    complete: bool
    items: list[MinuteDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDocument:
    """Rows by table, and dead letters, that were removed."""

    erased: dict[str, int]
    dead_letters: int


def reconciliation_document(found: Reconciliation) -> ReconciliationDocument:
    return ReconciliationDocument(
        complete=found.complete,
        items=[
            MinuteDocument(
                minute=rfc3339(at),
                accepted=each.accepted,
                streamed=each.streamed,
                distinct=each.distinct,
                stored=each.stored,
                dead_letters=each.dead_letters,
                missing=each.missing,
            )
            for at, each in found.minutes.items()
        ],
    )
