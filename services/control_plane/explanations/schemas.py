"""Bodies and answers of the explanations' endpoint."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from service_kit.schemas import Input, Output

from control_plane.environments.keys import EntityKey

ATTRIBUTES_MAX = 1000


class ExplanationAsked(Input):
    flag: EntityKey
    context: Annotated[dict[str, Any], Field(max_length=ATTRIBUTES_MAX, default_factory=dict)]
    """The evaluation context: `targetingKey` and attributes, as an SDK would send them."""


class ExplanationView(Output):
    decision: dict[str, Any]
    """Value, variation, reason, and an error if it is one."""
    config_version: int
    """Of what is saved; an edge may be a moment behind."""
    now: int
    """When it was decided, in milliseconds since the Unix epoch."""
    steps: list[dict[str, Any]]
    """In the order of the evaluation: prerequisites, targets, experiment, rules with their conditions, default."""
    segments: dict[str, Any]
