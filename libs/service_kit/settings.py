"""Base of each service's settings: environment variables that begin with `FF_`."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _networks(value: Any) -> tuple[str, ...]:
    networks = value.split(",") if isinstance(value, str) else value
    named = tuple(each.strip() for each in networks if each.strip())
    for each in named:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError("must be IP addresses or networks like 10.0.0.0/8 with commas between them") from None
    return named


Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_networks)]
"""A setting: IP addresses and networks with commas between them, empty for none."""

Workers = Annotated[int, Field(ge=1, le=64)]
"""A setting: how many processes serve the service's port."""

SECRET_BYTES_MIN = 32


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"must have at least {SECRET_BYTES_MIN} bytes")
    return secret


LongSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
"""A setting: a secret that something is signed or hashed with."""


class ServiceSettings(BaseSettings):
    """Frozen; a variable is `FF_` plus the field's name in capitals.

    `admin_port`: health and metrics are told there, metrics there alone; 0: everything on `port`,
    metrics for who has `metrics_token` or, without one, asks from this machine. `trusted_proxies`:
    addresses and networks with commas, whose word about a client's address and scheme is taken; empty: nobody's.
    `drain_seconds`: how long a service that stops goes on answering while readiness says no.
    """

    model_config = SettingsConfigDict(env_prefix="FF_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)]
    log_level: str = "INFO"
    admin_port: Annotated[int, Field(ge=0, le=65535)] = 0
    metrics_token: SecretStr = SecretStr("")
    trusted_proxies: Networks = ()
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 0.0

    def given(self, **settings: str) -> frozenset[str]:
        """Those names whose setting was given, not left at its default."""
        return frozenset(name for name, setting in settings.items() if setting in self.model_fields_set)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(each) for each in self.trusted_proxies)


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Reads `kind` from the environment. Exits with a sentence per wrong variable, never with its value."""
    try:
        return kind()
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            reason = problem["msg"].removeprefix("Value error, ")
            name = "_".join(str(part) for part in problem["loc"]).upper()
            lines.append(f"{prefix}{name}: {reason}" if name else reason)
        raise wrong_settings(*lines) from None


def wrong_settings(*sentences: str) -> SystemExit:
    """The end of a process that was told something it can't use; a sentence names the variable, never its value."""
    return SystemExit("wrong settings:\n  " + "\n  ".join(sentences))
