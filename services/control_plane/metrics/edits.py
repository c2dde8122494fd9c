"""Edits of metrics."""

from __future__ import annotations

from control_plane.entities.edits import EntityEdits
from control_plane.metrics.service import MetricService


def metric_edits(service: MetricService) -> EntityEdits:
    return EntityEdits(service)
