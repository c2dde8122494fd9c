"""A holdout as it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutRow(EntityRow):
    """A holdout as it is stored. `share` in hundredths of a percent."""

    share: int


HOLDOUTS = EntityTable("holdouts", HoldoutRow)
