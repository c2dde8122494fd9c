"""What one look reads of a rollout: sums by stage and side, nothing of single units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stats import Summary

NEW, REST = "new", "rest"
"""The two sides: who has the new variation, and who has not."""

Sides = tuple[Summary, Summary]
"""Of who has the new variation, and of the rest."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a guard's metric is by stage (its place among the rollout's stages); `problem`: why it can't be told."""

    stages: Mapping[int, Sides] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """Times in epoch milliseconds. `units`: who came in each stage, new and rest, whether their windows are closed or
    not. `data_until`: windows that were closed then count. `heard_at`: when the last exposure came in; None: none has.
    """

    looked_at: int
    data_until: int
    units: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    heard_at: int | None = None
    measured: Mapping[str, Measured] = field(default_factory=dict)
