"""Acts of this service: what people do here that the audit log must tell. Nothing is done that can't be told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from actors.tokens import Actor
from messages.acts import NOBODY, Act, ActLog, Author
from service_kit.problems import Unavailable
from streams import BusError

COMMAND = Author("system", NOBODY, "analytics dead-letters")
"""Whoever runs the server."""


class Acts:
    """Tells acts to the control plane, by the bus."""

    def __init__(self, log: ActLog) -> None:
        self._log = log

    async def tell(self, actor: Actor | Author, act: Act) -> None:
        """Raises `Unavailable` (`audit_unavailable`): then don't do it."""
        await self._write(_author(actor), act)

    @asynccontextmanager
    async def telling(self, actor: Actor, act: Act) -> AsyncIterator[None]:
        """Tells what the block does, before it does it, and that it failed where it fails. Raises `Unavailable`."""
        await self._write(_author(actor), act)
        try:
            yield
        except BaseException as error:
            with suppress(Unavailable):
                failed = {"error": type(error).__name__}
                await self._write(_author(actor), replace(act, action=f"fail_{act.action}", before=None, after=failed))
            raise

    async def _write(self, author: Author, act: Act) -> None:
        try:
            await self._log.write(author, act)
        except BusError as error:
            raise Unavailable(
                "what you ask for can't be noted in the audit log at the moment, so it is not done",
                code="audit_unavailable",
                retry_after_seconds=5,
            ) from error


def _author(actor: Actor | Author) -> Author:
    return actor if isinstance(actor, Author) else Author(actor.kind, actor.subject)
