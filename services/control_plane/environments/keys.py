"""The key of an entity, an environment, a project or an organization, as requests and answers carry it."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

KEY_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,127}$"

EntityKey = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
"""Unique in its project, never renamed."""
