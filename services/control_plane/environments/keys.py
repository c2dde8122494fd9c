"""The key of an entity, an environment, a project or an organization, as requests and answers carry it."""

from __future__ import annotations

from typing import Annotated

from bucketing.limits import ENTITY_KEY_PATTERN
from pydantic import StringConstraints

EntityKey = Annotated[str, StringConstraints(pattern=f"^{ENTITY_KEY_PATTERN}$")]
"""Unique in its project, never renamed."""
