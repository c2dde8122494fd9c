"""How long a session and its tokens last, and where it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

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
