"""Erases one person's data: rows in ClickHouse, and dead letters that carry the key."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from messages.pseudonyms import Pseudonyms
from messages.subjects import DEAD_LETTERS, dead_letters_subject
from streams import Bus

from analytics.catalog.entries import Environment
from analytics.loading.replay import read_letter
from analytics.warehouse.client import Warehouse
from analytics.warehouse.erasure import erase_rows


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many rows by table and how many dead letters were removed."""

    rows: dict[str, int]
    dead_letters: int


class Eraser:
    """The erasure of one person's data.

    `pii_secret` finds the pseudonyms of an environment that hashes its user keys; empty: it can't."""

    def __init__(self, *, bus: Bus, warehouse: Warehouse, pii_secret: str) -> None:
        self._bus = bus
        self._warehouse = warehouse
        self._pii_secret = pii_secret

    def stored_keys(self, environment: Environment, user_key: str) -> list[str]:
        """The key as it may stand in rows: itself, and its pseudonym."""
        if not self._pii_secret:
            return [user_key]
        return [user_key, Pseudonyms(self._pii_secret, environment.id).of(user_key)]

    def pseudonym_of(self, environment: Environment, user_key: str) -> str | None:
        """What tells of the person without naming them; None without the secret for it."""
        return Pseudonyms(self._pii_secret, environment.id).of(user_key) if self._pii_secret else None

    async def erase(self, environment: Environment, user_key: str) -> Erasure:
        """Repeating it is harmless. Raises BusError and WarehouseError.

        Events that wait in the stream are loaded later: erase again when the person's clients are silent.
        """
        keys = self.stored_keys(environment, user_key)
        letters = await self._erase_letters(environment, keys)
        rows = await erase_rows(self._warehouse, environment.organization_id, environment.id, keys)
        return Erasure(rows, letters)

    async def _erase_letters(self, environment: Environment, keys: list[str]) -> int:
        marks = [msgspec.json.encode(key).strip(b'"') for key in keys] + [key.encode() for key in keys]
        subject = dead_letters_subject(environment.id)
        bus = self._bus
        state = await bus.state(DEAD_LETTERS)
        erased = 0
        for sequence in range(max(state.first_sequence, 1), state.last_sequence + 1):
            message = await bus.message_at(DEAD_LETTERS, sequence)
            if message is None or message.subject != subject:
                continue
            letter = read_letter(message.payload)
            if letter is not None and any(mark in letter.raw for mark in marks):
                await bus.delete_message(DEAD_LETTERS, sequence)
                erased += 1
        return erased
