"""`control_plane verify-audit`: verifies chains, also against heads that somebody keeps elsewhere.

It ends with 0 when all is as it was written, 1 when anything is not, 2 when that can't be said.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from control_plane.audit.heads import good_heads, head_in, stored_heads
from control_plane.audit.signing_keys import NotSigned, PublicKey, key_id, public_keys, verified
from control_plane.changes.verification import Reading, Verification, verify

INTACT, TAMPERED, UNKNOWN = 0, 1, 2
_ORGANIZATIONS = """
SELECT id, key FROM organizations WHERE $1::text IS NULL OR key = $1 OR id::text = $1 ORDER BY key
"""


class Unusable(Exception):
    """The command can't do what it was asked; the text says why."""


@dataclass(slots=True)
class Report:
    """What the command tells, a line each, and what it ends with."""

    lines: list[str] = field(default_factory=list)
    status: int = INTACT

    def add(self, line: str, status: int = INTACT) -> None:
        """Tampering outweighs what can't be said."""
        self.lines.append(line)
        if TAMPERED in (status, self.status):
            self.status = TAMPERED
        else:
            self.status = max(self.status, status)


@dataclass(frozen=True, slots=True)
class _KeptHead:
    """A head that somebody keeps, from this file."""

    name: str
    jws: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organization", metavar="KEY", help="its key or id; every organization otherwise")
    parser.add_argument(
        "--head",
        metavar="FILE",
        action="append",
        type=Path,
        default=[],
        help="heads that were kept elsewhere, as the API or a webhook told them; may be repeated",
    )
    parser.add_argument(
        "--keys", metavar="FILE", type=Path, help="public keys that were kept elsewhere (GET /api/v1/audit-keys)"
    )


async def run(arguments: argparse.Namespace, reading: Reading) -> Report:
    """Raises `Unusable`."""
    kept = [each for path in arguments.head for each in _kept_heads(path)]
    async with reading() as tx:
        rows = await tx.fetch(_ORGANIZATIONS, arguments.organization)
        known = {key.kid: key for key in await public_keys(tx)}
    if arguments.organization is not None and not rows:
        raise Unusable(f"there is no organization {arguments.organization}")
    if arguments.keys is not None:
        known = _kept_keys(arguments.keys)
    report = Report()
    told = _told(kept, known, report)
    organizations = {row["id"]: row["key"] for row in rows}
    for organization_id, key in organizations.items():
        found = await _verify(reading, organization_id, known, told.pop(organization_id, {}))
        _tell(report, key, found)
    if arguments.organization is None:
        for missing in told:
            report.add(f"the organization {missing}, which a head tells of, is not in the database", TAMPERED)
    return report


async def _verify(
    reading: Reading, organization_id: UUID, keys: Mapping[str, PublicKey], kept: Mapping[int, bytes]
) -> Verification:
    async with reading() as tx:
        signed, _ = await stored_heads(tx, organization_id)
    stored = await asyncio.to_thread(good_heads, signed, keys, organization_id)
    return await verify(reading, organization_id, {**stored, **kept})


def _told(kept: list[_KeptHead], keys: Mapping[str, PublicKey], report: Report) -> dict[UUID, dict[int, bytes]]:
    """What the heads say, by organization; those that can't be trusted are reported."""
    told: dict[UUID, dict[int, bytes]] = defaultdict(dict)
    for head in kept:
        try:
            document = verified(head.jws, keys)
            number, digest = head_in(document)
            told[UUID(str(document.get("organization_id")))][number] = digest
        except ValueError as error:
            why = str(error) if isinstance(error, NotSigned) else "it names no organization"
            report.add(f"{head.name}: a head can't be relied on: {why}", UNKNOWN)
    return told


def _tell(report: Report, key: str, found: Verification) -> None:
    if found.first_bad is None:
        report.add(f"{key}: intact, {found.entries} entries")
    elif found.last_bad is None or found.last_bad == found.first_bad:
        report.add(f"{key}: entry {found.first_bad} is the first bad one: {found.reason}", TAMPERED)
    else:
        lies = f"the first bad entry is one of {found.first_bad} to {found.last_bad}"
        report.add(f"{key}: {lies}: {found.reason}", TAMPERED)


def _kept_heads(path: Path) -> list[_KeptHead]:
    """The heads of a file: JSON, JSON lines, or signed texts a line each."""
    text = _read(path)
    try:
        documents = [msgspec.json.decode(text)]
    except msgspec.DecodeError:
        documents = [_line(each) for each in text.splitlines() if each.strip()]
    found = [_KeptHead(path.name, jws) for document in documents for jws in _signed_in(document)]
    if not found:
        raise Unusable(f"{path}: there is no head of an audit log in it")
    return found


def _line(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"jws": text.strip()}


def _signed_in(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("jws"), str):
            yield document["jws"]
        else:
            for each in document.values():
                yield from _signed_in(each)
    elif isinstance(document, list):
        for each in document:
            yield from _signed_in(each)


def _kept_keys(path: Path) -> dict[str, PublicKey]:
    try:
        given = msgspec.json.decode(_read(path))["keys"]
        raw = [base64.urlsafe_b64decode(each["x"] + "=" * (-len(each["x"]) % 4)) for each in given]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, binascii.Error):
        raise Unusable(f"{path}: is no set of keys as GET /api/v1/audit-keys tells it") from None
    return {key_id(each): PublicKey(key_id(each), each) for each in raw if len(each) == 32}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from None
