"""Argon2 password hashes, computed in threads: a check takes a quarter of a second of CPU."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from service_kit.problems import Unavailable

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256
_CONCURRENT_MAX = 2
_WAITING_MAX = 64
T = TypeVar("T")


class Passwords:
    """Two at a time; over 64 waiting, `Unavailable` (503): hashing must not take the process's threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_CONCURRENT_MAX)
        self._waiting = 0
        # Checked for people that don't exist, so that they take as long as those who do.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        return await self._in_turn(self._hasher.hash, password)

    async def verify(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password fits; `stored_hash` is None when there is no such person."""
        fits = await self._in_turn(self._fits, stored_hash or self._nobody, password)
        return fits and stored_hash is not None

    async def _in_turn(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= _WAITING_MAX:
            raise Unavailable("too many people are signing in at once", retry_after_seconds=5, code="sign_in_busy")
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *arguments)
        finally:
            self._waiting -= 1

    def _fits(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (VerificationError, InvalidHashError):
            return False
