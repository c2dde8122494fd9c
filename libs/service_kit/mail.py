"""Mail: one text to one address, by SMTP, off the event loop."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

from service_kit.logs import get_logger
from service_kit.problems import Unavailable

_SECONDS_MAX = 10.0
_AT_ONCE_MAX = 4
_WAITING_MAX = 100
_PORTS = {"smtp": 587, "smtps": 465}
_log = get_logger("mail")


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Returns when a server has taken it. Raises `Unavailable`."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in. `smtps` begins with TLS; `smtp` goes over to it when the server can, and must before a
    password is sent over a network."""

    implicit_tls: bool
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def at(cls, url: str) -> SmtpServer:
        """From `smtp://user:password@host:port`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://user:password@host:port or smtps://…, special characters as %XX")
        return cls(
            implicit_tls=parts.scheme == "smtps",
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def is_this_machine(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def connection(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.implicit_tls:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_SECONDS_MAX, context=context)
        connection = smtplib.SMTP(self.host, self.port, timeout=_SECONDS_MAX)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif self.user and not self.is_this_machine:
            connection.close()
            raise smtplib.SMTPException("the server offers no TLS, and a password is not sent without it")
        return connection


class SmtpMailer:
    """Some at a time; over a hundred waiting, `Unavailable`."""

    def __init__(self, server: SmtpServer, from_address: str) -> None:
        self._server = server
        self._from = from_address
        self._turns = asyncio.Semaphore(_AT_ONCE_MAX)
        self._waiting = 0

    async def send(self, to: str, subject: str, text: str) -> None:
        if self._waiting >= _WAITING_MAX:
            raise _away("too much mail waits to be sent")
        self._waiting += 1
        try:
            async with self._turns:
                await asyncio.to_thread(self._hand_in, to, subject, text)
        except (OSError, smtplib.SMTPException) as error:
            _log.error("mail can't be sent", error=type(error).__name__, server=self._server.host)
            raise _away("the mail can't be sent: the mail server does not take it") from error
        finally:
            self._waiting -= 1

    def _hand_in(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._from, to, subject
        message.set_content(text)
        with self._server.connection() as connection:
            if self._server.user:
                connection.login(self._server.user, self._server.password)
            connection.send_message(message, to_addrs=[to])


def _away(detail: str) -> Unavailable:
    return Unavailable(detail, retry_after_seconds=30, code="mail_unavailable")
