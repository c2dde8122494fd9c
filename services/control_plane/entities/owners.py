"""Who looks after an entity: a member of its organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service_kit.problems import FieldError, InvalidInput

from control_plane.access.queries import member_address
from control_plane.entities.transactions import WriteTransaction


async def with_owner(write: WriteTransaction, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request with the owner as they are stored: by their address. Raises `InvalidInput`."""
    if given.get("owner") is None:
        return dict(given)
    address = await member_address(write.tx, write.scope.organization_id, given["owner"])
    if address is None:
        reason = f"{given['owner']!r} is no member of the organization"
        raise InvalidInput([FieldError("owner", "unknown_member", reason)])
    return {**given, "owner": address}
