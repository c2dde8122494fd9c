"""Edits of holdouts."""

from __future__ import annotations

from control_plane.entities.edits import EntityEdits
from control_plane.holdouts.service import HoldoutService


def holdout_edits(service: HoldoutService) -> EntityEdits:
    return EntityEdits(service)
