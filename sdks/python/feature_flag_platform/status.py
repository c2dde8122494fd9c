"""The status of a client: what it holds, since when, from where, and what became of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class State(str, Enum):
    """Of a client. `stale`: nothing has confirmed for 60 seconds what it holds. `refused`: its key is not taken."""

    STARTING = "starting"
    READY = "ready"
    STALE = "stale"
    REFUSED = "refused"
    CLOSED = "closed"
    OFFLINE = "offline"


class Source(str, Enum):
    """Where what is held came from."""

    NONE = "none"
    BOOTSTRAP = "bootstrap"
    STORE = "store"
    EDGE = "edge"


class Mode(str, Enum):
    """How changes come."""

    NONE = "none"
    STREAM = "stream"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class EventFigures:
    """`queued`: neither sent nor dropped yet. `dropped`: by reason."""

    queued: int = 0
    sent: int = 0
    dropped: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """At one moment. Times are epoch milliseconds: `since` that of this state, `confirmed_at` when the edge last
    confirmed what is held (None: never). `endpoint`: the edge in use."""

    state: State
    version: int
    since: int
    confirmed_at: int | None
    source: Source
    mode: Mode
    endpoint: str
    last_error: str | None
    events: EventFigures

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self)
        for name in ("state", "source", "mode"):
            told[name] = getattr(self, name).value
        told["events"]["dropped"] = dict(self.events.dropped or {})
        return told
