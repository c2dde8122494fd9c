"""Snowflake's error numbers in words."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.exports.destinations.store_errors import without
from analytics.exports.errors import DestinationAway, DestinationError, DestinationRefused

_REFUSED = {
    390100: ("wrong_credentials", "the user name or the password is wrong"),
    390101: ("wrong_credentials", "the user name or the password is wrong"),
    390144: ("wrong_credentials", "the key pair does not fit the user"),
    390189: ("wrong_role", "the role is not there, or was not granted to the user"),
    390201: ("no_such_database", "the database, schema or warehouse is not there, or the role may not use it"),
    390422: ("address_not_allowed", "the account's network policy does not let this server in"),
    394500: ("second_factor_needed", "the user needs a second factor; use a key pair or an access token"),
    390197: ("second_factor_needed", "the user needs a second factor; use a key pair or an access token"),
    606: ("no_warehouse", "no warehouse is running for the session: name one that the role may use"),
    2003: ("not_there", "the database or schema is not there, or the role may not use it"),
    2043: ("not_there", "the database or schema is not there, or the role may not use it"),
    3001: ("access_denied", "the role lacks a privilege: it needs USAGE, CREATE TABLE and CREATE STAGE on the schema"),
}
_AWAY = frozenset({250001, 250003, 251001, 251005, 251010, 251011, 290403, 290404, 290503})


def snowflake_error(error: Exception, secrets: Iterable[str]) -> DestinationError:
    """The connector's exception as one of ours, without any of the secrets."""
    number = getattr(error, "errno", None)
    text = str(error)
    for known, (code, words) in _REFUSED.items():
        if number == known or f"{known:06d}" in text:
            return DestinationRefused(code, f"Snowflake refused: {words}")
    if number in _AWAY or isinstance(error, OSError):
        if "Incorrect username or password" in text:
            return DestinationRefused("wrong_credentials", "Snowflake refused: the user name or the password is wrong")
        return DestinationAway("snowflake_unreachable", "Snowflake does not answer at this account's address")
    return DestinationAway("snowflake_failed", f"Snowflake failed: {without(text, secrets)}")
