"""Credentials on their way in and out of the seal, and a destination's digest without them."""

from __future__ import annotations

import hashlib

import msgspec

from analytics.exports.destinations.port import Destination
from analytics.exports.errors import DestinationRefused
from analytics.exports.models import Export
from analytics.exports.repository import VersionedExport
from analytics.exports.seal import NoSuchKey, SealedText, Sealer


def seal(sealer: Sealer, export: Export, credentials: dict[str, str]) -> SealedText | None:
    """None when there are none. Raises NoSuchKey without a secret."""
    return sealer.seal(msgspec.json.encode(credentials), _owner(export)) if credentials else None


def opened(sealer: Sealer, found: VersionedExport) -> dict[str, str]:
    """Raises DestinationRefused when the secret they were sealed with is not there any more."""
    if found.sealed is None:
        return {}
    try:
        plain = sealer.open(found.sealed, _owner(found.export))
    except NoSuchKey:
        raise DestinationRefused(
            "credentials_unreadable",
            "the credentials can't be opened with this server's FF_EXPORT_SECRET; enter them again",
        ) from None
    return msgspec.json.decode(plain, type=dict[str, str])


def destination_digest(destination: Destination) -> str:
    """A short digest of where an export goes, to see whether it goes there still."""
    return hashlib.sha256(msgspec.json.encode(destination)).hexdigest()[:16]


def _owner(export: Export) -> str:
    return f"{export.organization_id}/{export.id}"
