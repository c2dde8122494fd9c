"""The edges of a client: the one that works is kept, and the first is tried again after a while."""

from __future__ import annotations

import time

FIRST_AGAIN_SECONDS = 300.0


class Endpoints:
    """Addresses in the order of preference."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._at = 0
        self._first_again = 0.0

    @property
    def current(self) -> str:
        return self._addresses[self._at]

    def in_order(self) -> list[str]:
        """All of them, the one that works first."""
        return [*self._addresses[self._at :], *self._addresses[: self._at]]

    def failed(self) -> None:
        """The current one did not answer: it is the next one's turn."""
        if self._at == 0:
            self._first_again = time.monotonic() + FIRST_AGAIN_SECONDS
        self._at = (self._at + 1) % len(self._addresses)

    @property
    def first_is_due(self) -> bool:
        """Whether another one than the first serves, and has for so long that the first is to be tried again."""
        return self._at != 0 and time.monotonic() >= self._first_again

    @property
    def first(self) -> str:
        return self._addresses[0]

    def prefer_first(self) -> None:
        self._at = 0

    def first_failed_again(self) -> None:
        self._first_again = time.monotonic() + FIRST_AGAIN_SECONDS
