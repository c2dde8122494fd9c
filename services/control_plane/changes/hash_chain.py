"""The hash chain of the audit log: each entry's hash covers its content and the hash before it.

Content is canonical JSON in the manner of RFC 8785: sorted names, no spaces, UTF-8; moments as microseconds. A column
that came later is part of it where it holds something, so that earlier entries keep their hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

GENESIS = bytes(32)
"""What stands before the first entry of an organization."""

COLUMNS = (
    "organization_id",
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "project_id",
    "environment_versions",
    "entity",
    "entity_key",
    "action",
    "before",
    "after",
)
LATER_COLUMNS = (
    "address",
    "request_id",
    "act_id",
    "reason",
    "used_right",
    "behalf_kind",
    "behalf_id",
    "behalf_name",
)
ALL_COLUMNS = (*COLUMNS, *LATER_COLUMNS)
_encoder = msgspec.json.Encoder(order="sorted", uuid_format="canonical")


def canonical_json(value: object) -> str:
    """JSON with sorted names; equal values give equal texts."""
    return _encoder.encode(value).decode()


def entry_hash(entry: Mapping[str, Any] | asyncpg.Record, previous: bytes) -> bytes:
    """SHA-256 over the previous hash (32 bytes) and the entry's columns."""
    content = {name: _plain(entry[name]) for name in COLUMNS}
    content |= {name: entry[name] for name in LATER_COLUMNS if entry[name] is not None}
    return hashlib.sha256(previous + _encoder.encode(content)).digest()


def _plain(value: Any) -> Any:
    return round(value.timestamp() * 1_000_000) if isinstance(value, datetime) else value
