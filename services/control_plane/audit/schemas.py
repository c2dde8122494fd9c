"""Answers about the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from service_kit.schemas import Output

from control_plane.changes import AuditedView


class ActorView(Output):
    """Who did it: a person, a program with a token, or the system itself."""

    kind: str
    id: str
    name: str


class AuditEntryView(Output):
    number: int
    at: datetime
    summary: str
    """Who did what, in one sentence."""
    actor: ActorView
    on_behalf_of: ActorView | None
    """Who made the token."""
    right: str | None
    """By which it was done; none was asked for at one's own account and of the system."""
    reason: str | None
    project_id: UUID | None
    project: str | None
    """Its key."""
    environments: list[str]
    """The keys of those that serve something else since."""
    environment_versions: dict[UUID, int]
    entity: str
    entity_key: str
    action: str
    address: str | None
    """Of the client."""
    request_id: str | None
    changes: list[str]
    """In words, the first hundred."""
    patch: list[dict[str, Any]]
    """As JSON Patch (RFC 6902): what turns `before` into `after`."""
    before: object
    after: object
    previous_hash: str
    hash: str


class AuditVerdictView(Output):
    """`first_bad` is the number of the first entry that is not as it was written; None when all are. Where the log was
    written anew, it lies between `first_bad` and `last_bad`."""

    intact: bool
    entries: int
    first_bad: int | None
    last_bad: int | None
    reason: str | None


class AuditHeadView(AuditedView):
    """Where the chain ended, signed. Whoever keeps it can show a chain that was written anew (`verify-audit`)."""

    organization_id: UUID
    organization: str
    """Its key."""
    number: int
    hash: str
    at: datetime
    kid: str
    """Of the key that signed it."""
    jws: str
    """All of it, signed: JWS in compact form, EdDSA."""


class AuditKeyView(Output):
    """A public key by which heads are verified, as a JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str
    kid: str
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"


class AuditKeysView(Output):
    keys: Annotated[list[AuditKeyView], Field(description="Those that sign no more among them: a head is for ever.")]
