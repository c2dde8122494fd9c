"""Exports to tables in Snowflake."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, StringConstraints
from service_kit.problems import FieldError
from service_kit.schemas import Input

from analytics.exports.destinations.forms import Endpoint, Secret
from analytics.exports.destinations.hosts import HostRule
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.snowflake_sink import SnowflakeSink, Tables
from analytics.exports.errors import DestinationRefused

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_HOSTS = (
    "*.snowflakecomputing.com",
    "*.*.snowflakecomputing.com",
    "*.*.*.snowflakecomputing.com",
    "*.snowflakecomputing.cn",
    "*.*.snowflakecomputing.cn",
)
_LOGIN_SECONDS, _NETWORK_SECONDS = 20, 120
_Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,254}$")]


class SnowflakeAddress(Input):
    """Tables `VERDICT_…` in a schema that is there; names as Snowflake stores unquoted ones."""

    type: Literal["snowflake"]
    account: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,2}$")]
    user: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    database: _Identifier
    schema_: Annotated[_Identifier, Field(alias="schema")]
    warehouse: _Identifier | Literal[""] = ""
    role: _Identifier | Literal[""] = ""
    endpoint: Annotated[Endpoint, Field(description="Empty: the account's own address")] = ""


class SnowflakeCredentials(Input):
    password: Annotated[Secret | None, Field(description="Of Snowflake; may be a programmatic access token")] = None
    private_key: Annotated[Secret | None, Field(description="Of Snowflake, as unencrypted PEM")] = None


class SnowflakeDestination(msgspec.Struct, frozen=True, tag="snowflake"):
    """Tables `VERDICT_…` in a schema. `endpoint` empty: the account's own address."""

    account: str
    user: str
    database: str
    schema: str
    warehouse: str = ""
    role: str = ""
    endpoint: str = ""
    one_per_organization: ClassVar[bool] = False

    def refusal(self, policy: DestinationPolicy) -> FieldError | None:
        return policy.vendor(_HOSTS).refusal(self.endpoint)

    def credentials_problem(self, given: Collection[str]) -> str | None:
        if set(given) in ({"password"}, {"private_key"}):
            return None
        return "Snowflake takes either password or private_key"

    def sink(self, policy: DestinationPolicy, organization_id: str, credentials: dict[str, str]) -> SnowflakeSink:
        del organization_id
        connect = partial(_connection, self, credentials, policy.vendor(_HOSTS))
        return SnowflakeSink(Tables(self.database, self.schema), connect, credentials.values())


def _connection(destination: SnowflakeDestination, credentials: dict[str, str], rule: HostRule) -> SnowflakeConnection:
    try:
        connector = importlib.import_module("snowflake.connector")
    except ImportError:
        raise DestinationRefused(
            "not_installed", "this server was installed without Snowflake's driver (the extra `snowflake`)"
        ) from None
    connection: SnowflakeConnection = connector.connect(**_arguments(destination, credentials, rule))
    return connection


def _arguments(destination: SnowflakeDestination, credentials: dict[str, str], rule: HostRule) -> dict[str, Any]:
    endpoint = destination.endpoint or f"https://{destination.account}.snowflakecomputing.com"
    address = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    rule.check(address.hostname or "")
    key = credentials.get("private_key")
    secret = {"private_key": _private_key(key)} if key else {"password": credentials.get("password", "")}
    return {
        "account": destination.account,
        "user": destination.user,
        **secret,
        "host": address.hostname,
        "port": address.port or 443,
        "protocol": address.scheme,
        "role": destination.role or None,
        "warehouse": destination.warehouse or None,
        "database": destination.database,
        "schema": destination.schema,
        "login_timeout": _LOGIN_SECONDS,
        "network_timeout": _NETWORK_SECONDS,
        "application": "Verdict",
        "session_parameters": {"TIMEZONE": "UTC", "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
    }


def _private_key(text: str) -> bytes:
    """PEM as DER, which the driver wants."""
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        raise DestinationRefused("wrong_credentials", "the private key is not an unencrypted PEM key") from None
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    der: bytes = key.private_bytes(serialization.Encoding.DER, form, plain)
    return der
