"""What the benchmark wants of every engine: its name, a context of its own, and one evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Attributes = dict[str, Any]
"""A user: `targetingKey` and five attributes."""

FLAGS = 50
MEASURED = "flag-7"


def countries(number: int) -> list[str]:
    """What the first rule of a flag compares with; a little different in each, so that nothing is shared."""
    return ["US", "DE", f"X{number}"]


@dataclass(frozen=True)
class Peer:
    """One engine that holds `FLAGS` flags and answers for `MEASURED`.

    `context` makes of a user's attributes what the engine's callers hand it; `serve` evaluates with it. `note`
    says what differs from the others.
    """

    name: str
    version: str
    note: str
    context: Callable[[Attributes], Any]
    serve: Callable[[Any], bool]
    close: Callable[[], object] = lambda: None
    ours: bool = False
