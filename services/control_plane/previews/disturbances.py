"""A disturbance: a change of who gets what inside an experiment that runs, and the path on which it arrives there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class DisturbanceKind(StrEnum):
    """What is otherwise inside the experiment."""

    SWITCHED_OFF = "switched_off"
    """Its flag is off: nobody is in it."""
    PREREQUISITES = "prerequisites"
    """Other units come as far as the experiment: the prerequisites of its flag let others through."""
    TARGETS = "targets"
    """Units leave it, or come in, because they are or were individual targets."""
    VALUES = "values"
    """One of its variations is another value."""
    SERVED = "served"
    """Something that decides before it, or what it observes, serves otherwise."""
    AUDIENCE = "audience"
    """Others belong to its audience."""
    HOLDOUTS = "holdouts"
    LAYER = "layer"
    TRAFFIC = "traffic"
    """Fewer units take part."""
    WEIGHTS = "weights"
    UNIT = "unit"
    """Something else is bucketed."""
    DEFINITION = "definition"
    """It runs on another flag, or in another mode."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One entity on a path."""

    entity: str
    key: str


@dataclass(frozen=True, slots=True)
class Path:
    """From what changed, by who names it, to the experiment. `fields` are those that changed of the first."""

    fields: tuple[str, ...]
    hops: tuple[Hop, ...] = ()

    def to(self, entity: str, key: str) -> Path:
        """One hop further."""
        return replace(self, hops=(*self.hops, Hop(entity, key)))


@dataclass(frozen=True, slots=True)
class Disturbance:
    kind: DisturbanceKind
    path: Path

    def document(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "kind": self.kind.value,
            "fields": list(self.path.fields),
            "path": [{"entity": each.entity, "key": each.key} for each in self.path.hops],
        }


@dataclass(frozen=True, slots=True)
class Disturbed:
    """An experiment with all that would be otherwise in it."""

    experiment: str
    disturbances: tuple[Disturbance, ...]
