"""The destinations there are."""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import Field, SecretStr

from analytics.exports.destinations.folder import FolderAddress, FolderDestination
from analytics.exports.destinations.object_store import (
    ObjectStoreAddress,
    ObjectStoreCredentials,
    ObjectStoreDestination,
)
from analytics.exports.destinations.snowflake import SnowflakeAddress, SnowflakeCredentials, SnowflakeDestination

AnyDestination = FolderDestination | ObjectStoreDestination | SnowflakeDestination
AnyAddress = Annotated[FolderAddress | ObjectStoreAddress | SnowflakeAddress, Field(discriminator="type")]


class Credentials(ObjectStoreCredentials, SnowflakeCredentials):
    """Those of any destination; each says which of them it takes."""

    def plain(self) -> dict[str, str]:
        """Those that are given."""
        given: dict[str, SecretStr | None] = dict(self)
        return {name: value.get_secret_value() for name, value in given.items() if value is not None}


def destination_of(address: AnyAddress) -> AnyDestination:
    """The address as it is stored."""
    found: AnyDestination = msgspec.convert(address.model_dump(by_alias=True), AnyDestination)
    return found
