"""Notices: what the log is told once, however often it happens."""

from __future__ import annotations

import logging

_REMEMBERED_MAX = 1_000


class Notices:
    """Warnings of one client. Of the first thousand different ones each is written once, further ones not at all."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: set[tuple[object, ...]] = set()

    def warn(self, about: tuple[object, ...], message: str, *arguments: object) -> None:
        """Writes the message unless something was told `about` the same before. Never raises."""
        if about in self._told or len(self._told) >= _REMEMBERED_MAX:
            return
        self._told.add(about)
        self._logger.warning(message, *arguments)

    def forget(self, about: tuple[object, ...]) -> None:
        """It is over: if it comes again it is told again."""
        self._told.discard(about)
