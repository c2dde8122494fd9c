"""What a session is: where it begins, and how long it and its tokens last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

SessionKind = Literal["cookie", "tokens"]
_USER_AGENT_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """`idle`: without any use. `absolute`: however much it is used. `token`: of one access token."""

    idle: timedelta = timedelta(hours=24)
    absolute: timedelta = timedelta(days=30)
    token: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Client:
    """A browser, which gets a cookie, or a program, which gets tokens; as it describes itself, and where it is."""

    kind: SessionKind
    network: str
    user_agent: str = ""

    @property
    def described(self) -> str:
        """One printable line with an end."""
        return "".join(each for each in self.user_agent if each.isprintable())[:_USER_AGENT_LENGTH_MAX]


@dataclass(frozen=True, slots=True)
class Session:
    """One that a request belongs to."""

    id: UUID
    user_id: UUID
    generation: int
    kind: SessionKind
