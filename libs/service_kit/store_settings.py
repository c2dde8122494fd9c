"""Settings by which services reach the bus and Redis. What can't be used ends the start, and is named."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from service_kit.setting_values import Between, Checks, Reads, Secret
from service_kit.settings import ServiceSettings
from service_kit.tls import TlsFiles, TlsFileUnusable

OptionalFile = Annotated[Path | None, Reads(lambda value: Path(value) if value else None)]
"""A setting: the path of a file, empty for none."""


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        address = urlsplit(text.strip())
        return address.scheme in schemes and bool(address.hostname) and (address.port or 1) > 0
    except ValueError:
        return False


def _bus_address(value: Secret) -> Secret:
    if not all(_is_address(each, ("nats", "tls")) for each in value.get_secret_value().split(",")):
        raise ValueError(
            "must be nats://host:port or tls://host:port, several with commas; user:password@ or token@ may stand "
            "before the host, special characters as %XX"
        )
    return value


def _redis_address(value: Secret) -> Secret:
    if value.get_secret_value() and not _is_address(value.get_secret_value(), ("redis", "rediss")):
        raise ValueError(
            "must be empty, redis://host:port/0 or rediss://host:port/0 for TLS; user:password@ may stand before "
            "the host, special characters as %XX"
        )
    return value


class BusSettings(ServiceSettings):
    """The way to NATS. `nats_url` may hold a name and a password, or a token; a name of its own goes before them.

    `clock_skew_seconds_max`: a clock that differs from the bus's by more is warned of.
    """

    nats_url: Annotated[Secret, Checks(_bus_address)] = Secret("nats://127.0.0.1:4222")
    nats_username: str = ""
    nats_password: Secret = Secret("")
    nats_credentials_file: OptionalFile = None
    nats_ca_file: OptionalFile = None
    nats_certificate_file: OptionalFile = None
    nats_key_file: OptionalFile = None
    clock_skew_seconds_max: Annotated[float, Between(gt=0)] = 5.0

    def check(self) -> None:
        super().check()
        if bool(self.nats_username) != bool(self.nats_password.get_secret_value()):
            raise ValueError("give both FF_NATS_USERNAME and FF_NATS_PASSWORD, or neither")
        if self.nats_credentials_file is not None:
            if self.nats_username:
                raise ValueError("give FF_NATS_CREDENTIALS_FILE or FF_NATS_USERNAME, not both")
            _check_file("FF_NATS_CREDENTIALS_FILE", self.nats_credentials_file)
        self.nats_tls()

    def nats_tls(self) -> ssl.SSLContext | None:
        """How the bus is spoken to in TLS; None where nothing asks for it."""
        files = TlsFiles(
            ca_file=self.nats_ca_file, certificate_file=self.nats_certificate_file, key_file=self.nats_key_file
        )
        addresses = self.nats_url.get_secret_value().split(",")
        wanted = bool(files) or any(each.strip().startswith("tls:") for each in addresses)
        return _context("FF_NATS_", files) if wanted else None


class RedisSettings(ServiceSettings):
    """The way to Redis; an empty address turns it off. Name and password stand in it or in settings of their own."""

    redis_url: Annotated[Secret, Checks(_redis_address)] = Secret("")
    redis_username: str = ""
    redis_password: Secret = Secret("")
    redis_ca_file: OptionalFile = None
    redis_certificate_file: OptionalFile = None
    redis_key_file: OptionalFile = None

    def check(self) -> None:
        super().check()
        if self.redis_username and not self.redis_password.get_secret_value():
            raise ValueError("FF_REDIS_USERNAME needs FF_REDIS_PASSWORD")
        if self.redis_password.get_secret_value() and "@" in urlsplit(self.redis_url.get_secret_value()).netloc:
            raise ValueError("give the password of Redis in FF_REDIS_URL or in FF_REDIS_PASSWORD, not in both")
        files = self._redis_files()
        if files:
            if not self.redis_url.get_secret_value().startswith("rediss:"):
                raise ValueError("FF_REDIS_URL must begin with rediss:// where certificates of Redis are given")
            _context("FF_REDIS_", files)

    def _redis_files(self) -> TlsFiles:
        return TlsFiles(
            ca_file=self.redis_ca_file, certificate_file=self.redis_certificate_file, key_file=self.redis_key_file
        )

    def redis_options(self) -> dict[str, Any]:
        """Beside the address, what a client of Redis is made with."""
        options: dict[str, Any] = {}
        if self.redis_username:
            options["username"] = self.redis_username
        if password := self.redis_password.get_secret_value():
            options["password"] = password
        for name, path in (
            ("ssl_ca_certs", self.redis_ca_file),
            ("ssl_certfile", self.redis_certificate_file),
            ("ssl_keyfile", self.redis_key_file),
        ):
            if path is not None:
                options[name] = str(path)
        return options


def _context(prefix: str, files: TlsFiles) -> ssl.SSLContext:
    try:
        return files.context()
    except TlsFileUnusable as error:
        raise ValueError(f"{prefix}{error.kind.upper()}: {error}") from None


def _check_file(setting: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"{setting}: can't be read ({error.strerror})") from None
