"""Base of each service's settings: environment variables that begin with `FF_`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform, get_origin, get_type_hints

from service_kit.log_secrets import hold
from service_kit.setting_values import Between, Checks, Reads, Secret, read_value

PREFIX = "FF_"
REQUIRED: Any = object()
"""The default of a setting that must be given."""


def _networks(value: Any) -> tuple[str, ...]:
    networks = value.split(",") if isinstance(value, str) else value
    named = tuple(each.strip() for each in networks if each.strip())
    for each in named:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError("must be IP addresses or networks like 10.0.0.0/8 with commas between them") from None
    return named


Networks = Annotated[tuple[str, ...], Reads(_networks)]
"""A setting: IP addresses and networks with commas between them, empty for none."""

Workers = Annotated[int, Between(ge=1, le=64)]
"""A setting: how many processes serve the service's port."""

SECRET_BYTES_MIN = 32


def _long_enough(secret: Secret) -> Secret:
    if len(secret.get_secret_value().encode()) < SECRET_BYTES_MIN:
        raise ValueError(f"must have at least {SECRET_BYTES_MIN} bytes")
    return secret


LongSecret = Annotated[Secret, Checks(_long_enough)]
"""A setting: a secret that something is signed or hashed with."""


class WrongSettings(ValueError):
    """`sentences` say which settings can't be used, and why; never their values."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of a class of settings. `kind` is its annotation; `default` REQUIRED: it must be given."""

    kind: Any
    default: Any


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Settings:
    """A subclass declares each setting as a field with a type and a default; those of its bases are its own as well.

    Values that a program gives go before those of the environment. Never changes.
    """

    def __init__(self, **given: Any) -> None:
        """Raises WrongSettings."""
        variables = {name.upper(): text for name, text in os.environ.items()}
        sentences = []
        for name, setting in self.declared().items():
            variable = PREFIX + name.upper()
            if name not in given and variable in variables:
                given[name] = variables[variable]
            if name in given:
                try:
                    vars(self)[name] = read_value(setting.kind, given[name])
                except ValueError as error:
                    sentences.append(f"{variable}: {error}")
            elif setting.default is REQUIRED:
                sentences.append(f"{variable}: must be given")
            else:
                vars(self)[name] = setting.default
        unknown = given.keys() - self.declared().keys()
        if unknown:
            raise TypeError(f"there is no setting {min(unknown)}")
        if not sentences:
            vars(self)["_given"] = frozenset(given)
            try:
                self.check()
            except ValueError as error:
                sentences.append(str(error))
        if sentences:
            raise WrongSettings(sentences)

    @classmethod
    @cache
    def declared(cls) -> Mapping[str, Setting]:
        """The fields, by their names."""
        kinds = get_type_hints(cls, include_extras=True)
        return MappingProxyType(
            {
                name: Setting(kind, getattr(cls, name, REQUIRED))
                for name, kind in kinds.items()
                if get_origin(kind) is not ClassVar
            }
        )

    def check(self) -> None:
        """Raises ValueError for values that don't go together, naming their variables."""

    def given(self, **settings: str) -> frozenset[str]:
        """Those names whose setting was given, not left at its default."""
        told: frozenset[str] = vars(self)["_given"]
        return frozenset(name for name, setting in settings.items() if setting in told)

    def changed(self, **values: Any) -> Self:
        """The same, but for these values, which are taken as they are."""
        other = object.__new__(type(self))
        vars(other).update(vars(self) | values)
        return other

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"settings don't change: {name}")

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.declared())
        return f"{type(self).__name__}({values})"


class ServiceSettings(Settings):
    """A variable is `FF_` plus the field's name in capitals.

    `admin_port`: health and metrics are told there, metrics there alone; 0: everything on `port`,
    metrics for who has `metrics_token` or, without one, asks from this machine. `trusted_proxies`:
    addresses and networks with commas, whose word about a client's address and scheme is taken; empty: nobody's.
    `drain_seconds`: how long a service that stops goes on answering while readiness says no.
    `idle_connection_seconds`: how long a connection that nobody uses stays open; behind a balancer that keeps its own,
    longer than it does, else some of its requests meet the end.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Between(ge=0, le=65535)]
    log_level: str = "INFO"
    admin_port: Annotated[int, Between(ge=0, le=65535)] = 0
    metrics_token: Secret = Secret("")
    trusted_proxies: Networks = ()
    drain_seconds: Annotated[float, Between(ge=0, le=300)] = 0.0
    idle_connection_seconds: Annotated[int, Between(ge=1, le=3600)] = 5

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(each) for each in self.trusted_proxies)


SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Reads `kind` from the environment; no line of the log tells its secrets from then on. Exits with a sentence per
    wrong variable, never with its value."""
    try:
        settings = kind()
    except WrongSettings as error:
        raise wrong_settings(*error.sentences) from None
    hold(each.get_secret_value() for each in vars(settings).values() if isinstance(each, Secret))
    return settings


def wrong_settings(*sentences: str) -> SystemExit:
    """The end of a process that was told something it can't use; a sentence names the variable, never its value."""
    return SystemExit("wrong settings:\n  " + "\n  ".join(sentences))
