"""Argon2 password hashes, computed in threads: a check takes a quarter of a second of CPU."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256
_CONCURRENT_MAX = 2


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_CONCURRENT_MAX)
        # Checked for people that don't exist, so that they take as long as those who do.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password fits; `stored_hash` is None when there is no such person."""
        async with self._turns:
            fits = await asyncio.to_thread(self._fits, stored_hash or self._nobody, password)
        return fits and stored_hash is not None

    def _fits(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (VerificationError, InvalidHashError):
            return False
