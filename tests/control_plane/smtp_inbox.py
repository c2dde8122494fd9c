"""A mail server that takes whatever it is given, and keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Inbox:
    """Speaks as much SMTP as a client needs to hand mail in."""

    def __init__(self) -> None:
        self.port = 0
        self._letters: list[tuple[list[str], bytes]] = []

    def to(self, address: str) -> list[bytes]:
        """The letters to an address, as they came."""
        return [letter for addresses, letter in self._letters if address in addresses]

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Inbox]:
        inbox = cls()
        server = await asyncio.start_server(inbox._talk, "127.0.0.1", 0)
        inbox.port = server.sockets[0].getsockname()[1]
        async with server:
            yield inbox

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        addresses: list[str] = []
        writer.write(b"220 inbox\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                addresses.append(line.decode().partition("<")[2].partition(">")[0])
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                letter = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                self._letters.append((addresses, letter))
                addresses = []
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        writer.close()
