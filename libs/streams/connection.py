"""Where the bus is, and how a client proves itself there."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

_TOKEN = re.compile(r"[A-Za-z0-9_-]+").fullmatch


class Secret(Protocol):
    """A text that shows itself only when it is asked to."""

    def get_secret_value(self) -> str: ...


class ConnectionSettings(Protocol):
    """The settings of a service that concern its connection, checked already."""

    @property
    def nats_url(self) -> Secret: ...
    @property
    def nats_username(self) -> str: ...
    @property
    def nats_password(self) -> Secret: ...
    @property
    def nats_credentials_file(self) -> Path | None: ...
    def nats_tls(self) -> ssl.SSLContext | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BusConnection:
    """A way to one or several servers of a cluster. `servers` hold no secrets; they stand in logs.

    `tls`: nothing is said to a server that does not speak it."""

    servers: tuple[str, ...]
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    credentials_file: Path | None = None
    tls: ssl.SSLContext | None = None

    @property
    def inbox_prefix(self) -> str:
        """Where answers come: each user's own place, so that a server can keep one from listening to another's."""
        return f"_INBOX_{self.username}" if _TOKEN(self.username) else "_INBOX"

    @classmethod
    def to(cls, url: str) -> BusConnection:
        """`nats://host:port` or `tls://host:port`, several with commas; `user:password@` or `token@` before the host,
        special characters as %XX: those of the first address that has them are for all, also for servers that the
        cluster names later."""
        addresses = [urlsplit(each.strip()) for each in url.split(",")]
        signed = next((each for each in addresses if each.username), None)
        username = unquote(signed.username or "") if signed else ""
        password = signed.password if signed else None
        return cls(
            servers=tuple(_bare(each) for each in addresses),
            username=username if password is not None else "",
            password=unquote(password or ""),
            token=username if password is None else "",
            tls=ssl.create_default_context() if any(each.scheme == "tls" for each in addresses) else None,
        )

    @classmethod
    def of(cls, settings: ConnectionSettings) -> BusConnection:
        """As the settings say; a name and a password of their own go before those in the address."""
        address = cls.to(settings.nats_url.get_secret_value())
        own = bool(settings.nats_username)
        return cls(
            servers=address.servers,
            username=settings.nats_username or address.username,
            password=settings.nats_password.get_secret_value() if own else address.password,
            token="" if own else address.token,
            credentials_file=settings.nats_credentials_file,
            tls=settings.nats_tls(),
        )


def _bare(address: SplitResult) -> str:
    return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()
