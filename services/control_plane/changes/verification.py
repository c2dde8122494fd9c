"""Verification of the audit log: its hash chain is computed again from the beginning, and held against signed heads."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from control_plane.changes.hash_chain import ALL_COLUMNS, GENESIS, entry_hash
from control_plane.database import Connection

Reading = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a repeatable read."""
_ALL = ", ".join((*ALL_COLUMNS, "previous_hash", "hash"))
_ENTRIES = f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND number > $2 ORDER BY number LIMIT $3"
_HEAD = "SELECT number, hash FROM audit_heads WHERE organization_id = $1"
_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the hash chain found. `entries` is how many were found good before the first bad one, whose
    number is `first_bad`, or lies between it and `last_bad`."""

    entries: int
    first_bad: int | None = None
    reason: str | None = None
    last_bad: int | None = None


async def verify(reading: Reading, organization_id: UUID, heads: Mapping[int, bytes] | None = None) -> Verification:
    """Recomputes the chain from its beginning to the recorded head.

    A changed entry breaks its own hash, a removed or inserted one the sequence, a cut tail the head; a chain that was
    written anew as a whole is told by `heads`, hashes by number that were signed before. Each batch is a read of its
    own, so that no connection is held for long.
    """
    chain = _Chain(heads or {})
    while True:
        async with reading() as tx:
            rows = await tx.fetch(_ENTRIES, organization_id, chain.last, _BATCH_ROWS)
            head = await tx.fetchrow(_HEAD, organization_id) if len(rows) < _BATCH_ROWS else None
        for row in rows:
            if (bad := chain.bad(row)) is not None:
                return bad
        if len(rows) < _BATCH_ROWS:
            return chain.concluded(head)


class _Chain:
    """As far as it was found good."""

    def __init__(self, heads: Mapping[int, bytes]) -> None:
        self._heads = heads
        self._fitted = 0
        """The number of the last signed head that the chain fits."""
        self.last = 0
        self._hash = GENESIS

    def bad(self, row: asyncpg.Record) -> Verification | None:
        """What is wrong with the next entry, if anything is."""
        number = row["number"]
        if number != self.last + 1:
            return Verification(self.last, self.last + 1, "the entry is missing")
        if row["previous_hash"] != self._hash or entry_hash(row, self._hash) != row["hash"]:
            return Verification(self.last, number, "the entry was changed")
        signed = self._heads.get(number)
        if signed is not None and signed != row["hash"]:
            anew = f"the log was written anew: it does not fit the head that was signed at entry {number}"
            return Verification(self._fitted, self._fitted + 1, anew, number)
        if signed is not None:
            self._fitted = number
        self.last, self._hash = number, row["hash"]
        return None

    def concluded(self, head: asyncpg.Record | None) -> Verification:
        """What the end of the chain says."""
        last = self.last
        if max(self._heads, default=0) > last or (head is not None and head["number"] > last):
            return Verification(last, last + 1, "the end of the log was cut off")
        if head is None:
            return Verification(last) if last == 0 else Verification(last, last, "the head of the chain is missing")
        if head["number"] != last or head["hash"] != self._hash:
            return Verification(last, last, "the head does not fit the last entry")
        return Verification(last)
