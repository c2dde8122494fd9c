"""The control plane's settings, read by `main.py` alone."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from service_kit.cors import Origins
from service_kit.settings import LongSecret
from service_kit.store_settings import BusSettings


class Settings(BusSettings):
    """The settings of every command.

    `database_pool_size`: connections for requests; a relay keeps three more. `request_seconds`: how long the database
    may keep a request waiting, all its statements together; then the answer is 503.
    """

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    database_url: SecretStr
    database_pool_size: Annotated[int, Field(ge=2, le=200)] = 10
    request_seconds: Annotated[float, Field(ge=1, le=600)] = 8.0
    nats_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    config_max_bytes: Annotated[int, Field(ge=1024 * 1024)] = 1024 * 1024 * 1024
    auth_jwt_secret: LongSecret
    auth_token_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 30)] = 60 * 12
    admin_email: str = ""
    admin_password: SecretStr = SecretStr("")
    relay_enabled: bool = True
    migrate_on_start: bool = True
    cors_origins: Origins = ()
    body_limit_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 2 * 1024 * 1024

    @field_validator("database_url")
    @classmethod
    def _address(cls, value: SecretStr) -> SecretStr:
        """Here, because the driver's own words about an address may hold a part of the password."""
        try:
            address = urlsplit(value.get_secret_value())
            readable = address.scheme in ("postgresql", "postgres") and (address.port or 1) > 0
        except ValueError:
            readable = False
        if not readable:
            raise ValueError("must be postgresql://user:password@host:port/database, special characters as %XX")
        return value

    @model_validator(mode="after")
    def _check_administrator(self) -> Settings:
        if bool(self.admin_email) != bool(self.admin_password.get_secret_value()):
            raise ValueError("give both FF_ADMIN_EMAIL and FF_ADMIN_PASSWORD, or neither")
        return self
