"""Argon2 password hashes: a check takes a quarter of a second of CPU, so they wait in a queue."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from control_plane.people.hash_queue import HashQueue

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256


class Passwords:
    """Each call raises `Unavailable` while too many wait."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._queue = HashQueue()
        # Checked for people that don't exist, so that they take as long as those who do.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        return await self._queue.run(self._hasher.hash, password)

    async def verify(self, stored_hash: str | None, password: str, *, stranger_from: str = "") -> bool:
        """Whether the password fits; `stored_hash` is None for nobody, and for somebody who has chosen none yet.

        `stranger_from`: the network of somebody who hasn't signed in from there before."""
        fits = await self._queue.run(self._fits, stored_hash or self._nobody, password, stranger_from=stranger_from)
        return fits and stored_hash is not None

    def _fits(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (VerificationError, InvalidHashError):
            return False
