"""Marks of an experiment: changes of who got what inside it while it ran, as the control plane tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from messages.generated import config_pb2 as pb


@dataclass(frozen=True, slots=True)
class Hop:
    """One entity on a path."""

    entity: str
    key: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What is otherwise inside the experiment, the fields that changed, and the path from what has them."""

    kind: str
    fields: tuple[str, ...]
    path: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A change at `at` (epoch milliseconds) of the entity `key`. `cause`: accepted, switched_off or stopped; `reason`
    empty: nobody has given one."""

    at: int
    cause: str
    reason: str
    entity: str
    key: str
    effects: tuple[Effect, ...]


def disturbances_of(wire: Iterable[pb.Disturbance]) -> tuple[Disturbance, ...]:
    return tuple(
        Disturbance(
            each.at,
            each.cause,
            each.reason,
            each.entity,
            each.key,
            tuple(
                Effect(one.kind, tuple(one.fields), tuple(Hop(hop.entity, hop.key) for hop in one.path))
                for one in each.effects
            ),
        )
        for each in wire
    )
