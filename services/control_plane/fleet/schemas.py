"""What is answered about edges."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from service_kit.schemas import Output

State = Literal["live", "behind", "lost", "unknown"]


class EdgeView(Output):
    """An edge, and what it serves of the environment."""

    id: str
    region: str
    software_version: str
    state: State
    """`live` serves what was published last, `behind` something older; `lost` has been silent for ten seconds;
    `unknown`: the bus is away from this control plane, and the rest is what was heard last."""
    version: int | None
    """Null: it said nothing of this environment."""
    digest: str | None
    taken_at: datetime | None
    """When it began to serve it, by its own clock."""
    heard_at: datetime
    """When it said anything, last."""
    versions_behind: int
    seconds_behind: float
    """For how long there has been a newer version that was published and that it doesn't serve."""


class LastEdgeView(Output):
    id: str
    heard_at: datetime


class VersionPropagationView(Output):
    """How far a version came: the live edges that serve it or a newer one."""

    version: int
    published: bool
    edges: int
    serving: int
    last_edge: LastEdgeView | None
    """The one that came last so far; null when nobody knows any more."""
    milliseconds: int | None
    """From publication until the last of all live edges had it; null until then, and of versions that are long ago."""
    laggards: list[str]
    """Live edges that serve an older one; a hundred are named."""
    heard_since: datetime | None
    """Since when this control plane has heard edges without a break; null while the bus is away: then all of this is
    what was heard last."""
