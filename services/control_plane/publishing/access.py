"""Who may ask other services about an environment, as it is published: its people, and what their tokens are verified
by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from messages.generated import config_pb2 as pb
from service_kit.token_keys import VerificationKey


@dataclass(frozen=True, slots=True)
class PublishedAccess:
    """`members` are rows of `access.queries.published_members`; `ended_sessions` stand by member."""

    members: Sequence[Any] = ()
    ended_sessions: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    signing_keys: Sequence[VerificationKey] = ()

    def members_on_the_wire(self) -> list[pb.Member]:
        return [
            pb.Member(
                user_id=each["user_id"].bytes,
                role=each["role"] or "",
                session_generation=each["session_generation"],
                ended_sessions=[one.bytes for one in self.ended_sessions.get(each["user_id"], ())],
            )
            for each in self.members
        ]

    def keys_on_the_wire(self) -> list[pb.SigningKey]:
        return [
            pb.SigningKey(id=each.key_id, public_key=each.public_key, expires_at=each.expires_at)
            for each in self.signing_keys
        ]
